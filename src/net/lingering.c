#include "net/lingering.h"

#include <sys/socket.h>
#include <unistd.h>

#define READ_BYTES 4096
#define READS      16 /* of what a peer has sent since; one that floods may be reset */

static void close_oldest(struct lingering *lingering) {
    int fd = lingering->fds[lingering->first];
    char bytes[READ_BYTES];
    for (int i = 0; i < READS && recv(fd, bytes, sizeof bytes, MSG_DONTWAIT) > 0; i++) {
    }
    close(fd);
    lingering->first = (lingering->first + 1) % LINGERING_MOST;
    lingering->count--;
    if (lingering->old > 0) lingering->old--;
}

void lingering_add(struct lingering *lingering, int fd) {
    (void)shutdown(fd, SHUT_WR);
    if (lingering->count == LINGERING_MOST) close_oldest(lingering);
    lingering->fds[(lingering->first + lingering->count++) % LINGERING_MOST] = fd;
}

void lingering_tick(struct lingering *lingering) {
    while (lingering->old > 0) close_oldest(lingering);
    lingering->old = lingering->count;
}

void lingering_end(struct lingering *lingering) {
    while (lingering->count > 0) close_oldest(lingering);
}
