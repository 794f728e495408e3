/* Rules over several settings at once: settings_complete and settings_warn. */
#include <stdlib.h>
#include <string.h>

#include "base/units.h"
#include "net/tls_server.h"
#include "tickcast/tickcast.h"
#include "tickcastd/settings.h"
#include "tickcastd/warnings.h"

/* Nobody said where to listen: everybody may see that there is a broker, this host may use it. */
static void listen_by_default(struct settings *settings) {
    if (settings->listener_count > 0) return;
    struct listen_setting listener = {.host = text_copy("0.0.0.0"), .port = LISTEN_PORT};
    settings_listen(settings, &listener);
    if (settings->origins[OPTION_AT_subscribers_from].source == FROM_DEFAULT)
        settings->options.subscribers_from = TICKCAST_PEERS_LOOPBACK;
}

static bool same_text(const char *a, const char *b) {
    return a != NULL && b != NULL && strcmp(a, b) == 0;
}

static bool same_place(const struct listen_setting *a, const struct listen_setting *b) {
    if (same_text(a->unix_path, b->unix_path)) return true;
    return a->port != 0 && a->port == b->port && same_text(a->host, b->host);
}

/* The place of cert and key stays empty where only a list of certificates is given. */
static void close_gap(struct listen_tls *tls) {
    if (tls->count < 2 || tls->certificates[0].cert != NULL || tls->certificates[0].key != NULL)
        return;
    memmove(&tls->certificates[0], &tls->certificates[1],
            --tls->count * sizeof tls->certificates[0]);
}

static bool check_pairs(const struct listen_setting *listener, struct problems *problems) {
    const struct listen_tls *tls = listener->tls;
    for (unsigned i = 0; i < tls->count; i++) {
        const struct listen_certificate *files = &tls->certificates[i];
        if (files->cert != NULL && files->key != NULL) continue;
        problems_add(problems, &listener->origin, "listen", "%s; TLS needs both",
                     files->cert != NULL  ? "cert without key"
                     : files->key != NULL ? "key without cert"
                                          : "neither cert nor key");
        return false;
    }
    return tls->count > 0; /* else it was told of flags that are missing */
}

static void check_tls(const struct listen_setting *listener, struct problems *problems) {
    struct listen_tls *tls = listener->tls;
    if (tls == NULL) return;
    close_gap(tls);
    if (!check_pairs(listener, problems)) return;
    if (!tls->client_auth_set && tls->client_ca != NULL)
        tls->client_auth = TICKCAST_CLIENT_AUTH_REQUIRED;
    if ((tls->client_auth == TICKCAST_CLIENT_AUTH_NONE) != (tls->client_ca == NULL)) {
        problems_add(problems, &listener->origin, "listen",
                     tls->client_ca == NULL ? "client_auth without client_ca"
                                            : "client_ca, but client_auth is none");
        return;
    }
    const struct log silent = {.sink = NULL}; /* what is only warned of, the start tells */
    struct tickcast_certificate certificates[TICKCAST_CERTIFICATES_MAX];
    const struct tickcast_tls files = listen_tls(tls, certificates);
    char error[TLS_ERROR_BYTES];
    struct tls_server *server = tls_server_new(&files, &silent, error);
    if (server == NULL) problems_add(problems, &listener->origin, "listen", "%s", error);
    tls_server_unref(server);
}

static void check_listener(const struct settings *settings, uint32_t number,
                           struct problems *problems) {
    const struct listen_setting *listener = &settings->listeners[number];
    check_tls(listener, problems);
    for (uint32_t i = 0; i < number; i++) {
        if (!same_place(&settings->listeners[i], listener)) continue;
        char url[LISTEN_URL_BYTES], place[ORIGIN_TEXT_BYTES];
        problems_add(problems, &listener->origin, "listen", "%s is listened on twice, see %s",
                     listen_url(listener, listener->port, url),
                     origin_text(&settings->listeners[i].origin, problems->file, place));
        return;
    }
}

void settings_complete(struct settings *settings, struct problems *problems) {
    listen_by_default(settings);
    feeds_complete(settings, problems);
    if (settings->listener_count > LISTEN_MAX)
        problems_add(problems, &settings->listeners[LISTEN_MAX].origin, "listen",
                     "too many listeners: allowed are %d", LISTEN_MAX);
    for (uint32_t i = 0; i < settings->listener_count; i++) check_listener(settings, i, problems);

    const struct tickcast_options *options = &settings->options;
    if (options->dead_time_ms > options->ping_interval_ms) return;
    /* The one of the two that somebody wrote down last is told. */
    unsigned told = OPTION_AT_dead_time, other = OPTION_AT_ping_interval;
    const struct origin *dead = &settings->origins[told], *ping = &settings->origins[other];
    if (ping->source > dead->source || (ping->source == dead->source && ping->line > dead->line))
        told = OPTION_AT_ping_interval, other = OPTION_AT_dead_time;
    char value[SETTINGS_TEXT_BYTES], limit[SETTINGS_TEXT_BYTES], place[ORIGIN_TEXT_BYTES];
    problems_add(problems, &settings->origins[told], setting_name(told),
                 "value '%s': allowed is a time %s %s, which is %s (%s)",
                 setting_text(options, told, value),
                 told == OPTION_AT_dead_time ? "above" : "below", setting_name(other),
                 setting_text(options, other, limit),
                 origin_text(&settings->origins[other], problems->file, place));
}

static void warn_raised(const struct warner *warner, const struct tickcast_options *options,
                        unsigned number) {
    uint64_t asked = option_get(options, number);
    uint64_t share = options_share(options, number);
    if (share <= asked / options->workers) return;
    char was[UNITS_TEXT_BYTES];
    warner_say(warner,
               "%s %s is raised to %llu bytes: each of %u workers holds four of the "
               "largest messages (%s)",
               setting_name(number), units_format(UNITS_SIZE, asked, was),
               (unsigned long long)(share * options->workers), options->workers,
               number == OPTION_AT_ring_memory ? "max_payload" : "max_payload, max_message");
}

void settings_warn(const struct settings *settings, void (*say)(void *arg, const char *sentence),
                   void *arg) {
    const struct warner warner = {say, arg};
    struct tickcast_options options = settings->options;
    options_resolve(&options);
    warn_raised(&warner, &options, OPTION_AT_ring_memory);
    warn_raised(&warner, &options, OPTION_AT_outbound_memory);
    warn_raised(&warner, &options, OPTION_AT_inbound_memory);
    if (options.slow_memory > options_share(&options, OPTION_AT_outbound_memory))
        warner_say(&warner, "slow_memory is more than a worker's part of outbound_memory: readers "
                            "are evicted earlier, by outbound_memory");
    if (options.slow_memory < options.max_payload)
        warner_say(&warner, "slow_memory is less than max_payload: one large message evicts a "
                            "reader that cannot take it at once");
    if (options.slow_time_ms > options.dead_time_ms)
        warner_say(&warner, "slow_time is more than dead_time: a reader that takes nothing may be "
                            "dead before it is slow");
    if (options.max_streams > options.max_subscriptions)
        warner_say(&warner, "max_streams is more than max_subscriptions: no connection can have "
                            "that many");
}
