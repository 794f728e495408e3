#include "tickcastd/environment.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/host.h"
#include "tickcast/tickcast.h"

/* Says `what`, why there is a limit, and how it becomes `files`. */
static void warn_limit(const struct warner *warner, const char *what, uint64_t files) {
    struct paste raise = {.used = 0};
    host_raise_files(files, &raise);
    warner_say(warner,
               "%s: each connection is an open file, and %d files are for the broker itself (in a "
               "unit of systemd: LimitNOFILE=%" PRIu64 ")%s%s",
               what, OPTIONS_SPARE_FILES, files,
               raise.used > 0 ? "; before the start" WARNINGS_RUN : "; " HOST_NO_RAISE, raise.text);
}

uint32_t environment_connections(void) {
    struct tickcast_options room;
    tickcast_options_init(&room);
    options_resolve(&room);
    return room.max_connections;
}

static void warn_files(const struct settings *settings, const struct warner *warner) {
    const uint32_t room = environment_connections();
    uint64_t asked = settings->options.max_connections;
    char what[128];
    if (asked > room) {
        snprintf(what, sizeof what,
                 "max_connections %" PRIu64 " is more than the %u that the file limit allows",
                 asked, room);
        warn_limit(warner, what, asked + OPTIONS_SPARE_FILES);
    } else if (asked == 0 && room < ENVIRONMENT_FEW_CONNECTIONS) {
        snprintf(what, sizeof what, "the file limit leaves room for %u connections only", room);
        warn_limit(warner, what, ENVIRONMENT_FILES);
    }
}

static void warn_backlog(const struct settings *settings, const struct warner *warner) {
    uint64_t most = host_number("net/core/somaxconn", UINT64_MAX);
    uint32_t backlog = settings->options.backlog;
    if (most >= backlog) return;
    struct paste raise = {.used = 0};
    paste_sudo(&raise);
    paste_raw(&raise, "sysctl -w net.core.somaxconn=%u", backlog);
    warner_say(warner,
               "backlog %u is cut to %" PRIu64 " by net.core.somaxconn: when more clients connect "
               "at once they wait a second or longer for their next try; before the "
               "start" WARNINGS_RUN "%s",
               backlog, most, raise.text);
}

/* Is `port` in a list as "8080,9000-9010"? */
static bool is_listed(const char *list, unsigned port) {
    while (*list != '\0') {
        char *end;
        unsigned long first = strtoul(list, &end, 10), last = first;
        if (end == list) return false;
        if (*end == '-') last = strtoul(end + 1, &end, 10);
        if (port >= first && port <= last) return true;
        list = *end == ',' ? end + 1 : end;
    }
    return false;
}

static void warn_ports(const struct settings *settings, const struct warner *warner) {
    char range[HOST_TEXT_BYTES], reserved[HOST_TEXT_BYTES];
    unsigned lowest, highest, first = 0;
    if (!host_text("net/ipv4/ip_local_port_range", range) ||
        !host_text("net/ipv4/ip_local_reserved_ports", reserved) ||
        sscanf(range, "%u %u", &lowest, &highest) != 2)
        return;
    struct paste list = {.used = 0}, reserve = {.used = 0};
    paste_raw(&list, "%s", reserved);
    for (uint32_t i = 0; i < settings->listener_count; i++) {
        unsigned port = settings->listeners[i].port; /* 0 with a path, and for any free one */
        if (port == 0 || port < lowest || port > highest || is_listed(list.text, port)) continue;
        paste_raw(&list, "%s%u", list.used > 0 ? "," : "", port);
        if (first == 0) first = port;
    }
    if (first == 0) return;
    paste_sudo(&reserve);
    paste_raw(&reserve, "sysctl -w net.ipv4.ip_local_reserved_ports=%s", list.text);
    warner_say(warner,
               "port %u is one of those that the kernel gives to outgoing connections "
               "(net.ipv4.ip_local_port_range, %u to %u): one of them may have it when the daemon "
               "starts the next time" WARNINGS_RUN "%s",
               first, lowest, highest, reserve.text);
}

void environment_warn(const struct settings *settings, const struct warner *warner) {
    warn_files(settings, warner);
    warn_backlog(settings, warner);
    warn_ports(settings, warner);
}
