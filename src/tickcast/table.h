/*
 * The last message of each key, for people. Keys are grouped in sections by what follows their
 * first '/' (as 1Min/OHLCV); a section has a row for each symbol, in order, and a column for each
 * field of the data with a single value, in the order in which they were first seen.
 *
 *     table_put(table, &payload);            for each message: keeps bytes, makes no text
 *     char *text = table_text(table, ...);   now and then: makes text of what is shown
 *
 * Everything has a limit; what is above it is counted and told in the text. One thread.
 */
#ifndef TICKCAST_CLI_TABLE_H
#define TICKCAST_CLI_TABLE_H

#include <stdbool.h>
#include <stddef.h>

#include "tickcast/messages.h"

#define TABLE_SECTIONS   64    /**< timeframes times attribute groups, with room */
#define TABLE_ROWS       10000 /**< of all sections: the symbols of a large exchange */
#define TABLE_COLUMNS    16    /**< of a section: more than a terminal has room for */
#define TABLE_CELL_BYTES 32    /**< of a text in a cell */
#define TABLE_NAME_BYTES 64    /**< of a symbol, a field or a section */

struct table;

/** How to print. */
struct table_style {
    const char *head; /**< the first line, printable; clipped to `columns` */
    int lines;        /**< most lines; 0: as many as it takes */
    int columns;      /**< most columns; 0: as many as it takes */
    bool colour;      /**< with SGR sequences: prices by the direction of their last change */
};

/** An empty table; NULL without memory. */
struct table *table_new(void);
void table_free(struct table *table);

/** Takes a message; without memory it is counted like one above the limits. */
void table_put(struct table *table, const struct tickcast_payload *payload);

/** Counts a message that is no payload. */
void table_left_out(struct table *table);

/** The table as lines that end with '\n'. What did not change since the last call is not made anew;
 *  widths never shrink. UTF-8: LC_CTYPE decides about the width of characters. On the heap; NULL
 *  without memory. */
char *table_text(struct table *table, const struct table_style *style);

#endif
