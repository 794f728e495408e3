/* `tickcastd --help` and the reference of the configuration, both from the tables. */
#ifndef TICKCASTD_HELP_H
#define TICKCASTD_HELP_H

#include <stdio.h>

void help_print(FILE *out);

/** The reference as Markdown, as it stands in the README. */
void help_print_config(FILE *out);

#endif
