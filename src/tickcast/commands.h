/* The commands of `tickcast`. Each returns its exit code, having told what went wrong on stderr. */
#ifndef TICKCAST_CLI_COMMANDS_H
#define TICKCAST_CLI_COMMANDS_H

#include "tickcast/cli.h"

enum exit_code sub_run(const struct cli *options);
enum exit_code pub_run(const struct cli *options);
enum exit_code check_stream_run(const struct cli *options);

#endif
