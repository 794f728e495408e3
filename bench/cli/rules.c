#include "cli/rules.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "client/url.h"
#include "key/key.h"
#include "peer/peer.h"
#include "tickcast/messages.h"

#define KEY_BYTES 256
#define URL_BYTES 4200 /* the longest, with another scheme */
#define SENTENCE  512

/* At the setting `name`, or where it is a default at the one because of which it is wrong. */
#define TELL(options, problems, name, ...)                                                         \
    tell(options, problems, LOAD_OPTION_##name, LOAD_OPTION_##name, __VA_ARGS__)
#define TELL_FOR(options, problems, name, cause, ...)                                              \
    tell(options, problems, LOAD_OPTION_##name, LOAD_OPTION_##cause, __VA_ARGS__)
#define FROM(options, name) ((options)->origins[LOAD_OPTION_##name].source)

static void __attribute__((format(printf, 5, 6)))
tell(const struct load_options *options, struct problems *problems, unsigned number, unsigned cause,
     const char *format, ...) {
    char sentence[SENTENCE];
    struct origin origin = options->origins[number];
    if (origin.source == FROM_DEFAULT) origin = options->origins[cause];
    if (origin.source == FROM_DEFAULT) origin.source = FROM_COMMAND_LINE; /* where it can be set */
    va_list args;
    va_start(args, format);
    vsnprintf(sentence, sizeof sentence, format, args);
    va_end(args);
    problems_add(problems, &origin, load_option_rows[number].name, "%s", sentence);
}

/* Settings that only mean something beside others. One from the command line may leave one of the
 * file without a meaning; it is wrong where both were written by the same hand. */
static void check_companions(const struct load_options *options, struct problems *problems) {
    const struct load_config *config = &options->config;
    const struct {
        unsigned number, of;
        bool needed;
        const char *sentence;
    } rows[] = {
        {LOAD_OPTION_zipf, LOAD_OPTION_keys, config->keys == LOAD_KEYS_ZIPF, "is for keys zipf"},
        {LOAD_OPTION_pattern, LOAD_OPTION_sets, config->sets == LOAD_SETS_PATTERN,
         "is for sets pattern"},
        {LOAD_OPTION_symbols, LOAD_OPTION_arrivals, config->arrivals != LOAD_REPLAY,
         "is not for arrivals replay: the file has its own"},
        {LOAD_OPTION_keys, LOAD_OPTION_arrivals, config->arrivals != LOAD_REPLAY,
         "is not for arrivals replay: the file tells them"},
        {LOAD_OPTION_replay, LOAD_OPTION_arrivals, config->arrivals == LOAD_REPLAY,
         "is for arrivals replay"},
        {LOAD_OPTION_replay_speed, LOAD_OPTION_arrivals, config->arrivals == LOAD_REPLAY,
         "is for arrivals replay"},
        {LOAD_OPTION_slow_rate, LOAD_OPTION_slow_share, config->slow_share > 0,
         "is for slow readers: set slow_share"},
        {LOAD_OPTION_resume, LOAD_OPTION_handshakes, config->handshakes > 0,
         "is for further connections: set handshakes"},
        {LOAD_OPTION_sweep_p99, LOAD_OPTION_sweep, config->sweep != LOAD_SWEEP_NONE,
         "is for a sweep: set sweep to rate or connections"},
        {LOAD_OPTION_sweep_from, LOAD_OPTION_sweep, config->sweep != LOAD_SWEEP_NONE,
         "is for a sweep: set sweep to rate or connections"},
        {LOAD_OPTION_sweep_to, LOAD_OPTION_sweep, config->sweep != LOAD_SWEEP_NONE,
         "is for a sweep: set sweep to rate or connections"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        enum source source = options->origins[rows[i].number].source;
        if (!rows[i].needed && source != FROM_DEFAULT &&
            source >= options->origins[rows[i].of].source)
            tell(options, problems, rows[i].number, rows[i].of, "%s", rows[i].sentence);
    }
}

/* Why a URL is none, or NULL. What follows the scheme is read as that of ws, whose form all but
 * Unix sockets have. */
static const char *url_flaw(const char *url, char error[CLIENT_ERROR_BYTES]) {
    char text[URL_BYTES];
    struct client_url parsed;
    bool as_it_is = strncasecmp(url, "unix:", strlen("unix:")) == 0;
    snprintf(text, sizeof text, "%s%s", as_it_is ? "" : "ws", as_it_is ? url : strstr(url, "://"));
    if (client_url_parse(text, "/", &parsed, error) == 0) return NULL;
    size_t bytes = strlen(text); /* which the sentence begins with */
    return strncmp(error, text, bytes) == 0 && strncmp(error + bytes, ": ", 2) == 0
               ? error + bytes + 2
               : error;
}

static void check_files(const struct load_options *options, struct problems *problems) {
    const struct load_config *config = &options->config;
    if (config->ca != NULL && access(config->ca, R_OK) != 0)
        TELL(options, problems, ca, "%s cannot be read", config->ca);
    if (config->cert != NULL && access(config->cert, R_OK) != 0)
        TELL(options, problems, cert, "%s cannot be read", config->cert);
    if (config->key != NULL && access(config->key, R_OK) != 0)
        TELL(options, problems, key, "%s cannot be read", config->key);
    if (config->cert != NULL && config->key == NULL)
        TELL(options, problems, cert, "needs its private key, key");
    if (config->key != NULL && config->cert == NULL)
        TELL(options, problems, key, "is that of a certificate, cert");
}

static void check_server(const struct load_options *options, struct problems *problems) {
    const char *url = options->config.url;
    char schemes[SENTENCE / 2];
    size_t used = 0;
    *schemes = '\0';
    for (size_t i = 0; peers[i] != NULL && used < sizeof schemes; i++)
        used += (size_t)snprintf(schemes + used, sizeof schemes - used, "%s%s", i > 0 ? " " : "",
                                 peers[i]->schemes);
    char error[CLIENT_ERROR_BYTES] = "";
    const struct peer *peer = url != NULL ? peer_find(url) : NULL;
    if (url == NULL)
        TELL(options, problems, url,
             "is needed: SCHEME://HOST[:PORT][/PATH] with one of the schemes %s", schemes);
    else if (peer == NULL)
        TELL(options, problems, url,
             "value '%.200s': allowed is SCHEME://HOST[:PORT][/PATH] with one of the schemes %s",
             url, schemes);
    else if (url_flaw(url, error) != NULL)
        TELL(options, problems, url, "value '%.200s': %.200s", url, url_flaw(url, error));
    else if (!peer->publishes && options->config.publisher == LOAD_PUBLISHER_OWN)
        TELL(options, problems, publisher, "%s takes no messages over the network: none is allowed",
             peer->name);
    else if (options->config.resume != LOAD_RESUME_NONE && options->config.handshakes > 0 &&
             strncasecmp(url, "wss:", 4) != 0)
        TELL_FOR(options, problems, resume, url, "is of TLS, which only a URL of wss has");
    check_files(options, problems);
}

/* Of two settings that exclude each other the one of the command line counts. */
static void settle_window(struct load_options *options, struct problems *problems) {
    struct load_config *config = &options->config;
    if (config->window == 0) return;
    if (FROM(options, rate) == FROM(options, window) && FROM(options, rate) != FROM_DEFAULT)
        TELL(options, problems, window,
             "and rate exclude each other: a window is a closed loop, as fast as the server "
             "answers");
    else if (FROM(options, rate) > FROM(options, window))
        config->window = 0;
    if (config->window == 0 || config->arrivals == LOAD_CONSTANT) return;
    if (FROM(options, arrivals) > FROM(options, window))
        config->window = 0;
    else if (FROM(options, arrivals) < FROM(options, window))
        config->arrivals = LOAD_CONSTANT;
    else
        TELL(options, problems, arrivals, "is for a rate: a window sends when something arrives");
}

static void settle_replay(struct load_options *options, struct problems *problems) {
    struct load_config *config = &options->config;
    if (config->replay != NULL && FROM(options, arrivals) < FROM(options, replay))
        config->arrivals = LOAD_REPLAY;
    if (config->arrivals != LOAD_REPLAY) return;
    if (FROM(options, rate) != FROM_DEFAULT && FROM(options, rate) >= FROM(options, arrivals))
        TELL(options, problems, rate,
             "is not for arrivals replay: they have the rate of the file, "
             "which replay_speed changes");
    const char *folder = getenv(RULES_DATA_FOLDER);
    if (config->replay == NULL && folder != NULL) {
        char *path;
        if (asprintf(&path, "%s/%s", folder, RULES_DATA_FILE) < 0) abort();
        options->texts[LOAD_OPTION_replay] = path;
        config->replay = path;
    }
    if (config->replay == NULL)
        TELL_FOR(options, problems, replay, arrivals,
                 "is needed: a CSV file whose rows have times; or set " RULES_DATA_FOLDER
                 " to the folder that holds " RULES_DATA_FILE);
    else if (access(config->replay, R_OK) != 0)
        TELL_FOR(options, problems, replay, arrivals, "%.300s cannot be read%s", config->replay,
                 FROM(options, replay) == FROM_DEFAULT ? "; " RULES_DATA_FOLDER " names its folder"
                                                       : "");
}

static void check_streams(struct load_options *options, struct problems *problems) {
    struct load_config *config = &options->config;
    if (config->pattern != NULL && FROM(options, sets) < FROM(options, pattern))
        config->sets = LOAD_SETS_PATTERN;
    bool of_symbols = config->sets == LOAD_SETS_SHARED || config->sets == LOAD_SETS_DISTINCT;
    bool of_file = config->arrivals == LOAD_REPLAY; /* it has its own symbols */
    if (of_symbols && !of_file && config->streams > config->symbols)
        TELL_FOR(options, problems, streams, symbols,
                 "%" PRIu32 " of a connection are more than the symbols, %" PRIu32, config->streams,
                 config->symbols);
    const char *pattern = config->pattern;
    if (config->sets == LOAD_SETS_PATTERN && pattern == NULL)
        TELL_FOR(options, problems, pattern, sets,
                 "is needed for sets pattern, such as '*/1Min/*'");
    if (pattern != NULL && !tickcast_stream_valid(pattern, strlen(pattern)))
        TELL(options, problems, pattern,
             "value '%.200s': allowed is a stream of three elements, such "
             "as '*/1Min/*'",
             pattern);
    char key[KEY_BYTES + 1];
    snprintf(key, sizeof key, "S0/%s", config->suffix);
    const char *why = key_check(key, strlen(key), KEY_BYTES);
    if (why != NULL)
        TELL(options, problems, suffix,
             "value '%.128s': allowed are two elements of a key, such as "
             "1Min/OHLCV: the %s",
             config->suffix, why);
    uint64_t each = of_symbols ? config->streams : of_file ? 1 : config->symbols;
    if (each * config->connections > RULES_KEYS_MOST)
        TELL_FOR(options, problems, connections, streams,
                 "%" PRIu32 ", each with %" PRIu64 " keys, are more than the %" PRIu64
                 " that the tool has memory for; take fewer, or merge the results of several hosts",
                 config->connections, each, RULES_KEYS_MOST);
}

static void check_messages(const struct load_options *options, struct problems *problems) {
    const struct load_config *config = &options->config;
    if (config->publisher == LOAD_PUBLISHER_NONE) {
        if (config->sweep != LOAD_SWEEP_NONE)
            TELL(options, problems, sweep, "needs latencies, which publisher none leaves unknown");
        if (config->window > 0)
            TELL(options, problems, window, "nothing is published with publisher none");
        return;
    }
    if (config->arrivals == LOAD_REPLAY) return;
    if (config->publishers > config->symbols)
        TELL_FOR(options, problems, publishers, symbols,
                 "%" PRIu32 " are more than the symbols, %" PRIu32
                 ": each symbol belongs to one of them",
                 config->publishers, config->symbols);
    if (config->burst == 0 && config->keys != LOAD_KEYS_ALL)
        TELL(options, problems, burst, "0 is one message of each symbol, for keys all");
    double burst = config->burst > 0 ? config->burst : config->symbols;
    if (config->window == 0 && burst / config->rate > config->duration_s)
        TELL_FOR(options, problems, duration, burst,
                 "%g s are over before a burst of %g messages at %g a second "
                 "comes; it comes every %g s",
                 config->duration_s, burst, config->rate, burst / config->rate);
}

static void check_disturbance(const struct load_options *options, struct problems *problems) {
    const struct load_config *config = &options->config;
    if (config->slow_share + config->frozen_share > 1 ||
        (uint32_t)((config->slow_share + config->frozen_share) * config->connections) >=
            config->connections)
        TELL(options, problems, slow_share,
             "and frozen_share leave no connection that reads: "
             "together they must be less than 1");
    if (config->churn > 0 && config->arrivals != LOAD_REPLAY &&
        (config->sets == LOAD_SETS_PATTERN || config->symbols <= config->streams))
        TELL(options, problems, churn,
             "has nothing to change to: it needs more symbols than streams, "
             "and sets shared, distinct or globs");
    if (config->storm_every_s > config->duration_s)
        TELL_FOR(options, problems, storm_every, duration,
                 "%g s is longer than the duration, %g s: there would be "
                 "no storm",
                 config->storm_every_s, config->duration_s);
    if (config->threads > config->connections)
        TELL_FOR(options, problems, threads, connections,
                 "%" PRIu32 " are more than the connections, %" PRIu32, config->threads,
                 config->connections);
}

static void check_sweep(const struct load_options *options, struct problems *problems) {
    const struct load_config *config = &options->config;
    if (config->sweep == LOAD_SWEEP_NONE) return;
    if (config->sweep == LOAD_SWEEP_RATE && (config->window > 0 || config->arrivals == LOAD_REPLAY))
        TELL(options, problems, sweep,
             "of the rate is for arrivals constant or poisson, without window");
    double most = config->sweep == LOAD_SWEEP_CONNECTIONS ? 1e6 : 1e8;
    if (config->sweep_from <= 0 || config->sweep_to <= config->sweep_from ||
        config->sweep_to > most)
        TELL_FOR(options, problems, sweep_to, sweep,
                 "%g: allowed is more than sweep_from (%g), which is more "
                 "than 0, up to %g",
                 config->sweep_to, config->sweep_from, most);
}

void load_rules(struct load_options *options, bool server, struct problems *problems) {
    if (server || options->config.url != NULL) check_server(options, problems);
    settle_replay(options, problems);
    settle_window(options, problems);
    check_streams(options, problems);
    check_messages(options, problems);
    check_disturbance(options, problems);
    check_sweep(options, problems);
    check_companions(options, problems);
}
