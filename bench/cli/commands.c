#include "cli/commands.h"

#include <err.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cli/files.h"
#include "cli/outputs.h"
#include "cli/preflight.h"
#include "cli/scenario.h"
#include "report/report.h"
#include "result/check.h"
#include "result/compare.h"
#include "result/merge.h"
#include "result/read.h"
#include "result/summary.h"

enum bench_exit preflight_command(const struct load_options *options) {
    struct preflight_check checks[PREFLIGHT_CHECKS];
    preflight_look(&options->config, checks);
    preflight_print(checks, PREFLIGHT_GOOD, stdout);
    return preflight_worst(checks) == PREFLIGHT_REFUSED ? BENCH_EXIT_FAILED : BENCH_EXIT_VALID;
}

static int write_sides(void *arg, FILE *out) {
    return report_write_sides(arg, out);
}

static int write_json(void *arg, FILE *out) {
    return json_dumpf(arg, out, JSON_INDENT(1)) == 0 && fputc('\n', out) != EOF ? 0 : -1;
}

/* Writes one of the files; tells why not. */
static bool wrote(const char *path, int (*write)(void *arg, FILE *out), void *arg) {
    char error[FILES_ERROR_BYTES];
    if (path == NULL || file_write(path, write, arg, error) == 0) return true;
    warnx("%s", error);
    return false;
}

static enum bench_exit compare(const struct bench_args *args, struct compare_sides *sides) {
    json_t *comparison = compare_json(sides);
    if (comparison == NULL) errx(BENCH_EXIT_FAILED, "no memory");
    bool to_stdout = args->json != NULL && strcmp(args->json, "-") == 0;
    bool good = to_stdout || compare_print(comparison, stdout) == 0;
    good = wrote(args->json, write_json, comparison) && good;
    good = wrote(args->report, write_sides, sides) && good;
    json_decref(comparison);
    return good ? BENCH_EXIT_VALID : BENCH_EXIT_FAILED;
}

/* The sides of the arguments, or of none, and why is told. */
static bool read_sides(const struct bench_args *args, struct compare_sides *sides) {
    char error[RESULT_ERROR_BYTES];
    if (compare_read(args->arguments, args->argument_count, sides, error) == 0) return true;
    warnx("%s", error);
    return false;
}

enum bench_exit compare_command(const struct bench_args *args) {
    struct compare_sides sides;
    if (!read_sides(args, &sides)) return BENCH_EXIT_FAILED;
    enum bench_exit code = compare(args, &sides);
    compare_fini(&sides);
    return code;
}

enum bench_exit report_command(const struct bench_args *args) {
    struct compare_sides sides;
    if (!read_sides(args, &sides)) return BENCH_EXIT_FAILED;
    bool good = wrote(args->report, write_sides, &sides);
    compare_fini(&sides);
    return good ? BENCH_EXIT_VALID : BENCH_EXIT_FAILED;
}

/* All documents of the arguments, in one array; NULL, and told, if one cannot be had. */
static json_t *read_all(const struct bench_args *args) {
    json_t *all = json_array();
    for (size_t i = 0; all != NULL && i < args->argument_count; i++) {
        char error[RESULT_ERROR_BYTES];
        json_t *some = result_read(args->arguments[i], error);
        if (some == NULL) warnx("%s", error);
        int failed = some == NULL || json_array_extend(all, some) != 0;
        json_decref(some);
        if (!failed) continue;
        json_decref(all);
        return NULL;
    }
    return all;
}

static json_t *merge(json_t *all) {
    size_t count = json_array_size(all);
    json_t **results = calloc(count + 1, sizeof *results), *merged = NULL;
    char error[RESULT_ERROR_BYTES];
    if (results == NULL) errx(BENCH_EXIT_FAILED, "no memory");
    for (size_t i = 0; i < count; i++) results[i] = json_array_get(all, i);
    if (result_merge(results, count, &merged, error) != 0) warnx("%s", error);
    free(results);
    return merged;
}

enum bench_exit merge_command(const struct bench_args *args) {
    json_t *all = read_all(args);
    json_t *merged = all != NULL ? merge(all) : NULL;
    enum bench_exit code = BENCH_EXIT_FAILED;
    if (merged != NULL) {
        bool to_stdout = args->json != NULL && strcmp(args->json, "-") == 0;
        summary_write(merged, to_stdout ? stderr : stdout);
        code = (enum bench_exit)check_exit_code(merged);
        if (outputs_write(args, &merged, 1) != 0) code = BENCH_EXIT_FAILED;
    }
    json_decref(merged);
    json_decref(all);
    return code;
}

static void list_scenarios(void) {
    char **names = scenario_names(), path[PATH_MAX], error[LOAD_TEXT_BYTES];
    if (*names == NULL) warnx("no scenarios are installed beside this program");
    for (char **name = names; *name != NULL; name++) {
        struct load_options options;
        struct problems problems = {.out = stderr};
        char *description = NULL;
        load_options_init(&options);
        if (scenario_find(*name, path, error))
            scenario_load(path, &options, &problems, &description);
        help_item(*name, description != NULL ? description : "", stdout);
        free(description);
        load_options_fini(&options);
    }
    scenario_names_free(names);
}

static enum bench_exit show_scenario(const char *name) {
    char path[PATH_MAX], error[LOAD_TEXT_BYTES], bytes[BUFSIZ];
    if (!scenario_find(name, path, error)) {
        warnx("scenario %s", error);
        return BENCH_EXIT_USAGE;
    }
    FILE *file = fopen(path, "re");
    if (file == NULL) {
        warn("%s", path);
        return BENCH_EXIT_FAILED;
    }
    for (size_t count; (count = fread(bytes, 1, sizeof bytes, file)) > 0;)
        fwrite(bytes, 1, count, stdout);
    fclose(file);
    return BENCH_EXIT_VALID;
}

enum bench_exit scenarios_command(const struct bench_args *args) {
    if (args->argument_count > 0) return show_scenario(args->arguments[0]);
    list_scenarios();
    return BENCH_EXIT_VALID;
}
