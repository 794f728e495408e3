#include "feed/mapping.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/nearest.h"
#include "base/utf8.h"
#include "feed/number.h"

#define ALLOWED_TYPES "int, float and text"

enum type { TYPE_INT, TYPE_FLOAT, TYPE_TEXT, TYPE_INFERRED };
static const char *const type_names[] = {"int", "float", "text", NULL};

struct entry {
    struct field name, column;
    enum type type;
    size_t number; /* of the column in the header */
};

struct mapping {
    struct entry *entries;
    size_t count;
};

static int no_memory(char *error) {
    snprintf(error, ROW_ERROR_BYTES, "no memory");
    return -1;
}

/* Cuts a known type off the name of a column. */
static enum type take_type(struct field *column) {
    const char *colon = memrchr(column->at, ':', column->bytes);
    if (!colon) return TYPE_INFERRED;
    size_t bytes = column->bytes - (size_t)(colon + 1 - column->at);
    for (int i = 0; type_names[i]; i++) {
        if (strlen(type_names[i]) != bytes || memcmp(type_names[i], colon + 1, bytes)) continue;
        column->bytes = (size_t)(colon - column->at);
        return (enum type)i;
    }
    return TYPE_INFERRED;
}

static int parse(const char *text, struct mapping *mapping, char *error) {
    struct entry *entry = &mapping->entries[mapping->count];
    char shown[ROW_TEXT_BYTES];
    const char *equals = strchr(text, '=');
    const struct field whole = {text, strlen(text), false};
    if (!equals || equals == text || equals[1] == 0) {
        snprintf(error, ROW_ERROR_BYTES,
                 "'%s' maps no column; allowed is FIELD=COLUMN or FIELD=COLUMN:TYPE",
                 field_text(&whole, shown));
        return -1;
    }
    entry->name = (struct field){text, (size_t)(equals - text), false};
    entry->column = (struct field){equals + 1, strlen(equals + 1), false};
    entry->type = take_type(&entry->column);
    const char *why = NULL;
    if (entry->column.bytes == 0) why = "names no column";
    if (!utf8_valid(text, entry->name.bytes)) why = "is not UTF-8";
    for (size_t i = 0; i < mapping->count && !why; i++)
        if (field_same(&entry->name, &mapping->entries[i].name)) why = "is there twice";
    mapping->count++;
    if (!why) return 0;
    snprintf(error, ROW_ERROR_BYTES, "the field '%s' %s", field_text(&entry->name, shown), why);
    return -1;
}

int mapping_new(const struct feed_list *columns, struct mapping **out, char *error) {
    size_t count = columns ? columns->count : 0;
    struct mapping *mapping = calloc(1, sizeof *mapping);
    if (!mapping) return no_memory(error);
    mapping->entries = calloc(count + 1, sizeof *mapping->entries);
    int result = mapping->entries ? 0 : no_memory(error);
    for (size_t i = 0; i < count && result == 0; i++)
        result = parse(columns->texts[i], mapping, error);
    if (result == 0)
        *out = mapping;
    else
        mapping_free(mapping);
    return result;
}

void mapping_free(struct mapping *mapping) {
    if (!mapping) return;
    free(mapping->entries);
    free(mapping);
}

/* The part before the last ':' is a column: then it was not its name that was wrong. */
static bool tell_type(const struct entry *entry, const struct field *names, size_t count,
                      char *error) {
    const char *colon = memrchr(entry->column.at, ':', entry->column.bytes);
    if (!colon || entry->type != TYPE_INFERRED) return false;
    const struct field column = {entry->column.at, (size_t)(colon - entry->column.at), false};
    if (field_find(&column, names, count) == count) return false;
    char name[ROW_TEXT_BYTES], shown[ROW_TEXT_BYTES];
    const struct field type = {colon + 1, entry->column.bytes - column.bytes - 1, false};
    const char *meant = nearest(field_text(&type, shown), type_names);
    snprintf(error, ROW_ERROR_BYTES,
             "the field '%s': '%s' is no type; allowed are " ALLOWED_TYPES "%s%s%s",
             field_text(&entry->name, name), shown, meant ? "; did you mean '" : "",
             meant ? meant : "", meant ? "'?" : "");
    return true;
}

static int tell_missing(const struct entry *entry, const struct field *names, size_t count,
                        char *error) {
    char name[ROW_TEXT_BYTES], column[ROW_TEXT_BYTES];
    if (tell_type(entry, names, count, error)) return -1;
    int used = snprintf(error, ROW_ERROR_BYTES,
                        "the field '%s' is to come from column '%s'; the header has",
                        field_text(&entry->name, name), field_text(&entry->column, column));
    fields_list(names, count, error, used);
    return -1;
}

int mapping_resolve(struct mapping *mapping, const struct field *names, size_t count, char *error) {
    for (size_t i = 0; i < mapping->count; i++) {
        struct entry *entry = &mapping->entries[i];
        entry->number = field_find(&entry->column, names, count);
        if (entry->number == count) return tell_missing(entry, names, count, error);
    }
    if (mapping->count > 0) return 0;
    struct entry *entries = reallocarray(mapping->entries, count, sizeof *entries);
    if (!entries) return no_memory(error);
    for (size_t i = 0; i < count; i++)
        entries[i] = (struct entry){names[i], names[i], TYPE_INFERRED, i};
    mapping->entries = entries;
    mapping->count = count;
    return 0;
}

static int pack_text(msgpack_packer *packer, const struct field *field) {
    if (msgpack_pack_str(packer, field->bytes)) return -1;
    return msgpack_pack_str_body(packer, field->at, field->bytes);
}

static const char *put_text(msgpack_packer *packer, const struct field *field) {
    if (!utf8_valid(field->at, field->bytes)) return "allowed is text in UTF-8";
    return pack_text(packer, field) ? "no memory" : NULL;
}

static const char *put_int(msgpack_packer *packer, const struct field *field) {
    struct number number;
    number_parse(field->at, field->bytes, &number);
    if (number.kind != NUMBER_INTEGER)
        return "allowed are whole numbers from -9223372036854775808 to 9223372036854775807";
    return msgpack_pack_int64(packer, number.integer) ? "no memory" : NULL;
}

static const char *put_float(msgpack_packer *packer, const struct field *field) {
    double value;
    if (!number_real(field->at, field->bytes, &value))
        return "allowed are numbers within float64, as -167.41 or 1e3";
    return msgpack_pack_double(packer, value) ? "no memory" : NULL;
}

static const char *put_inferred(msgpack_packer *packer, const struct field *field) {
    struct number number = {.kind = NUMBER_NONE};
    if (!field->quoted) number_parse(field->at, field->bytes, &number);
    switch (number.kind) {
    case NUMBER_INTEGER:
        return msgpack_pack_int64(packer, number.integer) ? "no memory" : NULL;
    case NUMBER_FLOAT:
        return msgpack_pack_double(packer, number.real) ? "no memory" : NULL;
    case NUMBER_TOO_LARGE:
        return "allowed are numbers within int64 or float64; in quotes it is text";
    default:
        return put_text(packer, field);
    }
}

static const char *put_value(msgpack_packer *packer, const struct field *field, enum type type) {
    switch (type) {
    case TYPE_INT:
        return put_int(packer, field);
    case TYPE_FLOAT:
        return put_float(packer, field);
    case TYPE_TEXT:
        return put_text(packer, field);
    default:
        return put_inferred(packer, field);
    }
}

int mapping_pack(const struct mapping *mapping, const struct field *names,
                 const struct field *fields, msgpack_sbuffer *data, char *error) {
    msgpack_packer packer;
    msgpack_packer_init(&packer, data, msgpack_sbuffer_write);
    if (msgpack_pack_map(&packer, mapping->count)) return no_memory(error);
    for (size_t i = 0; i < mapping->count; i++) {
        const struct entry *entry = &mapping->entries[i];
        if (pack_text(&packer, &entry->name)) return no_memory(error);
        const char *why = put_value(&packer, &fields[entry->number], entry->type);
        if (!why) continue;
        field_tell(entry->number, names, fields, why, error);
        return -1;
    }
    return 0;
}
