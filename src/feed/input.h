/*
 * A file that is plain or gzip, as its first bytes say; of gzip any number of members, as `cat`
 * puts them together. Read in order, in bounded memory. One thread.
 */
#ifndef FEED_INPUT_H
#define FEED_INPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#define INPUT_ERROR_BYTES 128

struct input;

/** Opens a regular file; never waits, as opening a pipe would. 0, or -1 with a sentence in `error`
 *  (INPUT_ERROR_BYTES), which does not name the file. */
int input_open(const char *path, struct input **input, char *error);
/** NULL is allowed. */
void input_close(struct input *input);

/** Reads some bytes, unpacked, at most `room` (above 0). How many, 0 at the end, -1 with a
 * sentence: nothing was lost before that. */
ssize_t input_read(struct input *input, void *to, size_t room, char *error);

/** True if `input` is the same file as `before`, which is still open, and not shorter than it was
 *  then: so what was read before is probably still its beginning. */
bool input_continues(const struct input *input, const struct input *before);

#endif
