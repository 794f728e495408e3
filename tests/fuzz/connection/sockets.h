/*
 * Sockets, the clock and the worker's thread, without the kernel's: the linker puts the functions
 * of sockets.c in the place of recv, sendto, close, clock_gettime and so on, in all objects that
 * are ours (tests/fuzz/CMakeLists.txt). Everything above these calls is what runs in production.
 * One thread.
 */
#ifndef FUZZ_CONNECTION_SOCKETS_H
#define FUZZ_CONNECTION_SOCKETS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#define SOCKETS_MAX       12
#define SOCKETS_INPUT_MAX (64 * 1024) /* bytes that one peer sends in a run */

enum peer_kind { PEER_LOOPBACK, PEER_REMOTE, PEER_UNIX, PEER_KINDS };

struct memory_socket {
    int fd; /* of the kernel, for libevent: it is never ready */
    enum peer_kind peer;
    uint8_t in[SOCKETS_INPUT_MAX]; /* on its way from the peer */
    size_t in_bytes, in_at;
    bool fin, reset; /* of the peer */
    uint64_t room;   /* bytes that are taken before EAGAIN */
    uint64_t acked;  /* what TCP_INFO tells */
    bool shut;       /* the broker sends nothing more */
    bool closed;     /* by the broker */
    /* what the broker has sent */
    void (*sent)(void *arg, const uint8_t *bytes, size_t count);
    void *arg;
};

/** From now on, and until sockets_end. Time begins, and passes by `step_ns` with each look at it.
 */
void sockets_begin(uint64_t step_ns);
/** All sockets must have been closed. */
void sockets_end(void);

/** An open socket with room for everything; NULL after SOCKETS_MAX. */
struct memory_socket *socket_make(enum peer_kind peer);
/** Where its peer is. Returns the bytes. */
socklen_t socket_address(const struct memory_socket *socket, struct sockaddr_storage *address);
/** The one with this descriptor, or NULL. */
struct memory_socket *socket_of(int fd);
/** What a poll would tell. */
bool socket_readable(const struct memory_socket *socket);
bool socket_writable(const struct memory_socket *socket);

void clock_pass(uint64_t ns);
uint64_t clock_told(void);

#endif
