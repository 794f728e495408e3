/*
 * Lines to messages: rows of CSV under a header (feed/csv.h), or JSON lines
 * {"key": ..., "data": ...}. Whoever reads them from somewhere does
 *
 *     lines_read(&rows.lines, fd)                    or lines_space and lines_take
 *     while ((result = rows_next(&rows, &row, error)) != ROWS_NONE) ...
 *
 * A sentence about a line begins with its place, "FILE:LINE: ". Empty lines are left out. One
 * thread.
 */
#ifndef FEED_ROWS_H
#define FEED_ROWS_H

#include "feed/csv.h"
#include "feed/lines.h"
#include "proto/publish.h"

#define ROWS_NAME_BYTES 120 /**< of the name in a place; of a longer one the end is shown */
#define ROWS_ERROR_BYTES                                                                           \
    (ROWS_NAME_BYTES + 24 + ROW_ERROR_BYTES) /**< with a 64-bit line number                        \
                                              */

#define ROWS_TREE_BYTES                                                                            \
    (64 * 1024 * 1024) /**< memory for the values of a JSON line while it is read; a million       \
                          numbers or a quarter of a million maps fit */

struct rows {
    struct lines lines;
    uint64_t skip; /**< lines up to this number were handled before; the header is taken */
    uint64_t good, bad;
    /* Its own. */
    struct csv *csv; /* NULL: JSON lines */
    bool header_taken;
    char name[ROWS_NAME_BYTES];
    struct publication publication;
};

/** One message. */
struct row {
    const char *key;
    const void *data; /**< one msgpack object */
    size_t key_bytes, data_bytes;
    int64_t time_ns; /**< of the options' column */
};

enum rows_result {
    ROWS_NONE, /**< read more; at the end: there is no more */
    ROWS_ROW,
    ROWS_BAD,     /**< a line was left out: `error` says why */
    ROWS_REFUSED, /**< the header is none, so that no row has a meaning */
};

/** The name of a file as it stands in a place. Returns `out`. */
const char *rows_name(const char *name, char out[ROWS_NAME_BYTES]);

/** `name` is for sentences: a file or "standard input"; copied. `options` NULL: JSON lines.
 *  0, or -1 with a sentence in `error` (ROWS_ERROR_BYTES), without a place. */
int rows_init(struct rows *rows, const char *name, const struct csv_options *options, char *error);
void rows_fini(struct rows *rows);

/** Takes the next line; `row` is valid until the next call. Its number is rows->lines.number. */
enum rows_result rows_next(struct rows *rows, struct row *row, char *error);

/** Turns the row given out last into a bad one, for what its receiver says of it. */
void rows_reject(struct rows *rows, const char *why, char *error);

#endif
