#include "feed/csv.h"

#include <msgpack.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "feed/mapping.h"
#include "feed/pace.h"
#include "key/key.h"

#define BYTE_ORDER_MARK "\xef\xbb\xbf"
#define ELEMENT         "x/x/" /* makes a key of an element, to see whether it may be one */

/* A piece of the template: literal text, and then a column unless it is the last. */
struct piece {
    struct field literal, name;
    size_t column;
};

struct csv {
    struct csv_options options;
    struct piece *pieces;
    size_t piece_count;
    struct mapping *mapping;
    char *header; /* copy of the line that the names are in */
    struct field *names, *fields;
    size_t columns, time_column;
    msgpack_sbuffer data;
    char key[CSV_KEY_BYTES];
};

static int no_memory(char *error) {
    snprintf(error, ROW_ERROR_BYTES, "no memory");
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
            snprintf(error, ROW_ERROR_BYTES, "%s",
                     *at == '}' ? "a } of the template has no {" : why);
            return -1;
        }
        piece->name = (struct field){at + 1, (size_t)(end - at - 1), false};
        at = end + 1;
    }
}

/* The column that spoils a key made of several; otherwise the first. */
static const struct piece *find_culprit(const struct csv *csv) {
    char key[sizeof ELEMENT + CSV_KEY_BYTES] = ELEMENT;
    const size_t before = strlen(ELEMENT);
    for (size_t i = 0; i + 1 < csv->piece_count; i++) {
        const struct field *value = &csv->fields[csv->pieces[i].column];
        if (value->bytes > CSV_KEY_BYTES) return &csv->pieces[i];
        memcpy(key + before, value->at, value->bytes);
        size_t bytes = before + value->bytes; /* a ':' cuts the rest of the key off */
        if (key_item_bytes(key, bytes) < bytes || key_check(key, bytes, sizeof key))
            return &csv->pieces[i];
    }
    return csv->pieces;
}

static void tell_key(const struct csv *csv, const struct field *key, const char *why, char *error) {
    char text[ROW_TEXT_BYTES], sentence[ROW_ERROR_BYTES];
    snprintf(sentence, sizeof sentence, "'%s' cannot be the key: %s", field_text(key, text), why);
    if (csv->piece_count > 1)
        field_tell(find_culprit(csv)->column, csv->names, csv->fields, sentence, error);
    else
        snprintf(error, ROW_ERROR_BYTES, "%s", sentence);
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
    if (why) tell_key(csv, &(struct field){csv->key, used, false}, why, error);
    return why ? -1 : 0;
}

int csv_new(const struct csv_options *options, struct csv **out, char *error) {
    struct csv *csv = calloc(1, sizeof *csv);
    if (!csv) return no_memory(error);
    csv->options = *options;
    msgpack_sbuffer_init(&csv->data);
    csv->pieces = calloc(strlen(options->key) / 2 + 2, sizeof *csv->pieces);
    int result = csv->pieces ? template_parse(csv, options->key, error) : no_memory(error);
    /* without columns it is the key of every row */
    if (result == 0 && csv->piece_count == 1) result = make_key(csv, &(size_t){0}, error);
    if (result == 0) result = mapping_new(options->columns, &csv->mapping, error);
    if (result == 0)
        *out = csv;
    else
        csv_free(csv);
    return result;
}

void csv_free(struct csv *csv) {
    if (!csv) return;
    msgpack_sbuffer_destroy(&csv->data);
    mapping_free(csv->mapping);
    free(csv->pieces);
    free(csv->header);
    free(csv->names);
    free(csv->fields);
    free(csv);
}

static int check_names(const struct csv *csv, char *error) {
    char text[ROW_TEXT_BYTES];
    for (size_t i = 0; i < csv->columns; i++) {
        const struct field *name = &csv->names[i];
        const char *why = NULL;
        if (name->bytes == 0) why = "has no name";
        if (field_find(name, csv->names, i) < i) why = "is there twice";
        if (!utf8_valid(name->at, name->bytes)) why = "is not UTF-8";
        if (!why) continue;
        snprintf(error, ROW_ERROR_BYTES, "the header's column %zu (%s) %s", i + 1,
                 field_text(name, text), why);
        return -1;
    }
    return 0;
}

/* The number of the column `name`, which `what` wants. */
static int find(const struct csv *csv, const char *what, const struct field *name, size_t *column,
                char *error) {
    char text[ROW_TEXT_BYTES];
    *column = field_find(name, csv->names, csv->columns);
    if (*column < csv->columns) return 0;
    int used = snprintf(error, ROW_ERROR_BYTES, "%s names {%s}, the header has", what,
                        field_text(name, text));
    fields_list(csv->names, csv->columns, error, used);
    return -1;
}

static int resolve(struct csv *csv, char *error) {
    const char *time = csv->options.time;
    for (size_t i = 0; i + 1 < csv->piece_count; i++) {
        struct piece *piece = &csv->pieces[i];
        if (find(csv, "the template", &piece->name, &piece->column, error)) return -1;
    }
    if (time) {
        const struct field name = {time, strlen(time), false};
        if (find(csv, "time", &name, &csv->time_column, error)) return -1;
    }
    return mapping_resolve(csv->mapping, csv->names, csv->columns, error);
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
    csv->columns = fields_split(csv->header, bytes, csv->names, CSV_MAX_COLUMNS, error);
    if (csv->columns == 0) return -1;
    if (csv->columns > CSV_MAX_COLUMNS) {
        snprintf(error, ROW_ERROR_BYTES, "the header has %zu columns, allowed are %d", csv->columns,
                 CSV_MAX_COLUMNS);
        return -1;
    }
    return check_names(csv, error) || resolve(csv, error) ? -1 : 0;
}

static int make_time(const struct csv *csv, int64_t *time_ns, char *error) {
    *time_ns = 0;
    if (!csv->options.time) return 0;
    const struct field *field = &csv->fields[csv->time_column];
    if (pace_time(field->at, field->bytes, csv->options.time_unit, time_ns)) return 0;
    field_tell(csv->time_column, csv->names, csv->fields, pace_time_allowed(csv->options.time_unit),
               error);
    return -1;
}

static int tell_count(const struct csv *csv, size_t count, char *error) {
    char name[ROW_TEXT_BYTES];
    if (count < csv->columns)
        snprintf(error, ROW_ERROR_BYTES,
                 "column %zu (%s) is missing: %zu fields, allowed are %zu as in the header",
                 count + 1, field_text(&csv->names[count], name), count, csv->columns);
    else
        snprintf(error, ROW_ERROR_BYTES,
                 "column %zu is too many: %zu fields, allowed are %zu as in the header",
                 csv->columns + 1, count, csv->columns);
    return -1;
}

int csv_row(struct csv *csv, char *line, size_t bytes, struct csv_message *message, char *error) {
    size_t count = fields_split(line, bytes, csv->fields, CSV_MAX_COLUMNS, error);
    if (count == 0) return -1;
    if (count != csv->columns) return tell_count(csv, count, error);
    msgpack_sbuffer_clear(&csv->data);
    if (make_key(csv, &message->key_bytes, error) || make_time(csv, &message->time_ns, error) ||
        mapping_pack(csv->mapping, csv->names, csv->fields, &csv->data, error))
        return -1;
    message->key = csv->key;
    message->data = csv->data.data;
    message->data_bytes = csv->data.size;
    return 0;
}
