/*
 * The fan-out meter as a program; `fanout --help` lists its options. One run prints one result;
 * with
 * --serve it stays connected and does what standard input says, a line each:
 *
 *     run SECONDS BATCHES WINDOW    0 seconds or batches: no limit; answers with a line of JSON
 *     evicted COUNT SECONDS         waits until so many frozen readers are gone; {"evicted": n}
 *
 * Exit code 1 if anything was lost, doubled or broken.
 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kit/client.h"
#include "kit/cpu.h"
#include "kit/meter.h"

struct settings {
    struct meter_options meter;
    const char *url;
    uint32_t window;
    uint64_t batches;
    double seconds;
    int cpu;
    bool json, serve;
};

static const struct option OPTIONS[] = {
    {"url", required_argument, NULL, 'u'},     {"connections", required_argument, NULL, 'n'},
    {"window", required_argument, NULL, 'w'},  {"sets", required_argument, NULL, 's'},
    {"keys", required_argument, NULL, 'k'},    {"streams", required_argument, NULL, 'S'},
    {"symbols", required_argument, NULL, 'y'}, {"data", required_argument, NULL, 'b'},
    {"seed", required_argument, NULL, 'r'},    {"duration", required_argument, NULL, 'd'},
    {"count", required_argument, NULL, 'c'},   {"rate", required_argument, NULL, 'R'},
    {"open", no_argument, NULL, 'o'},          {"read-each", required_argument, NULL, 'e'},
    {"frozen", required_argument, NULL, 'f'},  {"pid", required_argument, NULL, 'p'},
    {"core", required_argument, NULL, 'C'},    {"cpu", required_argument, NULL, 'P'},
    {"raw", no_argument, NULL, 'x'},           {"sleep", no_argument, NULL, 'z'},
    {"json", no_argument, NULL, 'j'},          {"serve", no_argument, NULL, 'v'},
    {"help", no_argument, NULL, 'h'},          {0},
};

static const char HELP[] =
    "usage: fanout --url ws://HOST:PORT or wss://HOST:PORT [options]\n"
    "  --connections N   subscribers (1000)\n"
    "  --window W        messages of a batch, written at once (1)\n"
    "  --sets KIND       shared: one set of streams; distinct: each its own (shared)\n"
    "  --keys KIND       of a batch: hot, one that all want; drawn, one drawn from all; mixed, "
    "one\n"
    "                    drawn for each message (hot)\n"
    "  --streams N       streams of a set (50)\n"
    "  --symbols N       different keys (5000)\n"
    "  --data BYTES      of a message: 46, or 53 to 65000 (46)\n"
    "  --seed N          of all that is drawn (1)\n"
    "  --duration S      seconds to run (2, or no limit with --count)\n"
    "  --count N         batches to run\n"
    "  --rate N          batches a second at most\n"
    "  --open            an open loop: batches go at that rate, whatever was received; the "
    "latency\n"
    "                    is that of each message to one that is read in full\n"
    "  --read-each N     read every n-th subscriber in full, count the bytes of the others (100)\n"
    "  --frozen N        subscribers that never read\n"
    "  --pid PID         broker whose CPU time is measured\n"
    "  --core N          core whose busy time is measured\n"
    "  --cpu N           run on this core\n"
    "  --raw             the peer is send_loop, not a broker\n"
    "  --sleep           sleep until bytes come, instead of polling\n"
    "  --json            print JSON\n"
    "  --serve           take commands from standard input\n";

static int choose(const char *text, const char *const *names) {
    for (int i = 0; names[i]; i++)
        if (!strcmp(text, names[i])) return i;
    return -1;
}

static uint32_t number(const char *text) {
    return (uint32_t)strtoul(text, NULL, 10);
}

/* false: not understood */
static bool take_plan_option(int name, const char *text, struct plan_options *plan) {
    static const char *const sets[] = {"shared", "distinct", NULL};
    static const char *const keys[] = {"hot", "drawn", "mixed", NULL};
    int kind = 0;
    switch (name) {
    case 'n':
        plan->connections = number(text);
        break;
    case 'S':
        plan->streams = number(text);
        break;
    case 'y':
        plan->symbols = number(text);
        break;
    case 'b':
        plan->data_bytes = number(text);
        break;
    case 'r':
        plan->seed = number(text);
        break;
    case 'f':
        plan->frozen = number(text);
        break;
    case 's':
        plan->distinct = (kind = choose(text, sets)) == 1;
        break;
    case 'k':
        plan->keys = (enum plan_keys)(kind = choose(text, keys));
        break;
    default:
        return false;
    }
    return kind >= 0;
}

static bool take_option(int name, const char *text, struct settings *settings) {
    struct meter_options *meter = &settings->meter;
    switch (name) {
    case 'u':
        settings->url = text;
        break;
    case 'w':
        settings->window = number(text);
        break;
    case 'd':
        settings->seconds = atof(text);
        break;
    case 'c':
        settings->batches = strtoull(text, NULL, 10);
        break;
    case 'R':
        meter->rate = number(text);
        break;
    case 'o':
        meter->open = true;
        break;
    case 'e':
        meter->read_each = number(text);
        break;
    case 'p':
        meter->pid = atoi(text);
        break;
    case 'C':
        meter->core = atoi(text);
        break;
    case 'P':
        settings->cpu = atoi(text);
        break;
    case 'x':
        meter->raw = true;
        break;
    case 'z':
        meter->sleep = true;
        break;
    case 'j':
        settings->json = true;
        break;
    case 'v':
        settings->serve = true;
        break;
    default:
        return take_plan_option(name, text, &meter->plan);
    }
    return true;
}

static bool settings_good(struct settings *settings) {
    const struct plan_options *plan = &settings->meter.plan;
    bool data = plan->data_bytes == PLAN_DATA_BYTES ||
                (plan->data_bytes >= PLAN_DATA_BYTES + 7 && plan->data_bytes <= PLAN_DATA_MAX);
    if (!settings->url || !data || !plan->streams || plan->streams > 65535 || !settings->window ||
        !settings->meter.read_each || plan->symbols < plan->streams || plan->symbols > 456976 ||
        plan->frozen >= plan->connections)
        return false;
    if (settings->meter.open && (!settings->meter.rate || plan->distinct || plan->frozen))
        return false;
    settings->meter.tls = !strncmp(settings->url, "wss://", 6);
    if (settings->meter.tls || !strncmp(settings->url, "ws://", 5))
        settings->url = strchr(settings->url, '/') + 2;
    return !client_address(settings->url, &settings->meter.address);
}

static bool read_settings(int argc, char **argv, struct settings *settings) {
    *settings = (struct settings){.window = 1, .cpu = -1};
    settings->meter = (struct meter_options){.core = -1, .read_each = 100, .frozen_rcvbuf = 4096};
    settings->meter.plan = (struct plan_options){.connections = 1000,
                                                 .streams = 50,
                                                 .symbols = 5000,
                                                 .seed = 1,
                                                 .data_bytes = PLAN_DATA_BYTES};
    for (int name; (name = getopt_long(argc, argv, "", OPTIONS, NULL)) != -1;) {
        if (!take_option(name, optarg, settings)) return false;
    }
    if (settings->seconds <= 0 && !settings->batches) settings->seconds = 2;
    return optind == argc && settings_good(settings);
}

static double each(uint64_t sum, uint64_t count) {
    return count ? (double)sum / (double)count : 0;
}

static double percentile_us(const struct histogram *latency, double percent) {
    return (double)histogram_percentile(latency, percent) / 1e3;
}

static void print_json(const struct settings *settings, const struct meter_result *result) {
    const struct plan_options *plan = &settings->meter.plan;
    const struct histogram *latency = result->latency;
    uint64_t deliveries = result->deliveries;
    printf("{\"connections\": %u, \"window\": %u, \"batches\": %llu, \"messages\": %llu, "
           "\"deliveries\": %llu, \"seconds\": %.4f, \"per_second\": %.0f, \"broker_ns\": %.2f, "
           "\"core_ns\": %.2f, \"client_ns\": %.2f, ",
           plan->connections, result->window, (unsigned long long)result->batches,
           (unsigned long long)result->messages, (unsigned long long)deliveries,
           (double)result->wall_ns / 1e9, each(deliveries * 1000000000U, result->wall_ns),
           each(result->broker_ns, deliveries), each(result->core_ns, deliveries),
           each(result->client_ns, deliveries));
    printf("\"p50_us\": %.1f, \"p90_us\": %.1f, \"p99_us\": %.1f, \"p99.9_us\": %.1f, "
           "\"max_us\": %.1f, \"lost_bytes\": %llu, \"extra_bytes\": %llu, \"broken\": %llu, "
           "\"evicted\": %llu}\n",
           percentile_us(latency, 50), percentile_us(latency, 90), percentile_us(latency, 99),
           percentile_us(latency, 99.9), percentile_us(latency, 100),
           (unsigned long long)result->lost, (unsigned long long)result->extra,
           (unsigned long long)result->broken, (unsigned long long)result->evicted);
    fflush(stdout);
}

static void print_lines(const struct settings *settings, const struct meter_result *result) {
    const struct histogram *latency = result->latency;
    uint64_t deliveries = result->deliveries;
    printf("%u connections, window %u: %llu batches, %llu deliveries in %.3f s, %.0f a second\n",
           settings->meter.plan.connections, result->window, (unsigned long long)result->batches,
           (unsigned long long)deliveries, (double)result->wall_ns / 1e9,
           each(deliveries * 1000000000U, result->wall_ns));
    if (settings->meter.pid)
        printf("broker  %8.1f ns a delivery\n", each(result->broker_ns, deliveries));
    if (settings->meter.core >= 0)
        printf("core    %8.1f ns a delivery, all that ran on it\n",
               each(result->core_ns, deliveries));
    printf("client  %8.1f ns a delivery\n", each(result->client_ns, deliveries));
    printf("latency p50 %.1f  p90 %.1f  p99 %.1f  p99.9 %.1f  max %.1f us\n",
           percentile_us(latency, 50), percentile_us(latency, 90), percentile_us(latency, 99),
           percentile_us(latency, 99.9), percentile_us(latency, 100));
    printf("lost %llu bytes, extra %llu bytes, broken %llu frames\n",
           (unsigned long long)result->lost, (unsigned long long)result->extra,
           (unsigned long long)result->broken);
}

static int serve(struct meter *meter, const struct settings *settings,
                 struct meter_result *result) {
    char line[256];
    int failed = 0;
    printf("ready\n");
    fflush(stdout);
    while (fgets(line, sizeof line, stdin)) {
        double seconds;
        unsigned long long count;
        unsigned window;
        if (sscanf(line, "run %lf %llu %u", &seconds, &count, &window) == 3 && window &&
            (seconds > 0 || count)) {
            if (meter_run(meter, window, count, seconds, result)) failed = 1;
            print_json(settings, result);
        } else if (sscanf(line, "evicted %llu %lf", &count, &seconds) == 2) {
            unsigned long long evicted = meter_wait_evicted(meter, count, seconds);
            printf("{\"evicted\": %llu}\n", evicted);
            fflush(stdout);
        } else {
            fprintf(stderr, "bench: not a command: %s", line);
            return 2;
        }
    }
    return failed;
}

int main(int argc, char **argv) {
    struct settings settings;
    if (!read_settings(argc, argv, &settings)) {
        fputs(HELP, stderr);
        return 2;
    }
    if (cpu_pin(settings.cpu)) return 2;
    struct meter *meter = meter_new(&settings.meter);
    struct meter_result *result = calloc(1, sizeof *result);
    if (!meter || !result) return 1;
    int failed;
    if (settings.serve) {
        failed = serve(meter, &settings, result);
    } else {
        failed = meter_run(meter, settings.window, settings.batches, settings.seconds, result);
        (settings.json ? print_json : print_lines)(&settings, result);
    }
    meter_free(meter);
    free(result);
    return failed ? 1 : 0;
}
