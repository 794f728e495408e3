/* What to do next with a daemon that has just started: commands that work as pasted. One thread. */
#ifndef TICKCASTD_NEXT_H
#define TICKCASTD_NEXT_H

#include "base/paste.h"
#include "tickcastd/reach.h"

#define NEXT_COMMANDS 3

/** Fills in the commands: subscribe, publish, look at the settings; where access or addresses do
 *  not allow the first two from this host, others that need no broker. */
void next_commands(const struct reach *reach, const struct tickcast_options *options, char **argv,
                   struct paste commands[NEXT_COMMANDS]);

/** A client of this host can reach `url` if `from` is who may. */
bool next_reaches(const struct reach_url *url, enum tickcast_peers from);

#endif
