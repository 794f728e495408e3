/* Runs a broker with its feeds until SIGINT or SIGTERM. One thread, once in a process. */
#ifndef TICKCASTD_SERVE_H
#define TICKCASTD_SERVE_H

#include "base/exit_code.h"
#include "tickcastd/settings.h"

/** What it prints on standard output once it accepts. */
enum serve_print { SERVE_SILENT, SERVE_MENU, SERVE_JSON };

/** `settings` are complete; their log is set here. `argv` is the command line. Returns an exit
 * code; why it is not EXIT_GOOD stands in the log. */
int serve(struct settings *settings, enum serve_print print, char **argv);

#endif
