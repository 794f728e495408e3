/*
 * JSON to msgpack and back: what one says the other says, read side by side; what jansson refuses
 * is refused.
 *
 * Input: which way (a byte, even: from msgpack), which allocation fails (a byte, 0: none), then the
 * text or the object.
 */
#include <string.h>

#include "fuzz/allocations.h"
#include "fuzz/fuzz.h"
#include "fuzz/json_reference.h"
#include "fuzz/msgpack_reference.h"
#include "fuzz/utf8_reference.h"
#include "proto/json.h"
#include "proto/msgpack_walk.h"

#define MOST_BYTES 65536u /* as deep as the references recurse */

int LLVMFuzzerInitialize(int *argc, char ***argv) {
    (void)argc, (void)argv;
    allocations_of_libraries();
    return 0;
}

static void check_from_msgpack(const uint8_t *bytes, size_t count, uint32_t nth) {
    size_t whole = msgpack_reference_object(bytes, bytes + count, PROTO_WALK_DEPTH);
    bool good = count > 0 && whole == count;
    allocations_begin(nth);
    char *text = msgpack_to_json(bytes, count);
    bool failed = allocations_end() != 0;
    CHECK((text != NULL) == (good && !failed));
    if (text == NULL) return;
    CHECK(utf8_reference_valid((const uint8_t *)text, strlen(text)));
    CHECK(json_reference_same(text, strlen(text), bytes, count));
    free(text);
}

/* `text` and back again, where names are as JSON has them. */
static void check_to_msgpack(const char *text, size_t count, uint32_t nth) {
    char error[PROTO_ERROR_BYTES] = "";
    struct json_msgpack made = {0}, shallow = {0};
    enum json_verdict verdict = json_reference_verdict(text, count);
    allocations_begin(nth);
    int result = json_to_msgpack_any_depth(text, count, &made, error);
    bool failed = allocations_end() != 0;
    if (result != 0) {
        CHECK(made.bytes == NULL && error[0] != '\0' && strlen(error) < sizeof error);
        CHECK(failed || verdict != JSON_TAKEN);
        return;
    }
    CHECK(verdict != JSON_REFUSED);
    CHECK(json_reference_same(text, count, made.bytes, made.count));

    unsigned most = PROTO_DATA_DEPTH;
    bool fits = msgpack_reference_object(made.bytes, made.bytes + made.count, most) > 0;
    CHECK((json_to_msgpack(text, count, &shallow, error) == 0) == fits);
    if (fits) {
        CHECK(shallow.count == made.count && memcmp(shallow.bytes, made.bytes, made.count) == 0);
        check_from_msgpack(made.bytes, made.count, 0);
        free(shallow.bytes);
    }
    free(made.bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct fuzz_input input = {data, data + size};
    bool from_json = fuzz_byte(&input) & 1;
    uint32_t nth = fuzz_byte(&input);
    size_t count;
    const uint8_t *bytes = fuzz_bytes(&input, MOST_BYTES, &count);
    uint8_t *copy = fuzz_copy(bytes, count);
    if (from_json)
        check_to_msgpack((const char *)copy, count, nth);
    else
        check_from_msgpack(copy, count, nth);
    fuzz_free(copy);
    return 0;
}
