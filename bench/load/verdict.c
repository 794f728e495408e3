#include "load/verdict.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

static void add(struct verdict_result *result, enum verdict verdict, const char *code,
                const char *format, ...) __attribute__((format(printf, 4, 5)));

static void add(struct verdict_result *result, enum verdict verdict, const char *code,
                const char *format, ...) {
    if (verdict > result->verdict) result->verdict = verdict;
    if (result->count == VERDICT_REASONS) return;
    struct verdict_reason *reason = &result->reasons[result->count++];
    reason->code = code;
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(reason->text, sizeof reason->text, format, arguments);
    va_end(arguments);
}

/* Nothing came, or nothing that could be measured. */
static void no_data(const struct verdict_facts *facts, struct verdict_result *result) {
    if (facts->observed && !facts->received)
        add(result, VERDICT_INVALID, "silent", "the server sent no message to any reader");
    else if (!facts->observed && !facts->published)
        add(result, VERDICT_INVALID, "silent", "no message could be published after the warm-up");
    else if (!facts->observed && facts->expected && !facts->received)
        add(result, VERDICT_INVALID, "silent",
            "nothing was received of %" PRIu64 " deliveries that were owed", facts->expected);
    else if (!facts->observed && !facts->expected && facts->readers)
        add(result, VERDICT_INVALID, "silent",
            "none of %" PRIu64 " published messages was for a reader", facts->published);
    else
        return;
    result->empty = true;
}

static void broken(const struct verdict_facts *facts, struct verdict_result *result) {
    if (facts->publisher_closed)
        add(result, VERDICT_INVALID, "closed", "the publisher's connection ended: %.200s",
            facts->closed_text);
    else if (facts->closed)
        add(result, VERDICT_INVALID, "closed",
            "%" PRIu64 " of %" PRIu64 " readers were closed: %.200s", facts->closed, facts->readers,
            facts->closed_text);
    else if (!facts->observed && facts->lost && facts->received &&
             facts->silent_s > VERDICT_SILENT_S)
        add(result, VERDICT_INVALID, "silent",
            "nothing came in the last %.1f s, nor in the time that was waited for it: latency is "
            "that of what came before",
            facts->silent_s);
    if (facts->server_gone)
        add(result, VERDICT_INVALID, "server_gone", "the watched process ended during the run");
}

static void late(const struct verdict_facts *facts, struct verdict_result *result) {
    if (!facts->open || result->empty) return;
    double due = (double)facts->published + (double)facts->unsent;
    if ((double)facts->unsent > VERDICT_UNSENT * due)
        add(result, VERDICT_INVALID, "unsent",
            "%" PRIu64 " of %.0f messages were due and not sent by the end: the rate was not "
            "reached",
            facts->unsent, due);
    if (facts->slip_p99_us <= VERDICT_SLIP_US ||
        facts->slip_p99_us <= VERDICT_SLIP_SHARE * facts->p99_us)
        return;
    bool bad = facts->slip_p99_us > VERDICT_SLIP_BAD_US &&
               facts->slip_p99_us > VERDICT_SLIP_BAD * facts->p99_us;
    add(result, bad ? VERDICT_INVALID : VERDICT_NOISY, "slip",
        "p99 of the schedule slip is %.0f us of a p99 of %.0f us: messages were sent late",
        facts->slip_p99_us, facts->p99_us);
}

static void noisy(const struct verdict_facts *facts, struct verdict_result *result) {
    if (result->empty) return;
    if (facts->busy > VERDICT_BUSY)
        add(result, VERDICT_NOISY, "client_busy",
            "a thread of the load was busy for %.0f %% of the time: it may be what is measured",
            100 * facts->busy);
    if (facts->lag_p99_us > VERDICT_LAG_US && facts->p99_us >= 0 &&
        facts->lag_p99_us > VERDICT_LAG_SHARE * facts->p99_us)
        add(result, VERDICT_NOISY, "own_lag",
            "p99 of the load's own loop is %.0f us of a p99 of %.0f us", facts->lag_p99_us,
            facts->p99_us);
    if (facts->noise_p99_us > VERDICT_NOISE_SHARE * facts->p99_us && facts->p99_us >= 0)
        add(result, VERDICT_NOISY, "noise",
            "a sleeper of this machine wakes %.0f us late at p99, more than a tenth of a p99 of "
            "%.0f us",
            facts->noise_p99_us, facts->p99_us);
    if (facts->stolen > VERDICT_STOLEN)
        add(result, VERDICT_NOISY, "stolen",
            "%.1f %% of the time were taken from a thread that only read the clock",
            100 * facts->stolen);
}

void verdict_decide(const struct verdict_facts *facts, struct verdict_result *result) {
    *result = (struct verdict_result){.verdict = VERDICT_VALID};
    no_data(facts, result);
    broken(facts, result);
    late(facts, result);
    /* None of these makes a figure wrong, but one must know them; loss comes first. */
    if (!facts->observed && facts->lost && facts->received)
        add(result, VERDICT_VALID, "loss", "%" PRIu64 " of %" PRIu64 " deliveries were lost",
            facts->lost, facts->expected);
    if (!facts->observed && facts->duplicated)
        add(result, VERDICT_VALID, "duplicates", "%" PRIu64 " messages came again",
            facts->duplicated);
    if (facts->behind_s > VERDICT_BEHIND_S && facts->behind_s > VERDICT_BEHIND * facts->duration_s)
        add(result, VERDICT_VALID, "behind",
            "the server was behind: the last delivery came %.1f s after the end", facts->behind_s);
    if (facts->stopped)
        add(result, VERDICT_VALID, "stopped", "a signal ended it after %.1f s", facts->duration_s);
    noisy(facts, result);
}

const char *verdict_name(enum verdict verdict) {
    static const char *const names[] = {"VALID", "NOISY", "INVALID"};
    return names[verdict];
}
