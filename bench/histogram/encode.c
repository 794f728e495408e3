#include "histogram/encode.h"

#include <endian.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "histogram/layout.h"

/* The low nibble but one says that counts are ZigZag LEB128 (in V2 they always are). */
#define COOKIE         0x1c849313U
#define COOKIE_DEFLATE 0x1c849314U
#define COOKIE_ANY     0xffffff0fU
#define HEAD_BYTES     40 /* cookie, payload bytes, offset, digits; lowest, highest, ratio */
#define WRAP_BYTES     8  /* cookie, bytes of the deflated form */
#define VARINT_MAX     9  /* 8 of 7 bits, the last of 8 */

static void put32(uint8_t *at, uint32_t value) {
    value = htobe32(value);
    memcpy(at, &value, sizeof value);
}

static void put64(uint8_t *at, uint64_t value) {
    value = htobe64(value);
    memcpy(at, &value, sizeof value);
}

static uint32_t get32(const uint8_t *at) {
    uint32_t value;
    memcpy(&value, at, sizeof value);
    return be32toh(value);
}

static uint64_t get64(const uint8_t *at) {
    uint64_t value;
    memcpy(&value, at, sizeof value);
    return be64toh(value);
}

static uint8_t *put_varint(uint8_t *at, int64_t value) {
    uint64_t zigzag = ((uint64_t)value << 1) ^ (uint64_t)(value >> 63);
    for (unsigned i = 1; i < VARINT_MAX && zigzag > 0x7f; i++, zigzag >>= 7)
        *at++ = (uint8_t)(zigzag | 0x80);
    *at++ = (uint8_t)zigzag;
    return at;
}

/* False if it does not end before `end`. */
static bool get_varint(const uint8_t **at, const uint8_t *end, int64_t *value) {
    uint64_t zigzag = 0;
    for (unsigned i = 0; i < VARINT_MAX; i++) {
        if (*at == end) return false;
        uint64_t byte = *(*at)++;
        bool last = i == VARINT_MAX - 1 || byte < 0x80;
        zigzag |= (last ? byte : byte & 0x7f) << 7 * i;
        if (last) break;
    }
    *value = (int64_t)(zigzag >> 1) ^ -(int64_t)(zigzag & 1);
    return true;
}

/* The V2 form on the heap: up to the last value, two empty slots and more as their negative count.
 */
static uint8_t *encode_plain(const struct histogram *histogram, size_t *bytes) {
    size_t end = histogram->total ? layout_slot(histogram->sub_bits, histogram->max) + 1 : 1;
    size_t used = 0;
    for (size_t slot = 0; slot < end; slot++) used += histogram->counts[slot] != 0;
    uint8_t *plain = malloc(HEAD_BYTES + (2 * used + 1) * VARINT_MAX);
    if (!plain) return NULL;
    uint8_t *at = plain + HEAD_BYTES;
    for (size_t slot = 0, next; slot < end; slot = next) {
        for (next = slot; next < end && !histogram->counts[next]; next++) {
        }
        if (next > slot + 1) {
            at = put_varint(at, -(int64_t)(next - slot));
        } else {
            at = put_varint(at, (int64_t)histogram->counts[slot]);
            next = slot + 1;
        }
    }
    const double ratio = 1; /* of whole numbers to those of a histogram of doubles */
    uint64_t ratio_bits;
    memcpy(&ratio_bits, &ratio, sizeof ratio_bits);
    put32(plain, COOKIE);
    put32(plain + 4, (uint32_t)(at - plain - HEAD_BYTES));
    put32(plain + 8, 0);
    put32(plain + 12, histogram->digits);
    put64(plain + 16, 1);
    put64(plain + 24, histogram->highest);
    put64(plain + 32, ratio_bits);
    *bytes = (size_t)(at - plain);
    return plain;
}

char *histogram_to_text(const struct histogram *histogram) {
    size_t plain_bytes;
    uint8_t *plain = encode_plain(histogram, &plain_bytes);
    if (!plain) return NULL;
    uLongf bytes = compressBound(plain_bytes);
    uint8_t *wrapped = malloc(WRAP_BYTES + bytes);
    char *text = NULL;
    if (wrapped && compress2(wrapped + WRAP_BYTES, &bytes, plain, plain_bytes, 9) == Z_OK) {
        put32(wrapped, COOKIE_DEFLATE);
        put32(wrapped + 4, (uint32_t)bytes);
        bytes += WRAP_BYTES;
        text = malloc((bytes + 2) / 3 * 4 + 1);
        if (text) EVP_EncodeBlock((uint8_t *)text, wrapped, (int)bytes);
    }
    free(wrapped);
    free(plain);
    return text;
}

/* The bytes of base64 on the heap. */
static uint8_t *unwrap(const char *text, size_t *bytes, const char **error) {
    static const char alphabet[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    size_t chars = strnlen(text, HISTOGRAM_TEXT_MAX + 1);
    *error = "a histogram's text is longer than 16 MiB";
    if (chars > HISTOGRAM_TEXT_MAX) return NULL;
    size_t digits = strspn(text, alphabet);
    size_t padding = strspn(text + digits, "=");
    *error = "a histogram's text is not base64";
    if (digits + padding != chars || chars % 4 || padding > 2) return NULL;
    *error = "a histogram's text is too short";
    if (chars / 4 * 3 < WRAP_BYTES + padding) return NULL;
    *error = "no memory";
    uint8_t *wrapped = malloc(chars / 4 * 3);
    if (!wrapped) return NULL;
    EVP_DecodeBlock(wrapped, (const uint8_t *)text, (int)chars);
    *bytes = chars / 4 * 3 - padding;
    return wrapped;
}

/* An empty histogram as the head of the V2 form says. */
static struct histogram *head_to_histogram(const uint8_t *head, const char **error) {
    uint64_t lowest = get64(head + 16), highest = get64(head + 24);
    uint32_t offset = get32(head + 8), digits = get32(head + 12);
    *error = "not a histogram in HdrHistogram's V2 form";
    if ((get32(head) & COOKIE_ANY) != (COOKIE & COOKIE_ANY)) return NULL;
    *error = "a histogram has other than 1 to 5 digits";
    if (!digits || digits > HISTOGRAM_DIGITS_MAX) return NULL;
    *error = "a histogram's lowest value is not 1, which is all that is read";
    if (lowest != 1) return NULL;
    *error = "a histogram's highest value is not from 2 to 2^63 - 1";
    if (highest < 2 || highest > INT64_MAX) return NULL;
    *error = "a histogram's values are shifted, which is not read";
    if (offset > 1) return NULL; /* HdrHistogramJS writes 1, and means 0 */
    *error = "no memory";
    return histogram_new(highest, digits);
}

static bool take_counts(struct histogram *histogram, const uint8_t *at, const uint8_t *end,
                        const char **error) {
    size_t slot = 0;
    for (int64_t value; at < end;) {
        *error = "a histogram's counts are cut off";
        if (!get_varint(&at, end, &value)) return false;
        size_t room = histogram->slots - slot;
        *error = "a histogram has more counts than its highest value allows";
        if (value < 0 ? (uint64_t) - (value + 1) >= room : !room) return false;
        if (value < 0) {
            slot += (size_t)-value;
            continue;
        }
        *error = "a histogram's counts overflow";
        if ((uint64_t)value > INT64_MAX - histogram->total) return false;
        histogram->counts[slot] = (uint64_t)value;
        histogram->total += (uint64_t)value;
        uint64_t highest, lowest = layout_lowest(histogram->sub_bits, slot, &highest);
        if (value && lowest < histogram->min) histogram->min = lowest;
        if (value) histogram->max = highest;
        slot++;
    }
    return true;
}

/* The payload's size is known from the head and bounded by its slots, so that nothing can unfold to
 * more; one byte beyond shows whether the stream ends there. */
static bool inflate_counts(z_stream *stream, struct histogram *histogram, size_t bytes,
                           const char **error) {
    *error = "a histogram has more counts than its highest value allows";
    if (bytes > histogram->slots * VARINT_MAX) return false;
    *error = "no memory";
    uint8_t *payload = malloc(bytes + 1);
    if (!payload) return false;
    stream->next_out = payload;
    stream->avail_out = (uInt)bytes + 1;
    *error = "a histogram's counts are cut off or not deflated";
    bool good = inflate(stream, Z_FINISH) == Z_STREAM_END && stream->avail_out == 1 &&
                take_counts(histogram, payload, payload + bytes, error);
    free(payload);
    return good;
}

static struct histogram *decode(const uint8_t *wrapped, size_t bytes, const char **error) {
    *error = "not a histogram in HdrHistogram's deflated V2 form";
    if ((get32(wrapped) & COOKIE_ANY) != (COOKIE_DEFLATE & COOKIE_ANY)) return NULL;
    *error = "a histogram's size is not what it says";
    if (get32(wrapped + 4) != bytes - WRAP_BYTES) return NULL;
    uint8_t head[HEAD_BYTES];
    z_stream stream = {.next_in = (Bytef *)(uintptr_t)(wrapped + WRAP_BYTES),
                       .avail_in = (uInt)(bytes - WRAP_BYTES),
                       .next_out = head,
                       .avail_out = sizeof head};
    *error = "no memory";
    if (inflateInit(&stream) != Z_OK) return NULL;
    struct histogram *histogram = NULL;
    int status = inflate(&stream, Z_SYNC_FLUSH);
    *error = "a histogram's head is cut off or not deflated";
    if ((status == Z_OK || status == Z_STREAM_END) && !stream.avail_out)
        histogram = head_to_histogram(head, error);
    if (histogram && !inflate_counts(&stream, histogram, get32(head + 4), error)) {
        histogram_free(histogram);
        histogram = NULL;
    }
    inflateEnd(&stream);
    return histogram;
}

struct histogram *histogram_from_text(const char *text, const char **error) {
    size_t bytes;
    uint8_t *wrapped = unwrap(text, &bytes, error);
    if (!wrapped) return NULL;
    struct histogram *histogram = decode(wrapped, bytes, error);
    free(wrapped);
    return histogram;
}
