/* The menu for people: opening_print. */
#include <string.h>

#include "tickcast/tickcast.h"
#include "tickcastd/certificate.h"
#include "tickcastd/opening.h"

#define LABEL_WIDTH 13

struct menu {
    FILE *out;
    bool bold;
};

static const char *bold(const struct menu *menu) {
    return menu->bold ? "\033[1m" : "";
}

static const char *plain(const struct menu *menu) {
    return menu->bold ? "\033[0m" : "";
}

/* The beginning of a line; `label` may be "". */
static void begin(const struct menu *menu, const char *label) {
    fprintf(menu->out, "%s%-*s%s", bold(menu), LABEL_WIDTH, label, plain(menu));
}

static void print_fact(const struct menu *menu, const char *label, const char *text) {
    begin(menu, label);
    fprintf(menu->out, "%s\n", text);
}

/* A command, alone on its line, and `why` before it. */
static void print_cure(const struct menu *menu, const char *why, const struct paste *command) {
    if (command->used == 0 || command->cut) return;
    print_fact(menu, "", why);
    begin(menu, "");
    fprintf(menu->out, "  %s%s%s\n", bold(menu), command->text, plain(menu));
}

static void print_addresses(const struct menu *menu, const struct opening *opening) {
    const struct reach *reach = &opening->reach;
    enum tickcast_peers from = opening->settings->options.subscribers_from;
    for (uint32_t i = 0; i < reach->count; i++) {
        const struct reach_url *url = &reach->urls[i];
        begin(menu, i == 0 ? "addresses" : "");
        fputs(url->url, menu->out);
        if (*url->interface != '\0') fprintf(menu->out, "  (%s)", url->interface);
        fputs(next_reaches(url, from) ? "\n" : "  answers 403, see subscribers\n", menu->out);
    }
    if (reach->count == 0) print_fact(menu, "addresses", "no interface has one");
    if (reach->more == 0) return;
    begin(menu, "");
    fprintf(menu->out, "and %u more\n", reach->more);
}

/* Does an address let somebody of this host in, if `from` is who may? */
static bool anybody(const struct reach *reach, enum tickcast_peers from) {
    for (uint32_t i = 0; i < reach->count; i++)
        if (next_reaches(&reach->urls[i], from)) return true;
    return false;
}

static void print_access(const struct menu *menu, const struct opening *opening) {
    const struct tickcast_options *options = &opening->settings->options;
    bool all = options->subscribers_from == TICKCAST_PEERS_ANY;
    print_fact(menu, "subscribers",
               all ? "at /ws: everybody who reaches an address"
                   : "at /ws: this host through loopback and Unix sockets; others get 403");
    if (!all && !anybody(&opening->reach, options->subscribers_from))
        print_fact(menu, "", "NOBODY can subscribe: no address is loopback or a Unix socket");
    print_cure(menu, "to serve all, set `subscribers_from: any`, or instead of this:",
               &opening->serve_others);
    all = options->publishers_from == TICKCAST_PEERS_ANY;
    print_fact(menu, "publishers",
               all ? "at /publish: everybody who reaches an address"
                   : "at /publish: this host through loopback and Unix sockets, no pages of "
                     "browsers; others get 403");
    if (!all && !anybody(&opening->reach, options->publishers_from))
        print_fact(menu, "", "NOBODY can publish: no address is loopback or a Unix socket");
    print_cure(menu, "to let all publish, set `publishers_from: any`, or instead of this:",
               &opening->let_others_publish);
}

/* The port that `listener` is bound to, as far as its address is told. */
static uint16_t bound_port(const struct reach *reach, const struct listen_setting *listener) {
    for (uint32_t i = 0; i < reach->count; i++)
        if (reach->urls[i].listener == listener) return reach->urls[i].port;
    return listener->port;
}

static void print_tls(const struct menu *menu, const struct opening *opening) {
    const struct settings *settings = opening->settings;
    bool any = false;
    for (uint32_t i = 0; i < settings->listener_count; i++) {
        const struct listen_setting *listener = &settings->listeners[i];
        char url[LISTEN_URL_BYTES];
        listen_url(listener, bound_port(&opening->reach, listener), url);
        for (unsigned j = 0; listener->tls != NULL && j < listener->tls->count; j++) {
            const char *cert = listener->tls->certificates[j].cert;
            struct certificate certificate;
            if (certificate_read(cert, &certificate) < 0) continue;
            begin(menu, any ? "" : "TLS");
            fprintf(menu->out, "%s: %s, for %s, valid until %s\n", url, cert,
                    *certificate.names != '\0' ? certificate.names : "no names", certificate.until);
            any = true;
        }
    }
    if (!any)
        print_fact(menu, "TLS",
                   "none: add --listen-tls HOST --cert FILE --key FILE, or `listen` with cert "
                   "and key");
}

static void print_auth(const struct menu *menu, const struct opening *opening) {
    const struct settings *settings = opening->settings;
    bool any = false;
    for (uint32_t i = 0; i < settings->listener_count; i++) {
        const struct listen_setting *listener = &settings->listeners[i];
        char url[LISTEN_URL_BYTES];
        if (listener->tls == NULL || listener->tls->client_ca == NULL) continue;
        begin(menu, any ? "" : "auth");
        fprintf(menu->out, "%s: clients %s a certificate of %s\n",
                listen_url(listener, bound_port(&opening->reach, listener), url),
                listener->tls->client_auth == TICKCAST_CLIENT_AUTH_REQUIRED ? "need" : "may have",
                listener->tls->client_ca);
        any = true;
    }
    if (!any)
        print_fact(menu, "auth",
                   "there is none: access goes by address, as said above, or by certificates of "
                   "clients (--client-ca)");
}

static void print_feeds(const struct menu *menu, const struct settings *settings) {
    char text[FEED_TEXT_BYTES];
    for (uint32_t i = 0; i < settings->feed_count; i++)
        print_fact(menu, i == 0 ? "feeds" : "", feed_setting_text(&settings->feeds[i], text));
    if (settings->feed_count == 0)
        print_fact(menu, "feeds", "none: what is published is what comes; --demo invents a market");
}

static void print_warnings(const struct menu *menu, const struct warnings *warnings) {
    for (uint32_t i = 0; i < warnings->count; i++) {
        const char *line = warnings->lines[i], *run = strstr(line, WARNINGS_RUN);
        begin(menu, "warning");
        fprintf(menu->out, "%.*s%s\n", run != NULL ? (int)(run - line) : (int)strlen(line), line,
                run != NULL ? ":" : "");
        if (run == NULL || run[strlen(WARNINGS_RUN)] == '\0') continue;
        begin(menu, "");
        fprintf(menu->out, "  %s%s%s\n", bold(menu), run + strlen(WARNINGS_RUN), plain(menu));
    }
}

void opening_print(const struct opening *opening, bool bold_text, FILE *out) {
    const struct menu menu = {out, bold_text};
    fprintf(out, "%stickcastd %s%s\n\n", bold(&menu), tickcast_version(), plain(&menu));
    print_addresses(&menu, opening);
    print_access(&menu, opening);
    print_tls(&menu, opening);
    print_auth(&menu, opening);
    begin(&menu, "connections");
    fprintf(out, "up to %u: %s\n", opening->connections, opening->why);
    print_cure(&menu, "for more, before the start:", &opening->raise);
    if (opening->no_raise != NULL) print_fact(&menu, "", opening->no_raise);
    print_feeds(&menu, opening->settings);
    print_warnings(&menu, opening->warnings);
    fputs("\nin another terminal, in the same directory:\n", out);
    for (int i = 0; i < NEXT_COMMANDS; i++)
        fprintf(out, "  %s%s%s\n", bold(&menu), opening->next[i].text, plain(&menu));
    fputs("\nCtrl-C stops it\n", out);
}
