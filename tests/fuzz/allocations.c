#include "fuzz/allocations.h"

#include <jansson.h>
#include <malloc.h>
#include <openssl/crypto.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "fuzz/fuzz.h"

void *__real_malloc(size_t bytes);
void *__real_calloc(size_t count, size_t bytes);
void *__real_realloc(void *memory, size_t bytes);
void *__real_aligned_alloc(size_t alignment, size_t bytes);
void __real_free(void *memory);
FILE *__real_open_memstream(char **text, size_t *bytes);

void *__wrap_malloc(size_t bytes);
void *__wrap_calloc(size_t count, size_t bytes);
void *__wrap_realloc(void *memory, size_t bytes);
void *__wrap_aligned_alloc(size_t alignment, size_t bytes);
void __wrap_free(void *memory);
char *__wrap_strdup(const char *text);
int __wrap_asprintf(char **text, const char *format, ...);
FILE *__wrap_open_memstream(char **text, size_t *bytes);

static struct {
    uint32_t until_failure; /* 0: none fails */
    int failed;
    uint32_t count;
    size_t bytes, largest;
    long held;
} state;

/* True if this one is to fail. */
static bool fails(size_t bytes) {
    state.count++;
    state.bytes += bytes;
    if (bytes > state.largest) state.largest = bytes;
    if (state.until_failure == 0 || --state.until_failure > 0) return false;
    state.failed = 1;
    return true;
}

static void *held(void *memory) {
    if (memory != NULL) state.held += (long)malloc_usable_size(memory);
    return memory;
}

void *__wrap_malloc(size_t bytes) {
    return fails(bytes) ? NULL : held(__real_malloc(bytes));
}

void *__wrap_calloc(size_t count, size_t bytes) {
    return fails(count * bytes) ? NULL : held(__real_calloc(count, bytes));
}

void *__wrap_realloc(void *memory, size_t bytes) {
    if (fails(bytes)) return NULL;
    long before = memory != NULL ? (long)malloc_usable_size(memory) : 0;
    void *now = held(__real_realloc(memory, bytes));
    if (now != NULL || bytes == 0) state.held -= before;
    return now;
}

void *__wrap_aligned_alloc(size_t alignment, size_t bytes) {
    return fails(bytes) ? NULL : held(__real_aligned_alloc(alignment, bytes));
}

void __wrap_free(void *memory) {
    if (memory != NULL) state.held -= (long)malloc_usable_size(memory);
    __real_free(memory);
}

char *__wrap_strdup(const char *text) {
    size_t bytes = strlen(text) + 1;
    char *copy = __wrap_malloc(bytes);
    return copy != NULL ? memcpy(copy, text, bytes) : NULL;
}

int __wrap_asprintf(char **text, const char *format, ...) {
    *text = NULL;
    if (fails(1)) return -1;
    va_list arguments;
    va_start(arguments, format);
    int bytes = vasprintf(text, format, arguments);
    va_end(arguments);
    held(*text);
    return bytes;
}

FILE *__wrap_open_memstream(char **text, size_t *bytes) {
    return fails(1) ? NULL : __real_open_memstream(text, bytes);
}

void allocations_begin(uint32_t nth) {
    memset(&state, 0, sizeof state);
    state.until_failure = nth;
}

int allocations_end(void) {
    state.until_failure = 0;
    return state.failed;
}

uint32_t allocations_count(void) {
    return state.count;
}

size_t allocations_bytes(void) {
    return state.bytes;
}

size_t allocations_largest(void) {
    return state.largest;
}

long allocations_held(void) {
    return state.held;
}

static void *ssl_malloc(size_t bytes, const char *file, int line) {
    (void)file, (void)line;
    return __wrap_malloc(bytes);
}

static void *ssl_realloc(void *memory, size_t bytes, const char *file, int line) {
    (void)file, (void)line;
    return __wrap_realloc(memory, bytes);
}

static void ssl_free(void *memory, const char *file, int line) {
    (void)file, (void)line;
    __wrap_free(memory);
}

void allocations_of_libraries(void) {
    // json_set_alloc_funcs(__wrap_malloc, __wrap_free);
    CHECK(CRYPTO_set_mem_functions(ssl_malloc, ssl_realloc, ssl_free) == 1);
}
