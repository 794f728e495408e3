/* Limits of this host, and the commands that raise them. One thread. */
#ifndef BASE_HOST_H
#define BASE_HOST_H

#include <stdint.h>

#include "base/paste.h"

#define HOST_TEXT_BYTES 512 /**< a longer setting of the kernel is not told */

/** The text of a file of /proc/sys, as "net/ipv4/ip_local_port_range", without its end of line;
 *  false if it cannot be had whole. */
bool host_text(const char *name, char out[HOST_TEXT_BYTES]);

/** The number in such a file; `otherwise` if it cannot be read. */
uint64_t host_number(const char *name, uint64_t otherwise);

#define HOST_NO_RAISE                                                                              \
    "root may not raise the file limit here: set it where this container was started"

/** Appends the command that gives this shell, and what it starts, a limit of `files`; nothing if
 *  this process is root and may not raise it: HOST_NO_RAISE. */
void host_raise_files(uint64_t files, struct paste *paste);

#endif
