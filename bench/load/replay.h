/*
 * The arrivals of a CSV file, plain or gzip: when a row comes after the first, and of which symbol.
 * The header names the columns: `symbol`, and the time as `epoch`, `epoch_s`, `epoch_ms`,
 * `epoch_us` or `epoch_ns` (in any case). Read whole before a run.
 */
#ifndef BENCH_LOAD_REPLAY_H
#define BENCH_LOAD_REPLAY_H

#include <stdint.h>

#define REPLAY_ROWS_MAX    20000000 /**< 12 bytes each */
#define REPLAY_SYMBOLS_MAX 100000

struct replay {
    uint64_t *at_ns; /**< since the first row, never falling */
    uint32_t *symbol;
    uint32_t count;
    char **symbols; /**< names, by number, in the order of their first rows */
    uint32_t symbol_count;
};

/** 0, or -1 with a sentence in `error` (LOAD_ERROR_BYTES); free it in both cases. */
int replay_read(struct replay *replay, const char *path, char *error);
void replay_free(struct replay *replay);

#endif
