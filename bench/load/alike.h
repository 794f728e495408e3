/*
 * Bytes that many connections get alike, as the subscribers of one set do in a burst: the messages
 * that were found in them at the first connection are remembered, in runs, and need not be looked
 * for at the others. Every connection is still accounted message by message. One thread has one of
 * it.
 */
#ifndef BENCH_LOAD_ALIKE_H
#define BENCH_LOAD_ALIKE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "load/stamp.h"

#define ALIKE_BYTES_MIN ((size_t)1 << 10)   /**< shorter ones are as quickly looked through */
#define ALIKE_BYTES_MAX ((size_t)256 << 10) /**< what one reading gives */
#define ALIKE_RUNS_MAX  4096

/** Messages whose stamps are the same but for their numbers, which rise by one. */
struct alike_run {
    struct stamp first;
    uint32_t count;
};

struct alike {
    uint8_t *bytes;
    size_t count; /**< 0: nothing is remembered */
    struct alike_run *runs;
    uint32_t run_count;
    bool recording; /**< what is found now is noted in `runs` */
};

/** 0, or -1 without memory. */
int alike_init(struct alike *alike);
void alike_fini(struct alike *alike);

/** Begins to note what is found in bytes that are looked through. */
void alike_begin(struct alike *alike, size_t count);
/** A message was found. */
void alike_note(struct alike *alike, const struct stamp *stamp);
/** Something else was found: these bytes cannot be remembered. */
static inline void alike_spoil(struct alike *alike) {
    alike->recording = false;
}
/** All of `bytes` was looked through. */
void alike_end(struct alike *alike, const uint8_t *bytes, size_t count);

/** Do these bytes begin with the remembered ones? */
static inline bool alike_same(const struct alike *alike, const uint8_t *bytes, size_t count) {
    return alike->count && count >= alike->count && !memcmp(bytes, alike->bytes, alike->count);
}

#endif
