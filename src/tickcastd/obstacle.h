/* Why a listener cannot be bound, who is in the way, and the commands that help. One thread. */
#ifndef TICKCASTD_OBSTACLE_H
#define TICKCASTD_OBSTACLE_H

#include "base/paste.h"
#include "tickcastd/settings.h"

#define OBSTACLE_BYTES 2048
#define OBSTACLE_PORTS 64 /**< ports that are tried to find a free one */

/** One line: what `error`, the errno of tickcast_broker_listen, means for listener `number` of
 *  `settings`, then "; to ... run: COMMAND" for each way out. `argv` is the command line of this
 *  program. Returns `out`. */
const char *obstacle_text(const struct settings *settings, uint32_t number, int error, char **argv,
                          char out[OBSTACLE_BYTES]);

#endif
