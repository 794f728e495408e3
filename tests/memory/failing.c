/* Built without sanitizers: it is called before they are ready. */
#include "failing.h"

#include <dlfcn.h>
#include <errno.h>
#include <execinfo.h>
#include <malloc.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

#if TICKCAST_SANITIZED
#define BEHIND(name) __interceptor_##name
#define ALIGNED      __interceptor_memalign
#else
#define BEHIND(name) __libc_##name
#define ALIGNED      __libc_memalign
#endif

#define NEVER      INT64_MIN
#define PLACES     32
#define CALL       __attribute__((visibility("default")))
#define OWN_FRAMES 2 /* of the backtrace: fails and malloc */

void *BEHIND(malloc)(size_t bytes);
void *BEHIND(calloc)(size_t count, size_t bytes);
void *BEHIND(realloc)(void *block, size_t bytes);
void BEHIND(free)(void *block);
void *ALIGNED(size_t alignment, size_t bytes);

static _Atomic int64_t left = NEVER; /* allocations until the one that fails */
static _Atomic bool failed;
static _Atomic int64_t blocks;
static void *places[PLACES];
static int places_count;
static __thread bool spare;

static bool fails(void) {
    if (spare || atomic_load(&left) < 0 || atomic_fetch_sub(&left, 1) != 0) return false;
    if (!TICKCAST_SANITIZED) places_count = backtrace(places, PLACES);
    atomic_store(&failed, true);
    errno = ENOMEM;
    return true;
}

static void *counted(void *block) {
    if (block != NULL) atomic_fetch_add_explicit(&blocks, 1, memory_order_relaxed);
    return block;
}

CALL void *malloc(size_t bytes) {
    return fails() ? NULL : counted(BEHIND(malloc)(bytes));
}

CALL void *calloc(size_t count, size_t bytes) {
    return fails() ? NULL : counted(BEHIND(calloc)(count, bytes));
}

CALL void *realloc(void *block, size_t bytes) {
    if (block != NULL && bytes == 0) {
        free(block);
        return NULL;
    }
    if (fails()) return NULL;
    void *moved = BEHIND(realloc)(block, bytes);
    return block == NULL ? counted(moved) : moved;
}

CALL void free(void *block) {
    if (block != NULL) atomic_fetch_sub_explicit(&blocks, 1, memory_order_relaxed);
    BEHIND(free)(block);
}

CALL void *memalign(size_t alignment, size_t bytes) {
    return fails() ? NULL : counted(ALIGNED(alignment, bytes));
}

CALL void *aligned_alloc(size_t alignment, size_t bytes) {
    return memalign(alignment, bytes);
}

CALL int posix_memalign(void **made, size_t alignment, size_t bytes) {
    void *block = memalign(alignment, bytes);
    if (block == NULL) return ENOMEM;
    *made = block;
    return 0;
}

/* The first backtrace loads a library, which allocates. */
__attribute__((constructor)) static void load_backtrace(void) {
    if (!TICKCAST_SANITIZED) places_count = backtrace(places, PLACES);
}

#if TICKCAST_SANITIZED
/* The sanitizer asks for it at the begin of each thread, and cannot do without. */
CALL int pthread_getattr_np(pthread_t thread, pthread_attr_t *made) {
    int (*next)(pthread_t, pthread_attr_t *);
    bool before = spare;
    spare = true;
    *(void **)&next = dlsym(RTLD_NEXT, "pthread_getattr_np");
    int result = next(thread, made);
    spare = before;
    return result;
}
#endif

void failing_spare(bool spared) {
    spare = spared;
}

void failing_arm(uint64_t n) {
    atomic_store(&failed, false);
    atomic_store(&left, (int64_t)n);
}

bool failing_disarm(void) {
    atomic_store(&left, NEVER);
    return atomic_load(&failed);
}

void failing_tell(void) {
    if (places_count > OWN_FRAMES)
        backtrace_symbols_fd(places + OWN_FRAMES, places_count - OWN_FRAMES, STDERR_FILENO);
}

int64_t failing_blocks(void) {
    return TICKCAST_SANITIZED ? 0 : atomic_load(&blocks); /* strdup of a sanitizer is not seen */
}
