#include "feed/input.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#define BUFFER_BYTES (64 * 1024)
#define GZIP_WINDOW  (16 + MAX_WBITS) /* zlib's way to say: gzip and nothing else */

struct input {
    int fd;
    struct stat status; /* when it was opened */
    bool packed, end, between_members;
    z_stream stream;
    size_t from, to; /* of `bytes`: read, and not yet unpacked or given out */
    unsigned char bytes[BUFFER_BYTES];
};

static int fail(const char *why, char *error) {
    snprintf(error, INPUT_ERROR_BYTES, "%s", why);
    return -1;
}

/* Reads if nothing is left. */
static int refill(struct input *input, char *error) {
    if (input->from < input->to || input->end) return 0;
    ssize_t got;
    do got = read(input->fd, input->bytes, sizeof input->bytes);
    while (got < 0 && errno == EINTR);
    if (got < 0) return fail(strerror(errno), error);
    input->from = 0;
    input->to = (size_t)got;
    input->end = got == 0;
    return 0;
}

static int look(struct input *input, char *error) {
    if (refill(input, error)) return -1;
    input->packed = input->to >= 2 && input->bytes[0] == 0x1f && input->bytes[1] == 0x8b;
    if (input->packed && inflateInit2(&input->stream, GZIP_WINDOW) != Z_OK) {
        input->packed = false;
        return fail("no memory", error);
    }
    return 0;
}

static int check_kind(const struct input *input, char *error) {
    if (S_ISDIR(input->status.st_mode)) return fail(strerror(EISDIR), error);
    if (S_ISREG(input->status.st_mode)) return 0;
    return fail("it is a pipe or a device; allowed are regular files (a stdin feed reads pipes)",
                error);
}

int input_open(const char *path, struct input **out, char *error) {
    struct input *input = calloc(1, sizeof *input);
    if (!input) return fail("no memory", error);
    input->fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    int result = 0;
    if (input->fd < 0 || fstat(input->fd, &input->status)) result = fail(strerror(errno), error);
    if (result == 0) result = check_kind(input, error);
    if (result == 0) result = look(input, error);
    if (result == 0)
        *out = input;
    else
        input_close(input);
    return result;
}

void input_close(struct input *input) {
    if (!input) return;
    if (input->packed) inflateEnd(&input->stream);
    if (input->fd >= 0) close(input->fd);
    free(input);
}

static ssize_t read_plain(struct input *input, void *to, size_t room, char *error) {
    if (refill(input, error)) return -1;
    size_t count = input->to - input->from < room ? input->to - input->from : room;
    memcpy(to, input->bytes + input->from, count);
    input->from += count;
    return (ssize_t)count;
}

/* After a member: 1 another begins, 0 the end, -1. Zeros between are padding, as gzip says. */
static int next_member(struct input *input, char *error) {
    for (;;) {
        if (refill(input, error)) return -1;
        while (input->from < input->to && input->bytes[input->from] == 0) input->from++;
        if (input->from < input->to || input->end) break;
    }
    if (input->end) return 0;
    input->between_members = false;
    return inflateReset(&input->stream) == Z_OK ? 1 : fail("no memory", error);
}

/* Unpacks what there is; 0 bytes only if more input is needed or a member is over. */
static ssize_t unpack(struct input *input, void *to, size_t room, char *error) {
    z_stream *stream = &input->stream;
    stream->next_in = input->bytes + input->from;
    stream->avail_in = (uInt)(input->to - input->from);
    stream->next_out = to;
    stream->avail_out = (uInt)room;
    int result = inflate(stream, Z_NO_FLUSH);
    size_t count = room - stream->avail_out;
    input->from = input->to - stream->avail_in;
    if (count > 0) return (ssize_t)count; /* zlib says again what else it has to say */
    if (result == Z_STREAM_END) input->between_members = true;
    if (result == Z_OK || result == Z_STREAM_END || result == Z_BUF_ERROR) return 0;
    if (result == Z_MEM_ERROR) return fail("no memory", error);
    snprintf(error, INPUT_ERROR_BYTES, "the gzip data is corrupt%s%s", stream->msg ? ": " : "",
             stream->msg ? stream->msg : "");
    return -1;
}

static ssize_t read_packed(struct input *input, void *to, size_t room, char *error) {
    for (;;) {
        int more = input->between_members ? next_member(input, error) : 1;
        if (more <= 0) return more;
        if (refill(input, error)) return -1;
        ssize_t count = unpack(input, to, room, error);
        if (count != 0) return count;
        if (input->end && !input->between_members)
            return fail("the gzip data ends too early", error);
    }
}

ssize_t input_read(struct input *input, void *to, size_t room, char *error) {
    return input->packed ? read_packed(input, to, room, error) : read_plain(input, to, room, error);
}

bool input_continues(const struct input *input, const struct input *before) {
    return input->status.st_dev == before->status.st_dev &&
           input->status.st_ino == before->status.st_ino &&
           input->status.st_size >= before->status.st_size;
}
