/* Lines of a descriptor that may deliver them in any pieces. Lines may be changed in place. */
#ifndef FEED_LINES_H
#define FEED_LINES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define LINES_READ_BYTES (64 * 1024)
#define LINES_MAX_BYTES  (16 * 1024 * 1024) /**< longer lines are told and left out */

/** All zero: at the beginning. */
struct lines {
    char *bytes;
    size_t from, seen, to, room; /**< [from, to) not given out; no line end in [from, seen) */
    uint64_t number;             /**< of the line given out last, from 1 */
    bool end;                    /**< the descriptor has no more */
    bool skipping;               /**< inside a line that is too long */
};

enum lines_result { LINES_NONE, LINES_LINE, LINES_TOO_LONG };

/** Where the next LINES_READ_BYTES may be written; NULL without memory. Moves what lines_next gave.
 */
char *lines_space(struct lines *lines);

/** So many bytes were written there; 0 is the end. */
void lines_take(struct lines *lines, size_t bytes);

/** Reads once. Bytes read, 0 at the end, -1 with errno (also without memory). */
ssize_t lines_read(struct lines *lines, int fd);

/** The next whole line without its LF or CRLF; after the end also a last one without LF. The line
 * is valid until lines_read or lines_space. NONE: read more. */
enum lines_result lines_next(struct lines *lines, char **line, size_t *bytes);

void lines_fini(struct lines *lines);

#endif
