/*
 * An allocator of which one allocation fails: malloc and its kin as this program defines them, so
 * that they are also those of OpenSSL, libevent, msgpack-c, jansson and libc, and those of the
 * dynamic linker for a new thread. Behind them are the allocator of libc or of the sanitizer. Not
 * seen are what a sanitizer allocates by itself (its strdup) and memory that is mapped (stacks).
 *
 *     failing_spare(true);          this thread is the test's: its allocations succeed
 *     failing_arm(n);
 *     ...                           of all other threads the n-th from here on, counted from 0
 *     bool failed = failing_disarm();
 */
#ifndef TESTS_MEMORY_FAILING_H
#define TESTS_MEMORY_FAILING_H

#include <stdbool.h>
#include <stdint.h>

/** Whether allocations of the calling thread always succeed; at its begin they do not. */
void failing_spare(bool spared);

/** One allocation from now on fails. */
void failing_arm(uint64_t n);
/** None does. True if one has failed since failing_arm. */
bool failing_disarm(void);

/** Prints from where the one that failed was asked for (not in a sanitizer build). */
void failing_tell(void);

/** Blocks allocated now by the whole process; 0 in a sanitizer build, which looks for leaks itself.
 */
int64_t failing_blocks(void);

#endif
