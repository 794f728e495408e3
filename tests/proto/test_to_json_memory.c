/* The writer again, under another name and with streams that cannot be opened when told. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

static int until_failure;

static FILE *failing_stream(char **text, size_t *bytes) {
    return until_failure-- > 0 ? open_memstream(text, bytes) : NULL;
}

#define open_memstream  failing_stream
#define msgpack_to_json failing_to_json
#include "proto/to_json.c"

Test(to_json_memory, a_key_without_memory_is_no_empty_key) {
    static const char object[] = "\x81\x81\xa1\x61\x05\x01"; /* {{"a": 5}: 1} */
    for (until_failure = 0; until_failure < 2;) {
        int before = until_failure;
        cr_assert(failing_to_json(object, sizeof object - 1) == NULL, "%d", before);
        until_failure = before + 1;
    }
    until_failure = 2;
    char *text = failing_to_json(object, sizeof object - 1);
    cr_assert_str_eq(text, "{\"{\\\"a\\\":5}\":1}");
    free(text);
}
