/* Which figures may be believed. */
#include <criterion/criterion.h>
#include <string.h>

#include "load/steady.h"
#include "load/verdict.h"

static struct verdict_facts good(void) {
    return (struct verdict_facts){.open = true,
                                  .published = 1000,
                                  .expected = 100000,
                                  .received = 100000,
                                  .p99_us = 500,
                                  .slip_p99_us = 20,
                                  .lag_p99_us = 100,
                                  .noise_p99_us = 20,
                                  .busy = 0.5,
                                  .readers = 100,
                                  .closed_text = ""};
}

/* The verdict, and whether a reason has this code. */
static void expect(const struct verdict_facts *facts, enum verdict verdict, const char *code) {
    struct verdict_result result;
    verdict_decide(facts, &result);
    cr_assert_eq(result.verdict, verdict, "%s, not %s", verdict_name(result.verdict),
                 verdict_name(verdict));
    bool found = !code && !result.count;
    for (size_t i = 0; i < result.count; i++)
        if (code && !strcmp(result.reasons[i].code, code)) found = true;
    cr_assert(found, "%s", code ? code : "a reason");
}

Test(verdict, a_quiet_run_is_valid) {
    struct verdict_facts facts = good();
    expect(&facts, VERDICT_VALID, NULL);
}

Test(verdict, nothing_received_though_owed_is_invalid_and_empty) {
    struct verdict_facts facts = good();
    struct verdict_result result;
    facts.received = 0;
    facts.p99_us = -1;
    expect(&facts, VERDICT_INVALID, "silent");
    verdict_decide(&facts, &result);
    cr_assert(result.empty);
    facts = good();
    facts.published = facts.expected = facts.received = 0;
    expect(&facts, VERDICT_INVALID, "silent");
    facts = good();
    facts.observed = true;
    facts.received = 0;
    expect(&facts, VERDICT_INVALID, "silent");
}

Test(verdict, loss_is_told_and_leaves_the_figures) {
    struct verdict_facts facts = good();
    struct verdict_result result;
    facts.lost = 7;
    expect(&facts, VERDICT_VALID, "loss");
    verdict_decide(&facts, &result);
    cr_assert_str_eq(result.reasons[0].text, "7 of 100000 deliveries were lost");
    cr_assert_not(result.empty);
}

Test(verdict, loss_before_a_silence_is_of_a_server_that_stopped) {
    struct verdict_facts facts = good();
    facts.lost = 7;
    facts.silent_s = 1.5;
    expect(&facts, VERDICT_INVALID, "silent");
    facts.silent_s = 0.5;
    expect(&facts, VERDICT_VALID, "loss");
    facts.silent_s = 1.5; /* a slow schedule, of which all came */
    facts.lost = 0;
    expect(&facts, VERDICT_VALID, NULL);
}

Test(verdict, a_server_behind_and_a_signal_are_told) {
    struct verdict_facts facts = good();
    facts.duration_s = 10;
    facts.behind_s = 0.9;
    expect(&facts, VERDICT_VALID, NULL);
    facts.behind_s = 1.1;
    expect(&facts, VERDICT_VALID, "behind");
    facts.behind_s = 0;
    facts.stopped = true;
    expect(&facts, VERDICT_VALID, "stopped");
}

Test(verdict, a_slip_counts_against_the_latency) {
    struct verdict_facts facts = good();
    facts.slip_p99_us = VERDICT_SLIP_US - 1; /* more than p99, but small */
    facts.noise_p99_us = -1;
    expect(&facts, VERDICT_VALID, NULL);
    facts.slip_p99_us = 3000;
    facts.p99_us = 11000;
    expect(&facts, VERDICT_NOISY, "slip");
    facts.p99_us = 13000;
    expect(&facts, VERDICT_VALID, NULL);
    facts.slip_p99_us = 20000;
    facts.p99_us = 30000;
    expect(&facts, VERDICT_INVALID, "slip");
    facts.open = false;
    expect(&facts, VERDICT_VALID, NULL);
}

Test(verdict, a_rate_that_was_not_reached_is_invalid) {
    struct verdict_facts facts = good();
    facts.unsent = 9;
    expect(&facts, VERDICT_VALID, NULL);
    facts.unsent = 20;
    expect(&facts, VERDICT_INVALID, "unsent");
}

Test(verdict, connections_that_the_server_closed_are_invalid) {
    struct verdict_facts facts = good();
    facts.closed = 3;
    facts.closed_text = "the server closed with code 1008";
    expect(&facts, VERDICT_INVALID, "closed");
    facts.closed = 0;
    facts.publisher_closed = true;
    expect(&facts, VERDICT_INVALID, "closed");
    facts = good();
    facts.server_gone = true;
    expect(&facts, VERDICT_INVALID, "server_gone");
}

Test(verdict, what_the_tool_or_the_machine_add_is_noisy) {
    struct verdict_facts facts = good();
    facts.busy = 0.91;
    expect(&facts, VERDICT_NOISY, "client_busy");
    facts = good();
    facts.lag_p99_us = 1600;
    facts.p99_us = 3000;
    expect(&facts, VERDICT_NOISY, "own_lag");
    facts = good();
    facts.noise_p99_us = 51;
    expect(&facts, VERDICT_NOISY, "noise");
    facts = good();
    facts.stolen = 0.06;
    expect(&facts, VERDICT_NOISY, "stolen");
}

Test(verdict, the_worst_reason_decides_and_all_are_told) {
    struct verdict_facts facts = good();
    struct verdict_result result;
    facts.busy = 0.99;
    facts.closed = 1;
    facts.lost = 1;
    verdict_decide(&facts, &result);
    cr_assert_eq(result.verdict, VERDICT_INVALID);
    cr_assert_eq(result.count, 3);
    cr_assert_str_eq(result.reasons[0].code, "closed", "what weighs most comes first");
}

Test(verdict, steady_is_what_does_not_drift) {
    const double flat[] = {100, 101, 99, 100, 100, 101, 99, 100};
    const double rising[] = {100, 102, 104, 106, 108, 110, 112, 114};
    const double unknown[] = {-1, -1, -1, -1};
    cr_assert(steady_values(flat, 8, STEADY_DRIFT));
    cr_assert_not(steady_values(rising, 8, STEADY_DRIFT));
    cr_assert_not(steady_values(unknown, 4, STEADY_DRIFT));
    cr_assert_not(steady_values(flat, 0, STEADY_DRIFT));
}
