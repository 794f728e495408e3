/*
 * Values of a result document by path ("latency_us/p99.9", elements of arrays by number). What is
 * null, missing or of another kind is unknown. One thread.
 */
#ifndef BENCH_RESULT_LOOK_H
#define BENCH_RESULT_LOOK_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#define LOOK_PATH_BYTES 64 /**< longest element of a path, with its end */

/** What is at `path`, owned by the document; NULL if there is nothing or null. */
json_t *look(const json_t *document, const char *path);

/** True, with the number in *value, if it is known. */
bool look_number(const json_t *document, const char *path, double *value);

/** The text at `path`, or `otherwise`. */
const char *look_text(const json_t *document, const char *path, const char *otherwise);

/** What a result is called beside others: the name of its peer. */
const char *look_peer(const json_t *document);

#endif
