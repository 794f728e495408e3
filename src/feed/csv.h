/*
 * CSV rows to messages. The first line names the columns; each further line is one message, whose
 * data is a map of columns (feed/mapping.h) and whose key is made from a template such as
 * "{symbol}/Tick/TRADE". How a line is taken apart: feed/fields.h. One thread.
 */
#ifndef FEED_CSV_H
#define FEED_CSV_H

#include <stddef.h>
#include <stdint.h>

#include "feed/fields.h"
#include "feed/options.h"

#define CSV_MAX_COLUMNS 4096
#define CSV_KEY_BYTES   4096 /**< longest key */

/** What is to be made of rows. All must live as long as the struct csv. */
struct csv_options {
    const char *key;                 /**< the template */
    const struct feed_list *columns; /**< of feed/mapping.h; NULL: all */
    const char *time;                /**< the column of the row's time; NULL: there is none */
    enum feed_time_unit time_unit;
};

struct csv;

/** 0, or -1 with a sentence in `error` (ROW_ERROR_BYTES) if the template or a column's text is
 * none, if the template makes no key of any row, or without memory. */
int csv_new(const struct csv_options *options, struct csv **csv, char *error);
void csv_free(struct csv *csv);

/** Takes the header line (changed in place); first and once. 0, or -1 with a sentence. */
int csv_header(struct csv *csv, char *line, size_t bytes, char *error);

struct csv_message {
    const char *key;
    const void *data; /**< one msgpack map */
    size_t key_bytes, data_bytes;
    int64_t time_ns; /**< since 1970; 0 without a column for it */
};

/** Makes the message of a row (changed in place), valid until the next call. 0, or -1 with a
 *  sentence that names the column and what is allowed. */
int csv_row(struct csv *csv, char *line, size_t bytes, struct csv_message *message, char *error);

#endif
