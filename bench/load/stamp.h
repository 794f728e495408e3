/*
 * The beginning of the data of each message that the load publishes; the rest is padding. In the
 * byte order of the machine: who publishes also receives.
 */
#ifndef BENCH_LOAD_STAMP_H
#define BENCH_LOAD_STAMP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define STAMP_MAGIC   UINT32_C(0x42435401) /**< the last byte is the version of this form */
#define STAMP_BYTES   sizeof(struct stamp)
#define STAMP_PADDING 0x5a

struct stamp {
    uint32_t magic;
    uint32_t run; /**< drawn at random, so that the messages of other runs are strangers */
    uint32_t publisher, symbol;
    uint64_t number;      /**< of the key, from 0, rises by one */
    uint64_t total;       /**< of the publisher, from 0, rises by one */
    uint64_t intended_ns; /**< when it should have been sent (CLOCK_MONOTONIC) */
    uint64_t slip_ns;     /**< how much later it was */
};

_Static_assert(sizeof(struct stamp) == 48, "no padding");

/** False: the data is not of this run. */
static inline bool stamp_read(const uint8_t *data, size_t bytes, uint32_t run,
                              struct stamp *stamp) {
    if (bytes < STAMP_BYTES) return false;
    memcpy(stamp, data, STAMP_BYTES);
    return stamp->magic == STAMP_MAGIC && stamp->run == run;
}

#endif
