/*
 * The yardstick: the least that delivering the same bytes to N loopback TCP connections can cost.
 * A bare loop of send(), one for each connection and batch, on sockets with the broker's options.
 *
 *     send_loop [--cpu N]    prints `port N`, then serves `fanout --raw`
 *
 * The first connection is the control: 32 bits of length (native order) and the bytes to send to
 * all others; a length of 0 says the same bytes again. It ends when the control is closed.
 */
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "kit/cpu.h"

#define MAX_CONNECTIONS 19000
#define NOTSENT_LOWAT   (128 * 1024)

static int listen_any(void) {
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in address = {.sin_family = AF_INET};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t bytes = sizeof address;
    if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof address) || listen(fd, 4096) ||
        getsockname(fd, (struct sockaddr *)&address, &bytes))
        return -1;
    printf("port %u\n", ntohs(address.sin_port));
    fflush(stdout);
    return fd;
}

/* Waits for a command on `control` and takes all that connect meanwhile. */
static int accept_until_told(int listener, int control, int *fds, int count) {
    struct pollfd ready[2] = {{.fd = control, .events = POLLIN},
                              {.fd = listener, .events = POLLIN}};
    while (poll(ready, 2, -1) > 0) {
        if (ready[1].revents == 0) break;
        int fd = count < MAX_CONNECTIONS ? accept4(listener, NULL, NULL, SOCK_NONBLOCK) : -1;
        if (fd < 0) break;
        int on = 1, lowat = NOTSENT_LOWAT;
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        setsockopt(fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &lowat, sizeof lowat);
        fds[count++] = fd;
    }
    return count;
}

static int send_rest(int fd, const char *bytes, size_t count) {
    while (count) {
        ssize_t n = send(fd, bytes, count, MSG_NOSIGNAL);
        if (n < 0 && errno != EAGAIN) return -1;
        if (n < 0) {
            struct pollfd writable = {.fd = fd, .events = POLLOUT};
            poll(&writable, 1, -1);
            continue;
        }
        bytes += n;
        count -= (size_t)n;
    }
    return 0;
}

static void send_all(const int *fds, int count, const char *bytes, size_t size) {
    for (int i = 0; i < count; i++) {
        ssize_t n = send(fds[i], bytes, size, MSG_NOSIGNAL);
        if (n == (ssize_t)size) continue;
        size_t sent = n > 0 ? (size_t)n : 0;
        if (n >= 0 || errno == EAGAIN) send_rest(fds[i], bytes + sent, size - sent);
    }
}

int main(int argc, char **argv) {
    static int fds[MAX_CONNECTIONS];
    if (argc == 3 && !strcmp(argv[1], "--cpu") && cpu_pin(atoi(argv[2]))) return 2;
    int listener = listen_any();
    int control = listener < 0 ? -1 : accept4(listener, NULL, NULL, 0);
    if (control < 0) {
        perror("send_loop");
        return 1;
    }
    char *bytes = NULL;
    size_t size = 0;
    int count = 0;
    for (;;) {
        uint32_t length;
        count = accept_until_told(listener, control, fds, count);
        if (recv(control, &length, sizeof length, MSG_WAITALL) != sizeof length) return 0;
        if (length) {
            free(bytes);
            bytes = malloc(size = length);
            if (!bytes || recv(control, bytes, size, MSG_WAITALL) != (ssize_t)size) return 1;
        }
        send_all(fds, count, bytes, size);
    }
}
