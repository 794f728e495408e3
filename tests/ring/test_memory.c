/* Rings where the n-th allocation or descriptor fails: the linker wraps what makes them. */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdlib.h>

#include "ring/rings.h"

#define COUNT 3

static unsigned until_failure;
static int open_now; /* blocks and descriptors */

void *__real_aligned_alloc(size_t alignment, size_t bytes);
void *__real_calloc(size_t count, size_t bytes);
void __real_free(void *block);
int __real_eventfd(unsigned value, int flags);
int __real_close(int fd);
void *__wrap_aligned_alloc(size_t alignment, size_t bytes);
void *__wrap_calloc(size_t count, size_t bytes);
void __wrap_free(void *block);
int __wrap_eventfd(unsigned value, int flags);
int __wrap_close(int fd);

static bool fails(int error) {
    if (until_failure-- == 0) {
        errno = error;
        return true;
    }
    open_now++;
    return false;
}

void *__wrap_aligned_alloc(size_t alignment, size_t bytes) {
    return fails(ENOMEM) ? NULL : __real_aligned_alloc(alignment, bytes);
}

void *__wrap_calloc(size_t count, size_t bytes) {
    return fails(ENOMEM) ? NULL : __real_calloc(count, bytes);
}

void __wrap_free(void *block) {
    open_now -= block != NULL;
    __real_free(block);
}

int __wrap_eventfd(unsigned value, int flags) {
    return fails(EMFILE) ? -1 : __real_eventfd(value, flags);
}

int __wrap_close(int fd) {
    open_now--;
    return __real_close(fd);
}

Test(memory, rings_that_cannot_be_made_leave_nothing_behind) {
    struct rings_options options = {.count = COUNT, .slots = 8, .bytes = 100};
    struct rings *rings = NULL;
    unsigned n = 0;
    for (;; n++) {
        until_failure = n;
        errno = 0;
        if (rings_new(&options, &rings) == 0) break;
        cr_assert(errno == ENOMEM || errno == EMFILE);
        cr_assert_null(rings);
        cr_assert_eq(open_now, 0);
    }
    /* the rings, the workers; of each its slots, unwanted keys, their notes, eventfd */
    cr_assert_eq(n, 2 + 4 * COUNT);
    rings_free(rings, NULL);
    cr_assert_eq(open_now, 0);
}
