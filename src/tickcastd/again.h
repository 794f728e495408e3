/* The command line of this program again, with one thing changed, to be pasted. One thread. */
#ifndef TICKCASTD_AGAIN_H
#define TICKCASTD_AGAIN_H

#include "base/paste.h"
#include "tickcastd/settings.h"

/** "tickcastd" as paste_program names it, the arguments of `argv`, and `more` if it is not NULL. */
void again_with(char **argv, const char *more, struct paste *paste);

/** The same, where `listener` stands at `place` (HOST:PORT, or a path for one on a path) in its
 *  stead. False if that takes more than a command: a line of a file with several listeners. */
bool again_elsewhere(const struct settings *settings, const struct listen_setting *listener,
                     char **argv, const char *place, struct paste *paste);

#endif
