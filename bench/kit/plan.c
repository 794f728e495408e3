#include "kit/plan.h"

#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "ws/frame.h"

static uint32_t set_count(const struct plan *plan) {
    return plan->options.distinct ? plan->options.connections : 1;
}

static void draw_set(struct plan *plan, uint32_t *set, uint8_t *taken) {
    uint32_t count = 0;
    if (plan->options.keys == PLAN_KEYS_HOT) set[count++] = 0;
    for (uint32_t i = 0; i < count; i++) taken[set[i]] = 1;
    while (count < plan->options.streams) {
        uint32_t symbol = (uint32_t)(random_next(&plan->random) % plan->options.symbols);
        if (taken[symbol]) continue;
        taken[symbol] = 1;
        set[count++] = symbol;
    }
    for (uint32_t i = 0; i < count; i++) taken[set[i]] = 0;
}

/* With a shared set there is one list, that of all connections. */
static int list_readers(struct plan *plan) {
    const struct plan_options *options = &plan->options;
    uint32_t live = options->connections - options->frozen;
    uint32_t lists = options->distinct ? options->symbols : 1;
    uint32_t each = options->distinct ? options->streams : 1;
    plan->readers = calloc((size_t)live * each + 1, sizeof *plan->readers);
    plan->readers_from = calloc((size_t)lists + 2, sizeof *plan->readers_from);
    if (!plan->readers || !plan->readers_from) return -1;
    uint32_t *next = plan->readers_from + 1; /* counted at [s + 2], summed, then moved to [s + 1] */
    const uint32_t *first = plan->sets + (size_t)options->frozen * each;
    for (size_t i = 0; i < (size_t)live * each; i++) next[(options->distinct ? first[i] : 0) + 1]++;
    for (uint32_t i = 0; i < lists; i++) next[i + 1] += next[i];
    for (size_t i = 0; i < (size_t)live * each; i++) {
        uint32_t reader = options->frozen + (uint32_t)(i / each);
        plan->readers[next[options->distinct ? first[i] : 0]++] = reader;
    }
    return 0;
}

int plan_init(struct plan *plan, const struct plan_options *options) {
    *plan = (struct plan){.options = *options, .random = options->seed};
    size_t cells = (size_t)set_count(plan) * options->streams;
    plan->sets = calloc(cells, sizeof *plan->sets);
    uint8_t *taken = calloc(options->symbols, 1);
    if (!plan->sets || !taken) {
        free(taken);
        return -1;
    }
    for (uint32_t i = 0; i < set_count(plan); i++)
        draw_set(plan, plan->sets + (size_t)i * options->streams, taken);
    free(taken);
    return list_readers(plan);
}

void plan_fini(struct plan *plan) {
    free(plan->sets);
    free(plan->readers);
    free(plan->readers_from);
}

uint32_t plan_next_symbol(struct plan *plan, bool first, uint32_t previous) {
    const struct plan_options *options = &plan->options;
    if (options->keys == PLAN_KEYS_HOT) return 0;
    if (options->keys == PLAN_KEYS_DRAWN && !first) return previous;
    uint64_t number = random_next(&plan->random);
    if (!options->distinct) return plan->sets[number % options->streams];
    return (uint32_t)(number % options->symbols);
}

const uint32_t *plan_readers(const struct plan *plan, uint32_t symbol, uint32_t *count) {
    uint32_t list = plan->options.distinct ? symbol : 0;
    *count = plan->readers_from[list + 1] - plan->readers_from[list];
    return plan->readers + plan->readers_from[list];
}

void plan_key(uint32_t symbol, char *out) {
    memcpy(out, "AAAA/Tick/TRADE", PLAN_KEY_BYTES);
    for (int i = 3; i >= 0; i--, symbol /= 26) out[i] = (char)('A' + symbol % 26);
}

size_t plan_payload_bytes(const struct plan *plan) {
    return PLAN_HEAD_BYTES + plan->options.data_bytes;
}

size_t plan_frame_bytes(const struct plan *plan) {
    size_t payload = plan_payload_bytes(plan);
    return payload + (payload < 126 ? 2 : payload < 65536 ? 4 : 10);
}

void plan_payload(const struct plan *plan, uint32_t symbol, uint32_t seq, uint8_t *out) {
    static const char trade[] =
        "\x84\xa5"
        "Epoch\xce\x52\x52\xa5\x28\xa5Nanos\xce\0\0\0\0\xa5Price\xcb\x40\x5e"
        "\xdd\x2f\x1a\x9f\xbe\x77\xa4Size\xcd\x01\x2c";
    memcpy(out, "\x82\xa3key\xaf", 6);
    plan_key(symbol, (char *)out + 6);
    memcpy(out + 21,
           "\xa4"
           "data",
           5);
    uint8_t *data = out + PLAN_HEAD_BYTES;
    memcpy(data, trade, PLAN_DATA_BYTES);
    for (int i = 0; i < 4; i++) out[PLAN_SEQ_AT + i] = (uint8_t)(seq >> (24 - 8 * i));
    if (plan->options.data_bytes == PLAN_DATA_BYTES) return;
    data[0]++;
    size_t pad = plan->options.data_bytes - PLAN_DATA_BYTES - 7;
    uint8_t *tail = data + PLAN_DATA_BYTES;
    memcpy(tail, "\xa3Pad\xc5", 5);
    tail[5] = (uint8_t)(pad >> 8);
    tail[6] = (uint8_t)pad;
    memset(tail + 7, 0x5a, pad);
}

size_t plan_publication(const struct plan *plan, uint32_t symbol, uint32_t seq, uint8_t *out) {
    static const uint8_t mask[4] = {0x5c, 0x11, 0xe9, 0x70};
    size_t payload = plan_payload_bytes(plan);
    size_t head = ws_header_write_masked(WS_BINARY, payload, mask, out);
    plan_payload(plan, symbol, seq, out + head);
    ws_mask(out + head, payload, mask, 0);
    return head + payload;
}

size_t plan_frame(const struct plan *plan, uint32_t symbol, uint32_t seq, uint8_t *out) {
    size_t payload = plan_payload_bytes(plan), head = ws_header_write(WS_BINARY, payload, out);
    plan_payload(plan, symbol, seq, out + head);
    return head + payload;
}

uint8_t *plan_request(const struct plan *plan, uint32_t connection, size_t *count) {
    uint32_t streams = plan->options.streams;
    size_t set = plan->options.distinct ? connection : 0;
    uint8_t *out = malloc(12 + (size_t)streams * (PLAN_KEY_BYTES + 1));
    if (!out) return NULL;
    memcpy(out, "\x81\xa7streams\xdc", 10);
    out[10] = (uint8_t)(streams >> 8);
    out[11] = (uint8_t)streams;
    uint8_t *at = out + 12;
    for (uint32_t i = 0; i < streams; i++, at += PLAN_KEY_BYTES + 1) {
        *at = 0xa0 | PLAN_KEY_BYTES;
        plan_key(plan->sets[set * streams + i], (char *)at + 1);
    }
    *count = (size_t)(at - out);
    return out;
}
