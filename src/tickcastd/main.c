/* tickcastd: reads its configuration, runs a broker and stops it when it is told to. */
#include <malloc.h>
#include <stdio.h>
#include <sys/resource.h>

#include "base/descriptors.h"
#include "tickcast/tickcast.h"
#include "tickcastd/args.h"
#include "tickcastd/check.h"
#include "tickcastd/config.h"
#include "tickcastd/core_dump.h"
#include "tickcastd/help.h"
#include "tickcastd/serve.h"

static void raise_file_limit(void) {
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) < 0) return;
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
}

static int print_what_was_asked(const struct args *args) {
    if (args->help)
        help_print(stdout);
    else if (args->help_config)
        help_print_config(stdout);
    else
        printf("tickcastd %s\n", tickcast_version());
    return fflush(stdout) == 0 ? EXIT_GOOD : EXIT_FAILED;
}

static enum serve_print what_to_print(const struct args *args, const struct settings *settings) {
    if (args->json) return SERVE_JSON;
    return settings->file == NULL ? SERVE_MENU : SERVE_SILENT;
}

static int configured(const struct args *args, char **argv, struct settings *settings,
                      struct problems *problems) {
    problems->file = settings->file;
    if (settings->file != NULL) config_load(settings, problems);
    settings_complete(settings, problems);
    if (problems->count > 0) return EXIT_CONFIG;
    raise_file_limit();
    mallopt(M_MXFAST, 0); /* else the small blocks of thousands of streams are merged all at once */
    if (settings->core_dumps) core_dump_allow();
    if (!args->check) return serve(settings, what_to_print(args, settings), argv);
    if (args->json)
        check_print_json(settings, stdout);
    else
        check_print(settings, stdout);
    return fflush(stdout) == 0 ? EXIT_GOOD : EXIT_FAILED;
}

int main(int argc, char **argv) {
    struct problems problems = {.out = stderr};
    struct settings settings;
    struct args args;
    core_dump_forbid();
    descriptors_open_standard();
    settings_init(&settings);
    args_parse(argc, argv, &args, &settings, &problems);
    int code;
    if (problems.count > 0) {
        fputs("see tickcastd --help\n", stderr);
        code = EXIT_USAGE;
    } else if (args.help || args.help_config || args.version) {
        code = print_what_was_asked(&args);
    } else {
        code = configured(&args, argv, &settings, &problems);
    }
    settings_fini(&settings);
    return code;
}
