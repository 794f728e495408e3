/*
 * What a run is to do: set by a scenario file and the command line (cli/options), read by the load.
 * Texts live as long as the program.
 */
#ifndef BENCH_LOAD_CONFIG_H
#define BENCH_LOAD_CONFIG_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

enum load_sets {
    LOAD_SETS_SHARED,   /**< all connections have one set of `streams` symbols */
    LOAD_SETS_DISTINCT, /**< each draws its own `streams` of `symbols` */
    LOAD_SETS_PATTERN,  /**< all have the one stream `pattern` */
    LOAD_SETS_GLOBS,    /**< each draws `streams` patterns with wildcards inside elements */
};

enum load_keys {
    LOAD_KEYS_HOT,     /**< one symbol that all sets contain */
    LOAD_KEYS_UNIFORM, /**< drawn for each message */
    LOAD_KEYS_ZIPF,    /**< drawn with weight 1 / rank^zipf */
    LOAD_KEYS_ALL,     /**< one after the other; with burst 0: every symbol in each burst */
};

enum load_arrivals { LOAD_CONSTANT, LOAD_POISSON, LOAD_REPLAY };
enum load_sweep { LOAD_SWEEP_NONE, LOAD_SWEEP_RATE, LOAD_SWEEP_CONNECTIONS };
enum load_publisher { LOAD_PUBLISHER_OWN, LOAD_PUBLISHER_NONE };
enum load_resume { LOAD_RESUME_NONE, LOAD_RESUME_FULL, LOAD_RESUME_TICKET };

struct load_config {
    const char *scenario;   /**< its name */
    const char *url, *ca;   /**< ca: PEM file of authorities, NULL: the system's */
    const char *cert, *key; /**< PEM files of the tool's own certificate, both NULL: none */
    uint32_t connections, publishers, threads,
        sources; /**< sources: addresses 127.0.0.1, .2, ... */
    /* who wants what */
    enum load_sets sets;
    uint32_t streams, symbols;
    const char *pattern,
        *suffix; /**< suffix: the last two elements of keys, such as "1Min/OHLCV" */
    enum load_keys keys;
    double zipf;
    uint64_t seed;
    /* what is published */
    enum load_publisher publisher;
    uint32_t size;   /**< bytes of a message's data */
    double rate;     /**< messages a second of all publishers together; bursts count each message */
    uint32_t burst;  /**< messages at once; 0: one of each symbol */
    uint32_t window; /**< closed loop: messages that may be under way; 0: open loop at `rate` */
    enum load_arrivals arrivals;
    const char *replay; /**< CSV file (gzip or not); its burst profile times `replay_speed` */
    double replay_speed;
    /* when it ends: whichever comes first */
    double duration_s, warmup_s;
    uint64_t count; /**< messages after the warm-up; 0: no limit */
    bool steady;    /**< end when throughput and p99 of the last seconds no longer drift */
    /* what else happens */
    double slow_share, frozen_share; /**< of the connections, 0 to 1 */
    uint32_t slow_bytes_per_s;
    double churn;         /**< subscription changes a second, of all connections together */
    double storm_every_s; /**< all connections reconnect; 0: never */
    double handshakes;    /**< further connections a second that come and go; 0: none */
    enum load_resume resume;
    enum load_sweep sweep;
    double sweep_p99_us, sweep_from, sweep_to;
    /* who is watched */
    pid_t pid;  /**< the server; 0: no CPU and memory figures */
    int core;   /**< its core; -1: not known */
    int cpu;    /**< the core that the tool pins itself to; -1: none */
    bool floor; /**< measure the noise floor and the bare loop first */
};

#endif
