#include "load/target.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/un.h>
#include <unistd.h>

#include "client/tls.h"
#include "load/load.h"

#define LOOPBACK_NET 127

static int fail(char *error, const char *url, const char *why) {
    snprintf(error, LOAD_ERROR_BYTES, "%.150s: %.300s", url, why);
    return -1;
}

static bool has_port(const char *rest) {
    size_t bytes = strcspn(rest, "/?#");
    for (; bytes > 0 && rest[bytes - 1] != ']'; bytes--)
        if (rest[bytes - 1] == ':') return true;
    return false;
}

/* Schemes that are not of WebSocket are taken apart as if they were. */
static int take_apart(struct target *target, char *error) {
    const struct peer *peer = target->peer;
    const char *rest = strstr(target->text, "://") + 3;
    char text[CLIENT_HOST_BYTES + CLIENT_PATH_BYTES], why[CLIENT_ERROR_BYTES];
    bool unix_socket = strncasecmp(target->text, "unix", 4) == 0;
    bool secure = strncasecmp(rest - 5, "ss://", 5) == 0;
    snprintf(text, sizeof text, "%s://%s", unix_socket ? "unix" : secure ? "wss" : "ws", rest);
    if (client_url_parse(text, peer->path ? peer->path : "/", &target->url, why)) {
        const char *said = strstr(why, ": ");
        return fail(error, target->text, said ? said + 2 : why);
    }
    if (!unix_socket && peer->port && !has_port(rest)) {
        snprintf(target->url.port, sizeof target->url.port, "%u", peer->port);
        size_t used = strlen(target->url.authority);
        snprintf(target->url.authority + used, sizeof target->url.authority - used, ":%u",
                 peer->port);
    }
    snprintf(target->publisher_path, sizeof target->publisher_path, "%s",
             peer->publisher_path ? peer->publisher_path : target->url.path);
    return 0;
}

static int resolve(struct target *target, char *error) {
    if (target->url.scheme == CLIENT_UNIX) {
        struct sockaddr_un *address = (struct sockaddr_un *)&target->address;
        address->sun_family = AF_UNIX;
        memcpy(address->sun_path, target->url.socket, sizeof address->sun_path);
        target->address_bytes = sizeof *address;
        return 0;
    }
    struct addrinfo wanted = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM}, *found = NULL;
    int result = getaddrinfo(target->url.host, target->url.port, &wanted, &found);
    if (result) {
        char why[CLIENT_HOST_BYTES + 200];
        snprintf(why, sizeof why, "cannot resolve %s: %s", target->url.host,
                 result == EAI_SYSTEM ? strerror(errno) : gai_strerror(result));
        return fail(error, target->text, why);
    }
    /* 127.0.0.1 rather than ::1, which has one address only. */
    const struct addrinfo *chosen = found;
    for (const struct addrinfo *at = found; at; at = at->ai_next)
        if (at->ai_family == AF_INET && chosen->ai_family != AF_INET) chosen = at;
    memcpy(&target->address, chosen->ai_addr, chosen->ai_addrlen);
    target->address_bytes = chosen->ai_addrlen;
    freeaddrinfo(found);
    return 0;
}

static void choose_sources(struct target *target, const struct load_config *config) {
    const struct sockaddr_in *address = (const struct sockaddr_in *)&target->address;
    if (address->sin_family != AF_INET || ntohl(address->sin_addr.s_addr) >> 24 != LOOPBACK_NET)
        return;
    uint32_t needed = config->connections / TARGET_PORTS_A_SOURCE + 1;
    target->sources = config->sources > needed ? config->sources : needed;
    if (target->sources > TARGET_SOURCES_MAX) target->sources = TARGET_SOURCES_MAX;
}

int target_init(struct target *target, const struct load_config *config, char *error) {
    *target = (struct target){.text = config->url, .peer = peer_find(config->url)};
    if (!target->peer) return fail(error, config->url, "no server of this scheme is known");
    if (take_apart(target, error) || resolve(target, error)) return -1;
    choose_sources(target, config);
    target->tls = target->url.scheme == CLIENT_TLS;
    return 0;
}

SSL_CTX *target_tls(const struct target *target, const struct load_config *config, char *error) {
    char why[CLIENT_ERROR_BYTES];
    SSL_CTX *context =
        client_tls_context(&(struct client_tls_files){config->ca, config->cert, config->key}, why);
    if (!context) fail(error, target->text, why);
    return context;
}

int target_connect(const struct target *target, uint32_t number) {
    const struct sockaddr *address = (const struct sockaddr *)&target->address;
    int fd = socket(address->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0) return -1;
    int on = 1;
    if (address->sa_family != AF_UNIX) setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    int result = 0;
    if (target->sources) {
        struct sockaddr_in source = {.sin_family = AF_INET};
        source.sin_addr.s_addr =
            htonl(((uint32_t)LOOPBACK_NET << 24 | 1) + number % target->sources);
        setsockopt(fd, SOL_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
        result = bind(fd, (const struct sockaddr *)&source, sizeof source);
    }
    if (!result) result = connect(fd, address, target->address_bytes);
    if (!result || errno == EINPROGRESS) return fd;
    int saved_errno = errno;
    close(fd);
    errno = saved_errno;
    return -1;
}
