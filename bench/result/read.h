/*
 * Result documents from files: JSON as `--json` writes it, or a report, which holds its documents.
 * Files are not trusted: what is read has the form and version that this program writes
 * (schema.json), or it is refused. One thread.
 */
#ifndef BENCH_RESULT_READ_H
#define BENCH_RESULT_READ_H

#include <jansson.h>
#include <stddef.h>

#define RESULT_FORMAT      1                  /**< "tickcast_bench" of the documents */
#define RESULT_BYTES_MAX   ((size_t)64 << 20) /**< of a file: some 1000 times a usual result */
#define RESULT_COUNT_MAX   256                /**< documents in a file */
#define RESULT_ERROR_BYTES 512

/** The documents of the file `path` ("-": standard input), an array that the caller owns: one
 * document, an array of them, or a report of several. A document with "runs" (repeated) stands for
 * these. NULL, and a sentence with the file's name in `error` (RESULT_ERROR_BYTES), if it is none.
 */
json_t *result_read(const char *path, char *error);

/** The same of `count` bytes; `name` stands for them in the sentence. */
json_t *result_parse(const char *name, const char *bytes, size_t count, char *error);

/** What is wrong with the form of a document, in `error` (RESULT_ERROR_BYTES); 0 if nothing. */
int result_validate(const json_t *result, char *error);

#endif
