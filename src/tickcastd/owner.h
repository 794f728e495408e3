/* Who has an address that this program would like to have. From /proc; one thread. */
#ifndef TICKCASTD_OWNER_H
#define TICKCASTD_OWNER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#define OWNER_NAME_BYTES 64

struct owner {
    pid_t pid;                      /**< 0: it belongs to another user, whose files are not shown */
    char program[OWNER_NAME_BYTES]; /**< its name, fit for a line; "" with pid 0 */
    uid_t uid;
};

/** Who has TCP port `port` at `host` or at all addresses; a listener rather than a connection.
 *  False if nobody is seen. Reads the descriptors of all processes. */
bool owner_of_port(const char *host, uint16_t port, struct owner *owner);

/** Who listens on the Unix socket `path`; it is connected to once. */
bool owner_of_path(const char *path, struct owner *owner);

#endif
