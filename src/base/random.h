/* Random numbers that a seed decides (splitmix64). Not secret. */
#ifndef BASE_RANDOM_H
#define BASE_RANDOM_H

#include <stdint.h>

static inline uint64_t random_next(uint64_t *state) {
    uint64_t mixed = *state += UINT64_C(0x9e3779b97f4a7c15);
    mixed = (mixed ^ (mixed >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    mixed = (mixed ^ (mixed >> 27)) * UINT64_C(0x94d049bb133111eb);
    return mixed ^ (mixed >> 31);
}

/** From 0 to `count` - 1; the bias of at most count / 2^32 is below what anybody here can see. */
static inline uint32_t random_below(uint64_t *state, uint32_t count) {
    return (uint32_t)((random_next(state) >> 32) * count >> 32);
}

/** Above 0, at most 1. */
static inline double random_unit(uint64_t *state) {
    return (double)((random_next(state) >> 11) + 1) * 0x1p-53;
}

/** A state for the part `part` of a run that has the seed `seed`: parts do not run in step. */
static inline uint64_t random_part(uint64_t seed, uint64_t part) {
    uint64_t state = seed ^ (part * UINT64_C(0xd6e8feb86659fd93));
    return random_next(&state);
}

#endif
