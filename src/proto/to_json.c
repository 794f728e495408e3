/* msgpack to JSON text. Reads inside an object that msgpack_walk has found whole. */
#include <locale.h>
#include <math.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "proto/json.h"
#include "proto/msgpack_walk.h"

#define FIRST_ROOM 256

/* What is written. open_memstream would go on without the bytes for which there was no memory. */
struct text {
    char *bytes;
    size_t count, room;
    bool cut;
};

struct writer {
    FILE *out;
    const uint8_t *at, *end;
    bool in_key; /* what is written becomes the text of a key */
    bool no_memory;
};

static uint64_t take(struct writer *writer, unsigned bytes) {
    uint64_t value = 0;
    for (unsigned i = 0; i < bytes; i++) value = value << 8 | *writer->at++;
    return value;
}

/* Length of the UTF-8 character at `at`, 0 if it is none. */
static size_t character(const uint8_t *at, size_t left) {
    for (size_t bytes = 1; bytes <= 4 && bytes <= left; bytes++)
        if (utf8_valid(at, bytes)) return bytes;
    return 0;
}

static void write_text(FILE *out, const uint8_t *text, size_t count) {
    putc('"', out);
    for (size_t i = 0; i < count;) {
        size_t bytes = character(text + i, count - i);
        if (bytes == 0) {
            fputs("\xef\xbf\xbd", out); /* U+FFFD */
            i++;
            continue;
        }
        if (text[i] == '"' || text[i] == '\\')
            fprintf(out, "\\%c", text[i]);
        else if (text[i] == '\n')
            fputs("\\n", out);
        else if (text[i] < 0x20 || text[i] == 0x7f)
            fprintf(out, "\\u%04x", text[i]);
        else
            fwrite(text + i, 1, bytes, out);
        i += bytes;
    }
    putc('"', out);
}

static void write_base64(FILE *out, const uint8_t *bytes, size_t count) {
    putc('"', out);
    for (size_t i = 0; i < count; i += 3) {
        unsigned char group[5];
        EVP_EncodeBlock(group, bytes + i, count - i < 3 ? (int)(count - i) : 3);
        fputs((const char *)group, out);
    }
    putc('"', out);
}

/* The shortest of the usual forms that reads back as the same number. */
static void write_number(FILE *out, double number, int least, int most) {
    char text[32];
    if (!isfinite(number)) {
        fputs("null", out);
        return;
    }
    for (int digits = least; digits <= most; digits++) {
        snprintf(text, sizeof text, "%.*g", digits, number);
        double back = strtod(text, NULL);
        if (most > 9 ? back == number : (float)back == (float)number) break;
    }
    /* of the host program's language */
    char *point = strchr(text, *localeconv()->decimal_point);
    if (point != NULL) *point = '.';
    fputs(text, out);
    if (strpbrk(text, ".e") == NULL) fputs(".0", out); /* a float stays one */
}

static void write_float(struct writer *writer, uint8_t head) {
    if (head == 0xca) {
        uint32_t bits = (uint32_t)take(writer, 4);
        float number;
        memcpy(&number, &bits, sizeof number);
        write_number(writer->out, (double)number, 6, 9);
    } else {
        uint64_t bits = take(writer, 8);
        double number;
        memcpy(&number, &bits, sizeof number);
        write_number(writer->out, number, 15, 17);
    }
}

static void write_integer(struct writer *writer, uint8_t head) {
    if (head < 0x80) {
        fprintf(writer->out, "%u", head);
    } else if (head >= 0xe0) {
        fprintf(writer->out, "%d", (int)head - 256);
    } else if (head <= 0xcf) {
        fprintf(writer->out, "%llu", (unsigned long long)take(writer, 1u << (head - 0xcc)));
    } else {
        unsigned bytes = 1u << (head - 0xd0);
        uint64_t value = take(writer, bytes) << (64 - 8 * bytes); /* to extend the sign */
        fprintf(writer->out, "%lld", (long long)((int64_t)value >> (64 - 8 * bytes)));
    }
}

static void write_ext(struct writer *writer, uint8_t head) {
    size_t count = head >= 0xd4 ? (size_t)1 << (head - 0xd4) : take(writer, 1u << (head - 0xc7));
    int8_t type = (int8_t)take(writer, 1);
    fprintf(writer->out, "{\"ext\":%d,\"data\":", type);
    write_base64(writer->out, writer->at, count);
    putc('}', writer->out);
    writer->at += count;
}

static void write_value(struct writer *writer);
static char *object_json(const void *bytes, size_t count, bool in_key);

static bool is_container(uint8_t head) {
    return (head >= 0x80 && head < 0xa0) || (head >= 0xdc && head <= 0xdf);
}

/* The JSON text of a key that is no string, as a string. Quotes double with each such key around
 * them, hence only one of these is written out. */
static void write_key(struct writer *writer) {
    struct proto_text text;
    if (text_read(&writer->at, &text) != TEXT_NONE) {
        write_text(writer->out, (const uint8_t *)text.at, text.bytes);
        return;
    }
    size_t bytes = msgpack_walk(writer->at, (size_t)(writer->end - writer->at), PROTO_WALK_DEPTH);
    if (writer->in_key && is_container(*writer->at)) {
        fputs("\"...\"", writer->out);
    } else {
        char *json = object_json(writer->at, bytes, true);
        if (json != NULL)
            write_text(writer->out, (const uint8_t *)json, strlen(json));
        else
            writer->no_memory = true;
        free(json);
    }
    writer->at += bytes;
}

static void write_map(struct writer *writer, uint32_t pairs) {
    putc('{', writer->out);
    for (uint32_t i = 0; i < pairs; i++) {
        if (i > 0) putc(',', writer->out);
        write_key(writer);
        putc(':', writer->out);
        write_value(writer);
    }
    putc('}', writer->out);
}

static void write_array(struct writer *writer, uint32_t count) {
    putc('[', writer->out);
    for (uint32_t i = 0; i < count; i++) {
        if (i > 0) putc(',', writer->out);
        write_value(writer);
    }
    putc(']', writer->out);
}

/* Recurses PROTO_WALK_DEPTH deep at most: msgpack_walk has looked. */
static void write_value(struct writer *writer) {
    struct proto_text text;
    uint32_t count;
    enum text_kind kind = text_read(&writer->at, &text);
    if (kind == TEXT_STR) {
        write_text(writer->out, (const uint8_t *)text.at, text.bytes);
    } else if (kind == TEXT_BIN) {
        write_base64(writer->out, (const uint8_t *)text.at, text.bytes);
    } else if (map_read(&writer->at, &count)) {
        write_map(writer, count);
    } else if (array_read(&writer->at, &count)) {
        write_array(writer, count);
    } else {
        uint8_t head = *writer->at++;
        if (head == 0xc0)
            fputs("null", writer->out);
        else if (head == 0xc2 || head == 0xc3)
            fputs(head == 0xc2 ? "false" : "true", writer->out);
        else if (head == 0xca || head == 0xcb)
            write_float(writer, head);
        else if ((head >= 0xc7 && head <= 0xc9) || (head >= 0xd4 && head <= 0xd8))
            write_ext(writer, head);
        else
            write_integer(writer, head);
    }
}

/* Of the stream. The text stays terminated. */
static ssize_t take_text(void *arg, const char *bytes, size_t count) {
    struct text *text = arg;
    size_t need = text->count + count + 1, room = text->room > 0 ? text->room : FIRST_ROOM;
    while (room < need) room *= 2;
    char *grown = room > text->room ? realloc(text->bytes, room) : text->bytes;
    if (grown == NULL) text->cut = true;
    if (text->cut) return 0;
    memcpy(grown + text->count, bytes, count);
    text->bytes = grown;
    text->count += count;
    text->room = room;
    text->bytes[text->count] = '\0';
    return (ssize_t)count;
}

static char *object_json(const void *bytes, size_t count, bool in_key) {
    struct text text = {0};
    FILE *out = fopencookie(&text, "w", (cookie_io_functions_t){.write = take_text});
    if (out == NULL) return NULL;
    struct writer writer = {out, bytes, (const uint8_t *)bytes + count, in_key, false};
    write_value(&writer);
    if (fclose(out) == 0 && !text.cut && !writer.no_memory) return text.bytes;
    free(text.bytes);
    return NULL;
}

char *msgpack_to_json(const void *bytes, size_t count) {
    if (count == 0 || msgpack_walk(bytes, count, PROTO_WALK_DEPTH) != count) return NULL;
    return object_json(bytes, count, false);
}
