#include "tickcast/table.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/printable.h"
#include "proto/msgpack_walk.h"
#include "proto/text.h"
#include "tickcast/table_rows.h"

#define KEY_BYTES  1024 /* of a key with a row: the broker takes 256 by default */
#define FIRST_ROOM 16
#define CUT        "..."

_Static_assert(TABLE_ROWS <= TABLE_SLOTS / 3 * 2, "searches are short and end");

struct table *table_new(void) {
    struct table *table = calloc(1, sizeof *table);
    if (table) table->seed = hash_seed();
    return table;
}

static void section_free(struct section *section) {
    if (!section) return;
    for (unsigned i = 0; i < section->row_count; i++) {
        free(section->rows[i]->cells);
        free(section->rows[i]);
    }
    free(section->rows);
    free(section->suffix);
    free(section);
}

void table_free(struct table *table) {
    if (!table) return;
    for (unsigned i = 0; i < table->section_count; i++) section_free(table->sections[i]);
    free(table);
}

void table_left_out(struct table *table) {
    table->strange++;
}

static int compare(const char *a, size_t a_bytes, const char *b, size_t b_bytes) {
    int order = memcmp(a, b, a_bytes < b_bytes ? a_bytes : b_bytes);
    return order ? order : (a_bytes > b_bytes) - (a_bytes < b_bytes);
}

/* 1D, 1W, 1M, 1Y: all their bars begin at midnight. */
static bool is_daily(const char *suffix, size_t bytes) {
    const char *end = memchr(suffix, '/', bytes);
    size_t count = end ? (size_t)(end - suffix) : bytes, digits = 0;
    while (digits < count && suffix[digits] >= '0' && suffix[digits] <= '9') digits++;
    return digits > 0 && digits + 1 == count && memchr("DWMY", suffix[digits], 4) != NULL;
}

static struct section *section_new(const char *suffix, size_t bytes) {
    struct section *section = calloc(1, sizeof *section);
    if (!section) return NULL;
    section->suffix = malloc(bytes + 1);
    if (!section->suffix) {
        free(section);
        return NULL;
    }
    memcpy(section->suffix, suffix, bytes);
    section->suffix_bytes = bytes;
    section->is_daily = is_daily(suffix, bytes);
    printable(suffix, bytes, section->title, sizeof section->title);
    return section;
}

/* The section of `suffix`, made if it is new; NULL without room or memory. */
static struct section *section_of(struct table *table, const char *suffix, size_t bytes) {
    unsigned low = 0, high = table->section_count;
    while (low < high) {
        unsigned middle = (low + high) / 2;
        struct section *at = table->sections[middle];
        int order = compare(at->suffix, at->suffix_bytes, suffix, bytes);
        if (order == 0) return at;
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    bool full = table->section_count == TABLE_SECTIONS;
    struct section *section = full ? NULL : section_new(suffix, bytes);
    if (!section) return NULL;
    struct section **place = &table->sections[low];
    memmove(place + 1, place, (table->section_count - low) * sizeof *place);
    *place = section;
    table->section_count++;
    return section;
}

/* Puts a new row at its place among the symbols of its section. */
static int row_insert(struct section *section, struct row *row) {
    if (section->row_count == section->row_room) {
        unsigned room = section->row_room ? section->row_room * 2 : FIRST_ROOM;
        struct row **rows = realloc(section->rows, room * sizeof *rows);
        if (!rows) return -1;
        section->rows = rows;
        section->row_room = room;
    }
    unsigned low = 0, high = section->row_count;
    while (low < high) {
        unsigned middle = (low + high) / 2;
        const struct row *at = section->rows[middle];
        if (compare(at->key, at->symbol_bytes, row->key, row->symbol_bytes) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    struct row **place = &section->rows[low];
    memmove(place + 1, place, (section->row_count - low) * sizeof *place);
    *place = row;
    section->row_count++;
    row->section = section;
    return 0;
}

static struct row *row_new(struct table *table, const char *key, size_t bytes) {
    if (table->row_count == TABLE_ROWS || bytes > KEY_BYTES) return NULL;
    const char *slash = memchr(key, '/', bytes);
    size_t symbol_bytes = slash ? (size_t)(slash - key) : bytes;
    size_t head_bytes = slash ? symbol_bytes + 1 : bytes;
    struct section *section = section_of(table, key + head_bytes, bytes - head_bytes);
    struct row *row = section ? calloc(1, sizeof *row + bytes) : NULL;
    if (!row) return NULL;
    memcpy(row->key, key, bytes);
    row->key_bytes = (uint32_t)bytes;
    row->symbol_bytes = (uint32_t)symbol_bytes;
    if (row_insert(section, row)) {
        free(row);
        return NULL;
    }
    table->row_count++;
    return row;
}

/* The row of the key, made if it is new; NULL without room or memory. */
static struct row *row_of(struct table *table, const char *key, size_t bytes) {
    size_t at = hash_bytes(key, bytes, table->seed) % TABLE_SLOTS;
    for (; table->slots[at]; at = (at + 1) % TABLE_SLOTS) {
        struct row *row = table->slots[at];
        if (row->key_bytes == bytes && memcmp(row->key, key, bytes) == 0) return row;
    }
    return table->slots[at] = row_new(table, key, bytes);
}

static bool is_name(struct proto_text name, const char *const *names) {
    for (; *names; names++)
        if (text_is(name, *names, strlen(*names))) return true;
    return false;
}

static void column_init(struct column *column, struct proto_text name) {
    static const char *const prices[] = {"Price", "Close",    "Last",     "Bid",
                                         "Ask",   "BidPrice", "AskPrice", NULL};
    memcpy(column->name, name.at, name.bytes);
    column->name_bytes = (uint8_t)name.bytes;
    column->is_price = is_name(name, prices);
    column->is_epoch = text_is(name, "Epoch", 5);
    if (column->is_epoch)
        strcpy(column->title, "Epoch UTC");
    else
        printable(name.at, name.bytes, column->title, sizeof column->title);
}

/* The column of a field, made if it is new; TABLE_COLUMNS if there is no room. Fields come in the
 * order of the columns, so `next` is usually it. */
static unsigned column_of(struct section *section, struct proto_text name, unsigned next) {
    for (unsigned i = 0; i < section->column_count; i++) {
        unsigned at = (next + i) % section->column_count;
        if (text_is(name, section->columns[at].name, section->columns[at].name_bytes)) return at;
    }
    if (section->column_count == TABLE_COLUMNS || name.bytes > TABLE_NAME_BYTES)
        return TABLE_COLUMNS;
    column_init(&section->columns[section->column_count], name);
    return section->column_count++;
}

static void cell_store(struct cell *cell, enum cell_kind kind, const void *bytes, size_t count) {
    if (cell->kind == kind && cell->bytes == count && memcmp(cell->value, bytes, count) == 0)
        return;
    cell->kind = (uint8_t)kind;
    cell->bytes = (uint8_t)count;
    memcpy(cell->value, bytes, count);
    cell->stale = true;
}

static void cell_text(struct table *table, struct cell *cell, struct proto_text text) {
    bool cut = text.bytes > TABLE_CELL_BYTES;
    if (cut) {
        char shorter[TABLE_CELL_BYTES];
        size_t keep = TABLE_CELL_BYTES - strlen(CUT);
        while (keep > 0 && ((uint8_t)text.at[keep] & 0xc0) == 0x80) keep--; /* whole characters */
        memcpy(shorter, text.at, keep);
        memcpy(shorter + keep, CUT, strlen(CUT));
        cell_store(cell, CELL_TEXT, shorter, keep + strlen(CUT));
    } else {
        cell_store(cell, CELL_TEXT, text.at, text.bytes);
    }
    table->cut += (unsigned)cut - (unsigned)cell->cut;
    cell->cut = cut;
}

static void cell_number(struct table *table, struct cell *cell, const uint8_t *at, size_t bytes) {
    cell_store(cell, CELL_NUMBER, at, bytes);
    table->cut -= (unsigned)cell->cut;
    cell->cut = false;
}

/* Maps, arrays and extensions are no single values; nothing else is longer than 9 bytes. */
static bool is_single(uint8_t head) {
    bool container = (head >= 0x80 && head <= 0x9f) || (head >= 0xdc && head <= 0xdf);
    bool extension = (head >= 0xc7 && head <= 0xc9) || (head >= 0xd4 && head <= 0xd8);
    return !container && !extension;
}

/* Cells for the columns that the section has by now. */
static int make_cells(struct row *row) {
    unsigned count = row->section->column_count;
    if (count <= row->cell_count) return 0;
    struct cell *cells = realloc(row->cells, count * sizeof *cells);
    if (!cells) return -1;
    memset(cells + row->cell_count, 0, (count - row->cell_count) * sizeof *cells);
    row->cells = cells;
    row->cell_count = count;
    return 0;
}

/* Takes the value of a field. Its column, TABLE_COLUMNS if it has none, -1 without memory. */
static int put_field(struct table *table, struct row *row, struct proto_text name,
                     const uint8_t *value, size_t bytes, unsigned next) {
    unsigned column = is_single(*value) ? column_of(row->section, name, next) : TABLE_COLUMNS;
    if (column == TABLE_COLUMNS) return TABLE_COLUMNS;
    if (make_cells(row)) return -1;
    struct proto_text text;
    struct cell *cell = &row->cells[column];
    if (text_read(&value, &text) != TEXT_NONE)
        cell_text(table, cell, text);
    else
        cell_number(table, cell, value, bytes);
    return (int)column;
}

/* A row shows its last message, not what an earlier one had besides. */
static void clear_others(struct table *table, struct row *row, uint32_t seen) {
    for (unsigned i = 0; i < row->cell_count; i++) {
        struct cell *cell = &row->cells[i];
        if (seen >> i & 1 || cell->kind == CELL_NONE) continue;
        table->cut -= (unsigned)cell->cut;
        *cell = (struct cell){.stale = true};
    }
}

static int put_map(struct table *table, struct row *row, const uint8_t *at, const uint8_t *end,
                   uint32_t fields) {
    _Static_assert(TABLE_COLUMNS <= 32, "a bit for each");
    uint32_t seen = 0;
    unsigned left_out = 0, next = 0;
    for (; fields > 0; fields--) {
        struct proto_text name = {NULL, 0};
        bool named = text_read(&at, &name) != TEXT_NONE;
        if (!named) at += msgpack_skip(at, (size_t)(end - at));
        size_t bytes = msgpack_skip(at, (size_t)(end - at));
        int column = named ? put_field(table, row, name, at, bytes, next) : TABLE_COLUMNS;
        at += bytes;
        if (column < 0) return -1;
        if (column == TABLE_COLUMNS) {
            left_out++;
            continue;
        }
        seen |= 1U << column;
        next = (unsigned)column + 1;
    }
    clear_others(table, row, seen);
    if (left_out > row->section->left_out) row->section->left_out = left_out;
    return 0;
}

static int put_data(struct table *table, struct row *row, const uint8_t *at, size_t bytes) {
    static const struct proto_text name = {"data", 4};
    const uint8_t *end = at + bytes;
    uint32_t fields;
    if (map_read(&at, &fields)) return put_map(table, row, at, end, fields);
    int column = put_field(table, row, name, at, bytes, 0);
    if (column < 0) return -1;
    clear_others(table, row, column == TABLE_COLUMNS ? 0 : 1U << column);
    if (column == TABLE_COLUMNS && row->section->left_out == 0) row->section->left_out = 1;
    return 0;
}

void table_put(struct table *table, const struct tickcast_payload *payload) {
    struct row *row = row_of(table, payload->key, payload->key_bytes);
    if (!row || put_data(table, row, payload->data, payload->data_bytes)) table->left_out++;
}
