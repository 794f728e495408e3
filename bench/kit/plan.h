/*
 * Who subscribes to what, and what is published: decided by a seed, so that two runs do the same.
 *
 * Symbols are four letters, keys are SYM/Tick/TRADE, each set has `streams` literal streams. With
 * shared sets all connections have the same one, with distinct ones each draws its own. A batch
 * publishes one hot key, which all sets contain; or one key drawn for the whole batch; or one drawn
 * for each message.
 */
#ifndef BENCH_PLAN_H
#define BENCH_PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PLAN_KEY_BYTES  15 /**< SYMB/Tick/TRADE */
#define PLAN_DATA_BYTES 46 /**< of a trade without padding */
#define PLAN_HEAD_BYTES 26 /**< of a payload, before its data */
#define PLAN_SEQ_AT     45 /**< offset in a payload of the 32-bit number of the message */
#define PLAN_DATA_MAX   65000

enum plan_keys { PLAN_KEYS_HOT, PLAN_KEYS_DRAWN, PLAN_KEYS_MIXED };

struct plan_options {
    uint32_t connections, streams, symbols, seed;
    uint32_t frozen;     /**< the first connections never read: nothing is expected of them */
    uint32_t data_bytes; /**< PLAN_DATA_BYTES, or from PLAN_DATA_BYTES + 7 to PLAN_DATA_MAX */
    bool distinct;
    enum plan_keys keys;
};

struct plan {
    struct plan_options options;
    uint32_t *sets;                   /**< symbols of each set, options.streams of them */
    uint32_t *readers, *readers_from; /**< connections of a symbol: from [s] up to [s + 1] */
    uint64_t random;
};

/** 0, or -1 without memory. */
int plan_init(struct plan *plan, const struct plan_options *options);
void plan_fini(struct plan *plan);

/** The symbol of the next message; `first` is true for the first of a batch. */
uint32_t plan_next_symbol(struct plan *plan, bool first, uint32_t previous);
/** The connections that are to receive messages of `symbol`. */
const uint32_t *plan_readers(const struct plan *plan, uint32_t symbol, uint32_t *count);

/** Writes PLAN_KEY_BYTES. */
void plan_key(uint32_t symbol, char *out);
/** Bytes of a payload, and of the frame in which a subscriber receives it. */
size_t plan_payload_bytes(const struct plan *plan);
size_t plan_frame_bytes(const struct plan *plan);
/** Writes the payload {"key": key, "data": trade}, which is also what a publisher sends. */
void plan_payload(const struct plan *plan, uint32_t symbol, uint32_t seq, uint8_t *out);
/** The same as a frame: masked as a publisher sends it, or as a subscriber receives it. `out` has
 * room for the payload and WS_HEADER_BYTES. Returns the bytes. */
size_t plan_publication(const struct plan *plan, uint32_t symbol, uint32_t seq, uint8_t *out);
size_t plan_frame(const struct plan *plan, uint32_t symbol, uint32_t seq, uint8_t *out);
/** Makes the subscribe request of a connection, on the heap; NULL without memory. */
uint8_t *plan_request(const struct plan *plan, uint32_t connection, size_t *count);

#endif
