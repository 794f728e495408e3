#include <err.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "base/descriptors.h"
#include "base/paste.h"
#include "cli/commands.h"
#include "cli/rules.h"
#include "cli/scenario.h"

/* The command line as it could be typed again. */
static void join_arguments(int argc, char **argv, struct paste *out) {
    paste_word(out, "tickcast-bench");
    for (int i = 1; i < argc; i++) paste_word(out, argv[i]);
}

/* The settings of a load: the scenario's, the command line's, and what follows from them. */
static bool settle(const struct bench_args *args, struct load_options *options,
                   struct problems *problems, char path[PATH_MAX]) {
    const char *name = args->scenario != NULL ? args->scenario : SCENARIO_STANDARD;
    char error[LOAD_TEXT_BYTES];
    options->config.scenario = name;
    if (!scenario_find(name, path, error)) {
        static const struct origin here = {FROM_COMMAND_LINE, 0};
        problems_add(problems, &here, "scenario", "%s", error);
    } else {
        scenario_load(path, options, problems, NULL);
    }
    if (problems->count == 0) load_rules(options, args->command == BENCH_RUN, problems);
    return problems->count == 0;
}

static enum bench_exit execute(const struct bench_args *args, const struct load_options *options,
                               int argc, char **argv) {
    struct paste command = {.used = 0};
    switch (args->command) {
    case BENCH_RUN:
        join_arguments(argc, argv, &command);
        return run_command(args, options, command.text);
    case BENCH_COMPARE:
        return compare_command(args);
    case BENCH_MERGE:
        return merge_command(args);
    case BENCH_REPORT:
        return report_command(args);
    case BENCH_SCENARIOS:
        return scenarios_command(args);
    case BENCH_PREFLIGHT:
        return preflight_command(options);
    case BENCH_NONE:
    case BENCH_COMMANDS:
        break;
    }
    return BENCH_EXIT_USAGE;
}

static enum bench_exit serve(int argc, char **argv, struct load_options *options) {
    struct bench_args args;
    struct problems problems = {.out = stderr};
    char error[BENCH_ARGS_ERROR], path[PATH_MAX];
    if (bench_args_parse(argc, argv, &args, options, &problems, error) != 0) {
        warnx("%s", error);
        if (args.command == BENCH_RUN)
            run_verdict(&args, "nothing was run: the command line is wrong");
        return BENCH_EXIT_USAGE;
    }
    if (args.help) {
        bench_help(args.command, stdout);
        return BENCH_EXIT_VALID;
    }
    if (args.version) {
        puts("tickcast-bench " TICKCAST_VERSION);
        return BENCH_EXIT_VALID;
    }
    if (bench_command_rows[args.command].settings && !settle(&args, options, &problems, path)) {
        if (args.command == BENCH_RUN) run_verdict(&args, "nothing was run: a setting is wrong");
        return BENCH_EXIT_USAGE;
    }
    return execute(&args, options, argc, argv);
}

int main(int argc, char **argv) {
    struct load_options options;
    descriptors_open_standard();
    signal(SIGPIPE, SIG_IGN); /* a peer or reader that goes away is an error of the write */
    load_options_init(&options);
    enum bench_exit code = serve(argc, argv, &options);
    load_options_fini(&options);
    if (fflush(stdout) != 0) {
        warn("standard output");
        code = BENCH_EXIT_FAILED;
    }
    return code;
}
