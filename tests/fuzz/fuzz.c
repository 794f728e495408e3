#include "fuzz/fuzz.h"

#include <string.h>

/* What the linker calls malloc and free themselves (allocations.h). */
void *__real_malloc(size_t bytes);
void __real_free(void *memory);

static char *copy(const void *bytes, size_t count, size_t room) {
    char *made = __real_malloc(room > 0 ? room : 1);
    CHECK(made != NULL);
    if (count > 0) memcpy(made, bytes, count);
    return made;
}

uint8_t *fuzz_copy(const void *bytes, size_t count) {
    return (uint8_t *)copy(bytes, count, count);
}

char *fuzz_text(const void *bytes, size_t count) {
    char *text = copy(bytes, count, count + 1);
    text[count] = '\0';
    return text;
}

void fuzz_free(void *memory) {
    __real_free(memory);
}
