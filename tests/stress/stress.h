/* What the stress programs share: a check that ends the program with its place, options of a
 * broker, and dice. */
#ifndef TESTS_STRESS_STRESS_H
#define TESTS_STRESS_STRESS_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "tickcast/tickcast.h"

#define WAIT_MS 300000 /* for whatever comes in a moment: a test that hangs says so */

/** CHECK(condition, format, ...): what was wrong, in the form of printf. */
#define CHECK(condition, ...)                                                                      \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            fprintf(stderr, "%s:%d: ", __FILE__, __LINE__);                                        \
            fprintf(stderr, __VA_ARGS__);                                                          \
            fprintf(stderr, "\n");                                                                 \
            exit(1);                                                                               \
        }                                                                                          \
    } while (0)

/** For a condition that says all by itself. */
#define CHECK_TRUE(condition) CHECK(condition, "not true: %s", #condition)

/** Deadlines and budgets that end no connection of this host, however late it gets its turn. */
static inline void options_init_patient(struct tickcast_options *options) {
    tickcast_options_init(options);
    options->slow_memory = 4 * TICKCAST_GIB;
    options->outbound_memory = 8 * TICKCAST_GIB;
    options->slow_time_ms = options->handshake_timeout_ms = 600000;
}

/** The next number of `seed`, below `below`. */
static inline uint32_t draw(uint32_t *seed, uint32_t below) {
    *seed = *seed * 1103515245u + 12345u;
    return (*seed >> 8) % below;
}

#endif
