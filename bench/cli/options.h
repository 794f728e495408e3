/*
 * The settings of a load as one table. Scenario files, options of the command line, help, manual
 * and `config` of results are made from it. One thread.
 *
 *     load_options_init -> load_options_set, in any order -> load_rules (rules.h) ->
 * load_options_fini
 *
 * A value of the command line stands against one of the file, whichever was set first.
 *
 * A row is X(kind, group, name, field, standard, least, most, sentence, reason). Values are texts
 * as people write them; "" as standard is nothing. `reason` tells why the limits are where they
 * are. COUNT, NUMBER, SHARE, TIME, BYTES  amounts (amount.h) MICROS  a time whose field is in
 * microseconds PID     a whole number in an int CORE    the same, or "none" for -1 WORD    one of
 * the words in `least`, with blanks between them: an enum by their order FLAG    false or true
 *   TEXT, FILE  a text of least to most bytes
 */
#ifndef BENCH_CLI_OPTIONS_H
#define BENCH_CLI_OPTIONS_H

#include <jansson.h>
#include <stddef.h>

#include "base/problems.h"
#include "load/config.h"

// clang-format off
#define LOAD_OPTIONS(X)                                                                            \
    X(TEXT, SERVER, url, url, "", "1", "4096", "the server: ws://HOST:PORT[/PATH] or wss:// for the MarketStore contract; other servers have other schemes, see below", "") \
    X(FILE, SERVER, ca, ca, "", "1", "4096", "authorities that may sign the server's certificate, PEM; without it the system's", "") \
    X(FILE, SERVER, cert, cert, "", "1", "4096", "the tool's own certificate, PEM, for a server that asks for one", "") \
    X(FILE, SERVER, key, key, "", "1", "4096", "private key of cert, PEM", "") \
    X(COUNT, SERVER, connections, connections, "100", "1", "1000000", "subscribers", "one host has neither memory nor ports for more; merge the results of several") \
    X(COUNT, SERVER, publishers, publishers, "1", "1", "256", "publishing connections; each has symbols of its own", "what many publishers do to a server shows with a few") \
    X(COUNT, SERVER, threads, threads, "1", "1", "64", "threads that the connections are spread over", "each keeps one core busy") \
    X(COUNT, SERVER, sources, sources, "1", "1", "250", "source addresses, 127.0.0.1, 127.0.0.2 and so on: each has its own ports; for servers on this host", "they are told apart by their last byte") \
    X(WORD, STREAMS, sets, sets, "shared", "shared distinct pattern globs", "", "who wants what: shared, all connections the same streams; distinct, each draws its own; pattern, all the one pattern; globs, each draws patterns with wildcards", "") \
    X(COUNT, STREAMS, streams, streams, "1", "1", "4096", "streams of one connection", "servers of the contract take no more") \
    X(COUNT, STREAMS, symbols, symbols, "1", "1", "1000000", "different symbols that are published; those of a replay are in its file", "the tool keeps the last number of each") \
    X(TEXT, STREAMS, pattern, pattern, "", "1", "256", "the stream of all connections with sets pattern, such as '*/1Min/*'", "servers of the contract take no longer one") \
    X(TEXT, STREAMS, suffix, suffix, "1Min/OHLCV", "3", "128", "the last two elements of keys", "with a symbol before it, it must be a key") \
    X(WORD, STREAMS, keys, keys, "hot", "hot uniform zipf all", "", "what is published: hot, one symbol that all sets contain; uniform, drawn for each message; zipf, drawn with weight 1 / rank^zipf; all, one after the other", "") \
    X(NUMBER, STREAMS, zipf, zipf, "1", "0.01", "10", "exponent of keys zipf", "below it is uniform, above one symbol gets everything") \
    X(COUNT, STREAMS, seed, seed, "1", "0", "9223372036854775807", "the same seed draws the same sets, keys and arrivals", "63 bits, as results tell it") \
    X(WORD, MESSAGES, publisher, publisher, "own", "own none", "", "own: the tool publishes; none: it only observes what others publish, and loss and latency are unknown", "") \
    X(BYTES, MESSAGES, size, size, "64B", "48B", "1MiB", "data of a message", "a message holds its numbers and times; servers of the contract take no larger one") \
    X(NUMBER, MESSAGES, rate, rate, "1000", "0.1", "100000000", "messages a second, of all publishers together, sent by the clock whether the server keeps up or not", "slower than one in 10 s measures nothing, faster is beyond any core") \
    X(COUNT, MESSAGES, burst, burst, "1", "0", "1000000", "messages at once; 0: one of each symbol", "they wait in the memory of the tool") \
    X(COUNT, MESSAGES, window, window, "0", "0", "1000000", "messages that may be under way, each sent when one has arrived; 0: not this closed loop but rate", "they wait in the memory of the tool") \
    X(WORD, MESSAGES, arrivals, arrivals, "constant", "constant poisson replay", "", "gaps between messages at rate: constant, drawn (poisson), or those of a file (replay)", "") \
    X(FILE, MESSAGES, replay, replay, "", "1", "4096", "CSV file, plain or gzip, whose rows' times are the arrivals of replay; without it the quotes of an opening in the folder that TICKCAST_TEST_DATA names", "") \
    X(NUMBER, MESSAGES, replay_speed, replay_speed, "1", "0.001", "1000", "how many times as fast as in the file", "beyond it nothing of the file is left") \
    X(TIME, END, duration, duration_s, "10s", "100ms", "24h", "measured time, after the warm-up", "there is a row of figures for each second") \
    X(TIME, END, warmup, warmup_s, "2s", "0", "1h", "time before it that is not measured", "longer warms nothing") \
    X(COUNT, END, count, count, "0", "0", "1000000000000", "end after so many measured messages; 0: by time alone", "a day is over first") \
    X(FLAG, END, steady, steady, "false", "", "", "end as soon as throughput and p99 of the last seconds no longer drift", "") \
    X(SHARE, DISTURBANCE, slow_share, slow_share, "0", "0", "1", "share of the connections that read slowly; what they miss is excused", "") \
    X(SHARE, DISTURBANCE, frozen_share, frozen_share, "0", "0", "1", "share of the connections that stop reading; what they miss is excused", "") \
    X(BYTES, DISTURBANCE, slow_rate, slow_bytes_per_s, "16KiB", "1B", "1GiB", "what a slow reader takes a second", "a faster one is not slow") \
    X(NUMBER, DISTURBANCE, churn, churn, "0", "0", "1000000", "subscription changes a second, of all connections together", "each is a request and its answer") \
    X(TIME, DISTURBANCE, storm_every, storm_every_s, "0", "0", "1h", "all connections close and connect again so often; 0: never", "") \
    X(NUMBER, DISTURBANCE, handshakes, handshakes, "0", "0", "100000", "further connections a second that come and go", "ports are free again only a minute later") \
    X(WORD, DISTURBANCE, resume, resume, "none", "none full ticket", "", "TLS of these: none, as the library likes; full, a whole handshake each time; ticket, resumed", "") \
    X(WORD, SWEEP, sweep, sweep, "none", "none rate connections", "", "look for the highest rate or the most connections with p99 below sweep_p99 and no loss", "") \
    X(MICROS, SWEEP, sweep_p99, sweep_p99_us, "2ms", "1us", "1min", "the p99 that a step must stay below", "") \
    X(NUMBER, SWEEP, sweep_from, sweep_from, "0", "0", "100000000", "the least rate, or connections, that is tried", "as rate and connections") \
    X(NUMBER, SWEEP, sweep_to, sweep_to, "0", "0", "100000000", "the highest that is tried", "as rate and connections") \
    X(PID, WATCH, pid, pid, "0", "0", "4194304", "process of the server on this host, whose CPU and memory are measured; 0: none", "what the kernel counts to") \
    X(CORE, WATCH, core, core, "none", "0", "1023", "core that the server is pinned to: its busy time counts the kernel's work too; none: not known", "what a set of cores can hold") \
    X(CORE, WATCH, cpu, cpu, "none", "0", "1023", "core that the tool pins itself to; none: not pinned", "what a set of cores can hold") \
    X(FLAG, WATCH, floor, floor, "true", "", "", "measure the machine's noise floor and the bare loop of send() first", "")
// clang-format on

#define LOAD_OPTION_NUMBER(kind, group, name, ...) LOAD_OPTION_##name,
enum { LOAD_OPTIONS(LOAD_OPTION_NUMBER) LOAD_OPTION_COUNT };
#undef LOAD_OPTION_NUMBER

enum load_option_kind {
    LOAD_COUNT,
    LOAD_NUMBER,
    LOAD_SHARE,
    LOAD_TIME,
    LOAD_MICROS,
    LOAD_BYTES,
    LOAD_PID,
    LOAD_CORE,
    LOAD_WORD,
    LOAD_FLAG,
    LOAD_TEXT,
    LOAD_FILE,
};

/** What belongs together in help and manual. */
enum load_group {
    LOAD_SERVER,
    LOAD_STREAMS,
    LOAD_MESSAGES,
    LOAD_END,
    LOAD_DISTURBANCE,
    LOAD_SWEEP,
    LOAD_WATCH,
    LOAD_GROUPS
};
extern const char *const load_group_titles[LOAD_GROUPS];

struct load_option_row {
    enum load_option_kind kind;
    enum load_group group;
    const char *name;     /**< as in scenario files; --name with - in place of _ */
    size_t offset, bytes; /**< of the field, in struct load_config */
    const char *standard, *least, *most, *sentence, *reason;
};
/** By LOAD_OPTION_NAME. */
extern const struct load_option_row load_option_rows[LOAD_OPTION_COUNT];

#define LOAD_TEXT_BYTES 512 /**< of a text below, terminated */

/** The option without its dashes. Returns `out`. */
const char *load_option_flag(const struct load_option_row *row, char out[LOAD_TEXT_BYTES]);
/** What stands for the value in help: "TIME", or the words with | between them. Returns `out`. */
const char *load_option_value(const struct load_option_row *row, char out[LOAD_TEXT_BYTES]);
/** What is allowed, in words, with the reason. Returns `out`. */
const char *load_option_allowed(const struct load_option_row *row, char out[LOAD_TEXT_BYTES]);
/** The sentence with the standard value behind it. Returns `out`. */
const char *load_option_sentence(const struct load_option_row *row, char *out, size_t bytes);
/** The number of a setting in its file spelling, or -1; the nearest name, or NULL. */
int load_option_find(const char *name);
const char *load_option_nearest(const char *name);

struct load_options {
    struct load_config config;
    struct origin origins[LOAD_OPTION_COUNT];
    char *texts[LOAD_OPTION_COUNT]; /**< heap: what `config` points to; NULL: a literal */
};

/** All standards. */
void load_options_init(struct load_options *options);
void load_options_fini(struct load_options *options);

/** Reads a value; one that is not allowed is told. Ends the program without memory. */
void load_options_set(struct load_options *options, unsigned number, const char *text,
                      const struct origin *origin, struct problems *problems);

/** Every setting by its name: times in seconds, sizes in bytes, null where nothing is set, so that
 *  a scenario file could hold the same. The caller owns it; NULL without memory. */
json_t *load_options_json(const struct load_config *config);

#endif
