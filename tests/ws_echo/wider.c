/*
 * What ws_echo (run as `ws_echo -c FILE`, or with the flags of tickcastd) allows beyond tickcastd,
 * so that a conformance suite passes without any configuration: a file needs a listener, and any
 * setting in it stands; `ws_echo --check` shows what counts. Linked with --wrap: settings_init
 * and ws_request_go_on of all objects are the two here.
 */
#include "tickcastd/settings.h"
#include "ws/handshake.h"

void __real_settings_init(struct settings *settings);
void __wrap_settings_init(struct settings *settings);
long __real_ws_request_go_on(struct ws_progress *progress, const void *bytes, size_t count,
                             size_t max_bytes, struct ws_request *request, const char **reason);
long __wrap_ws_request_go_on(struct ws_progress *progress, const void *bytes, size_t count,
                             size_t max_bytes, struct ws_request *request, const char **reason);

void __wrap_settings_init(struct settings *settings) {
    __real_settings_init(settings);
    struct tickcast_options *options = &settings->options;
    options->strict_utf8 = true;
    options->message_rate = 0;
    options->max_message = 16 * TICKCAST_MIB;
    options->max_fragments = 131072; /* suites send some 65,536, and perhaps an empty last one */
    options->inbound_memory = TICKCAST_GIB; /* of many such messages at once */
    /* the longest there are, for a suite that is busy with one case and reads nothing meanwhile */
    options->handshake_timeout_ms = 600000;
    options->slow_time_ms = 3600000;
    options->close_timeout_ms = 60000;
    options->ping_interval_ms = 3600000; /* and it compares all frames: none of our own */
    options->dead_time_ms = 7200000;
}

/* Every path is that of subscribers. */
long __wrap_ws_request_go_on(struct ws_progress *progress, const void *bytes, size_t count,
                             size_t max_bytes, struct ws_request *request, const char **reason) {
    static const char path[] = "/ws";
    long taken = __real_ws_request_go_on(progress, bytes, count, max_bytes, request, reason);
    if (taken > 0) request->path = (struct ws_text){path, sizeof path - 1};
    return taken;
}
