/*
 * What the code under test allocates: counted, and failing when told. The linker puts these
 * functions in the place of malloc and its like (tests/fuzz/CMakeLists.txt), in all objects that
 * are ours; allocations_of_libraries() does it in jansson and OpenSSL. One thread.
 */
#ifndef FUZZ_ALLOCATIONS_H
#define FUZZ_ALLOCATIONS_H

#include <stdint.h>
#include <stdlib.h>

/** Counts anew; the `nth` allocation from now on fails, once (0: none does). */
void allocations_begin(uint32_t nth);
/** None fails any more. Returns whether one has failed since allocations_begin. */
int allocations_end(void);

/** Since allocations_begin: how many, and the bytes asked for by all and by the largest. */
uint32_t allocations_count(void);
size_t allocations_bytes(void);
size_t allocations_largest(void);
/** Bytes allocated less those freed. Memory that libc has allocated inside must not be freed then.
 */
long allocations_held(void);

/** From LLVMFuzzerInitialize: jansson and OpenSSL allocate here too. */
void allocations_of_libraries(void);

#endif
