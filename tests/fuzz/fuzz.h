/* What every fuzz target needs: checks, and decisions read from the input. */
#ifndef FUZZ_FUZZ_H
#define FUZZ_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

/** The target (libFuzzer): returns 0. */
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count);
/** Called once before the first input (libFuzzer), if a target has it. */
int LLVMFuzzerInitialize(int *argc, char ***argv);

/** A post-condition, in all builds. */
#define CHECK(condition)                                                                           \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #condition);                \
            abort();                                                                               \
        }                                                                                          \
    } while (0)

/** The input, from which decisions are taken; all are 0 when it is used up. */
struct fuzz_input {
    const uint8_t *at, *end;
};

static inline size_t fuzz_left(const struct fuzz_input *input) {
    return (size_t)(input->end - input->at);
}

static inline uint8_t fuzz_byte(struct fuzz_input *input) {
    return input->at < input->end ? *input->at++ : 0;
}

/** A number from 0 to `most`; takes as many bytes as `most` has. */
static inline uint64_t fuzz_number(struct fuzz_input *input, uint64_t most) {
    uint64_t number = 0;
    for (uint64_t rest = most; rest > 0; rest >>= 8) number = number << 8 | fuzz_byte(input);
    return most == UINT64_MAX ? number : number % (most + 1);
}

/** Takes at most `most` bytes, which stay where they are; *count says how many. */
static inline const uint8_t *fuzz_bytes(struct fuzz_input *input, size_t most, size_t *count) {
    const uint8_t *bytes = input->at;
    *count = fuzz_left(input) < most ? fuzz_left(input) : most;
    input->at += *count;
    return bytes;
}

/* Memory of the target itself: not counted (allocations.h), and never failing. Free it with
 * fuzz_free. */

/** A copy of exactly this many bytes, so that a read beyond them is seen. */
uint8_t *fuzz_copy(const void *bytes, size_t count);
/** The same, ended by a NUL. */
char *fuzz_text(const void *bytes, size_t count);
void fuzz_free(void *memory);

#endif
