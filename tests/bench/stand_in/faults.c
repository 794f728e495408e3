#include "faults.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char HELP[] =
    "usage: stand_in [options]    prints its port; at SIGTERM what it did, as JSON\n"
    "  --delay MS        each delivery is late by MS\n"
    "  --skew MS         and that of subscriber k (from 0) by k times MS\n"
    "  --stall MS:N      the server stops for MS in the middle of every N messages\n"
    "  --lose C:N        every N-th delivery of subscriber C (or `all`) is not sent\n"
    "  --duplicate C:N   ... is sent twice\n"
    "  --swap C:N        ... is sent after the one that follows it\n"
    "  --close C:N       C is closed after N deliveries\n"
    "  --garbage C:N     C gets a frame with a reserved opcode after N deliveries\n"
    "  --refuse STATUS, --refuse-publisher STATUS, --body TEXT\n"
    "  --banner TEXT     what is not HTTP, in place of a handshake\n"
    "  --error TEXT      answers a subscribe with an error\n"
    "  --silent          answers no subscribe\n"
    "  --deaf            does not read publishers\n";

static const struct option OPTIONS[] = {
    {"delay", 1, NULL, 'd'}, {"skew", 1, NULL, 'k'},    {"stall", 1, NULL, 's'},
    {"lose", 1, NULL, 'l'},  {"swap", 1, NULL, 'w'},    {"duplicate", 1, NULL, 'u'},
    {"close", 1, NULL, 'c'}, {"garbage", 1, NULL, 'g'}, {"refuse", 1, NULL, 'r'},
    {"body", 1, NULL, 'b'},  {"banner", 1, NULL, 'B'},  {"refuse-publisher", 1, NULL, 'R'},
    {"error", 1, NULL, 'e'}, {"silent", 0, NULL, 'S'},  {"deaf", 0, NULL, 'D'},
    {NULL, 0, NULL, 0},
};

static bool read_ms(const char *text, uint64_t *ns, const char **rest) {
    char *end;
    double ms = strtod(text, &end);
    *ns = (uint64_t)(ms * 1e6);
    *rest = end;
    return end != text && ms >= 0;
}

static bool read_whole_ms(const char *text, uint64_t *ns) {
    const char *rest;
    return read_ms(text, ns, &rest) && !*rest;
}

static bool read_every(const char *text, uint64_t *every) {
    char *end;
    if (*text != ':') return false;
    *every = strtoull(text + 1, &end, 10);
    return *every > 0 && !*end;
}

static bool read_stall(const char *text, struct faults *faults) {
    const char *rest;
    return read_ms(text, &faults->stall_ns, &rest) && read_every(rest, &faults->stall_every);
}

static bool read_fault(const char *text, struct fault *fault) {
    char *end;
    if (!strncmp(text, "all:", 4)) {
        fault->connection = FAULT_ALL;
        return read_every(text + 3, &fault->every);
    }
    fault->connection = (uint32_t)strtoul(text, &end, 10);
    return end != text && read_every(end, &fault->every);
}

static bool read_status(const char *text, int *status) {
    *status = atoi(text);
    return *status >= 400 && *status < 600;
}

static bool take(int name, const char *value, struct faults *faults) {
    switch (name) {
    case 'd':
        return read_whole_ms(value, &faults->delay_ns);
    case 'k':
        return read_whole_ms(value, &faults->skew_ns);
    case 's':
        return read_stall(value, faults);
    case 'l':
        return read_fault(value, &faults->lose);
    case 'w':
        return read_fault(value, &faults->swap);
    case 'u':
        return read_fault(value, &faults->duplicate);
    case 'c':
        return read_fault(value, &faults->close);
    case 'g':
        return read_fault(value, &faults->garbage);
    case 'r':
        return read_status(value, &faults->refuse);
    case 'R':
        return read_status(value, &faults->refuse_publisher);
    case 'b':
        faults->body = value;
        return true;
    case 'B':
        faults->banner = value;
        return true;
    case 'e':
        faults->error = value;
        return true;
    case 'S':
        return faults->silent = true;
    case 'D':
        return faults->deaf = true;
    default:
        return false;
    }
}

void faults_parse(int argc, char **argv, struct faults *faults) {
    bool good = true;
    *faults = (struct faults){.body = "not here"};
    for (int name; (name = getopt_long(argc, argv, "", OPTIONS, NULL)) != -1;)
        good = take(name, optarg, faults) && good;
    if (good && optind == argc) return;
    fputs(HELP, stderr);
    exit(2);
}

bool fault_hits(const struct fault *fault, uint32_t connection, uint64_t delivery) {
    return fault->every && delivery % fault->every == 0 &&
           (fault->connection == FAULT_ALL || fault->connection == connection);
}

bool fault_hits_once(const struct fault *fault, uint32_t connection, uint64_t delivery) {
    return delivery == fault->every && fault_hits(fault, connection, delivery);
}
