/* What table.c keeps and table_text.c prints. */
#ifndef TICKCAST_CLI_TABLE_ROWS_H
#define TICKCAST_CLI_TABLE_ROWS_H

#include <stdint.h>

#include "tickcast/table.h"

#define CELL_TEXT_BYTES 48 /* a text of TABLE_CELL_BYTES with some characters escaped */

enum cell_kind { CELL_NONE, CELL_NUMBER, CELL_TEXT }; /* NUMBER: also nil and booleans */

struct cell {
    uint8_t kind, bytes;
    bool cut;         /* the text was longer */
    bool stale;       /* `text` is of an older value */
    int8_t decimals;  /* of a number in plain digits; -1: `text` is something else */
    int8_t direction; /* of the last change that was printed: -1, 0, 1 */
    uint8_t width;    /* of `text`, in columns */
    bool priced;      /* `price` is there */
    double price;
    uint8_t value[TABLE_CELL_BYTES]; /* msgpack, or the characters of a text */
    char text[CELL_TEXT_BYTES];
};

struct row {
    struct section *section;
    struct cell *cells; /* of the first cell_count columns of the section */
    unsigned cell_count;
    uint32_t key_bytes, symbol_bytes;
    char key[];
};

struct column {
    char name[TABLE_NAME_BYTES]; /* as received */
    uint8_t name_bytes;
    bool is_price, is_epoch, is_text;
    int decimals; /* most of those printed */
    int width;    /* widest that was printed */
    char title[TABLE_NAME_BYTES];
};

struct section {
    char *suffix; /* what the keys of its rows have after the first '/' */
    size_t suffix_bytes;
    char title[TABLE_NAME_BYTES];
    bool is_daily;     /* Epoch is a date */
    struct row **rows; /* by symbol */
    unsigned row_count, row_room;
    struct column columns[TABLE_COLUMNS];
    unsigned column_count;
    unsigned left_out; /* most fields of one message that are no columns */
    int symbol_width;
    unsigned shown_rows, shown_columns; /* in the text that is being made */
};

#define TABLE_SLOTS 16384 /* a power of two, at most two thirds full */

struct table {
    struct row *slots[TABLE_SLOTS]; /* by hash of the key */
    uint64_t seed;
    struct section *sections[TABLE_SECTIONS]; /* by suffix */
    unsigned section_count, row_count;
    uint64_t left_out; /* messages without room or memory */
    uint64_t strange;  /* messages that are no payload */
    unsigned cut;      /* cells whose text is cut */
};

#endif
