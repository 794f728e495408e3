#include "fuzz/json_reference.h"

#include <jansson.h>
#include <math.h>
#include <openssl/evp.h>
#include <string.h>

#include "fuzz/fuzz.h"
#include "fuzz/msgpack_reference.h"
#include "fuzz/utf8_reference.h"

/* Both sides; each function moves behind what it has read, and says whether it was the same. */
struct pair {
    const char *text, *text_end;
    const uint8_t *at, *end;
    bool in_key; /* the text is that of a key that is no string */
};

/* What a string holds; on the heap of the target. */
struct buffer {
    uint8_t *bytes;
    size_t count;
};

static bool same_object(struct pair *pair);

static void space(struct pair *pair) {
    while (pair->text < pair->text_end && strchr(" \t\r\n", *pair->text) != NULL &&
           *pair->text != '\0')
        pair->text++;
}

static bool word(struct pair *pair, const char *expected) {
    size_t bytes = strlen(expected);
    space(pair);
    if ((size_t)(pair->text_end - pair->text) < bytes || memcmp(pair->text, expected, bytes) != 0)
        return false;
    pair->text += bytes;
    return true;
}

/* The four digits of an escape. */
static bool unit(struct pair *pair, uint32_t *code) {
    if (pair->text_end - pair->text < 4) return false;
    *code = 0;
    for (int i = 0; i < 4; i++) {
        const char *digits = "0123456789abcdefABCDEF", *digit = strchr(digits, pair->text[i]);
        if (digit == NULL || *digit == '\0') return false;
        size_t value = (size_t)(digit - digits);
        *code = *code * 16 + (uint32_t)(value > 15 ? value - 6 : value);
    }
    pair->text += 4;
    return true;
}

static void append(struct buffer *out, uint32_t code) {
    static const uint32_t starts[] = {0, 0x80, 0x800, 0x10000};
    static const uint8_t marks[] = {0, 0xc0, 0xe0, 0xf0};
    unsigned more = 3;
    while (code < starts[more]) more--;
    out->bytes[out->count++] = (uint8_t)(marks[more] | code >> 6 * more);
    while (more-- > 0) out->bytes[out->count++] = (uint8_t)(0x80 | (code >> 6 * more & 0x3f));
}

static bool escape(struct pair *pair, struct buffer *out) {
    static const char letters[] = "\"\\/bfnrt", values[] = "\"\\/\b\f\n\r\t";
    if (pair->text == pair->text_end) return false;
    char letter = *pair->text++;
    const char *simple = letter != '\0' ? strchr(letters, letter) : NULL;
    uint32_t code, low;
    if (simple != NULL) {
        out->bytes[out->count++] = (uint8_t)values[simple - letters];
        return true;
    }
    if (letter != 'u' || !unit(pair, &code)) return false;
    if (code >= 0xd800 && code <= 0xdbff) {
        if (pair->text_end - pair->text < 2 || memcmp(pair->text, "\\u", 2) != 0) return false;
        pair->text += 2;
        if (!unit(pair, &low) || low < 0xdc00 || low > 0xdfff) return false;
        code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
    } else if (code >= 0xdc00 && code <= 0xdfff) {
        return false;
    }
    append(out, code);
    return true;
}

/* Reads a string token; free its bytes in any case. */
static bool string(struct pair *pair, struct buffer *out) {
    out->count = 0;
    out->bytes = fuzz_copy(pair->text, (size_t)(pair->text_end - pair->text)); /* room enough */
    if (!word(pair, "\"")) return false;
    while (pair->text < pair->text_end && *pair->text != '"') {
        char c = *pair->text++;
        if ((unsigned char)c < 0x20) return false;
        if (c != '\\')
            out->bytes[out->count++] = (uint8_t)c;
        else if (!escape(pair, out))
            return false;
    }
    return word(pair, "\"") && utf8_reference_valid(out->bytes, out->count);
}

/* `bytes` with U+FFFD for what is not UTF-8. */
static bool is_shown(const struct buffer *shown, const uint8_t *bytes, size_t count) {
    size_t at = 0;
    for (size_t i = 0; i < count;) {
        size_t taken = utf8_reference_character(bytes + i, count - i);
        const void *expected = taken > 0 ? (const void *)(bytes + i) : "\xef\xbf\xbd";
        size_t expected_bytes = taken > 0 ? taken : 3;
        if (shown->count - at < expected_bytes ||
            memcmp(shown->bytes + at, expected, expected_bytes) != 0)
            return false;
        at += expected_bytes;
        i += taken > 0 ? taken : 1;
    }
    return at == shown->count;
}

static bool same_text(struct pair *pair, const struct msgpack_node *node) {
    struct buffer shown;
    bool same = string(pair, &shown) && is_shown(&shown, node->body, node->count);
    fuzz_free(shown.bytes);
    return same;
}

static bool same_base64(struct pair *pair, const struct msgpack_node *node) {
    struct buffer shown;
    bool same = string(pair, &shown);
    uint8_t *expected = malloc(node->count / 3 * 4 + 8);
    CHECK(expected != NULL);
    int bytes = EVP_EncodeBlock(expected, node->body, (int)node->count);
    same = same && shown.count == (size_t)bytes && memcmp(shown.bytes, expected, shown.count) == 0;
    free(expected);
    fuzz_free(shown.bytes);
    return same;
}

/* A number token: digits, and whether it is a float. */
static bool number(struct pair *pair, char out[400], bool *is_float) {
    size_t count = 0;
    space(pair);
    while (pair->text < pair->text_end && count < 399 && *pair->text != '\0' &&
           strchr("+-0123456789.eE", *pair->text) != NULL)
        out[count++] = *pair->text++;
    out[count] = '\0';
    *is_float = strpbrk(out, ".eE") != NULL;
    return count > 0 && strchr("+.eE", out[0]) == NULL && strchr("-.eE", out[count - 1]) == NULL;
}

static bool same_integer(struct pair *pair, const struct msgpack_node *node) {
    char digits[400];
    bool is_float;
    if (!number(pair, digits, &is_float) || is_float) return false;
    bool negative = node->kind == MSGPACK_SIGNED && (int64_t)node->number < 0;
    if ((digits[0] == '-') != negative && strcmp(digits, "-0") != 0) return false;
    return negative ? strtoll(digits, NULL, 10) == (int64_t)node->number
                    : strtoull(digits + (digits[0] == '-'), NULL, 10) == node->number;
}

static bool same_real(struct pair *pair, const struct msgpack_node *node) {
    char digits[400];
    bool is_float;
    if (!isfinite(node->real)) return word(pair, "null");
    if (!number(pair, digits, &is_float) || !is_float) return false;
    double value = strtod(digits, NULL);
    return node->kind == MSGPACK_DOUBLE ? value == node->real : (float)value == (float)node->real;
}

static bool same_ext(struct pair *pair, const struct msgpack_node *node) {
    struct msgpack_node type = {.kind = MSGPACK_SIGNED, .number = node->number};
    return word(pair, "{") && word(pair, "\"ext\"") && word(pair, ":") &&
           same_integer(pair, &type) && word(pair, ",") && word(pair, "\"data\"") &&
           word(pair, ":") && same_base64(pair, node) && word(pair, "}");
}

/* A key that is no string is a string that holds its text; a container in such a key is "...". */
static bool same_key(struct pair *pair) {
    struct msgpack_node node = msgpack_reference_node(pair->at, pair->end);
    bool container = node.kind == MSGPACK_MAP || node.kind == MSGPACK_ARRAY;
    struct buffer shown;
    if (node.kind == MSGPACK_STR || node.kind == MSGPACK_BIN) {
        pair->at = node.next;
        return same_text(pair, &node);
    }
    bool same = string(pair, &shown);
    if (pair->in_key && container) {
        same = same && shown.count == 3 && memcmp(shown.bytes, "...", 3) == 0;
        pair->at += msgpack_reference_object(pair->at, pair->end, UINT32_MAX);
    } else {
        struct pair inner = {(const char *)shown.bytes, (const char *)shown.bytes + shown.count,
                             pair->at, pair->end, true};
        same = same && same_object(&inner) && inner.text == inner.text_end;
        pair->at = inner.at;
    }
    fuzz_free(shown.bytes);
    return same;
}

static bool same_container(struct pair *pair, const struct msgpack_node *node) {
    bool map = node->kind == MSGPACK_MAP;
    if (!word(pair, map ? "{" : "[")) return false;
    for (uint64_t i = 0; i < node->count; i++) {
        if (i > 0 && !word(pair, ",")) return false;
        if (map && (!same_key(pair) || !word(pair, ":"))) return false;
        if (!same_object(pair)) return false;
    }
    return word(pair, map ? "}" : "]");
}

static bool same_object(struct pair *pair) {
    struct msgpack_node node = msgpack_reference_node(pair->at, pair->end);
    pair->at = node.next;
    switch (node.kind) {
    case MSGPACK_NIL:
        return word(pair, "null");
    case MSGPACK_BOOL:
        return word(pair, node.number != 0 ? "true" : "false");
    case MSGPACK_UNSIGNED:
    case MSGPACK_SIGNED:
        return same_integer(pair, &node);
    case MSGPACK_FLOAT:
    case MSGPACK_DOUBLE:
        return same_real(pair, &node);
    case MSGPACK_STR:
        return same_text(pair, &node);
    case MSGPACK_BIN:
        return same_base64(pair, &node);
    case MSGPACK_EXT:
        return same_ext(pair, &node);
    case MSGPACK_ARRAY:
    case MSGPACK_MAP:
        return same_container(pair, &node);
    default:
        return false;
    }
}

bool json_reference_same(const char *text, size_t text_bytes, const uint8_t *msgpack,
                         size_t msgpack_bytes) {
    struct pair pair = {text, text + text_bytes, msgpack, msgpack + msgpack_bytes, false};
    if (!same_object(&pair)) return false;
    space(&pair);
    return pair.text == pair.text_end && pair.at == pair.end;
}

enum json_verdict json_reference_verdict(const char *text, size_t text_bytes) {
    if (text_bytes > 0 && memchr(text, '\0', text_bytes) != NULL) return JSON_REFUSED;
    json_error_t error;
    const size_t flags = JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL | JSON_DECODE_ANY;
    json_t *value = json_loadb(text, text_bytes, flags, &error);
    json_decref(value);
    if (value != NULL) return JSON_TAKEN;
    if (json_error_code(&error) != json_error_null_byte_in_key) return JSON_REFUSED;

    /* The same with U+0001, which can make two names one. */
    char *other = fuzz_text(text, text_bytes);
    for (size_t i = 0; i + 6 <= text_bytes; i++) {
        if (other[i] != '\\') continue;
        if (memcmp(other + i, "\\u0000", 6) == 0) other[i + 5] = '1';
        i++; /* an escaped backslash begins no escape */
    }
    value = json_loadb(other, text_bytes, flags, &error);
    json_decref(value);
    fuzz_free(other);
    if (value != NULL) return JSON_TAKEN;
    return json_error_code(&error) == json_error_duplicate_key ? JSON_EITHER : JSON_REFUSED;
}
