#include "fuzz/connection/sockets.h"

#include <errno.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdarg.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "fuzz/fuzz.h"

#define BEGINNING_NS UINT64_C(1000000000000)

ssize_t __real_recv(int fd, void *bytes, size_t room, int flags);
ssize_t __real_send(int fd, const void *bytes, size_t count, int flags);
long __real_syscall(long number, ...);
int __real_shutdown(int fd, int how);
int __real_close(int fd);
int __real_getsockopt(int fd, int level, int name, void *value, socklen_t *bytes);
int __real_getpeername(int fd, struct sockaddr *address, socklen_t *bytes);
int __real_clock_gettime(clockid_t clock, struct timespec *now);
int __real_pthread_create(pthread_t *thread, const pthread_attr_t *attr, void *(*run)(void *),
                          void *arg);
int __real_pthread_join(pthread_t thread, void **result);

ssize_t __wrap_recv(int fd, void *bytes, size_t room, int flags);
ssize_t __wrap_send(int fd, const void *bytes, size_t count, int flags);
long __wrap_syscall(long number, ...);
int __wrap_shutdown(int fd, int how);
int __wrap_close(int fd);
int __wrap_getsockopt(int fd, int level, int name, void *value, socklen_t *bytes);
int __wrap_getpeername(int fd, struct sockaddr *address, socklen_t *bytes);
int __wrap_clock_gettime(clockid_t clock, struct timespec *now);
int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attr, void *(*run)(void *),
                          void *arg);
int __wrap_pthread_join(pthread_t thread, void **result);

static struct {
    bool running;
    struct memory_socket sockets[SOCKETS_MAX];
    int count;
    uint64_t now_ns, step_ns;
} memory;

void sockets_begin(uint64_t step_ns) {
    memory.count = 0;
    memory.now_ns = BEGINNING_NS;
    memory.step_ns = step_ns;
    memory.running = true;
}

void sockets_end(void) {
    for (int i = 0; i < memory.count; i++) CHECK(memory.sockets[i].closed);
    memory.running = false;
}

struct memory_socket *socket_make(enum peer_kind peer) {
    if (memory.count == SOCKETS_MAX) return NULL;
    struct memory_socket *socket = &memory.sockets[memory.count++];
    memset(socket, 0, offsetof(struct memory_socket, in));
    memset(&socket->in_bytes, 0, sizeof *socket - offsetof(struct memory_socket, in_bytes));
    socket->fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
    CHECK(socket->fd >= 0);
    socket->peer = peer;
    socket->room = UINT64_MAX;
    return socket;
}

struct memory_socket *socket_of(int fd) {
    for (int i = 0; i < memory.count && memory.running; i++)
        if (memory.sockets[i].fd == fd && !memory.sockets[i].closed) return &memory.sockets[i];
    return NULL;
}

bool socket_readable(const struct memory_socket *socket) {
    return socket->in_at < socket->in_bytes || socket->fin || socket->reset;
}

bool socket_writable(const struct memory_socket *socket) {
    return socket->room > 0 || socket->reset;
}

void clock_pass(uint64_t ns) {
    memory.now_ns += ns;
}

uint64_t clock_told(void) {
    return memory.now_ns;
}

static long failed(int error) {
    errno = error;
    return -1;
}

ssize_t __wrap_recv(int fd, void *bytes, size_t room, int flags) {
    struct memory_socket *socket = socket_of(fd);
    if (socket == NULL) return __real_recv(fd, bytes, room, flags);
    if (socket->reset) return failed(ECONNRESET);
    size_t count = socket->in_bytes - socket->in_at;
    if (count == 0) return socket->fin ? 0 : failed(EAGAIN);
    if (count > room) count = room;
    memcpy(bytes, socket->in + socket->in_at, count);
    if ((flags & MSG_PEEK) == 0) socket->in_at += count;
    return (ssize_t)count;
}

static long take(struct memory_socket *socket, const struct iovec *pieces, size_t count) {
    long taken = 0;
    CHECK(!socket->shut);
    if (socket->reset) return failed(ECONNRESET);
    if (socket->room == 0) return failed(EAGAIN);
    for (size_t i = 0; i < count && socket->room > 0; i++) {
        size_t part = pieces[i].iov_len < socket->room ? pieces[i].iov_len : socket->room;
        socket->sent(socket->arg, pieces[i].iov_base, part);
        if (socket->room != UINT64_MAX) socket->room -= part;
        taken += (long)part;
    }
    return taken;
}

ssize_t __wrap_send(int fd, const void *bytes, size_t count, int flags) {
    struct memory_socket *socket = socket_of(fd);
    struct iovec piece = {.iov_base = (void *)(uintptr_t)bytes, .iov_len = count};
    return socket != NULL ? take(socket, &piece, 1) : __real_send(fd, bytes, count, flags);
}

long __wrap_syscall(long number, ...) {
    long at[6] = {0};
    int count = number == SYS_sendmsg ? 3 : 6; /* of sendto, recvfrom and futex */
    va_list arguments;
    va_start(arguments, number);
    for (int i = 0; i < count; i++) at[i] = va_arg(arguments, long);
    va_end(arguments);
    struct memory_socket *socket =
        number == SYS_sendto || number == SYS_sendmsg ? socket_of((int)at[0]) : NULL;
    if (socket == NULL) return __real_syscall(number, at[0], at[1], at[2], at[3], at[4], at[5]);
    if (number == SYS_sendto) {
        struct iovec piece = {.iov_base = (void *)at[1], .iov_len = (size_t)at[2]};
        return take(socket, &piece, 1);
    }
    const struct msghdr *message = (const struct msghdr *)at[1];
    return take(socket, message->msg_iov, message->msg_iovlen);
}

int __wrap_shutdown(int fd, int how) {
    struct memory_socket *socket = socket_of(fd);
    if (socket == NULL) return __real_shutdown(fd, how);
    socket->shut = true;
    return 0;
}

int __wrap_close(int fd) {
    struct memory_socket *socket = socket_of(fd);
    if (socket != NULL) socket->closed = true;
    return __real_close(fd);
}

int __wrap_getsockopt(int fd, int level, int name, void *value, socklen_t *bytes) {
    const struct memory_socket *socket = socket_of(fd);
    if (socket == NULL || level != IPPROTO_TCP || name != TCP_INFO)
        return __real_getsockopt(fd, level, name, value, bytes);
    struct tcp_info info = {.tcpi_bytes_acked = socket->acked};
    memcpy(value, &info, *bytes < sizeof info ? *bytes : sizeof info);
    return 0;
}

socklen_t socket_address(const struct memory_socket *socket, struct sockaddr_storage *address) {
    uint32_t host = socket->peer == PEER_LOOPBACK ? INADDR_LOOPBACK : 0x0a010203;
    struct sockaddr_in in = {.sin_family = AF_INET,
                             .sin_port = htons((uint16_t)socket->fd),
                             .sin_addr.s_addr = htonl(host)};
    address->ss_family = AF_UNIX;
    if (socket->peer == PEER_UNIX) return sizeof address->ss_family;
    memcpy(address, &in, sizeof in);
    return sizeof in;
}

int __wrap_getpeername(int fd, struct sockaddr *address, socklen_t *bytes) {
    const struct memory_socket *socket = socket_of(fd);
    struct sockaddr_storage peer;
    if (socket == NULL) return __real_getpeername(fd, address, bytes);
    *bytes = socket_address(socket, &peer);
    memcpy(address, &peer, *bytes);
    return 0;
}

int __wrap_clock_gettime(clockid_t clock, struct timespec *now) {
    if (!memory.running || clock != CLOCK_MONOTONIC) return __real_clock_gettime(clock, now);
    memory.now_ns += memory.step_ns;
    now->tv_sec = (time_t)(memory.now_ns / 1000000000);
    now->tv_nsec = (long)(memory.now_ns % 1000000000);
    return 0;
}

/* The thread runs to its end on this one: its turns are ours (event_base_loop). */
int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attr, void *(*run)(void *),
                          void *arg) {
    if (!memory.running) return __real_pthread_create(thread, attr, run, arg);
    *thread = (pthread_t)0; /* it is not the worker who stops the broker */
    (void)run(arg);
    return 0;
}

int __wrap_pthread_join(pthread_t thread, void **result) {
    return memory.running ? 0 : __real_pthread_join(thread, result);
}
