#include "tickcastd/reload.h"

#include "base/clock.h"
#include "base/log.h"
#include "tickcastd/warnings.h"

static void watch_files(struct reload *reload) {
    for (uint32_t i = 0; i < reload->settings->listener_count; i++) {
        const struct listen_tls *tls = reload->settings->listeners[i].tls;
        for (unsigned j = 0; tls != NULL && j < tls->count; j++) {
            watch_add(&reload->watch, tls->certificates[j].cert);
            watch_add(&reload->watch, tls->certificates[j].key);
        }
        if (tls != NULL && tls->client_ca != NULL) watch_add(&reload->watch, tls->client_ca);
    }
}

void reload_init(struct reload *reload, struct tickcast_broker *broker,
                 const struct settings *settings, struct logging *logging) {
    *reload = (struct reload){.broker = broker, .settings = settings, .logging = logging};
    reload->warn_ns = clock_now_ns() + RELOAD_WARN_S * NS_PER_S;
    watch_init(&reload->watch);
    watch_files(reload);
}

void reload_fini(struct reload *reload) {
    watch_fini(&reload->watch);
}

int reload_fd(const struct reload *reload) {
    return watch_fd(&reload->watch);
}

int reload_timeout_ms(const struct reload *reload) {
    return watch_timeout_ms(&reload->watch, clock_now_ns()); /* shorter than a day */
}

static void say_warning(void *arg, const char *sentence) {
    logging_sink(arg, LOG_WARNING, sentence);
}

static void warn(struct reload *reload, uint64_t now_ns) {
    const struct warner warner = {say_warning, reload->logging};
    reload->warn_ns = now_ns + RELOAD_WARN_S * NS_PER_S;
    warnings_of_certificates(reload->settings, &warner);
}

/* The library tells what is served now, or which file it refuses, why, and what is still served. */
static void reload_listener(struct reload *reload, uint32_t number) {
    const struct listen_setting *setting = &reload->settings->listeners[number];
    struct tickcast_certificate certificates[TICKCAST_CERTIFICATES_MAX];
    const struct tickcast_tls tls = listen_tls(setting->tls, certificates);
    int result = tickcast_broker_reload(reload->broker, (int)number, &tls);
    if (result != TICKCAST_OK && result != TICKCAST_ETLS)
        logging_say(reload->logging, LOG_ERROR, "cannot read the certificates again: %s",
                    tickcast_strerror(result));
}

void reload_now(struct reload *reload, const char *why) {
    watch_look(&reload->watch, clock_now_ns());
    logging_say(reload->logging, LOG_NOTICE,
                reload->watch.count > 0 ? "%s: reading the certificates again"
                                        : "%s: there is no certificate to read again; all other "
                                          "settings are those of the start",
                why);
    for (uint32_t i = 0; i < reload->settings->listener_count; i++)
        if (reload->settings->listeners[i].tls != NULL) reload_listener(reload, i);
    warn(reload, clock_now_ns());
}

void reload_turn(struct reload *reload) {
    uint64_t now_ns = clock_now_ns();
    if (watch_changed(&reload->watch, now_ns))
        reload_now(reload, "a file has changed");
    else if (now_ns >= reload->warn_ns)
        warn(reload, now_ns);
}
