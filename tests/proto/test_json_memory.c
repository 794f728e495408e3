/* The parser again, under another name and with an allocator that fails when told. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

static int until_failure;

static void *failing_realloc(void *block, size_t bytes) {
    return until_failure-- > 0 ? realloc(block, bytes) : NULL;
}

#define realloc                   failing_realloc
#define malloc(bytes)             failing_realloc(NULL, bytes)
#define json_to_msgpack           failing_to_msgpack
#define json_to_msgpack_any_depth failing_to_msgpack_any_depth
#define json_parts                failing_json_parts
#define json_token_room           failing_token_room
#define json_token_string         failing_token_string
#define json_token_number         failing_token_number
#include "proto/json.c"
#define fail fail_token /* both have one */
#include "proto/json_token.c"

/* Numbers and texts longer than what is allocated first, names in names, and a long fraction. */
static const char text[] =
    "{\"a text of more than sixteen bytes\":[12345678901234567,-12345678901234567,1e7,1e7,1e7,1e7,"
    "1e7,1e7,1e7,1e7,1e7,1e7,1e7,1e7,1e7,1e7,1e7,1e7,1e7,1e7,1e7,1e7,1e7,1e7,1e7,1e7,1e7,1e7],"
    "\"f\":0.11111111111111111111111111111111111111111111111111111111111111111111111111111111}";

static int parse_failing_at(int allocation, struct json_msgpack *made) {
    char error[PROTO_ERROR_BYTES] = "";
    until_failure = allocation;
    int result = failing_to_msgpack(text, sizeof text - 1, made, error);
    if (result != 0) cr_assert_str_eq(error, "no memory");
    return result;
}

Test(json_memory, each_allocation_that_fails_is_told) {
    struct json_msgpack made, whole;
    cr_assert_eq(parse_failing_at(1000, &whole), 0);
    int allocation = 0;
    while (parse_failing_at(allocation, &made) != 0) cr_assert_lt(++allocation, 20);
    cr_assert_geq(allocation, 4); /* what is written and grows, the names, the fraction */
    cr_assert_eq(made.count, whole.count);
    cr_assert(memcmp(made.bytes, whole.bytes, whole.count) == 0);
    free(made.bytes);
    free(whole.bytes);
}
