#include "base/hash.h"

#include <sys/random.h>

/* Into hash_bytes, which keys are too short to call another library for. */
#define XXH_INLINE_ALL
#include <xxhash.h>

#include "base/clock.h"

uint64_t hash_seed(void) {
    uint64_t seed;
    if (getrandom(&seed, sizeof seed, 0) != (ssize_t)sizeof seed) seed = clock_now_ns();
    return seed;
}

uint64_t hash_bytes(const void *bytes, size_t count, uint64_t seed) {
    return XXH3_64bits_withSeed(bytes, count, seed);
}
