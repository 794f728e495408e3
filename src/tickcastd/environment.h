/* Limits of this host that stand in the way of the settings. One thread. */
#ifndef TICKCASTD_ENVIRONMENT_H
#define TICKCASTD_ENVIRONMENT_H

#include "tickcastd/paste.h"
#include "tickcastd/warnings.h"

#define ENVIRONMENT_FEW_CONNECTIONS                                                                \
    8192                        /**< fewer, without being asked for, are worth a warning           \
                                 */
#define ENVIRONMENT_FILES 65536 /**< file limit that is suggested then */

/** Warns of a file limit that is too low, of net.core.somaxconn below the backlog and of ports that
 *  the kernel may give to an outgoing connection first. What /proc does not tell is left out. */
void environment_warn(const struct settings *settings, const struct warner *warner);

#define ENVIRONMENT_NO_RAISE                                                                       \
    "root may not raise the file limit here: set it where this container was started"

/** Appends the command that gives this shell, and what it starts, a limit of `files`; nothing if
 *  this process is root and may not raise it: ENVIRONMENT_NO_RAISE. */
void environment_raise(uint64_t files, struct paste *paste);

/** Connections that the file limit allows. */
uint32_t environment_connections(void);

/** The number in a file of /proc/sys, as "net/core/somaxconn"; `otherwise` if it cannot be read. */
uint64_t environment_number(const char *name, uint64_t otherwise);

#endif
