/*
 * Which column of a row becomes which field of the data, and as what: FIELD=COLUMN or
 * FIELD=COLUMN:TYPE. A column's name may hold a ':', so only one before a known type, the last,
 * begins a type. Without any mapping all columns go in their order under their own names. One
 * thread.
 *
 * Without a type, numbers as feed/number.h reads them become integers or, with a point or exponent,
 * float64; everything else and all that is in quotes is text. int, float and text take what is in
 * quotes too, and refuse what they cannot hold.
 */
#ifndef FEED_MAPPING_H
#define FEED_MAPPING_H

#include <msgpack.h>

#include "feed/fields.h"
#include "feed/options.h"

struct mapping;

/** Takes FIELD=COLUMN[:TYPE] texts, which must live as long as *mapping; NULL or none: all columns.
 *  0, or -1 with a sentence in `error` (ROW_ERROR_BYTES). */
int mapping_new(const struct feed_list *columns, struct mapping **mapping, char *error);
void mapping_free(struct mapping *mapping);

/** Looks the columns up in a header, whose names must live as long; once. 0, or -1 with a sentence
 *  that says what the header has. */
int mapping_resolve(struct mapping *mapping, const struct field *names, size_t count, char *error);

/** Appends the data of a row of that header to `data`: one msgpack map. 0, or -1 with a sentence.
 */
int mapping_pack(const struct mapping *mapping, const struct field *names,
                 const struct field *fields, msgpack_sbuffer *data, char *error);

#endif
