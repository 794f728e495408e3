/*
 * CSV rows to messages. The first line names the columns; each further line is one message, whose
 * data is a map of all columns in their order and whose key is made from a template such as
 * "{symbol}/Tick/TRADE".
 *
 * Fields are separated by commas. Numbers as JSON writes them, and also ".5" and "5.", become
 * integers or, with a point or exponent, float64; everything else is text, so a number with leading
 * zeros is text too. A field in double quotes is always text; "" in it is one quote. A field does
 * not continue on the next line. One thread.
 */
#ifndef FEED_CSV_H
#define FEED_CSV_H

#include <stddef.h>

#define CSV_MAX_COLUMNS 4096
#define CSV_KEY_BYTES   4096 /**< longest key */
#define CSV_ERROR_BYTES 512

struct csv;

/** 0, or -1 with a sentence in `error` (CSV_ERROR_BYTES) if `template` is none or without memory.
 *  `template` must live as long as *csv. */
int csv_new(const char *template, struct csv **csv, char *error);
void csv_free(struct csv *csv);

/** Takes the header line (changed in place); first and once. 0, or -1 with a sentence. */
int csv_header(struct csv *csv, char *line, size_t bytes, char *error);

struct csv_message {
    const char *key;
    const void *data; /**< one msgpack map */
    size_t key_bytes, data_bytes;
};

/** Makes the message of a row (changed in place), valid until the next call. 0, or -1 with a
 * sentence that names the column and what is allowed. */
int csv_row(struct csv *csv, char *line, size_t bytes, struct csv_message *message, char *error);

#endif
