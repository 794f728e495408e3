/*
 * Who wants what: decided by the configuration and its seed, so that two runs do the same. Symbols
 * are numbers; their keys are NAME/SUFFIX, where names are those of a replayed file or four
 * letters. Read-only once it is made: any thread.
 */
#ifndef BENCH_LOAD_PLAN_H
#define BENCH_LOAD_PLAN_H

#include <stddef.h>
#include <stdint.h>

#include "load/config.h"
#include "load/replay.h"

#define PLAN_SYMBOLS_MAX     1000000
#define PLAN_CONNECTIONS_MAX 1000000
#define PLAN_CELLS_MAX       ((size_t)100 << 20) /**< symbols of all sets together; 12 bytes each */

enum plan_role { PLAN_READER, PLAN_SLOW, PLAN_FROZEN };

/** The symbols that a connection wants, rising. */
struct plan_set {
    const uint32_t *symbols;
    uint32_t count;
    const uint32_t *place_of; /**< place of each symbol, `count` if not wanted; NULL: search it */
};

struct plan {
    const struct load_config *config;
    struct replay replay; /**< empty unless replayed */
    uint32_t symbols;     /**< that are published and can be wanted */
    uint32_t domain;      /**< the first so many are published */
    char *keys;           /**< `symbols` texts */
    size_t key_bytes;     /**< of each, with its end */
    uint32_t sets;        /**< 1: shared by all */
    size_t *set_from;     /**< sets + 1 positions in set_symbols */
    uint32_t *set_symbols;
    uint32_t *place_of;  /**< of the one set */
    char *streams;       /**< wildcard streams, stream_count of each set; NULL: keys of the set */
    size_t stream_bytes; /**< of each, with its end */
    uint32_t stream_count;
    uint8_t *roles;     /**< enum plan_role of each connection */
    uint32_t *readers;  /**< of each symbol: connections with PLAN_READER that want it */
    uint32_t accounted; /**< connections with PLAN_READER */
};

/** 0, or -1 with a sentence in `error` (LOAD_ERROR_BYTES); free it in both cases. */
int plan_init(struct plan *plan, const struct load_config *config, char *error);
void plan_fini(struct plan *plan);

static inline const char *plan_key(const struct plan *plan, uint32_t symbol) {
    return plan->keys + symbol * plan->key_bytes;
}

static inline struct plan_set plan_set(const struct plan *plan, uint32_t connection) {
    uint32_t set = plan->sets == 1 ? 0 : connection;
    size_t from = plan->set_from[set];
    return (struct plan_set){plan->set_symbols + from, (uint32_t)(plan->set_from[set + 1] - from),
                             plan->place_of};
}

/** How many streams a connection subscribes to, and the i-th. */
uint32_t plan_streams(const struct plan *plan, uint32_t connection);
const char *plan_stream(const struct plan *plan, uint32_t connection, uint32_t i);

/** How many readers a message has on average, if all symbols are as frequent. */
double plan_fanout(const struct plan *plan);

#endif
