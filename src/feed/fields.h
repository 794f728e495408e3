/*
 * The fields of a CSV line: separated by commas; one in double quotes may hold commas, and "" in it
 * is one quote. A field does not go on in the next line. Pure.
 */
#ifndef FEED_FIELDS_H
#define FEED_FIELDS_H

#include <stdbool.h>
#include <stddef.h>

#define ROW_ERROR_BYTES 512 /**< of a sentence about a row or header */
#define ROW_TEXT_BYTES  64  /**< of a name or value in it: three and the rest fit into a log line */

/** Bytes of a line or of a name in the configuration. */
struct field {
    const char *at;
    size_t bytes;
    bool quoted;
};

/** Splits a line (changed in place) into at most `room` fields. How many there are, also above
 *  `room`; 0 with a sentence in `error` (ROW_ERROR_BYTES) if it is none. */
size_t fields_split(char *line, size_t bytes, struct field *fields, size_t room, char *error);

bool field_same(const struct field *a, const struct field *b);

/** The number of `name` among `names`; `count` if it is not there. */
size_t field_find(const struct field *name, const struct field *names, size_t count);

/** The text as people may see it. Returns `out`. */
const char *field_text(const struct field *field, char out[ROW_TEXT_BYTES]);

/** Writes "column N (name) is 'value': why" to `error`, for the column `number`, from 0. */
void field_tell(size_t number, const struct field *names, const struct field *fields,
                const char *why, char *error);

/** Appends the names to `error`, whose first `used` bytes are taken, until it is full. */
void fields_list(const struct field *names, size_t count, char *error, int used);

#endif
