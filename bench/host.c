/*
 * A broker inside this program, for measuring: it prints `port N`, then does what standard input
 * says, a line each, answering with a line of JSON:
 *
 *     stats           all counters of the broker
 *     push N KEYS     pushes N messages under KEYS keys that interest nobody, then one under the
 * hot key of the meter, and waits until the broker has taken that: so all before it are done
 *     publish N KEYS  the same under KEYS keys of the meter's sets
 *     dump NAME       callgrind writes what it has counted
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

#define KEYS_MAX   20000
#define SETTLED_MS 200 /* nothing was matched for so long: all is done */
#define LOOK_MS    10

/* Of the first symbols: those that no set of the meter has, and those that they have. */
static char unwanted[KEYS_MAX][PLAN_KEY_BYTES], wanted[KEYS_MAX][PLAN_KEY_BYTES];

static void print_log(void *arg, int level, const char *line) {
    (void)arg;
    fprintf(stderr, "host: %d %s\n", level, line);
}

struct settings {
    struct tickcast_options options;
    struct tickcast_listener listener;
    struct tickcast_certificate certificate;
    struct tickcast_tls tls;
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
#define PRINT(name, NAME, code, level, sentence)                                                   \
    printf("%s\"ended_" #name "\": %llu", separator, (unsigned long long)stats.ended_##name);
    TICKCAST_ENDS(PRINT)
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

static void wait_until_done(const struct tickcast_broker *broker, uint64_t before) {
    uint64_t now = before;
    for (int still_ms = 0; now == before || still_ms < SETTLED_MS; still_ms += LOOK_MS) {
        uint64_t seen = matched(broker);
        if (seen != now) still_ms = 0;
        now = seen;
        nanosleep(&(struct timespec){.tv_nsec = LOOK_MS * 1000000}, NULL);
    }
}

static void make_keys(void) {
    for (uint32_t i = 0; i < KEYS_MAX; i++) {
        plan_key(i, wanted[i]);
        plan_key(i, unwanted[i]);
        memcpy(unwanted[i] + 10, "QUOTE", 5);
    }
}

static void push_many(struct tickcast_broker *broker, const char (*keys)[PLAN_KEY_BYTES],
                      uint64_t count, uint32_t key_count) {
    uint64_t before = matched(broker);
    int result = 0;
    for (uint64_t i = 0; i < count && !result; i++) result = push_one(broker, keys[i % key_count]);
    if (!result) result = push_one(broker, wanted[0]);
    if (!result) wait_until_done(broker, before);
    printf("{\"pushed\": %llu, \"result\": %d}\n", (unsigned long long)count, result);
}

static int obey(struct tickcast_broker *broker, const char *line) {
    unsigned long long count;
    uint32_t keys;
    char name[128];
    if (!strcmp(line, "stats\n")) {
        print_stats(broker);
    } else if (sscanf(line, "push %llu %u", &count, &keys) == 2 && keys <= KEYS_MAX) {
        push_many(broker, unwanted, count, keys);
    } else if (sscanf(line, "publish %llu %u", &count, &keys) == 2 && keys <= KEYS_MAX) {
        push_many(broker, wanted, count, keys);
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
    options->message_rate = 0;
    settings->listener = (struct tickcast_listener){.host = "127.0.0.1"};
    options->workers = 1;
    options->ping_interval_ms = 3600000;
    options->dead_time_ms = 7200000;
    options->log = print_log;
    options->log_level = 0;
    for (int name; (name = getopt(argc, argv, "w:t:d:c:k:v")) != -1;) {
        switch (name) {
        case 'w':
            options->workers = (uint32_t)atoi(optarg);
            break;
        case 't':
            options->slow_time_ms = (uint32_t)atoi(optarg);
            break;
        case 'd':
            options->flush_delay_us = (uint32_t)atoi(optarg);
            break;
        case 'c':
            settings->certificate.cert_file = optarg;
            settings->tls = (struct tickcast_tls){.certificates = &settings->certificate,
                                                  .certificate_count = 1};
            settings->listener.tls = &settings->tls;
            break;
        case 'k':
            settings->certificate.key_file = optarg;
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
        fprintf(stderr, "usage: host [-w workers] [-t slow_time in ms] [-d flush_delay_us] "
                        "[-c certificate -k key: TLS] [-v]\n");
        return 2;
    }
    struct tickcast_broker *broker = broker_open(&settings);
    if (!broker) return 1;
    make_keys();
    fflush(stdout);
    char line[256];
    int result = 0;
    while (!result && fgets(line, sizeof line, stdin)) result = obey(broker, line);
    tickcast_broker_stop(broker);
    tickcast_broker_free(broker);
    return result ? 2 : 0;
}
