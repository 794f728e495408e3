#include "cli/numbers.h"

#include <stddef.h>

#include "base/words.h"
#include "load/verdict.h"

/* By hand: clang-format would put every other word of these sentences on a line of its own. */
/* clang-format off */
static const struct help_row reasons[] = {
    {"no_run",
     "INVALID: no load could be put on: the server was not reached, refused the handshake, or said "
     "nothing for 10 s."},
    {"silent",
     "INVALID: there is nothing to measure: no message could be published, or none came; or messages "
     "were lost and nothing came for more than " WORDS_NUMBER(VERDICT_SILENT_S) " s at the end: the "
     "server may have stopped, and what it owed is in no latency."},
    {"closed", "INVALID: the server closed a publisher, or readers that read."},
    {"server_gone", "INVALID: the process --pid ended."},
    {"unsent",
     "INVALID: of the messages that were due a share above " WORDS_NUMBER(VERDICT_UNSENT) " was not "
     "sent by the end: the rate was not reached."},
    {"slip",
     "NOISY: p99 of the schedule slip is above " WORDS_NUMBER(VERDICT_SLIP_US) " us and above "
     WORDS_NUMBER(VERDICT_SLIP_SHARE) " of the p99: messages were sent late, and a part of latency_us "
     "is that of the tool. INVALID: it is above " WORDS_NUMBER(VERDICT_SLIP_BAD_US) " us and above "
     WORDS_NUMBER(VERDICT_SLIP_BAD) " of the p99."},
    {"client_busy",
     "NOISY: a thread of the tool was busy for a share above " WORDS_NUMBER(VERDICT_BUSY) " of the "
     "time, and may be what was measured. Take more --threads, or merge results of several hosts."},
    {"own_lag",
     "NOISY: p99 of a turn of the tool's own loop is above " WORDS_NUMBER(VERDICT_LAG_US) " us and "
     "above " WORDS_NUMBER(VERDICT_LAG_SHARE) " of the p99."},
    {"noise",
     "NOISY: p99 of floor/noise_us is above " WORDS_NUMBER(VERDICT_NOISE_SHARE) " of the p99."},
    {"stolen", "NOISY: floor/stolen_share is above " WORDS_NUMBER(VERDICT_STOLEN) "."},
    {"loss, duplicates", "no matter of the verdict, but told with it: how many."},
    {"behind",
     "no matter of the verdict: deliveries came for more than " WORDS_NUMBER(VERDICT_BEHIND_S) " s "
     "after the end, and for a share above " WORDS_NUMBER(VERDICT_BEHIND) " of duration_s. The load is "
     "more than the server can do, and latency grows with the duration."},
    {"stopped", "no matter of the verdict: a signal ended the run before its time."},
    {NULL, NULL},
};
/* clang-format on */

static const struct help_row result_numbers[] = {
    {"tickcast_bench",
     "version of this format. A file of another version is refused: its numbers may mean something "
     "else."},
    {"verdict", "VALID, NOISY or INVALID: see VERDICT."},
    {"reasons",
     "what stands behind the verdict: a list, each with a `code` for programs and a `text`."},
    {"scenario, url, peer, config, command, version, started",
     "what was run, with every setting, the seed among them: enough to run it again. `peer` is "
     "whose protocol was spoken; `started` is UTC by the wall clock, which nothing else uses."},
    {"assertions", "each --assert: its `text`, the `value` it was about, and whether it `passed`."},
    {"runs", "with --repeat or --against: all runs. The top is then the one that stands for all: "
             "the worst by its exit code, and among equals the one with the middle p99."},
    {"merged", "how many results of several hosts this one was merged from."},
    {NULL, NULL},
};

static const struct help_row load_numbers[] = {
    {"duration_s", "measured time: from the end of the warm-up to the last message that was to be "
                   "sent. What arrives later is waited for and counts."},
    {"load/kind",
     "open (by the clock, whatever the server does), closed (a window of messages under way) or "
     "observed (the tool published nothing)."},
    {"load/connections",
     "subscribers, slow and frozen ones among them; publishers are not counted."},
    {"load/rate, load/window", "what was asked for; null where it has no meaning."},
    {"load/published_per_s, published", "messages that were sent. If it is below load/rate, the "
                                        "publisher was held up, by the server or by the tool; the "
                                        "latency then holds that delay."},
    {"deliveries_per_s",
     "received / time from the end of the warm-up until the last was to be sent, "
     "or until the last came if that is later. Not a limit of the server unless "
     "the loop was closed, or sweep looked for it."},
    {NULL, NULL},
};

static const struct help_row account_numbers[] = {
    {"expected", "deliveries owed: for each message one to each reader whose subscription contains "
                 "its key. Known exactly, since the tool made both. Null if it did not publish."},
    {"received", "deliveries that came, each once; duplicates are not in it. Deliveries to readers "
                 "that are excused are not in it."},
    {"lost",
     "expected less received, after the end was waited for. Any loss makes the exit code 1."},
    {"duplicated", "deliveries that came once more."},
    {"reordered", "deliveries that came after a later message of the same publisher. Lateness "
                  "between publishers is not counted: no order is promised there."},
    {"excused", "owed to readers that were throttled, frozen or away between two connections. Not "
                "in expected and not lost: a broker may drop what nobody takes."},
    {"clients/count", "readers that are accounted."},
    {"clients/worst", "readers with loss, duplicates or reordering, the worst first, at most 20."},
    {"clients/closed", "connections that the server closed though they read. Their loss is loss."},
    {"clients/evicted", "connections that the server closed while they were throttled or frozen."},
    {NULL, NULL},
};

static const struct help_row latency_numbers[] = {
    {"latency_us", "from the time at which a message should have been sent to the time at which a "
                   "reader had it: one value a delivery. It holds the delay of the tool's own "
                   "sending (machine/slip_us), the network, the server, and the tool's reading."},
    {"latency_uncorrected_us",
     "the same from the time at which the message was sent in fact. Shown because other tools tell "
     "this one; see COORDINATED OMISSION. In a closed loop both are the same."},
    {"histograms", "all values, without loss: HdrHistogram V2 with three digits, deflated, in "
                   "base64, in ns, by the names of their figures without _us."},
    {NULL, NULL},
};

static const struct help_row skew_numbers[] = {
    {"skew_us",
     "of each message: from its first receiver to its last. What it costs to be the last "
     "in line. One value a message that all its readers got."},
    {"clients/rank",
     "for each reader the mean of its places among the receivers of a message, 0 "
     "always first, 1 always last; 0.5 if the order is chance. At most 1000 of them, "
     "evenly chosen, rising."},
    {"clients/rank_band", "how far from 0.5 chance allows a mean: 6 standard errors."},
    {"clients/rank_outliers", "readers further away: for them the order is not chance."},
    {"clients/always_late", "those of them on the late side."},
    {"clients/mean_us", "each reader's mean latency, in the same form as rank."},
    {"clients/gap_us", "time between two arrivals at one connection, where the tool published "
                       "nothing and there is no latency. It is as much the publisher's as the "
                       "server's."},
    {NULL, NULL},
};

static const struct help_row setup_numbers[] = {
    {"setup/connect_us", "TCP handshakes: from connect() until the socket is writable."},
    {"setup/upgrade_us", "WebSocket handshakes: from the request to the answer."},
    {"setup/tls_us, setup/tls_resumed_us", "TLS handshakes, whole ones and those that resumed a "
                                           "session, from the first byte to the last."},
    {"setup/echo_us", "from a subscribe to the answer that it is in force."},
    {"setup/reconnect_us", "in a storm: from the end of a connection until the next one has its "
                           "subscription."},
    {"setup/change_us", "with churn: from a change of the subscription to its answer, under load."},
    {NULL, NULL},
};

static const struct help_row server_numbers[] = {
    {"cpu_ns_per_delivery",
     "user and system time of the process --pid over the measured time, by "
     "the kernel's clock of the process, divided by the deliveries. It holds "
     "reading the publisher. Not in it: work that the kernel did in "
     "interrupts and charged to nobody."},
    {"server/pid, server/name", "the process."},
    {"server/user_ns_per_delivery, server/system_ns_per_delivery", "its two parts."},
    {"server/core_ns_per_delivery",
     "time in which the core --core, or the one that the process is pinned to, was not idle, "
     "divided "
     "alike. It "
     "holds softirqs and whatever else ran there, so it is only right "
     "if the server is alone on the core."},
    {"server/rss_bytes", "resident memory of the process at the end."},
    {"server/rss_bytes_per_connection",
     "what was added to it since before the first connection, for "
     "each. Memory that the allocator held before is not seen."},
    {"server/kernel_bytes_per_connection", "memory of TCP sockets on this host, of both ends, for "
                                           "each connection."},
    {NULL, NULL},
};

static const struct help_row floor_numbers[] = {
    {"floor/noise_us",
     "how much too late a sleeping thread woke, with nothing else to do: what this "
     "machine adds to any latency. A difference smaller than it says nothing."},
    {"floor/stolen_share",
     "share of the time that was taken from a thread that only read the "
     "clock: by other processes, interrupts, or the host of a virtual machine."},
    {"floor/bare/latency_us, floor/bare/skew_us, floor/bare/cpu_ns_per_delivery, "
     "floor/bare/deliveries_per_s",
     "the same figures of the bare loop: see there."},
    {NULL, NULL},
};

static const struct help_row tool_numbers[] = {
    {"machine/slip_us", "how much later than intended each message was sent. It is in latency_us."},
    {"machine/client_busy",
     "share of a core that the tool's busiest thread used. Above 90 % what is "
     "measured is the tool."},
    {"machine/load", "the load average at the start."},
    {"machine/host, machine/cpu, machine/cores, machine/memory_bytes, machine/kernel, machine/os",
     "where the tool ran. The server may have run elsewhere."},
    {NULL, NULL},
};

static const struct help_row series_numbers[] = {
    {"series/at_s", "end of a second, from the end of the warm-up."},
    {"series/published, series/received, series/lost",
     "in that second; lost is what was certain by "
     "then."},
    {"series/p50_us, series/p99_us, series/max_us, series/skew_p99_us",
     "of what arrived in that second."},
    {"series/cpu_ns", "the server's in that second."},
    {NULL, NULL},
};

static const struct help_row sweep_numbers[] = {
    {"sweep/of, sweep/limit_us", "what was raised, and the p99 that a step must stay below."},
    {"sweep/best", "the highest value whose step had no loss and kept the limit."},
    {"sweep/low, sweep/high", "bounds: the limit is between them, as far as the steps can tell."},
    {"sweep/steps", "every step: its `value`, `p99_us`, `lost`, `verdict`, and whether it was "
                    "`good`."},
    {NULL, NULL},
};

const struct bench_chapter bench_chapters[] = {
    {"VERDICT",
     "The first line of a result says whether its figures can be used.\n\n"
     "VALID: the tool kept up, and the machine was quiet. Exit code 0.\n\n"
     "NOISY: the figures are worse than the server deserves, since the machine was not quiet or "
     "the "
     "tool was busy. Repeat the run. Exit code 3.\n\n"
     "INVALID: the figures are not those of what was asked for. Do not use them. Exit code 4.\n\n"
     "Loss, duplicates or a failed assertion make the exit code 1, whatever the verdict. A run "
     "that "
     "could not take place is INVALID, has no figures, and ends with 1; with 2 if the command line "
     "or the scenario was wrong. The reasons, by the `code` of reasons:",
     reasons},
    {"THE RESULT", "At the top of the document.", result_numbers},
    {"CLOCKS",
     "All times are of CLOCK_MONOTONIC of the host of the tool, read in ns. A message carries its "
     "times in its data, and who sends it also receives it, so that no two clocks are compared. "
     "Times of results are in microseconds, and their names end with _us.\n\n"
     "Percentiles are those of HdrHistogram: the least value that so many do not exceed, right to "
     "0.1 %. `max` is exact. `count` says of how many values; a p99.99 of fewer than 10,000 is "
     "just "
     "the max.",
     NULL},
    {"COORDINATED OMISSION",
     "A tool that waits for a slow server before it sends the next message does not send in the "
     "very time in which the server is slow, and so measures what is good. Here the times of "
     "sending are fixed in advance by the rate, and latency counts from them: a message that is "
     "sent "
     "late because something stalled is that much slower. Both are told: latency_us from the "
     "intended time, latency_uncorrected_us from the actual one. Where they differ, a tool of the "
     "other kind would have told the lower.\n\n"
     "A window (--window) is a closed loop. It measures throughput; its latency is that of a "
     "server "
     "which is never asked for more than it does.",
     NULL},
    {"THE LOAD", "What was put on the server.", load_numbers},
    {"ACCOUNTING",
     "Each message has a number that rises by one for its key, and one that rises by one for its "
     "publisher. A reader is owed every number of its keys from the answer to its subscribe on. A "
     "number that is skipped is missing until it comes; at the end, when everything was waited "
     "for, "
     "it is lost. Counts are exact, not sampled. Messages that the tool did not publish in this "
     "run "
     "are not accounted.",
     account_numbers},
    {"LATENCY", "Of each delivery to a reader that is accounted.", latency_numbers},
    {"SKEW", "How evenly readers are served.", skew_numbers},
    {"SETTING UP", "Of each connection.", setup_numbers},
    {"THE SERVER", "Known with --pid, for a server on this host; else null.", server_numbers},
    {"THE FLOOR",
     "Before the load the tool measures what no server could do better on this machine: how "
     "precisely a thread wakes, and the bare loop, a process that does nothing but send() the same "
     "frames to as many connections, with the same sizes and times. Figures of a server are to be "
     "read against it; cpu_ratio of --assert is the quotient. The bare loop knows who gets what "
     "beforehand: it matches nothing, and cannot stand for a broker.",
     floor_numbers},
    {"THE TOOL", "What it did itself, and where.", tool_numbers},
    {"SERIES", "A row for each second after the warm-up.", series_numbers},
    {"SWEEP", "Null unless a limit was looked for.", sweep_numbers},
    {NULL, NULL, NULL},
};
