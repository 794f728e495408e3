/* What shells offer for a word that is being typed. */
#ifndef MANUAL_COMPLETION_H
#define MANUAL_COMPLETION_H

#include <stdio.h>

#include "manual/program.h"

/** Scripts that define the completion of one program, for bash and zsh. */
void bash_daemon(FILE *out);
void bash_program(const struct program *program, FILE *out);
void zsh_daemon(FILE *out);
void zsh_program(const struct program *program, FILE *out);

/** What lists the names of the scenarios, in a shell. */
#define COMPLETION_SCENARIOS                                                                       \
    "tickcast-bench scenarios 2>/dev/null | sed -n 's/^  \\([a-z]*\\) .*/\\1/p'"

/** Are the arguments of a command files? */
bool completion_of_files(const struct program_command *command);

#endif
