/* UTF-8 as a whole and in pieces, against the table of RFC 3629. The first byte says how long the
 * pieces are. */
#include <string.h>

#include "base/utf8.h"
#include "fuzz/fuzz.h"
#include "fuzz/utf8_reference.h"

static void check_pieces(const uint8_t *bytes, size_t count, size_t piece, bool good) {
    uint32_t state = 0;
    bool fits = true;
    for (size_t i = 0; i < count && fits; i += piece)
        fits = utf8_step(&state, bytes + i, count - i < piece ? count - i : piece);
    CHECK((fits && state == 0) == good);
}

static void check_characters(const uint8_t *bytes, size_t count) {
    uint32_t *codes = malloc((count + 1) * sizeof *codes);
    CHECK(codes != NULL);
    size_t code_count = utf8_reference_codes(bytes, count, codes), at = 0;
    for (size_t i = 0; i < code_count; i++) {
        char written[4];
        size_t before = at;
        CHECK(utf8_next((const char *)bytes, count, &at) == codes[i]);
        if (codes[i] >= UTF8_INVALID) continue;
        CHECK(utf8_write(codes[i], written) == at - before);
        CHECK(memcmp(written, bytes + before, at - before) == 0);
    }
    CHECK(at == count);
    free(codes);
}

/* A byte that cannot belong is told at once, one that can is not. */
static void check_first_bad_byte(const uint8_t *bytes, size_t count) {
    uint32_t state = 0;
    size_t told = 0;
    while (told < count && utf8_step(&state, bytes + told, 1)) told++;
    CHECK(utf8_reference_begins(bytes, told));
    if (told < count) CHECK(!utf8_reference_begins(bytes, told + 1));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct fuzz_input input = {data, data + size};
    size_t piece = fuzz_number(&input, 15) + 1, count = fuzz_left(&input);
    uint8_t *bytes = fuzz_copy(input.at, count);
    bool good = utf8_reference_valid(bytes, count);
    CHECK(utf8_valid(bytes, count) == good);
    check_pieces(bytes, count, 1, good);
    check_pieces(bytes, count, piece, good);
    check_characters(bytes, count);
    check_first_bad_byte(bytes, count);
    fuzz_free(bytes);
    return 0;
}
