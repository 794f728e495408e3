/* The writer again, under another name and with memory and streams that are not to be had when
 * told. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int until_failure;

static FILE *failing_stream(void *cookie, const char *mode, cookie_io_functions_t functions) {
    return until_failure-- > 0 ? fopencookie(cookie, mode, functions) : NULL;
}

static void *failing_realloc(void *memory, size_t bytes) {
    return until_failure-- > 0 ? realloc(memory, bytes) : NULL;
}

#define fopencookie     failing_stream
#define realloc         failing_realloc
#define msgpack_to_json failing_to_json
#include "proto/to_json.c"

Test(to_json_memory, a_key_without_memory_is_no_empty_key) {
    static const char object[] = "\x81\x81\xa1\x61\x05\x01"; /* {{"a": 5}: 1} */
    for (int i = 0; i < 4; i++) {                            /* two streams, and the text of each */
        until_failure = i;
        cr_assert(failing_to_json(object, sizeof object - 1) == NULL, "%d", i);
    }
    until_failure = 4;
    char *text = failing_to_json(object, sizeof object - 1);
    cr_assert_str_eq(text, "{\"{\\\"a\\\":5}\":1}");
    free(text);
}

Test(to_json_memory, no_byte_is_left_out_of_a_long_text_for_want_of_memory) {
    enum { BYTES = 60000 };
    static char object[3 + BYTES] = {(char)0xda, (char)(BYTES >> 8), (char)(BYTES & 0xff)};
    memset(object + 3, 'x', BYTES);
    char *text = NULL;
    int failures = 0;
    for (; failures < 20 && text == NULL; failures++) {
        until_failure = failures;
        text = failing_to_json(object, sizeof object);
    }
    cr_assert(failures > 3 && text != NULL);
    cr_expect_eq(strlen(text), BYTES + 2);
    free(text);
}
