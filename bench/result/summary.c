#include "result/summary.h"

#include <stdarg.h>
#include <stdbool.h>
#include <string.h>

#include "base/printable.h"
#include "result/check.h"
#include "result/look.h"
#include "result/values.h"

#define WIDTH      80
#define LABEL      14  /* columns of what stands to the left */
#define TEXT_BYTES 512 /* of a text of a document, as it is shown; longer ones are cut */

/* A text of the document, fit for a terminal. */
static const char *clean(const char *text, char *room) {
    return printable(text, strlen(text), room, TEXT_BYTES);
}

/* Prints words from column `at` on, with further lines from column `indent` on. */
static void wrapped(const char *text, int at, int indent, FILE *out) {
    bool first = true;
    while (*text) {
        int bytes = (int)strcspn(text, " ");
        if (!first && at + 1 + bytes > WIDTH) {
            fprintf(out, "\n%*s", indent, "");
            at = indent;
            first = true;
        }
        fprintf(out, "%s%.*s", first ? "" : " ", bytes, text);
        at += bytes + !first;
        first = false;
        text += bytes + (text[bytes] == ' ');
    }
    fputc('\n', out);
}

static void labelled(const char *label, const char *text, FILE *out) {
    fprintf(out, "%-*s", LABEL, label);
    wrapped(text, LABEL, LABEL, out);
}

static void verdict(const json_t *result, FILE *out) {
    const char *name = look_text(result, "verdict", "INVALID");
    char text[TEXT_BYTES];
    json_t *reason;
    size_t index;
    bool any = false;
    json_array_foreach(look(result, "reasons"), index, reason) {
        int indent = (int)strlen(name) + 2;
        if (any)
            fprintf(out, "%*s", indent, "");
        else
            fprintf(out, "%s: ", name);
        wrapped(clean(look_text(reason, "text", "no reason"), text), indent, indent, out);
        any = true;
    }
    if (!any) fprintf(out, "%s\n", name);
    double lost = 0;
    char number[VALUE_TEXT_BYTES];
    if (look_number(result, "lost", &lost) && lost > 0)
        fprintf(out, "%s deliveries were lost.\n", value_text(lost, VALUE_COUNT, number));
    if (strcmp(name, "INVALID") == 0) fputs("The figures below are not to be used.\n", out);
}

/* A sentence that grows; what does not fit is cut. */
struct sentence {
    char text[1024];
    size_t used;
};

__attribute__((format(printf, 2, 3))) static void say(struct sentence *sentence, const char *format,
                                                      ...) {
    va_list arguments;
    va_start(arguments, format);
    size_t room = sizeof sentence->text - sentence->used;
    int count = vsnprintf(sentence->text + sentence->used, room, format, arguments);
    va_end(arguments);
    if (count > 0) sentence->used += (size_t)count < room ? (size_t)count : room - 1;
}

static void say_value(struct sentence *sentence, const char *before, const json_t *result,
                      const char *name, const char *after) {
    char text[VALUE_TEXT_BYTES];
    say(sentence, "%s%s%s", before, value_text_of(result, name, text), after);
}

static bool known(const json_t *result, const char *path) {
    return look(result, path) != NULL;
}

static void load(const json_t *result, FILE *out) {
    char text[TEXT_BYTES], server[TEXT_BYTES];
    struct sentence what = {.used = 0}, how = {.used = 0}, much = {.used = 0};
    say(&what, "%s, ", clean(look_text(result, "scenario", ""), text));
    say(&what, "%s at ", clean(look_peer(result), text));
    say(&what, "%s", clean(look_text(result, "url", ""), server));
    labelled("Scenario", what.text, out);
    const char *kind = look_text(result, "load/kind", "");
    double number;
    if (strcmp(kind, "closed") == 0 && look_number(result, "load/window", &number))
        say(&how, "closed loop, %.0f messages under way, ", number);
    else if (strcmp(kind, "open") == 0)
        say_value(&how, "open loop, ", result, "rate", " asked for, ");
    else
        say(&how, "observed only, ");
    say_value(&how, "", result, "connections", " connections, ");
    say_value(&how, "", result, "duration", " measured");
    labelled("Load", how.text, out);
    say_value(&much, "", result, "published", " messages");
    if (known(result, "published")) say_value(&much, " at ", result, "published_per_s", "");
    say(&much, "; ");
    say_value(&much, "", result, "received", " deliveries");
    say_value(&much, " at ", result, "deliveries_per_s", "");
    labelled("Published", much.text, out);
}

/* What was delivered, over all and to the readers that it went worst for. */
static const char *const counts[] = {"expected",   "received",  "lost",
                                     "duplicated", "reordered", "excused"};
#define COUNT_COLUMNS (1 + sizeof counts / sizeof *counts) /* the first is the label */
#define COUNT_READERS 20                                   /* schema.json: clients/worst */
#define COUNT_ROWS    (2 + COUNT_READERS)
#define COUNT_BLANKS  2 /* between columns */

struct count_table {
    size_t rows;
    char cells[COUNT_ROWS][COUNT_COLUMNS][VALUE_TEXT_BYTES];
};

/* A label alone stands above the figures of the whole run; a reader has nothing that is excused. */
static void add_counts(struct count_table *table, const char *label, const json_t *object) {
    char(*row)[VALUE_TEXT_BYTES] = table->cells[table->rows++];
    bool reader = look(object, "connection") != NULL;
    snprintf(row[0], VALUE_TEXT_BYTES, "%s", label);
    for (size_t i = 1; i < COUNT_COLUMNS; i++) {
        double number;
        if (look_number(object, counts[i - 1], &number))
            value_text(number, VALUE_COUNT, row[i]);
        else
            snprintf(row[i], VALUE_TEXT_BYTES, "%s",
                     reader && i + 1 == COUNT_COLUMNS ? "" : "unknown");
    }
}

static void put_counts(const struct count_table *table, FILE *out) {
    int widths[COUNT_COLUMNS] = {0};
    for (size_t row = 0; row < table->rows; row++)
        for (size_t i = 0; i < COUNT_COLUMNS; i++) {
            int bytes = (int)strlen(table->cells[row][i]);
            if (bytes > widths[i]) widths[i] = bytes;
        }
    for (size_t row = 0; row < table->rows; row++) {
        fprintf(out, "%-*s", widths[0], table->cells[row][0]);
        for (size_t i = 1; i < COUNT_COLUMNS && *table->cells[row][i]; i++)
            fprintf(out, "%*s", widths[i] + COUNT_BLANKS, table->cells[row][i]);
        fputc('\n', out);
    }
}

static void accounting(const json_t *result, FILE *out) {
    struct count_table table = {.rows = 1};
    snprintf(table.cells[0][0], VALUE_TEXT_BYTES, "Deliveries");
    for (size_t i = 1; i < COUNT_COLUMNS; i++)
        snprintf(table.cells[0][i], VALUE_TEXT_BYTES, "%s", counts[i - 1]);
    add_counts(&table, "", result);
    json_t *each;
    size_t index;
    json_array_foreach(look(result, "clients/worst"), index, each) {
        char label[VALUE_TEXT_BYTES];
        double number = 0;
        if (table.rows == COUNT_ROWS) break;
        look_number(each, "connection", &number);
        snprintf(label, sizeof label, "  reader %.0f", number);
        add_counts(&table, label, each);
    }
    fputc('\n', out);
    put_counts(&table, out);
}

static const char *const columns[] = {"p50", "p75", "p90", "p99", "p99.9", "p99.99", "max"};
#define COLUMN_COUNT (sizeof columns / sizeof *columns)

static void heading(const char *title, FILE *out) {
    fprintf(out, "\n%-*s", LABEL, title);
    for (size_t i = 0; i < COLUMN_COUNT; i++) fprintf(out, "%9s", columns[i]);
    fputc('\n', out);
}

static void percentiles(const json_t *result, const char *label, const char *path, FILE *out) {
    const json_t *figures = look(result, path);
    fprintf(out, "  %-*s", LABEL - 2, label);
    for (size_t i = 0; i < COLUMN_COUNT; i++) {
        char text[VALUE_TEXT_BYTES];
        double number;
        bool there = look_number(figures, columns[i], &number);
        fprintf(out, "%9s", there ? value_text(number, VALUE_US, text) : "unknown");
    }
    fputc('\n', out);
}

/* A row of how many times the bare loop's figures these are. */
static void ratios(const json_t *result, const char *path, const char *bare, FILE *out) {
    const json_t *figures = look(result, path), *base = look(result, bare);
    if (!figures || !base) return;
    fprintf(out, "  %-*s", LABEL - 2, "ratio");
    for (size_t i = 0; i < COLUMN_COUNT; i++) {
        char text[VALUE_TEXT_BYTES];
        double number, one;
        bool there = look_number(figures, columns[i], &number) &&
                     look_number(base, columns[i], &one) && one > 0;
        fprintf(out, "%9s", there ? value_text(number / one, VALUE_RATIO, text) : "unknown");
    }
    fputc('\n', out);
}

static void times(const json_t *result, FILE *out) {
    static const struct {
        const char *label, *path;
        bool always;
    } setups[] = {
        {"connect", "setup/connect_us", true},
        {"TLS, full", "setup/tls_us", false},
        {"TLS, resumed", "setup/tls_resumed_us", false},
        {"upgrade", "setup/upgrade_us", false},
        {"echo", "setup/echo_us", true},
        {"reconnect", "setup/reconnect_us", false},
        {"change", "setup/change_us", false},
    };
    heading("Latency", out);
    percentiles(result, "corrected", "latency_us", out);
    percentiles(result, "uncorrected", "latency_uncorrected_us", out);
    percentiles(result, "bare loop", "floor/bare/latency_us", out);
    ratios(result, "latency_us", "floor/bare/latency_us", out);
    heading("Skew", out); /* of a message: from its first to its last receiver */
    percentiles(result, "server", "skew_us", out);
    percentiles(result, "bare loop", "floor/bare/skew_us", out);
    ratios(result, "skew_us", "floor/bare/skew_us", out);
    if (known(result, "clients/gap_us")) {
        heading("Arrivals", out);
        percentiles(result, "gap", "clients/gap_us", out);
    }
    heading("Setup", out);
    for (size_t i = 0; i < sizeof setups / sizeof *setups; i++)
        if (setups[i].always || known(result, setups[i].path))
            percentiles(result, setups[i].label, setups[i].path, out);
}

static void server(const json_t *result, FILE *out) {
    struct sentence cpu = {.used = 0}, memory = {.used = 0};
    say_value(&cpu, "", result, "cpu_ns_per_delivery", " a delivery");
    if (known(result, "server")) {
        say_value(&cpu, " (user ", result, "user_ns_per_delivery", ", ");
        say_value(&cpu, "system ", result, "system_ns_per_delivery", ")");
        if (known(result, "server/core_ns_per_delivery"))
            say_value(&cpu, ", its core was busy ", result, "core_ns_per_delivery", "");
    }
    say_value(&cpu, "; bare loop ", result, "bare_cpu_ns_per_delivery", "");
    if (known(result, "cpu_ns_per_delivery") && known(result, "floor/bare"))
        say_value(&cpu, ": ", result, "cpu_ratio", "");
    fputc('\n', out);
    labelled("CPU", cpu.text, out);
    say_value(&memory, "", result, "rss_bytes", "");
    if (known(result, "server")) {
        say_value(&memory, ", ", result, "rss_bytes_per_connection", " a connection");
        say_value(&memory, "; kernel ", result, "kernel_bytes_per_connection", " a connection");
    }
    labelled("Memory", memory.text, out);
}

static void fairness(const json_t *result, FILE *out) {
    struct sentence text = {.used = 0};
    double closed = 0, evicted = 0, low, high;
    const json_t *ranks = look(result, "clients/rank");
    double count = 0;
    char number[VALUE_TEXT_BYTES];
    look_number(result, "clients/count", &count);
    say_value(&text, "", result, "rank_outliers", " of ");
    say(&text, "%s readers beyond chance, ", value_text(count, VALUE_COUNT, number));
    say_value(&text, "", result, "always_late", " of them late");
    if (json_array_size(ranks)) {
        low = json_number_value(json_array_get(ranks, 0));
        high = json_number_value(json_array_get(ranks, json_array_size(ranks) - 1));
        say(&text, "; mean ranks from %.3f to %.3f (0 first, 1 last)", low, high);
    }
    if (look_number(result, "clients/closed", &closed) && closed > 0)
        say(&text, "; %.0f closed by the server", closed);
    if (look_number(result, "clients/evicted", &evicted) && evicted > 0)
        say(&text, "; %.0f evicted as slow", evicted);
    labelled("Fairness", text.text, out);
}

static void noise(const json_t *result, FILE *out) {
    struct sentence text = {.used = 0};
    double stolen;
    if (look_number(result, "floor/noise_us/p50", &stolen)) {
        char shown[VALUE_TEXT_BYTES];
        say(&text, "sleepers wake late by p50 %s, ", value_text(stolen, VALUE_US, shown));
        say_value(&text, "p99 ", result, "noise_p99", "");
        if (look_number(result, "floor/stolen_share", &stolen))
            say(&text, "; %s of the time was stolen", value_text(stolen, VALUE_SHARE, shown));
    } else {
        say(&text, "unknown");
    }
    labelled("Noise floor", text.text, out);
    struct sentence tool = {.used = 0};
    say_value(&tool, "slip of sending p99 ", result, "slip_p99", "; ");
    say_value(&tool, "busiest thread ", result, "client_busy", "");
    labelled("The tool", tool.text, out);
}

static void sweep(const json_t *result, FILE *out) {
    struct sentence text = {.used = 0};
    double limit = 0, low, high;
    char shown[VALUE_TEXT_BYTES];
    if (!known(result, "sweep")) return;
    look_number(result, "sweep/limit_us", &limit);
    bool limited = look_number(result, "sweep/high", &high); /* else all that was tried is good */
    say_value(&text, limited || !known(result, "sweep/best") ? "" : "at least ", result,
              "sweep_best", "");
    if (look_number(result, "sweep/low", &low) && limited) {
        say(&text, " (%s to ", value_text(low, VALUE_COUNT, shown));
        say(&text, "%s)", value_text(high, VALUE_COUNT, shown));
    }
    bool rate = strcmp(look_text(result, "sweep/of", ""), "rate") == 0;
    say(&text, " %s with p99 under %s and no loss", rate ? "messages a second" : "connections",
        value_text(limit, VALUE_US, shown));
    labelled("Sweep", text.text, out);
}

static void machine(const json_t *result, FILE *out) {
    struct sentence text = {.used = 0};
    char room[TEXT_BYTES], shown[VALUE_TEXT_BYTES];
    double cores = 0, memory = 0;
    look_number(result, "machine/cores", &cores);
    look_number(result, "machine/memory_bytes", &memory);
    say(&text, "%.120s, ", clean(look_text(result, "machine/cpu", "unknown"), room));
    say(&text, "%.0f cores, %s, ", cores, value_text(memory, VALUE_BYTES, shown));
    say(&text, "%.120s", clean(look_text(result, "machine/kernel", "unknown"), room));
    if (known(result, "machine/os"))
        say(&text, ", %.120s", clean(look_text(result, "machine/os", ""), room));
    labelled("Machine", text.text, out);
    text.used = 0;
    say(&text, "tickcast-bench %.40s, ", clean(look_text(result, "version", ""), room));
    say(&text, "%.40s", clean(look_text(result, "started", ""), room));
    labelled("Made by", text.text, out);
    labelled("Command", clean(look_text(result, "command", ""), room), out);
}

static void assertions(const json_t *result, FILE *out) {
    json_t *each;
    size_t index;
    json_array_foreach(look(result, "assertions"), index, each) {
        char room[TEXT_BYTES], value[VALUE_TEXT_BYTES];
        fprintf(out, "%s%-*s%-8s%s (it is %s)\n", index ? "" : "\n", LABEL,
                index ? "" : "Assertions", json_is_true(look(each, "passed")) ? "passed" : "FAILED",
                clean(look_text(each, "text", ""), room), check_value_text(each, value));
    }
}

int summary_write(const json_t *result, FILE *out) {
    verdict(result, out);
    fputc('\n', out);
    load(result, out);
    accounting(result, out);
    times(result, out);
    server(result, out);
    fairness(result, out);
    noise(result, out);
    sweep(result, out);
    machine(result, out);
    assertions(result, out);
    return fflush(out) || ferror(out) ? -1 : 0;
}
