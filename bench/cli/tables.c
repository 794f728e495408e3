#include "cli/args.h"

enum {
    NONE = 1 << BENCH_NONE,
    RUN = 1 << BENCH_RUN,
    COMPARE = 1 << BENCH_COMPARE,
    MERGE = 1 << BENCH_MERGE,
    REPORT = 1 << BENCH_REPORT,
};

#define EXIT_ROW(name, number, sentence) {#number, sentence},
const struct help_row bench_exit_rows[] = {BENCH_EXIT_CODES(EXIT_ROW){NULL, NULL}};
#undef EXIT_ROW

const struct bench_command_row bench_command_rows[BENCH_COMMANDS] = {
    [BENCH_RUN] =
        {"run", "", "put a load on a server and measure what becomes of it",
         "A scenario sets what the load is; options stand against what its file says. First the "
         "limits of this host are looked at, then the machine's noise floor and the bare loop of "
         "send() for the same shape are measured, then comes the load. The first line of what is "
         "printed is the verdict with its reason, and the exit code follows from it.\n\n"
         "    tickcast-bench run --url ws://127.0.0.1:5993 --scenario tick --duration 5",
         0, 0, true},
    [BENCH_COMPARE] =
        {"compare", "RESULT...", "set results side by side",
         "A RESULT is a file of --json or a report, or several with commas between: repeated runs "
         "of one side. Medians have confidence intervals of 95 %; `~` stands where two sides do "
         "not "
         "differ (Mann-Whitney, 5 %).\n\n"
         "    tickcast-bench compare before.json after.json --report difference.html",
         1, 8, false},
    [BENCH_MERGE] = {"merge", "RESULT...",
                     "make one result of those of several hosts that ran together",
                     "Counts and rates are added, histograms are merged without loss.\n\n"
                     "    tickcast-bench merge host1.json host2.json --json both.json",
                     2, BENCH_ARGUMENTS_MAX, false},
    [BENCH_REPORT] = {"report", "RESULT...", "write the page of results",
                      "With several the plots lie over each other.\n\n"
                      "    tickcast-bench report result.json --report result.html",
                      1, 8, false},
    [BENCH_SCENARIOS] =
        {"scenarios", "[NAME]", "list the scenarios, or show the file of one",
         "A copy of a file, changed, is a scenario too: --scenario takes its path.\n\n"
         "    tickcast-bench scenarios tick",
         0, 1, false},
    [BENCH_PREFLIGHT] =
        {"preflight", "", "look at the limits of this host that stand in the way of a load",
         "It takes the options of run. Each line tells a limit and the command that cures it. Exit "
         "code: 0 nothing stands in the way, 1 a run would be refused.\n\n"
         "    tickcast-bench preflight --connections 20000",
         0, 0, true},
};

const struct bench_option_row bench_option_rows[] = {
#define ROW(name, value, kind, field, commands, sentence)                                          \
    {name, value, sentence, BENCH_##kind, offsetof(struct bench_args, field), 0, commands},
#define COUNT(name, value, field, most, commands, sentence)                                        \
    {name, value, sentence, BENCH_COUNT, offsetof(struct bench_args, field), most, commands},
    ROW("--scenario", "NAME", TEXT, scenario, RUN | 1 << BENCH_PREFLIGHT,
        "a scenario by its name, or the path of a file (default: tick)")
        ROW("--against", "URL", TEXT, against, RUN,
            "a second server: runs of both alternate, and are compared")
            COUNT("--against-pid", "PID", against_pid, 4194304, RUN,
                  "its process on this host, whose CPU and memory are measured as those of --pid")
                COUNT("--repeat", "N", repeat, BENCH_REPEAT_MAX, RUN,
                      "runs of each server; four or more let two servers be told apart (default: "
                      "1)") ROW("--assert", "EXPR", ASSERT, assert_count, RUN,
                                "fail unless it holds, such as 'p99<2ms' or lost=0; may be "
                                "repeated")
                    ROW("--json", "FILE", TEXT, json, RUN | COMPARE | MERGE,
                        "write the whole result; - is standard output, and then nothing else goes "
                        "there") ROW("--report", "FILE", TEXT, report,
                                     RUN | COMPARE | MERGE | REPORT,
                                     "write a page of HTML with plots, complete in itself")
                        ROW("--csv", "FILE", TEXT, csv, RUN | MERGE,
                            "write a row of figures for each run")
                            ROW("--csv-series", "FILE", TEXT, csv_series, RUN | MERGE,
                                "write a row of figures for each second")
                                ROW("--hgrm", "FILE", TEXT, hgrm, RUN | MERGE,
                                    "write the latency by percentile, as HdrHistogram's plotter "
                                    "reads it")
                                    ROW("--hlog", "FILE", TEXT, hlog, RUN | MERGE,
                                        "write all histograms without loss, as HdrHistogram's log")
                                        ROW("--junit", "FILE", TEXT, junit, RUN,
                                            "write verdict, loss and assertions for continuous "
                                            "integration") ROW("--quiet", NULL, FLAG, quiet, RUN,
                                                               "tell nothing while it runs")
                                            ROW("--help", NULL, FLAG, help, ~0U,
                                                "print this help (also -h)")
                                                ROW("--version", NULL, FLAG, version, NONE,
                                                    "print the version")
#undef ROW
#undef COUNT
};
const size_t bench_option_count = sizeof bench_option_rows / sizeof bench_option_rows[0];

const struct help_row bench_signals[] = {
    {"SIGINT, SIGTERM",
     "the first ends the run, and what was measured is its result; the second ends the program"},
    {NULL, NULL},
};

const struct help_row bench_urls[] = {
    {"ws wss unix", "the stream contract of MarketStore and tickcast, subscribers on /ws and "
                    "publishers on /publish; unix:///SOCKET is a Unix socket"},
    {"nats+ws", "NATS over WebSocket, port 8080; * stands for whole elements only"},
    {"nats", "the same over plain TCP, port 4222"},
    {"mqtt+ws",
     "MQTT 3.1.1 at QoS 0 over WebSocket, such as Mosquitto, port 8083 and path /mqtt; * "
     "stands for whole elements only"},
    {"mqtt", "the same over plain TCP, port 1883"},
    {"redis", "Redis pub/sub over TCP, port 6379; patterns are those of Redis, whose * crosses /"},
    {"raw", "the bare loop of send(), which the tool also runs by itself for the floor"},
    {NULL, NULL},
};

const struct help_row bench_environment[] = {
    {"TICKCAST_TEST_DATA",
     "the folder with quotes-2013-10-07-open.csv.gz, whose arrivals the scenario open replays"},
    {"NO_COLOR", "if it is set and not empty, nothing is shown in colour or bold"},
    {"TERM", "if it is dumb, what is shown while it runs is not changed in place"},
    {NULL, NULL},
};
