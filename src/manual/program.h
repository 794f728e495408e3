/* The programs that have commands, in one form, from their tables. Pure. */
#ifndef MANUAL_PROGRAM_H
#define MANUAL_PROGRAM_H

#include "manual/options.h"
#include "tickcast/topics.h"

struct program_command {
    const char *name, *arguments, *sentence; /**< the first command of a program is none: NULL */
};

struct program {
    const char *name;
    int commands; /**< counted with the first, which stands for none */
    struct program_command (*command)(int number);
    size_t (*options)(int number, struct program_option out[OPTIONS_MAX]);
    const struct topic *topics;
    size_t topic_count;
};

/** The command line of the broker, and the load tool. */
struct program program_tickcast(void);
struct program program_bench(void);

#endif
