#include <err.h>
#include <stdlib.h>
#include <string.h>

#include "cli/commands.h"
#include "cli/interrupt.h"
#include "cli/outputs.h"
#include "cli/preflight.h"
#include "peer/peer.h"
#include "result/check.h"
#include "result/compare.h"
#include "result/look.h"
#include "result/read.h"
#include "result/summary.h"
#include "result/values.h"

#define SERVERS  2
#define RUNS_MAX (SERVERS * BENCH_REPEAT_MAX)

struct session {
    const struct bench_args *args;
    const char *command;
    struct load_config configs[SERVERS];
    size_t servers;
    struct check checks[BENCH_ASSERTS_MAX];
    struct live live;
    struct interrupt interrupt;
    json_t *results[RUNS_MAX];
    size_t count;
    bool failed; /* the last one is of a load that could not be put on */
};

static FILE *summary_stream(const struct bench_args *args) {
    return args->json != NULL && strcmp(args->json, "-") == 0 ? stderr : stdout;
}

void run_verdict(const struct bench_args *args, const char *reason) {
    fprintf(summary_stream(args), "INVALID: %s\n", reason);
}

/* Assertions and the second server are looked at before anything is measured. */
static bool prepare(struct session *session, const struct load_options *options) {
    const struct bench_args *args = session->args;
    char error[CHECK_ERROR_BYTES];
    session->configs[0] = options->config;
    session->servers = 1;
    for (size_t i = 0; i < args->assert_count; i++) {
        if (check_parse(args->asserts[i], &session->checks[i], error) == 0) continue;
        warnx("%s", error);
        return false;
    }
    if (args->against == NULL) return true;
    if (peer_find(args->against) == NULL) {
        warnx("--against '%s': allowed are URLs as for --url", args->against);
        return false;
    }
    struct load_config *second = &session->configs[session->servers++];
    *second = options->config;
    second->url = args->against;
    second->pid = (pid_t)args->against_pid;
    second->core = args->against_pid > 0 ? options->config.core : -1;
    return true;
}

static bool preflight(const struct session *session) {
    struct preflight_check checks[PREFLIGHT_CHECKS];
    preflight_look(&session->configs[0], checks);
    enum preflight_state least = session->args->quiet ? PREFLIGHT_REFUSED : PREFLIGHT_WARNING;
    preflight_print(checks, least, stderr);
    return preflight_worst(checks) < PREFLIGHT_REFUSED;
}

/* Which server run `number` is of: A B, B A, A B and so on, so that a drift of the machine falls on
 * both alike. */
static size_t server_of(const struct session *session, size_t number) {
    if (session->servers == 1) return 0;
    size_t pair = number / SERVERS, at = number % SERVERS;
    return pair % 2 == 0 ? at : SERVERS - 1 - at;
}

/* Who ran it and how, which only the command line knows. */
static void complete(const struct session *session, const struct load_config *config,
                     json_t *result) {
    json_t *settings = load_options_json(config);
    if (settings == NULL || json_object_set_new(result, "config", settings) != 0 ||
        json_object_set_new(result, "command", json_string(session->command)) != 0 ||
        check_apply(result, session->checks, session->args->assert_count) < 0)
        errx(BENCH_EXIT_FAILED, "no memory");
}

static void run_once(struct session *session, size_t number, size_t of) {
    const struct load_config *config = &session->configs[server_of(session, number)];
    struct load_watch watch = {live_show, &session->live, &session->interrupt.stop};
    char error[LOAD_ERROR_BYTES] = "", title[LIVE_TITLE_BYTES], run[64] = "";
    json_t *result = NULL;
    if (of > 1) snprintf(run, sizeof run, "run %zu of %zu: ", number + 1, of);
    snprintf(title, sizeof title, "%s%s at %s", run, config->scenario, config->url);
    live_title(&session->live, title);
    if (load_run(config, &watch, &result, error) != 0) {
        session->failed = true;
        result = outputs_failure(config, error);
        if (result == NULL) errx(BENCH_EXIT_FAILED, "no memory");
    }
    complete(session, config, result);
    session->results[session->count++] = result;
    if (of == 1 || session->args->quiet) return;
    char p99[VALUE_TEXT_BYTES], said[LIVE_TITLE_BYTES + VALUE_TEXT_BYTES + 32];
    snprintf(said, sizeof said, "%s: %s, p99 %s", title, look_text(result, "verdict", ""),
             value_text_of(result, "p99", p99));
    live_say(&session->live, said);
}

static void run_all(struct session *session) {
    size_t of = session->servers * session->args->repeat;
    live_init(&session->live, stderr, session->args->quiet);
    if (interrupt_begin(&session->interrupt, &session->live) != 0)
        errx(BENCH_EXIT_FAILED, "no thread can be started");
    for (size_t i = 0;
         i < of && !session->failed && !__atomic_load_n(&session->interrupt.stop, __ATOMIC_RELAXED);
         i++)
        run_once(session, i, of);
    interrupt_end(&session->interrupt);
    live_fini(&session->live);
}

static void print(const struct session *session, json_t *const *results, size_t count) {
    FILE *out = summary_stream(session->args);
    struct compare_sides sides;
    char error[RESULT_ERROR_BYTES];
    json_t *document = outputs_document(results, count);
    if (document == NULL) errx(BENCH_EXIT_FAILED, "no memory");
    summary_write(document, out);
    json_decref(document);
    if (count == 1 || compare_group(results, count, &sides, error) != 0) return;
    json_t *comparison = compare_json(&sides);
    fputc('\n', out);
    if (comparison != NULL) compare_print(comparison, out);
    json_decref(comparison);
    compare_fini(&sides);
}

/* Where one of several runs could not be put on, it alone stands for all. */
static enum bench_exit finish(const struct session *session) {
    json_t *const *results = session->results;
    size_t count = session->count;
    if (session->failed) {
        results += count - 1;
        count = 1;
    }
    if (session->failed)
        run_verdict(session->args, look_text(look(results[0], "reasons/0"), "text", ""));
    else
        print(session, results, count);
    json_t *document = outputs_document(results, count);
    enum bench_exit code = (enum bench_exit)check_exit_code(document);
    json_decref(document);
    struct bench_args written = *session->args;
    if (session->failed) { /* figures there are none */
        written.report = written.csv = written.csv_series = written.hgrm = written.hlog = NULL;
        code = BENCH_EXIT_FAILED;
    }
    return outputs_write(&written, results, count) == 0 ? code : BENCH_EXIT_FAILED;
}

enum bench_exit run_command(const struct bench_args *args, const struct load_options *options,
                            const char *command) {
    struct session *session = calloc(1, sizeof *session);
    if (session == NULL) errx(BENCH_EXIT_FAILED, "no memory");
    session->args = args;
    session->command = command;
    enum bench_exit code = BENCH_EXIT_USAGE;
    if (!prepare(session, options)) {
        run_verdict(args, "nothing was run: the command line is wrong");
    } else if (!outputs_possible(args)) {
        run_verdict(args, "nothing was run: the result cannot be written");
        code = BENCH_EXIT_FAILED;
    } else if (!preflight(session)) {
        run_verdict(args, "nothing was run: a limit of this host stands in the way");
        code = BENCH_EXIT_FAILED;
    } else {
        run_all(session);
        code = finish(session);
    }
    for (size_t i = 0; i < session->count; i++) json_decref(session->results[i]);
    free(session);
    return code;
}
