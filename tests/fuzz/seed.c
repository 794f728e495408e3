/* Hashes are seeded alike in all runs of a target: the same input takes the same way. */
#include <stdint.h>

uint64_t __wrap_hash_seed(void);

uint64_t __wrap_hash_seed(void) {
    return 1;
}
