/* Limits of this host that stand in the way of the settings. One thread. */
#ifndef TICKCASTD_ENVIRONMENT_H
#define TICKCASTD_ENVIRONMENT_H

#include "tickcastd/warnings.h"

#define ENVIRONMENT_FEW_CONNECTIONS                                                                \
    8192                        /**< fewer, without being asked for, are worth a warning           \
                                 */
#define ENVIRONMENT_FILES 65536 /**< file limit that is suggested then */

/** Warns of a file limit that is too low, of net.core.somaxconn below the backlog and of ports that
 *  the kernel may give to an outgoing connection first. What /proc does not tell is left out. */
void environment_warn(const struct settings *settings, const struct warner *warner);

/** Connections that the file limit allows. */
uint32_t environment_connections(void);

#endif
