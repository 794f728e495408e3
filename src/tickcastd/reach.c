#include "tickcastd/reach.h"

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <limits.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool is_loopback(const struct sockaddr *address) {
    if (address->sa_family == AF_INET)
        return ntohl(((const struct sockaddr_in *)address)->sin_addr.s_addr) >> 24 == 127;
    return address->sa_family == AF_INET6 &&
           IN6_IS_ADDR_LOOPBACK(&((const struct sockaddr_in6 *)address)->sin6_addr);
}

/* The family of a host that stands for all addresses, else AF_UNSPEC. */
static int family_of_any(const char *host) {
    struct in6_addr six;
    struct in_addr four;
    if (inet_pton(AF_INET, host, &four) == 1) return four.s_addr == 0 ? AF_INET : AF_UNSPEC;
    if (inet_pton(AF_INET6, host, &six) == 1 && IN6_IS_ADDR_UNSPECIFIED(&six)) return AF_INET6;
    return AF_UNSPEC;
}

static bool name_is_loopback(const char *host) {
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *found;
    if (getaddrinfo(host, NULL, &hints, &found) != 0) return false;
    bool local = is_loopback(found->ai_addr);
    freeaddrinfo(found);
    return local;
}

/* The next place, NULL if there is none any more. */
static struct reach_url *next_place(struct reach *reach, const struct listen_setting *listener,
                                    uint16_t port) {
    if (reach->count == REACH_MAX) {
        reach->more++;
        return NULL;
    }
    struct reach_url *url = &reach->urls[reach->count++];
    *url = (struct reach_url){.listener = listener, .port = port};
    return url;
}

static void add_host(struct reach *reach, const struct listen_setting *listener, uint16_t port,
                     const char *host, const char *interface, bool local) {
    struct reach_url *url = next_place(reach, listener, port);
    if (url == NULL) return;
    struct listen_setting there = *listener;
    there.host = url->host;
    snprintf(url->host, sizeof url->host, "%s", host);
    snprintf(url->interface, sizeof url->interface, "%s", interface);
    url->local = local;
    listen_url(&there, port, url->url);
}

static void add_interfaces(struct reach *reach, const struct listen_setting *listener,
                           uint16_t port, int family) {
    struct ifaddrs *all;
    if (getifaddrs(&all) < 0) {
        add_host(reach, listener, port, listener->host, "", false);
        return;
    }
    for (const struct ifaddrs *at = all; at != NULL; at = at->ifa_next) {
        if (at->ifa_addr == NULL || at->ifa_addr->sa_family != family) continue;
        if (!(at->ifa_flags & IFF_UP)) continue;
        char host[INET6_ADDRSTRLEN] = "";
        const void *bytes = &((const struct sockaddr_in *)at->ifa_addr)->sin_addr;
        if (family == AF_INET6) {
            const struct in6_addr *six = &((const struct sockaddr_in6 *)at->ifa_addr)->sin6_addr;
            if (IN6_IS_ADDR_LINKLOCAL(six)) continue;
            bytes = six;
        }
        inet_ntop(family, bytes, host, sizeof host);
        add_host(reach, listener, port, host, at->ifa_name, is_loopback(at->ifa_addr));
    }
    freeifaddrs(all);
}

static void add_path(struct reach *reach, const struct listen_setting *listener) {
    struct reach_url *url = next_place(reach, listener, 0);
    char absolute[PATH_MAX];
    if (url == NULL) return;
    url->local = true;
    const char *path = realpath(listener->unix_path, absolute);
    if (path == NULL) path = listener->unix_path;
    snprintf(url->url, sizeof url->url, "%sunix://%.300s", listener->tls != NULL ? "wss+" : "",
             path);
}

void reach_add(struct reach *reach, const struct listen_setting *listener, uint16_t port) {
    if (listener->unix_path != NULL) {
        add_path(reach, listener);
        return;
    }
    int family = family_of_any(listener->host);
    if (family == AF_UNSPEC)
        add_host(reach, listener, port, listener->host, "", name_is_loopback(listener->host));
    else
        add_interfaces(reach, listener, port, family);
}
