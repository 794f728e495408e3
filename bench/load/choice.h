/*
 * Which symbol a publisher's next message is of. A symbol belongs to one publisher: of P publishers
 * the p-th has the symbols p, p + P, p + 2 P, ... Pure. One thread.
 */
#ifndef BENCH_LOAD_CHOICE_H
#define BENCH_LOAD_CHOICE_H

#include <stdint.h>

#include "load/config.h"

struct choice {
    enum load_keys keys;
    uint32_t first, step, count; /**< its symbols: first + i * step, i below count */
    uint32_t next;               /**< LOAD_KEYS_ALL: i of the next one */
    double *up_to;               /**< LOAD_KEYS_ZIPF: chance of i or less */
};

/** Of the publisher `publisher` of `publishers`, which share `symbols`. 0, or -1 without memory. */
int choice_init(struct choice *choice, enum load_keys keys, double zipf, uint32_t symbols,
                uint32_t publisher, uint32_t publishers);
void choice_fini(struct choice *choice);
uint32_t choice_next(struct choice *choice, uint64_t *random);

#endif
