/* Files that a command writes: whole, or not at all. One thread. */
#ifndef BENCH_CLI_FILES_H
#define BENCH_CLI_FILES_H

#include <stdbool.h>
#include <stdio.h>

#define FILES_ERROR_BYTES 512

/** Writes `path` with `write`, which returns 0, or -1 with errno: to a new file beside it, which
 * then takes its name. "-" is standard output; what is no plain file (a pipe) is written as it is.
 * 0, or -1 with a sentence in `error` (FILES_ERROR_BYTES). */
int file_write(const char *path, int (*write)(void *arg, FILE *out), void *arg, char *error);

/** Whether file_write could begin: false, with a sentence, if there is no such folder or it is not
 *  ours to write. */
bool file_may_write(const char *path, char *error);

#endif
