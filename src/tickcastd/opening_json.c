/* The same facts for programs: opening_print_json. */
#include <jansson.h>
#include <unistd.h>

#include "tickcast/tickcast.h"
#include "tickcastd/certificate.h"
#include "tickcastd/json_text.h"
#include "tickcastd/opening.h"

static json_t *text_or_null(const char *text) {
    return *text != '\0' ? json_text(text) : json_null();
}

static json_t *json_of_addresses(const struct opening *opening) {
    json_t *list = json_array();
    for (uint32_t i = 0; i < opening->reach.count; i++) {
        const struct reach_url *url = &opening->reach.urls[i];
        json_array_append_new(list, json_pack("{s:o, s:o, s:b, s:b}", "url", json_text(url->url),
                                              "interface", text_or_null(url->interface), "loopback",
                                              url->local, "tls", url->listener->tls != NULL));
    }
    return list;
}

static json_t *json_of_access(const char *path, enum tickcast_peers from, const char *line,
                              const struct paste *command) {
    if (from == TICKCAST_PEERS_ANY) return json_pack("{s:s, s:s}", "path", path, "from", "any");
    return json_pack("{s:s, s:s, s:i, s:s, s:o}", "path", path, "from", "loopback", "others", 403,
                     "set", line, "run", text_or_null(command->text));
}

static json_t *json_of_tls(const struct settings *settings) {
    json_t *list = json_array();
    for (uint32_t i = 0; i < settings->listener_count; i++) {
        const struct listen_tls *tls = settings->listeners[i].tls;
        for (unsigned j = 0; tls != NULL && j < tls->count; j++) {
            const char *file = tls->certificates[j].cert;
            struct certificate certificate;
            if (certificate_read(file, &certificate) < 0) continue;
            json_array_append_new(list,
                                  json_pack("{s:o, s:s, s:s, s:s, s:s}", "cert", json_text(file),
                                            "names", certificate.names, "from", certificate.from,
                                            "until", certificate.until, "client_auth",
                                            listen_auth_word(tls->client_auth)));
        }
    }
    return list;
}

static json_t *json_of_feeds(const struct settings *settings) {
    json_t *list = json_array();
    char text[FEED_TEXT_BYTES];
    for (uint32_t i = 0; i < settings->feed_count; i++)
        json_array_append_new(list, json_text(feed_setting_text(&settings->feeds[i], text)));
    return list;
}

static json_t *json_of_lines(char *const *lines, uint32_t count) {
    json_t *list = json_array();
    for (uint32_t i = 0; i < count; i++) json_array_append_new(list, json_text(lines[i]));
    return list;
}

void opening_print_json(const struct opening *opening, FILE *out) {
    const struct tickcast_options *options = &opening->settings->options;
    json_t *next = json_array();
    for (int i = 0; i < NEXT_COMMANDS; i++)
        json_array_append_new(next, json_text(opening->next[i].text));
    json_t *all = json_pack(
        "{s:s, s:i, s:o, s:i, s:o, s:o, s:o, s:n, s:{s:i, s:o, s:o, s:s?}, s:o, s:o, s:o}",
        "version", tickcast_version(), "pid", (int)getpid(), "addresses",
        json_of_addresses(opening), "addresses_more", (int)opening->reach.more, "subscribers",
        json_of_access("/ws", options->subscribers_from, "subscribers_from: any",
                       &opening->serve_others),
        "publishers",
        json_of_access("/publish", options->publishers_from, "publishers_from: any",
                       &opening->let_others_publish),
        "tls", json_of_tls(opening->settings), "auth", "connections", "limit",
        (int)opening->connections, "why", json_text(opening->why), "raise",
        text_or_null(opening->raise.text), "no_raise", opening->no_raise, "feeds",
        json_of_feeds(opening->settings), "warnings",
        json_of_lines(opening->warnings->lines, opening->warnings->count), "commands", next);
    json_dumpf(all, out, JSON_COMPACT);
    fputc('\n', out);
    json_decref(all);
}
