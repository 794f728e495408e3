/* What the stress programs share: a check that ends the program with its place, and dice. */
#ifndef TESTS_STRESS_STRESS_H
#define TESTS_STRESS_STRESS_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

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

/** The next number of `seed`, below `below`. */
static inline uint32_t draw(uint32_t *seed, uint32_t below) {
    *seed = *seed * 1103515245u + 12345u;
    return (*seed >> 8) % below;
}

#endif
