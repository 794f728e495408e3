#include "feed/csv.h"

#include <errno.h>
#include <msgpack.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/printable.h"
#include "base/utf8.h"
#include "feed/number.h"
#include "key/key.h"

#define BYTE_ORDER_MARK "\xef\xbb\xbf"
#define NAME_TEXT       100 /* of a name in a message */

struct field {
    const char *at;
    size_t bytes;
    bool quoted;
};

/* A piece of the template: literal text, and then a column unless it is the last. */
struct piece {
    struct field literal, name;
    size_t column;
};

struct csv {
    struct piece *pieces;
    size_t piece_count;
    char *header; /* copy of the line that the names are in */
    struct field *names, *fields;
    size_t columns;
    msgpack_sbuffer data;
    char key[CSV_KEY_BYTES];
};

static const char *escape(const struct field *field, char out[NAME_TEXT]) {
    return printable(field->at, field->bytes, out, NAME_TEXT);
}

static int no_memory(char *error) {
    snprintf(error, CSV_ERROR_BYTES, "no memory");
    return -1;
}

static int template_parse(struct csv *csv, const char *template, char *error) {
    static const char why[] = "a { of the template is not closed; allowed is {COLUMN}";
    const char *at = template;
    for (;;) {
        struct piece *piece = &csv->pieces[csv->piece_count++];
        size_t bytes = strcspn(at, "{}");
        piece->literal = (struct field){at, bytes, false};
        at += bytes;
        if (*at == 0) return 0;
        const char *end = at + 1 + strcspn(at + 1, "{}");
        if (*at == '}' || *end != '}' || end == at + 1) {
            snprintf(error, CSV_ERROR_BYTES, "%s",
                     *at == '}' ? "a } of the template has no {" : why);
            return -1;
        }
        piece->name = (struct field){at + 1, (size_t)(end - at - 1), false};
        at = end + 1;
    }
}

int csv_new(const char *template, struct csv **out, char *error) {
    struct csv *csv = calloc(1, sizeof *csv);
    if (!csv) return no_memory(error);
    msgpack_sbuffer_init(&csv->data);
    csv->pieces = calloc(strlen(template) / 2 + 2, sizeof *csv->pieces);
    if (!csv->pieces || template_parse(csv, template, error)) {
        if (!csv->pieces) no_memory(error);
        csv_free(csv);
        return -1;
    }
    *out = csv;
    return 0;
}

void csv_free(struct csv *csv) {
    if (!csv) return;
    msgpack_sbuffer_destroy(&csv->data);
    free(csv->pieces);
    free(csv->header);
    free(csv->names);
    free(csv->fields);
    free(csv);
}

/* Takes the quoted field that begins at `at`; writes it over itself without its quotes. Where it
 * ends, or NULL. */
static char *unquote(char *at, char *end, struct field *field) {
    char *to = at;
    *field = (struct field){at, 0, true};
    for (at++; at < end; at++) {
        if (*at != '"') {
            *to++ = *at;
        } else if (at + 1 < end && at[1] == '"') {
            *to++ = *at++;
        } else {
            field->bytes = (size_t)(to - field->at);
            return at + 1;
        }
    }
    return NULL;
}

/* Splits a line into at most `room` fields; how many there are, 0 with a sentence. */
static size_t split(char *line, size_t bytes, struct field *fields, size_t room, char *error) {
    char *at = line, *end = line + bytes;
    struct field dropped;
    for (size_t count = 0;;) {
        struct field *field = count < room ? &fields[count] : &dropped;
        count++;
        if (at < end && *at == '"') {
            at = unquote(at, end, field);
            if (!at || (at < end && *at != ',')) {
                snprintf(error, CSV_ERROR_BYTES, "column %zu: %s", count,
                         at ? "after a closing quote comes a comma or the end of the line"
                            : "a quoted field must end on its line");
                return 0;
            }
        } else {
            char *comma = memchr(at, ',', (size_t)(end - at));
            *field = (struct field){at, (size_t)((comma ? comma : end) - at), false};
            at = comma ? comma : end;
        }
        if (at == end) return count;
        at++;
    }
}

static bool same(const struct field *a, const struct field *b) {
    return a->bytes == b->bytes && memcmp(a->at, b->at, a->bytes) == 0;
}

static int check_names(const struct csv *csv, char *error) {
    char text[NAME_TEXT];
    for (size_t i = 0; i < csv->columns; i++) {
        const struct field *name = &csv->names[i];
        const char *why = NULL;
        if (name->bytes == 0) why = "has no name";
        if (!utf8_valid(name->at, name->bytes)) why = "is not UTF-8";
        for (size_t j = 0; j < i && !why; j++)
            if (same(name, &csv->names[j])) why = "is there twice";
        if (!why) continue;
        snprintf(error, CSV_ERROR_BYTES, "the header's column %zu (%s) %s", i + 1,
                 escape(name, text), why);
        return -1;
    }
    return 0;
}

static int resolve(struct csv *csv, char *error) {
    for (size_t i = 0; i + 1 < csv->piece_count; i++) {
        struct piece *piece = &csv->pieces[i];
        piece->column = 0;
        while (piece->column < csv->columns && !same(&piece->name, &csv->names[piece->column]))
            piece->column++;
        if (piece->column < csv->columns) continue;
        char name[NAME_TEXT];
        int used = snprintf(error, CSV_ERROR_BYTES, "the template names {%s}, the header has",
                            escape(&piece->name, name));
        for (size_t j = 0; j < csv->columns && used < CSV_ERROR_BYTES - NAME_TEXT - 4; j++)
            used += snprintf(error + used, CSV_ERROR_BYTES - (size_t)used, "%s %s", j ? "," : "",
                             escape(&csv->names[j], name));
        return -1;
    }
    return 0;
}

int csv_header(struct csv *csv, char *line, size_t bytes, char *error) {
    size_t mark = strlen(BYTE_ORDER_MARK);
    if (bytes >= mark && memcmp(line, BYTE_ORDER_MARK, mark) == 0) {
        line += mark;
        bytes -= mark;
    }
    csv->header = malloc(bytes + 1);
    csv->names = calloc(CSV_MAX_COLUMNS, sizeof *csv->names);
    csv->fields = calloc(CSV_MAX_COLUMNS, sizeof *csv->fields);
    if (!csv->header || !csv->names || !csv->fields) return no_memory(error);
    memcpy(csv->header, line, bytes);
    csv->columns = split(csv->header, bytes, csv->names, CSV_MAX_COLUMNS, error);
    if (csv->columns == 0) return -1;
    if (csv->columns > CSV_MAX_COLUMNS) {
        snprintf(error, CSV_ERROR_BYTES, "the header has %zu columns, allowed are %d", csv->columns,
                 CSV_MAX_COLUMNS);
        return -1;
    }
    return check_names(csv, error) || resolve(csv, error) ? -1 : 0;
}

static int pack_text(msgpack_packer *packer, const struct field *field) {
    if (msgpack_pack_str(packer, field->bytes)) return -1;
    return msgpack_pack_str_body(packer, field->at, field->bytes);
}

/* NULL, or what is wrong with the field. */
static const char *pack_value(msgpack_packer *packer, const struct field *field) {
    struct number number = {.kind = NUMBER_NONE};
    int failed = 0;
    if (!field->quoted) number_parse(field->at, field->bytes, &number);
    switch (number.kind) {
    case NUMBER_INTEGER:
        failed = msgpack_pack_int64(packer, number.integer);
        break;
    case NUMBER_FLOAT:
        failed = msgpack_pack_double(packer, number.real);
        break;
    case NUMBER_TOO_LARGE:
        return "the number is outside int64 or float64; put it in quotes to send it as text";
    case NUMBER_NONE:
        if (!utf8_valid(field->at, field->bytes)) return "the text is not UTF-8";
        failed = pack_text(packer, field);
        break;
    }
    return failed ? "no memory" : NULL;
}

static int make_data(struct csv *csv, char *error) {
    msgpack_packer packer;
    msgpack_sbuffer_clear(&csv->data);
    msgpack_packer_init(&packer, &csv->data, msgpack_sbuffer_write);
    if (msgpack_pack_map(&packer, csv->columns)) return no_memory(error);
    for (size_t i = 0; i < csv->columns; i++) {
        if (pack_text(&packer, &csv->names[i])) return no_memory(error);
        const char *why = pack_value(&packer, &csv->fields[i]);
        if (!why) continue;
        char name[NAME_TEXT], value[NAME_TEXT];
        snprintf(error, CSV_ERROR_BYTES, "column %zu (%s) is '%s': %s", i + 1,
                 escape(&csv->names[i], name), escape(&csv->fields[i], value), why);
        return -1;
    }
    return 0;
}

static int make_key(struct csv *csv, size_t *key_bytes, char *error) {
    size_t used = 0;
    const char *why = NULL;
    for (size_t i = 0; i < csv->piece_count && !why; i++) {
        const struct piece *piece = &csv->pieces[i];
        const struct field none = {"", 0, false};
        bool last = i + 1 == csv->piece_count;
        const struct field *value = last ? &none : &csv->fields[piece->column];
        if (piece->literal.bytes + value->bytes > CSV_KEY_BYTES - used) {
            why = "key is too long";
            break;
        }
        memcpy(csv->key + used, piece->literal.at, piece->literal.bytes);
        used += piece->literal.bytes;
        memcpy(csv->key + used, value->at, value->bytes);
        used += value->bytes;
    }
    *key_bytes = key_item_bytes(csv->key, used);
    if (!why) why = key_check(csv->key, *key_bytes, CSV_KEY_BYTES);
    if (!why) return 0;
    const struct field key = {csv->key, used, false};
    char text[NAME_TEXT];
    snprintf(error, CSV_ERROR_BYTES, "'%s' cannot be the key: %s", escape(&key, text), why);
    return -1;
}

int csv_row(struct csv *csv, char *line, size_t bytes, struct csv_message *message, char *error) {
    size_t count = split(line, bytes, csv->fields, CSV_MAX_COLUMNS, error);
    if (count == 0) return -1;
    if (count != csv->columns) {
        snprintf(error, CSV_ERROR_BYTES, "%zu fields where the header has %zu columns", count,
                 csv->columns);
        return -1;
    }
    if (make_key(csv, &message->key_bytes, error) || make_data(csv, error)) return -1;
    message->key = csv->key;
    message->data = csv->data.data;
    message->data_bytes = csv->data.size;
    return 0;
}
