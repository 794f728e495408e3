/* Nothing that runs out for a while may keep the acceptor from accepting later. */
#include "net/acceptor.h"

#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdatomic.h>
#include <sys/epoll.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "net/socket.h"

#define WAIT_MS 20000

static _Atomic int no_files, no_watches; /* so many calls fail */
static _Atomic int taken;

static bool fails(_Atomic int *left) {
    if (atomic_load(left) == 0) return false;
    atomic_fetch_sub(left, 1);
    return true;
}

/* In place of libc's, libevent's calls included. */
int accept4(int fd, struct sockaddr *address, socklen_t *bytes, int flags) {
    if (fails(&no_files)) {
        errno = EMFILE;
        return -1;
    }
    return (int)syscall(SYS_accept4, fd, address, bytes, flags);
}

__attribute__((visibility("default"))) int epoll_ctl(int epoll, int operation, int fd,
                                                     struct epoll_event *event) {
    if (operation == EPOLL_CTL_ADD && atomic_load(&no_files) == 0 && fails(&no_watches)) {
        errno = ENOSPC;
        return -1;
    }
    return (int)syscall(SYS_epoll_ctl, epoll, operation, fd, event);
}

static void take(void *arg, unsigned listener, int fd, const struct sockaddr_storage *address,
                 socklen_t address_bytes) {
    (void)arg, (void)listener, (void)address, (void)address_bytes;
    atomic_fetch_add(&taken, 1);
    close(fd);
}

Test(acceptor, it_accepts_again_once_files_and_watches_are_there) {
    const struct log log = {.level = -1};
    struct acceptor *acceptor;
    uint16_t port;
    int listener = socket_listen("127.0.0.1", 0, 16, &port);
    cr_assert(listener >= 0);
    cr_assert(acceptor_start(&acceptor, &listener, 1, &log, take, NULL, NULL) == 0);
    atomic_store(&no_watches, 2);
    atomic_store(&no_files, 1);
    struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    cr_assert(connect(client, (struct sockaddr *)&address, sizeof address) == 0);
    for (int i = 0; i < WAIT_MS && atomic_load(&taken) == 0; i++) usleep(1000);
    cr_assert_eq(atomic_load(&taken), 1);
    cr_assert_eq(atomic_load(&no_watches), 0, "none was missing");
    acceptor_stop(acceptor);
    close(client);
    close(listener);
}
