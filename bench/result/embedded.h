/*
 * The documents that a report holds: an array of JSON in an element that browsers do not show or
 * run. "</" is written as "<\/", so that no text of a document ends the element. Pure.
 */
#ifndef BENCH_RESULT_EMBEDDED_H
#define BENCH_RESULT_EMBEDDED_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/** Whether bytes look like a page rather than JSON. */
bool embedded_is_page(const char *bytes, size_t count);

/** Narrows *bytes, *count to the JSON in a page. 0, or -1 and a sentence in *error (static). */
int embedded_find(const char **bytes, size_t *count, const char **error);

/** Writes an element that holds JSON text. */
void embedded_write(const char *json, FILE *out);

#endif
