/* `tickcastd --help` and the reference of the configuration, both from the tables. */
#ifndef TICKCASTD_HELP_H
#define TICKCASTD_HELP_H

#include <stdio.h>

#include "base/help.h"

/** What stands in the help and in the manual. */
extern const char help_daemon_text[], help_feeds_text[];
extern const struct help_row help_daemon_signals[], help_daemon_environment[];

/** The settings of the file that are lists, up to a row without a name. */
struct help_list_row {
    const char *name, *standard, *allowed, *meaning;
};
extern const struct help_list_row help_list_rows[];

void help_print(FILE *out);

/** The reference as Markdown, as it stands in the README. */
void help_print_config(FILE *out);

#endif
