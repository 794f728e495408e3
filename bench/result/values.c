#include "result/values.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "result/look.h"

#define LATENCY(name, path, title, sentence)                                                       \
    { name, path, NULL, VALUE_US, VALUE_LOWER, title, sentence }

const struct value values[] = {
    /* Latency from the intended time. */
    LATENCY("p50", "latency_us/p50", "latency p50",
            "half of all deliveries took at most this long, from the intended time of sending"),
    LATENCY("p75", "latency_us/p75", "latency p75",
            "three quarters of all deliveries took at most this long"),
    LATENCY("p90", "latency_us/p90", "latency p90",
            "nine of ten deliveries took at most this long"),
    LATENCY("p99", "latency_us/p99", "latency p99", "99 of 100 deliveries took at most this long"),
    LATENCY("p99.9", "latency_us/p99.9", "latency p99.9",
            "999 of 1000 deliveries took at most this long"),
    LATENCY("p99.99", "latency_us/p99.99", "latency p99.99",
            "9999 of 10,000 deliveries took at most this long"),
    LATENCY("max", "latency_us/max", "latency max", "the slowest delivery"),
    LATENCY("mean", "latency_us/mean", "latency mean",
            "the mean of all deliveries; tells little where few are very slow"),
    /* From the actual time. */
    LATENCY("uncorrected_p50", "latency_uncorrected_us/p50", "uncorrected p50",
            "as p50, from the actual time of sending: what a tool tells that omits its own delays"),
    LATENCY("uncorrected_p99", "latency_uncorrected_us/p99", "uncorrected p99",
            "as p99, from the actual time of sending"),
    LATENCY("uncorrected_p99.9", "latency_uncorrected_us/p99.9", "uncorrected p99.9",
            "as p99.9, from the actual time of sending"),
    LATENCY("uncorrected_max", "latency_uncorrected_us/max", "uncorrected max",
            "as max, from the actual time of sending"),
    /* Skew. */
    LATENCY("skew_p50", "skew_us/p50", "skew p50",
            "half of all messages reached their last receiver this long after their first"),
    LATENCY("skew_p99", "skew_us/p99", "skew p99", "the same of 99 of 100 messages"),
    LATENCY("skew_p99.9", "skew_us/p99.9", "skew p99.9", "the same of 999 of 1000 messages"),
    LATENCY("skew_max", "skew_us/max", "skew max", "the largest time from first to last receiver"),
    LATENCY("skew_mean", "skew_us/mean", "skew mean", "its mean over all messages"),
    LATENCY("gap_p50", "clients/gap_us/p50", "gap p50",
            "half of the times between two arrivals at a connection, when only observed"),
    LATENCY("gap_p99", "clients/gap_us/p99", "gap p99", "99 of 100 of them"),
    LATENCY("gap_max", "clients/gap_us/max", "gap max", "the longest of them"),
    /* Accounting. */
    {"expected", "expected", NULL, VALUE_COUNT, VALUE_NEITHER, "expected",
     "deliveries that were owed to readers"},
    {"received", "received", NULL, VALUE_COUNT, VALUE_NEITHER, "received",
     "deliveries that came, duplicates not counted"},
    {"lost", "lost", NULL, VALUE_COUNT, VALUE_LOWER, "lost", "deliveries owed that never came"},
    {"lost_share", "lost", "expected", VALUE_SHARE, VALUE_LOWER, "lost, share",
     "the lost ones of those expected"},
    {"duplicated", "duplicated", NULL, VALUE_COUNT, VALUE_LOWER, "duplicated",
     "deliveries that came again"},
    {"reordered", "reordered", NULL, VALUE_COUNT, VALUE_LOWER, "reordered",
     "deliveries that came after a later one of the same key or publisher"},
    {"excused", "excused", NULL, VALUE_COUNT, VALUE_NEITHER, "excused",
     "deliveries missed by readers that were throttled, frozen or told to leave"},
    {"published", "published", NULL, VALUE_COUNT, VALUE_NEITHER, "published", "messages sent"},
    /* Throughput. */
    {"rate", "load/rate", NULL, VALUE_PER_S, VALUE_NEITHER, "rate asked for",
     "messages a second that were asked for"},
    {"published_per_s", "load/published_per_s", NULL, VALUE_PER_S, VALUE_HIGHER, "published",
     "messages sent a second"},
    {"deliveries_per_s", "deliveries_per_s", NULL, VALUE_PER_S, VALUE_HIGHER, "deliveries",
     "deliveries received a second, by all connections together"},
    {"connections", "load/connections", NULL, VALUE_COUNT, VALUE_NEITHER, "connections", "readers"},
    {"duration", "duration_s", NULL, VALUE_S, VALUE_NEITHER, "duration",
     "time that was measured, without the warm-up"},
    {"sweep_best", "sweep/best", NULL, VALUE_COUNT, VALUE_HIGHER, "sweep",
     "the highest rate or the most connections within the limits of a sweep"},
    /* The server. */
    {"cpu_ns_per_delivery", "cpu_ns_per_delivery", NULL, VALUE_NS, VALUE_LOWER, "CPU a delivery",
     "user and system time of the server's process for each delivery"},
    {"cpu_ratio", "cpu_ns_per_delivery", "floor/bare/cpu_ns_per_delivery", VALUE_RATIO, VALUE_LOWER,
     "CPU, bare loop = 1", "the same as a multiple of what a bare loop of send() took"},
    {"user_ns_per_delivery", "server/user_ns_per_delivery", NULL, VALUE_NS, VALUE_LOWER,
     "CPU, user", "the user part of it"},
    {"system_ns_per_delivery", "server/system_ns_per_delivery", NULL, VALUE_NS, VALUE_LOWER,
     "CPU, system", "the system part of it"},
    {"core_ns_per_delivery", "server/core_ns_per_delivery", NULL, VALUE_NS, VALUE_LOWER,
     "core busy", "busy time of the server's core for each delivery, which also holds softirqs"},
    {"rss_bytes", "server/rss_bytes", NULL, VALUE_BYTES, VALUE_LOWER, "memory",
     "resident memory of the server"},
    {"rss_bytes_per_connection", "server/rss_bytes_per_connection", NULL, VALUE_BYTES, VALUE_LOWER,
     "memory a connection", "what of it came with the connections, for each"},
    {"kernel_bytes_per_connection", "server/kernel_bytes_per_connection", NULL, VALUE_BYTES,
     VALUE_LOWER, "kernel a connection", "memory of TCP sockets for each connection, both ends"},
    /* Setting up. */
    LATENCY("connect_p50", "setup/connect_us/p50", "connect p50", "half of the TCP handshakes"),
    LATENCY("connect_p99", "setup/connect_us/p99", "connect p99", "99 of 100 TCP handshakes"),
    LATENCY("upgrade_p50", "setup/upgrade_us/p50", "upgrade p50",
            "half of the WebSocket handshakes, or greetings of a peer without"),
    LATENCY("upgrade_p99", "setup/upgrade_us/p99", "upgrade p99", "99 of 100 of them"),
    LATENCY("tls_p50", "setup/tls_us/p50", "TLS p50", "half of the full TLS handshakes"),
    LATENCY("tls_p99", "setup/tls_us/p99", "TLS p99", "99 of 100 full TLS handshakes"),
    LATENCY("tls_resumed_p50", "setup/tls_resumed_us/p50", "TLS resumed p50",
            "half of the resumed TLS handshakes"),
    LATENCY("tls_resumed_p99", "setup/tls_resumed_us/p99", "TLS resumed p99",
            "99 of 100 resumed TLS handshakes"),
    LATENCY("echo_p50", "setup/echo_us/p50", "echo p50",
            "half of the times from a subscribe to its answer"),
    LATENCY("echo_p99", "setup/echo_us/p99", "echo p99", "99 of 100 of them"),
    LATENCY("reconnect_p50", "setup/reconnect_us/p50", "reconnect p50",
            "half of the times from a lost connection to the answer of the new one's subscribe"),
    LATENCY("reconnect_p99", "setup/reconnect_us/p99", "reconnect p99", "99 of 100 of them"),
    LATENCY("change_p50", "setup/change_us/p50", "change p50",
            "half of the times from a change of a subscription under load to its answer"),
    LATENCY("change_p99", "setup/change_us/p99", "change p99", "99 of 100 of them"),
    /* Fairness. */
    {"rank_outliers", "clients/rank_outliers", NULL, VALUE_COUNT, VALUE_LOWER, "unfair readers",
     "readers whose mean rank among the receivers chance does not explain"},
    {"always_late", "clients/always_late", NULL, VALUE_COUNT, VALUE_LOWER, "always late",
     "those of them that are late"},
    {"closed", "clients/closed", NULL, VALUE_COUNT, VALUE_LOWER, "closed",
     "readers that the server closed though they read"},
    {"evicted", "clients/evicted", NULL, VALUE_COUNT, VALUE_NEITHER, "evicted",
     "readers that the server closed while throttled or frozen"},
    /* The machine and the bare loop. */
    LATENCY("bare_p50", "floor/bare/latency_us/p50", "bare loop p50",
            "p50 of a bare loop of send()"),
    LATENCY("bare_p99", "floor/bare/latency_us/p99", "bare loop p99",
            "p99 of a bare loop of send()"),
    {"bare_cpu_ns_per_delivery", "floor/bare/cpu_ns_per_delivery", NULL, VALUE_NS, VALUE_NEITHER,
     "bare loop CPU", "what a bare loop of send() took for each delivery"},
    {"p50_ratio", "latency_us/p50", "floor/bare/latency_us/p50", VALUE_RATIO, VALUE_LOWER,
     "p50, bare loop = 1", "p50 as a multiple of the bare loop's"},
    {"p99_ratio", "latency_us/p99", "floor/bare/latency_us/p99", VALUE_RATIO, VALUE_LOWER,
     "p99, bare loop = 1", "p99 as a multiple of the bare loop's"},
    {"skew_p99_ratio", "skew_us/p99", "floor/bare/skew_us/p99", VALUE_RATIO, VALUE_LOWER,
     "skew, bare loop = 1", "skew_p99 as a multiple of the bare loop's"},
    LATENCY("noise_p99", "floor/noise_us/p99", "noise floor p99",
            "how much too late a sleeping thread of this machine woke, 99 of 100 times"),
    LATENCY("slip_p99", "machine/slip_us/p99", "slip p99",
            "how much later than intended the tool sent, 99 of 100 messages"),
    {"client_busy", "machine/client_busy", NULL, VALUE_SHARE, VALUE_LOWER, "tool's thread",
     "how busy the tool's busiest thread was"},
};
const size_t value_count = sizeof values / sizeof *values;

const struct value *value_find(const char *name) {
    for (size_t i = 0; i < value_count; i++)
        if (strcmp(values[i].name, name) == 0) return &values[i];
    return NULL;
}

bool value_get(const struct value *value, const json_t *result, double *number) {
    double whole, part;
    if (!look_number(result, value->path, &part)) return false;
    if (value->of) {
        if (!look_number(result, value->of, &whole) || whole <= 0) return false;
        part /= whole;
    }
    *number = part;
    return true;
}

/* Three digits, as many of them behind the point as that leaves. */
static void digits(double number, const char *unit, char *text) {
    double size = fabs(number);
    int places = size >= 99.95 || size == 0 ? 0 : size >= 9.995 ? 1 : 2;
    snprintf(text, VALUE_TEXT_BYTES, "%.*f%s%s", places, number, *unit ? " " : "", unit);
}

/* Whole numbers get a comma before each three digits. */
static void grouped(double number, char *text) {
    char plain[VALUE_TEXT_BYTES];
    size_t out = 0;
    int count = snprintf(plain, sizeof plain, "%.0f", fabs(number));
    if (number < 0) text[out++] = '-';
    for (int i = 0; i < count && out + 2 < VALUE_TEXT_BYTES; i++) {
        if (i > 0 && (count - i) % 3 == 0) text[out++] = ',';
        text[out++] = plain[i];
    }
    text[out] = 0;
}

struct scale {
    double from; /* the least number that is told so */
    double unit;
    const char *name;
};

static void scaled(double number, const struct scale *scale, char *text) {
    while (fabs(number) < scale->from) scale++;
    digits(number / scale->unit, scale->name, text);
}

/* The last row takes the rest; limits are where three digits would round to the next unit. */
static const struct scale times[] = {
    {999.5e6, 1e9, "s"}, {999.5e3, 1e6, "ms"}, {999.5, 1e3, "us"}, {0, 1, "ns"}};
static const struct scale sizes[] = {{1023.5 * 1048576, 1073741824, "GiB"},
                                     {1023.5 * 1024, 1048576, "MiB"},
                                     {1023.5, 1024, "KiB"},
                                     {0, 1, "B"}};
static const struct scale rates[] = {
    {999.5e6, 1e9, "G/s"}, {999.5e3, 1e6, "M/s"}, {9999.5, 1e3, "k/s"}, {0, 1, "/s"}};

const char *value_text(double number, enum value_unit unit, char *text) {
    if (!(fabs(number) < 1e15)) return strcpy(text, "out of range");
    switch (unit) {
    case VALUE_US:
        scaled(number * 1e3, times, text);
        break;
    case VALUE_NS:
        scaled(number, times, text);
        break;
    case VALUE_S:
        scaled(number * 1e9, times, text);
        break;
    case VALUE_COUNT:
        grouped(number, text);
        break;
    case VALUE_PER_S:
        scaled(number, rates, text);
        break;
    case VALUE_BYTES:
        scaled(number, sizes, text);
        break;
    case VALUE_SHARE:
        digits(number * 100, "%", text);
        break;
    case VALUE_RATIO:
        digits(number, "x", text);
        break;
    }
    return text;
}

const char *value_text_of(const json_t *result, const char *name, char *text) {
    const struct value *value = value_find(name);
    double number;
    if (!value || !value_get(value, result, &number)) return strcpy(text, "unknown");
    return value_text(number, value->unit, text);
}

struct suffix {
    const char *name;
    double factor;
};

static const struct suffix microseconds[] = {{"ns", 1e-3}, {"us", 1},  {"\xc2\xb5s", 1},
                                             {"ms", 1e3},  {"s", 1e6}, {NULL, 0}};
static const struct suffix nanoseconds[] = {
    {"", 1}, {"ns", 1}, {"us", 1e3}, {"\xc2\xb5s", 1e3}, {"ms", 1e6}, {"s", 1e9}, {NULL, 0}};
static const struct suffix seconds[] = {{"ns", 1e-9}, {"us", 1e-6}, {"\xc2\xb5s", 1e-6},
                                        {"ms", 1e-3}, {"s", 1},     {NULL, 0}};
static const struct suffix counts[] = {{"", 1}, {"k", 1e3}, {"M", 1e6}, {NULL, 0}};
static const struct suffix bytes[] = {{"", 1},       {"B", 1},         {"k", 1e3}, {"M", 1e6},
                                      {"KiB", 1024}, {"MiB", 1048576}, {NULL, 0}};
static const struct suffix shares[] = {{"", 1}, {"%", 0.01}, {NULL, 0}};
static const struct suffix ratios[] = {{"", 1}, {"x", 1}, {"%", 0.01}, {NULL, 0}};

static const struct {
    const struct suffix *suffixes;
    const char *shown;
} units[] = {
    [VALUE_US] = {microseconds, "ns, us, ms or s"},
    [VALUE_NS] = {nanoseconds, "none (ns), ns, us, ms or s"},
    [VALUE_S] = {seconds, "ns, us, ms or s"},
    [VALUE_COUNT] = {counts, "none, k or M"},
    [VALUE_PER_S] = {counts, "none, k or M"},
    [VALUE_BYTES] = {bytes, "none, B, k, M, KiB or MiB"},
    [VALUE_SHARE] = {shares, "none (0 to 1) or %"},
    [VALUE_RATIO] = {ratios, "none, x or %"},
};

double value_factor(enum value_unit unit, const char *suffix) {
    for (const struct suffix *at = units[unit].suffixes; at->name; at++)
        if (strcmp(at->name, suffix) == 0) return at->factor;
    return 0;
}

const char *value_suffixes(enum value_unit unit) {
    return units[unit].shown;
}
