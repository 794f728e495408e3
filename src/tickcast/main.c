#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "base/descriptors.h"
#include "base/printable.h"
#include "tickcast/commands.h"
#include "tickcast/topics.h"

static enum exit_code run(const struct cli *options) {
    switch (options->command) {
    case COMMAND_SUB:
        return sub_run(options);
    case COMMAND_PUB:
        return pub_run(options);
    case COMMAND_CHECK_STREAM:
        return check_stream_run(options);
    case COMMAND_NONE:
    case COMMAND_COUNT:
        break;
    }
    return EXIT_USAGE;
}

int main(int argc, char **argv) {
    struct cli options;
    char error[CLI_ERROR_BYTES], shown[CLI_ERROR_BYTES];
    if (cli_parse(argc, argv, &options, error)) {
        fprintf(stderr, "tickcast: %s\n", printable(error, strlen(error), shown, sizeof shown));
        return EXIT_USAGE;
    }
    if (options.help) {
        if (options.topic)
            topic_print(options.topic, stdout);
        else
            cli_help(options.command, stdout);
        return fflush(stdout) == 0 ? EXIT_GOOD : EXIT_FAILED;
    }
    if (options.version) {
        puts(options.json ? "{\"name\": \"tickcast\", \"version\": \"" TICKCAST_VERSION "\"}"
                          : "tickcast " TICKCAST_VERSION);
        return EXIT_GOOD;
    }
    descriptors_open_standard();
    signal(SIGPIPE, SIG_IGN); /* a peer or reader that goes away is an error of the write */
    return run(&options);
}
