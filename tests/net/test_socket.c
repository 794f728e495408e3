#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "net/socket.h"

Test(socket, a_listener_on_port_0_tells_the_port_that_it_got) {
    uint16_t port = 0, same;
    int fd = socket_listen("127.0.0.1", 0, 16, &port);
    cr_assert(fd >= 0 && port > 0);
    cr_assert(socket_listen("127.0.0.1", port, 16, &same) < 0 && errno == EADDRINUSE);
    close(fd);
}

Test(socket, a_name_that_does_not_resolve_is_ENOENT) {
    uint16_t port;
    cr_assert(socket_listen("host.invalid", 0, 16, &port) < 0 && errno == ENOENT);
}

Test(socket, a_stale_Unix_socket_is_replaced_and_anything_else_stays) {
    char folder[] = "/tmp/tickcast-socket-XXXXXX", path[64], long_path[256];
    cr_assert(mkdtemp(folder) != NULL);
    snprintf(path, sizeof path, "%s/s", folder);
    int first = socket_listen_unix(path, 16);
    cr_assert(first >= 0);
    cr_assert(socket_listen_unix(path, 16) < 0 && errno == EADDRINUSE, "somebody listens there");
    close(first);
    int second = socket_listen_unix(path, 16);
    cr_assert(second >= 0, "a stale socket is replaced");
    close(second);
    unlink(path);
    FILE *file = fopen(path, "w");
    cr_assert(file != NULL);
    fclose(file);
    cr_assert(socket_listen_unix(path, 16) < 0 && errno == EADDRINUSE, "a file is not");
    struct stat status;
    cr_assert(lstat(path, &status) == 0 && S_ISREG(status.st_mode));
    memset(long_path, 'x', sizeof long_path);
    long_path[sizeof long_path - 1] = '\0';
    cr_assert(socket_listen_unix(long_path, 16) < 0 && errno == ENAMETOOLONG);
    unlink(path);
    rmdir(folder);
}

static struct peer describe(int family, const char *text) {
    struct sockaddr_storage address = {.ss_family = (sa_family_t)family};
    struct peer peer;
    socklen_t bytes = sizeof(struct sockaddr_un);
    if (family == AF_INET) {
        struct sockaddr_in *in = (struct sockaddr_in *)&address;
        in->sin_port = htons(80);
        cr_assert(inet_pton(AF_INET, text, &in->sin_addr) == 1);
        bytes = sizeof *in;
    } else if (family == AF_INET6) {
        struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)&address;
        in6->sin6_port = htons(80);
        cr_assert(inet_pton(AF_INET6, text, &in6->sin6_addr) == 1);
        bytes = sizeof *in6;
    }
    peer_describe(&address, bytes, &peer);
    return peer;
}

Test(peer, loopback_and_Unix_sockets_are_local_and_nothing_else_is) {
    cr_expect(describe(AF_INET, "127.0.0.1").local);
    cr_expect(describe(AF_INET, "127.9.9.9").local);
    cr_expect(describe(AF_INET6, "::1").local);
    cr_expect(describe(AF_INET6, "::ffff:127.0.0.1").local);
    cr_expect(describe(AF_UNIX, "").local && describe(AF_UNIX, "").unix_socket);
    cr_expect(!describe(AF_INET, "128.0.0.1").local);
    cr_expect(!describe(AF_INET, "10.0.0.1").local);
    cr_expect(!describe(AF_INET6, "::2").local);
    cr_expect(!describe(AF_INET6, "::ffff:10.0.0.1").local);
    cr_expect_str_eq(describe(AF_INET, "10.0.0.1").text, "10.0.0.1:80");
    cr_expect_str_eq(describe(AF_INET6, "2001:db8::1").text, "[2001:db8::1]:80");
}
