#include "manual/program.h"

#include "cli/args.h"
#include "tickcast/tables.h"

static struct program_command tickcast_command(int number) {
    const struct command_row *row = &command_rows[number];
    return (struct program_command){row->name, row->arguments, row->sentence};
}

static size_t tickcast_options(int number, struct program_option out[OPTIONS_MAX]) {
    return options_of_command((enum command)number, out);
}

struct program program_tickcast(void) {
    return (struct program){"tickcast",       COMMAND_COUNT, tickcast_command,
                            tickcast_options, topics,        topic_count};
}

static struct program_command bench_command(int number) {
    const struct bench_command_row *row = &bench_command_rows[number];
    return (struct program_command){row->name, row->arguments, row->sentence};
}

static size_t bench_options(int number, struct program_option out[OPTIONS_MAX]) {
    size_t count = options_of_bench(number, out);
    if (bench_command_rows[number].settings) count += options_of_load(out + count);
    return count;
}

struct program program_bench(void) {
    return (struct program){.name = "tickcast-bench",
                            .commands = BENCH_COMMANDS,
                            .command = bench_command,
                            .options = bench_options};
}
