/* What shells offer for a word that is being typed. */
#ifndef MANUAL_COMPLETION_H
#define MANUAL_COMPLETION_H

#include <stdio.h>

/** Scripts that define the completion of one program, for bash and zsh. */
void bash_daemon(FILE *out);
void bash_commands(FILE *out);
void zsh_daemon(FILE *out);
void zsh_commands(FILE *out);

#endif
