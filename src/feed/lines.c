#include "feed/lines.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int make_room(struct lines *lines) {
    if (lines->from > 0) {
        memmove(lines->bytes, lines->bytes + lines->from, lines->to - lines->from);
        lines->seen -= lines->from;
        lines->to -= lines->from;
        lines->from = 0;
    }
    if (lines->room - lines->to >= LINES_READ_BYTES) return 0;
    size_t room = lines->room * 2 + LINES_READ_BYTES;
    char *grown = realloc(lines->bytes, room);
    if (!grown) return -1;
    lines->bytes = grown;
    lines->room = room;
    return 0;
}

char *lines_space(struct lines *lines) {
    return make_room(lines) ? NULL : lines->bytes + lines->to;
}

void lines_take(struct lines *lines, size_t bytes) {
    lines->to += bytes;
    lines->end = bytes == 0;
}

ssize_t lines_read(struct lines *lines, int fd) {
    char *space = lines_space(lines);
    if (!space) return -1;
    ssize_t got;
    do got = read(fd, space, LINES_READ_BYTES);
    while (got < 0 && errno == EINTR);
    if (got >= 0) lines_take(lines, (size_t)got);
    return got;
}

/* The bytes up to `end` are a line, or the rest of one that was told already. */
static enum lines_result give(struct lines *lines, size_t end, char **line, size_t *bytes) {
    bool skipped = lines->skipping;
    *line = lines->bytes + lines->from;
    *bytes = end - lines->from;
    lines->from = lines->seen = end < lines->to ? end + 1 : end;
    lines->skipping = false;
    if (skipped) return lines_next(lines, line, bytes);
    if (*bytes > 0 && (*line)[*bytes - 1] == '\r') --*bytes;
    lines->number++;
    return LINES_LINE;
}

enum lines_result lines_next(struct lines *lines, char **line, size_t *bytes) {
    if (lines->from == lines->to) return LINES_NONE;
    char *end = memchr(lines->bytes + lines->seen, '\n', lines->to - lines->seen);
    if (end) return give(lines, (size_t)(end - lines->bytes), line, bytes);
    if (lines->end) return give(lines, lines->to, line, bytes);
    lines->seen = lines->to;
    if (!lines->skipping && lines->to - lines->from <= LINES_MAX_BYTES) return LINES_NONE;
    lines->from = lines->to;
    if (lines->skipping) return LINES_NONE;
    lines->skipping = true;
    lines->number++;
    return LINES_TOO_LONG;
}

void lines_fini(struct lines *lines) {
    free(lines->bytes);
    memset(lines, 0, sizeof *lines);
}
