/*
 * A broker inside this program, for measuring: it prints `port N`, then does what standard input
 * says, a line each, answering with a line of JSON:
 *
 *     stats           all counters of the broker
 *     push N          pushes N messages that interest nobody, then one under the hot key of the
 * meter, and waits until the broker has taken that: so all before it are done zero callgrind begins
 * to count from 0 dump NAME       callgrind writes what it has counted
 *
 * It hardly pings, and ends with standard input.
 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "kit/counting.h"
#include "kit/plan.h"
#include "tickcast/tickcast.h"

#define SYMBOLS 1000

static void print_log(void *arg, int level, const char *line) {
    (void)arg;
    fprintf(stderr, "host: %d %s\n", level, line);
}

struct settings {
    struct tickcast_options options;
    struct tickcast_listener listener;
};

static struct tickcast_broker *broker_open(const struct settings *settings) {
    struct tickcast_broker *broker;
    int result = tickcast_broker_new(&settings->options, &broker);
    if (result) {
        fprintf(stderr, "host: %s\n", tickcast_strerror(result));
        return NULL;
    }
    result = tickcast_broker_listen(broker, &settings->listener);
    if (result >= 0) result = tickcast_broker_start(broker);
    if (!result) {
        printf("port %u\n", tickcast_broker_port(broker, 0));
        return broker;
    }
    fprintf(stderr, "host: %s\n", tickcast_strerror(result));
    tickcast_broker_free(broker);
    return NULL;
}

static void print_stats(const struct tickcast_broker *broker) {
    struct tickcast_stats stats;
    tickcast_broker_stats(broker, &stats);
    const char *separator = "{";
#define PRINT(name, sentence)                                                                      \
    printf("%s\"" #name "\": %llu", separator, (unsigned long long)stats.name);                    \
    separator = ", ";
    TICKCAST_STATS(PRINT)
#undef PRINT
    printf("}\n");
}

static uint64_t matched(const struct tickcast_broker *broker) {
    struct tickcast_stats stats;
    tickcast_broker_stats(broker, &stats);
    return stats.matched;
}

static int push_one(struct tickcast_broker *broker, const char *key) {
    static const char data[] = "\x81\xa5Price\xcb\x40\x5e\xdd\x2f\x1a\x9f\xbe\x77";
    int result;
    while ((result = tickcast_push(broker, key, PLAN_KEY_BYTES, data, sizeof data - 1)) ==
           TICKCAST_EAGAIN)
        tickcast_wait(broker, -1);
    return result;
}

static void push_many(struct tickcast_broker *broker, uint64_t count) {
    char keys[SYMBOLS][PLAN_KEY_BYTES + 1] = {0};
    for (uint32_t i = 0; i < SYMBOLS; i++) {
        plan_key(i, keys[i]);
        memcpy(keys[i] + 10, "QUOTE", 5);
    }
    uint64_t before = matched(broker);
    int result = 0;
    for (uint64_t i = 0; i < count && !result; i++) result = push_one(broker, keys[i % SYMBOLS]);
    char hot[PLAN_KEY_BYTES];
    plan_key(0, hot);
    if (!result) result = push_one(broker, hot);
    const struct timespec pause = {.tv_nsec = 1000000};
    while (!result && matched(broker) == before) nanosleep(&pause, NULL);
    printf("{\"pushed\": %llu, \"result\": %d}\n", (unsigned long long)count, result);
}

static int obey(struct tickcast_broker *broker, const char *line) {
    unsigned long long count;
    char name[128];
    if (!strcmp(line, "stats\n")) {
        print_stats(broker);
    } else if (sscanf(line, "push %llu", &count) == 1) {
        push_many(broker, count);
    } else if (sscanf(line, "dump %127s", name) == 1) {
        counting_dump(name);
        printf("{\"dumped\": \"%s\"}\n", name);
    } else {
        fprintf(stderr, "host: not a command: %s", line);
        return -1;
    }
    fflush(stdout);
    return 0;
}

static bool read_settings(int argc, char **argv, struct settings *settings) {
    struct tickcast_options *options = &settings->options;
    tickcast_options_init(options);
    settings->listener = (struct tickcast_listener){.host = "127.0.0.1"};
    options->workers = 1;
    options->ping_interval_ms = 3600000;
    options->dead_time_ms = 7200000;
    options->log = print_log;
    options->log_level = 0;
    for (int name; (name = getopt(argc, argv, "w:t:c:k:v")) != -1;) {
        switch (name) {
        case 'w':
            options->workers = (uint32_t)atoi(optarg);
            break;
        case 't':
            options->slow_time_ms = (uint32_t)atoi(optarg);
            break;
        case 'c':
            settings->listener.cert_file = optarg;
            break;
        case 'k':
            settings->listener.key_file = optarg;
            break;
        case 'v':
            options->log_level = 2;
            break;
        default:
            return false;
        }
    }
    return true;
}

int main(int argc, char **argv) {
    struct settings settings;
    if (!read_settings(argc, argv, &settings)) {
        fprintf(stderr, "usage: host [-w workers] [-t slow_time in ms] "
                        "[-c certificate -k key: TLS] [-v]\n");
        return 2;
    }
    struct tickcast_broker *broker = broker_open(&settings);
    if (!broker) return 1;
    fflush(stdout);
    char line[256];
    int result = 0;
    while (!result && fgets(line, sizeof line, stdin)) result = obey(broker, line);
    tickcast_broker_stop(broker);
    tickcast_broker_free(broker);
    return result ? 2 : 0;
}
