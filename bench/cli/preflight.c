#include "cli/preflight.h"

#include <errno.h>
#include <inttypes.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/host.h"

#define SPARE_FILES 64   /* of the tool itself: clocks, epoll, result files */
#define ROUND_TO    1024 /* limits that are suggested */
#define BACKLOG     4096 /* what tickcastd asks for; more connections at once are rare */
#define ALL_PORTS   "1024 65535"
#define PORT_COUNT  64512 /* of those */

static void __attribute__((format(printf, 3, 4)))
say(struct preflight_check *check, enum preflight_state state, const char *format, ...) {
    va_list args;
    check->state = state;
    va_start(args, format);
    vsnprintf(check->text, sizeof check->text, format, args);
    va_end(args);
}

static uint64_t sockets_of(const struct load_config *config) {
    /* those of a second that come and go, too */
    return (uint64_t)config->connections + config->publishers + (uint64_t)config->handshakes;
}

static uint64_t round_up(uint64_t number) {
    return (number + ROUND_TO - 1) / ROUND_TO * ROUND_TO;
}

static void look_at_files(const struct load_config *config, struct preflight_check *check) {
    struct rlimit limit;
    uint64_t needed = sockets_of(config) + 4 * (uint64_t)config->threads + SPARE_FILES;
    check->name = "files";
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0) {
        say(check, PREFLIGHT_WARNING, "the file limit is not told: %s", strerror(errno));
        return;
    }
    if (limit.rlim_cur < needed && limit.rlim_max > limit.rlim_cur) {
        rlim_t before = limit.rlim_cur;
        limit.rlim_cur = limit.rlim_max;
        if (setrlimit(RLIMIT_NOFILE, &limit) != 0) limit.rlim_cur = before;
    }
    if (limit.rlim_cur >= needed) {
        say(check, PREFLIGHT_GOOD, "%" PRIu64 " are needed, %" PRIu64 " are allowed", needed,
            (uint64_t)limit.rlim_cur);
        return;
    }
    host_raise_files(round_up(needed), &check->cure);
    say(check, PREFLIGHT_REFUSED,
        "%" PRIu64 " connections need %" PRIu64 " open files, the limit is %" PRIu64 "%s%s",
        sockets_of(config), needed, (uint64_t)limit.rlim_cur, check->cure.used > 0 ? "" : "; ",
        check->cure.used > 0 ? "" : HOST_NO_RAISE);
}

static void look_at_ports(const struct load_config *config, struct preflight_check *check) {
    char range[HOST_TEXT_BYTES];
    unsigned lowest, highest;
    check->name = "ports";
    if (!host_text("net/ipv4/ip_local_port_range", range) ||
        sscanf(range, "%u %u", &lowest, &highest) != 2 || highest < lowest) {
        say(check, PREFLIGHT_WARNING, "net.ipv4.ip_local_port_range is not told");
        return;
    }
    uint64_t each = highest - lowest + 1;
    uint64_t needed = (sockets_of(config) + config->sources - 1) / config->sources;
    if (needed <= each) {
        say(check, PREFLIGHT_GOOD,
            "%" PRIu64 " are needed of each source address, there are %" PRIu64, needed, each);
        return;
    }
    say(check, PREFLIGHT_REFUSED,
        "%" PRIu64 " connections from each of %" PRIu32 " source addresses, but there are %" PRIu64
        " ports (net.ipv4.ip_local_port_range, %u to %u); or --sources %" PRIu64
        " for a server on this host",
        needed, config->sources, each, lowest, highest, (sockets_of(config) + each - 1) / each);
    if (needed > PORT_COUNT) return;
    paste_sudo(&check->cure);
    paste_raw(&check->cure, "sysctl -w net.ipv4.ip_local_port_range='" ALL_PORTS "'");
}

static void look_at_backlog(const struct load_config *config, struct preflight_check *check) {
    uint64_t most = host_number("net/core/somaxconn", UINT64_MAX);
    uint64_t wanted = config->connections < BACKLOG ? config->connections : BACKLOG;
    check->name = "somaxconn";
    if (most >= wanted) {
        say(check, PREFLIGHT_GOOD, "%" PRIu64 " connections may wait to be accepted", most);
        return;
    }
    paste_sudo(&check->cure);
    paste_raw(&check->cure, "sysctl -w net.core.somaxconn=%d", BACKLOG);
    say(check, PREFLIGHT_WARNING,
        "a server on this host lets %" PRIu64 " connections wait to be accepted "
        "(net.core.somaxconn): further ones wait a second or longer for their next try; start the "
        "server again after",
        most);
}

static void look_at_cores(const struct load_config *config, struct preflight_check *check) {
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    cpu_set_t ours;
    CPU_ZERO(&ours);
    check->name = "cores";
    if (cores < 1 || sched_getaffinity(0, sizeof ours, &ours) != 0)
        say(check, PREFLIGHT_WARNING, "the number of cores is not told");
    else if (config->cpu >= 0 && !CPU_ISSET((size_t)config->cpu, &ours))
        say(check, PREFLIGHT_REFUSED, "cpu %d is not one that this process may run on (%d of %ld)",
            config->cpu, CPU_COUNT(&ours), cores);
    else if (config->core >= sysconf(_SC_NPROCESSORS_CONF))
        say(check, PREFLIGHT_REFUSED, "core %d: this host has %ld, counted from 0", config->core,
            cores);
    else if (config->cpu >= 0 && config->cpu == config->core)
        say(check, PREFLIGHT_WARNING,
            "tool and server share core %d: each waits for the other, and latency is both",
            config->core);
    else if (cores == 1)
        say(check, PREFLIGHT_WARNING,
            "there is one core: a server on this host and the tool wait for each other");
    else if (config->threads >= (unsigned long)cores)
        say(check, PREFLIGHT_WARNING,
            "%" PRIu32 " threads of the tool leave none of the %ld cores to a server on this host",
            config->threads, cores);
    else
        say(check, PREFLIGHT_GOOD, "%ld, of which %" PRIu32 " for the tool", cores,
            config->threads);
}

static void look_at_server(const struct load_config *config, struct preflight_check *check) {
    check->name = "pid";
    if (config->pid == 0)
        say(check, PREFLIGHT_GOOD, "none: the server's CPU and memory stay unknown");
    else if (kill(config->pid, 0) != 0 && errno == ESRCH)
        say(check, PREFLIGHT_REFUSED, "there is no process %d", (int)config->pid);
    else
        say(check, PREFLIGHT_GOOD, "%d runs", (int)config->pid);
}

/* The limit of the server, where it can be seen. */
static void look_at_server_files(const struct load_config *config, struct preflight_check *check) {
    struct rlimit limit;
    check->name = "server files";
    if (config->pid == 0 || prlimit(config->pid, RLIMIT_NOFILE, NULL, &limit) != 0) {
        say(check, PREFLIGHT_GOOD, "not known: give --pid");
        return;
    }
    uint64_t needed = sockets_of(config) + SPARE_FILES;
    if (limit.rlim_cur >= needed) {
        say(check, PREFLIGHT_GOOD, "%" PRIu64 " are allowed", (uint64_t)limit.rlim_cur);
        return;
    }
    say(check, PREFLIGHT_WARNING,
        "process %d may open %" PRIu64 " files, %" PRIu64
        " connections need more: start it again from a shell that allows it",
        (int)config->pid, (uint64_t)limit.rlim_cur, sockets_of(config));
    host_raise_files(round_up(needed), &check->cure);
}

void preflight_look(const struct load_config *config,
                    struct preflight_check checks[PREFLIGHT_CHECKS]) {
    static void (*const looks[PREFLIGHT_CHECKS])(const struct load_config *,
                                                 struct preflight_check *) = {
        look_at_files, look_at_ports,  look_at_backlog,
        look_at_cores, look_at_server, look_at_server_files,
    };
    for (int i = 0; i < PREFLIGHT_CHECKS; i++) {
        checks[i] = (struct preflight_check){.state = PREFLIGHT_GOOD};
        looks[i](config, &checks[i]);
    }
}

enum preflight_state preflight_worst(const struct preflight_check checks[PREFLIGHT_CHECKS]) {
    enum preflight_state worst = PREFLIGHT_GOOD;
    for (int i = 0; i < PREFLIGHT_CHECKS; i++)
        if (checks[i].state > worst) worst = checks[i].state;
    return worst;
}

void preflight_print(const struct preflight_check checks[PREFLIGHT_CHECKS],
                     enum preflight_state least, FILE *out) {
    static const char *const states[] = {"good", "warning", "refused"};
    for (int i = 0; i < PREFLIGHT_CHECKS; i++) {
        const struct preflight_check *check = &checks[i];
        if (check->state < least) continue;
        fprintf(out, "%-8s %s: %s%s\n", states[check->state], check->name, check->text,
                *check->cure.text != '\0' ? "; run:" : "");
        if (*check->cure.text != '\0') fprintf(out, "  %s\n", check->cure.text);
    }
}
