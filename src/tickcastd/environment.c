#include "tickcastd/environment.h"

#include <inttypes.h>
#include <linux/capability.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "tickcast/tickcast.h"

#define SYSCTL_BYTES 512 /* a longer list of reserved ports is not repeated */

/* The text of a file of /proc/sys without its end of line; false if it cannot be had whole. */
static bool sysctl_read(const char *name, char out[SYSCTL_BYTES]) {
    char path[128];
    snprintf(path, sizeof path, "/proc/sys/%s", name);
    FILE *file = fopen(path, "r");
    if (file == NULL) return false;
    size_t bytes = fread(out, 1, SYSCTL_BYTES - 1, file);
    bool whole = feof(file) != 0;
    fclose(file);
    out[bytes] = '\0';
    out[strcspn(out, "\n")] = '\0';
    return whole;
}

uint64_t environment_number(const char *name, uint64_t otherwise) {
    char text[SYSCTL_BYTES];
    unsigned long long number;
    return sysctl_read(name, text) && sscanf(text, "%llu", &number) == 1 ? number : otherwise;
}

/* Root in a container often may not. */
static bool root_may_raise(void) {
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3];
    return syscall(SYS_capget, &header, data) == 0 &&
           (data[CAP_TO_INDEX(CAP_SYS_RESOURCE)].effective & CAP_TO_MASK(CAP_SYS_RESOURCE));
}

void environment_raise(uint64_t files, struct paste *paste) {
    struct paste sudo = {.used = 0};
    paste_sudo(&sudo);
    if (sudo.used == 0 && !root_may_raise()) return;
    if (files > environment_number("fs/nr_open", UINT64_MAX))
        paste_raw(paste, "%ssysctl -w fs.nr_open=%" PRIu64 " && ", sudo.text, files);
    if (sudo.used > 0)
        paste_raw(paste, "sudo prlimit --pid $$ --nofile=%" PRIu64 ":%" PRIu64, files, files);
    else
        paste_raw(paste, "ulimit -n %" PRIu64, files);
}

/* Says `what`, why there is a limit, and how it becomes `files`. */
static void warn_limit(const struct warner *warner, const char *what, uint64_t files) {
    struct paste raise = {.used = 0};
    environment_raise(files, &raise);
    warner_say(warner,
               "%s: each connection is an open file, and %d files are for the broker itself (in a "
               "unit of systemd: LimitNOFILE=%" PRIu64 ")%s%s",
               what, OPTIONS_SPARE_FILES, files,
               raise.used > 0 ? "; before the start" WARNINGS_RUN : "; " ENVIRONMENT_NO_RAISE,
               raise.text);
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
    uint64_t most = environment_number("net/core/somaxconn", UINT64_MAX);
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
    char range[SYSCTL_BYTES], reserved[SYSCTL_BYTES];
    unsigned lowest, highest, first = 0;
    if (!sysctl_read("net/ipv4/ip_local_port_range", range) ||
        !sysctl_read("net/ipv4/ip_local_reserved_ports", reserved) ||
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
