/* Text of a peer or user, made fit for a line on a terminal. Pure. */
#ifndef BASE_PRINTABLE_H
#define BASE_PRINTABLE_H

#include <stddef.h>

/** Writes `count` bytes to `out` (terminated, at most `room` bytes, "..." at the end if cut): UTF-8
 *  as it is, control characters and what is not UTF-8 as \xNN. Returns `out`. */
const char *printable(const void *bytes, size_t count, char *out, size_t room);

#endif
