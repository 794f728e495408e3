#include "tickcastd/next.h"

#include <stdio.h>
#include <string.h>

#include "tickcastd/again.h"
#include "tickcastd/certificate.h"

/* How easy a client has it: plain text on loopback, on a path, elsewhere, then TLS; 0: not at all,
 * for `tickcast` speaks no TLS on a path, and whose certificate it may use is not known here. */
static int ease(const struct reach_url *url) {
    if (url->listener->tls != NULL) {
        if (url->listener->unix_path != NULL ||
            url->listener->tls->client_auth == TICKCAST_CLIENT_AUTH_REQUIRED)
            return 0;
        return url->local ? 2 : 1;
    }
    if (url->listener->unix_path != NULL) return 4;
    return url->local ? 5 : 3;
}

bool next_reaches(const struct reach_url *url, enum tickcast_peers from) {
    return url->local || from == TICKCAST_PEERS_ANY;
}

/* The easiest address, NULL if there is none for whom `from` lets in. */
static const struct reach_url *easiest(const struct reach *reach, enum tickcast_peers from) {
    const struct reach_url *best = NULL;
    for (uint32_t i = 0; i < reach->count; i++) {
        const struct reach_url *url = &reach->urls[i];
        if (!next_reaches(url, from) || ease(url) == 0) continue;
        if (best == NULL || ease(url) > ease(best)) best = url;
    }
    return best;
}

static void paste_tls(const struct reach_url *url, struct paste *paste) {
    char name[CERTIFICATE_NAME_BYTES], text[LISTEN_URL_BYTES + 32], authority[PATH_MAX];
    const char *cert = listen_cert(url->listener);
    if (!certificate_name(cert, url->host, url->local, name))
        snprintf(name, sizeof name, "%.*s", CERTIFICATE_NAME_BYTES - 1, url->host);
    bool brackets = strchr(name, ':') != NULL;
    snprintf(text, sizeof text, "wss://%s%s%s:%u", brackets ? "[" : "", name, brackets ? "]" : "",
             url->port);
    paste_raw(paste, " --url");
    paste_word(paste, text);
    if (certificate_is_trusted(cert)) return;
    paste_raw(paste, " --ca");
    paste_word(paste, certificate_authority(cert, authority) ? authority : cert);
}

/* Without its path, for which `tickcast` takes the right one. */
static void paste_url(const struct reach_url *url, struct paste *paste) {
    static const char end[] = "/ws";
    char text[LISTEN_URL_BYTES];
    if (url->listener->tls != NULL) {
        paste_tls(url, paste);
        return;
    }
    if (strcmp(url->host, "127.0.0.1") == 0 && url->port == LISTEN_PORT) return;
    size_t bytes = strlen(url->url) - (url->listener->unix_path != NULL ? 0 : strlen(end));
    snprintf(text, sizeof text, "%.*s", (int)bytes, url->url);
    paste_raw(paste, " --url");
    paste_word(paste, text);
}

static void paste_client(const struct reach_url *url, const char *command, const char *arguments,
                         struct paste *paste) {
    paste_program(paste, "tickcast");
    paste_raw(paste, " %s", command);
    if (url != NULL) paste_url(url, paste);
    paste_raw(paste, " %s", arguments);
}

void next_commands(const struct reach *reach, const struct tickcast_options *options, char **argv,
                   struct paste commands[NEXT_COMMANDS]) {
    memset(commands, 0, NEXT_COMMANDS * sizeof commands[0]);
    const struct reach_url *url = easiest(reach, options->subscribers_from);
    if (url != NULL)
        paste_client(url, "sub", "'*/*/*'", &commands[0]);
    else
        paste_client(NULL, "check-stream", "'*/Tick/*' AAPL/Tick/TRADE", &commands[0]);
    url = easiest(reach, options->publishers_from);
    if (url != NULL)
        paste_client(url, "pub", "AAPL/Tick/TRADE '{\"Price\": 226.05, \"Size\": 100}'",
                     &commands[1]);
    else
        paste_client(NULL, "help", "pub", &commands[1]);
    again_with(argv, "--check", &commands[2]);
}
