#include "load/alike.h"

#include <stdlib.h>

int alike_init(struct alike *alike) {
    *alike = (struct alike){.bytes = malloc(ALIKE_BYTES_MAX)};
    alike->runs = malloc(ALIKE_RUNS_MAX * sizeof *alike->runs);
    return alike->bytes && alike->runs ? 0 : -1;
}

void alike_fini(struct alike *alike) {
    free(alike->bytes);
    free(alike->runs);
    *alike = (struct alike){.count = 0};
}

void alike_begin(struct alike *alike, size_t count) {
    alike->recording = count >= ALIKE_BYTES_MIN && count <= ALIKE_BYTES_MAX;
    if (alike->recording) alike->count = alike->run_count = 0;
}

static bool goes_on(const struct alike_run *run, const struct stamp *stamp) {
    const struct stamp *first = &run->first;
    return stamp->symbol == first->symbol && stamp->publisher == first->publisher &&
           stamp->number == first->number + run->count &&
           stamp->total == first->total + run->count && stamp->intended_ns == first->intended_ns &&
           stamp->slip_ns == first->slip_ns;
}

void alike_note(struct alike *alike, const struct stamp *stamp) {
    if (!alike->recording) return;
    struct alike_run *last = alike->run_count ? &alike->runs[alike->run_count - 1] : NULL;
    if (last && goes_on(last, stamp)) {
        last->count++;
    } else if (alike->run_count == ALIKE_RUNS_MAX) {
        alike_spoil(alike);
    } else {
        alike->runs[alike->run_count++] = (struct alike_run){*stamp, 1};
    }
}

void alike_end(struct alike *alike, const uint8_t *bytes, size_t count) {
    if (!alike->recording) return;
    alike->recording = false;
    memcpy(alike->bytes, bytes, count);
    alike->count = count;
}
