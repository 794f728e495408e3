#include "client/public.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "client/socket.h"

#define CLOSE_MS 1000
#define FOREVER  UINT64_MAX

int public_fail(struct tickcast_client *client, int result, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(client->error, sizeof client->error, format, arguments);
    va_end(arguments);
    return result;
}

int public_end(struct tickcast_client *client) {
    client->ended = true;
    return public_fail(client, TICKCAST_ECLOSED, "%s", client_error(client->wire));
}

uint64_t public_deadline(int timeout_ms) {
    return timeout_ms < 0 ? FOREVER : clock_now_ns() + (uint64_t)timeout_ms * NS_PER_MS;
}

int public_left_ms(uint64_t deadline) {
    return deadline == FOREVER ? -1 : client_left_ms(deadline);
}

/* A copy; NULL stays NULL. False without memory. */
static bool copy_text(char **copy, const char *text) {
    *copy = text ? strdup(text) : NULL;
    return *copy || !text;
}

int tickcast_client_open(const struct tickcast_client_options *options,
                         struct tickcast_client **client) {
    *client = NULL;
    if (!options->url || options->timeout_ms < 0 || !options->cert_file != !options->key_file)
        return TICKCAST_EINVAL;
    struct tickcast_client *made = calloc(1, sizeof *made);
    if (!made) return TICKCAST_ENOMEM;
    made->wire = client_new();
    made->timeout_ms = options->timeout_ms ? options->timeout_ms : CLIENT_TIMEOUT_MS;
    made->last = &made->first;
    if (made->wire && copy_text(&made->url, options->url) &&
        copy_text(&made->ca_file, options->ca_file) &&
        copy_text(&made->cert_file, options->cert_file) &&
        copy_text(&made->key_file, options->key_file)) {
        *client = made;
        return TICKCAST_OK;
    }
    tickcast_client_close(made);
    return TICKCAST_ENOMEM;
}

int public_connect(struct tickcast_client *client, enum public_role role) {
    static const char *const paths[] = {
        [PUBLIC_SUBSCRIBER] = "/ws", [PUBLIC_PUBLISHER] = "/publish"};
    if (client->ended) return TICKCAST_ECLOSED;
    if (client->role == role) return TICKCAST_OK;
    if (client->role != PUBLIC_NOTHING)
        return public_fail(client, TICKCAST_EINVAL,
                           "a client either subscribes or publishes; open another for the other");
    struct client_url url;
    char why[CLIENT_ERROR_BYTES];
    if (client_url_parse(client->url, paths[role], &url, why))
        return public_fail(client, TICKCAST_EINVAL, "%s", why);
    const struct client_options options = {
        .url = client->url,
        .default_path = paths[role],
        .files = {client->ca_file, client->cert_file, client->key_file},
        .timeout_ms = client->timeout_ms,
    };
    client->role = role;
    return client_connect(client->wire, &options) == CLIENT_OK ? TICKCAST_OK : public_end(client);
}

const char *tickcast_client_error(const struct tickcast_client *client) {
    if (client) return client->error;
    return "a client was not made: no url, a negative timeout, one of cert_file and key_file, or "
           "no "
           "memory";
}

void tickcast_client_close(struct tickcast_client *client) {
    if (!client) return;
    if (client->role != PUBLIC_NOTHING) {
        public_queue_held(client, false);
        client_close(client->wire, WS_CLOSE_NORMAL, CLOSE_MS);
    }
    public_drop_kept(client);
    client_free(client->wire);
    free(client->held);
    free(client->ca_file);
    free(client->cert_file);
    free(client->key_file);
    free(client->url);
    free(client);
}
