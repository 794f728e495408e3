/* Hashes of names that clients choose: xxhash with a seed that each process draws at random. */
#ifndef BASE_HASH_H
#define BASE_HASH_H

#include <stddef.h>
#include <stdint.h>

/** A random seed from the kernel; one for each table or broker. */
uint64_t hash_seed(void);

/** The hash of `bytes` with `seed` (XXH3, 64 bits). */
uint64_t hash_bytes(const void *bytes, size_t count, uint64_t seed);

#endif
