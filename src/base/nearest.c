#include "base/nearest.h"

#include <string.h>

#define NEAREST_BYTES 64 /* longer words are not compared */

static size_t least(size_t a, size_t b) {
    return a < b ? a : b;
}

/* Insertions, deletions and replacements from `a` to `b`; both are at most NEAREST_BYTES long. */
static size_t distance(const char *a, const char *b) {
    size_t row[NEAREST_BYTES + 1];
    size_t b_bytes = strlen(b);
    for (size_t j = 0; j <= b_bytes; j++) row[j] = j;
    for (size_t i = 0; a[i] != '\0'; i++) {
        size_t diagonal = row[0];
        row[0] = i + 1;
        for (size_t j = 0; j < b_bytes; j++) {
            size_t replaced = diagonal + (a[i] != b[j]);
            diagonal = row[j + 1];
            row[j + 1] = least(replaced, least(row[j], diagonal) + 1);
        }
    }
    return row[b_bytes];
}

const char *nearest(const char *text, const char *const *names) {
    size_t bytes = strlen(text);
    if (bytes > NEAREST_BYTES) return NULL;
    size_t best = 1 + bytes / 3; /* one more than the typing errors that are forgiven */
    if (best < 2) best = 2;
    const char *best_name = NULL;
    for (; *names != NULL; names++) {
        if (strlen(*names) > NEAREST_BYTES) continue;
        size_t now = distance(text, *names);
        if (now >= best) continue;
        best = now;
        best_name = *names;
    }
    return best_name;
}
