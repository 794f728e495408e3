/*
 * The PROXY protocol, version 2 (HAProxy's proxy-protocol.txt): the header in which a balancer
 * says whose connection it passes on. Pure: offer all bytes received so far; when more come, offer
 * all again. The header says how long it is, so a reader never takes a byte of what follows it.
 *
 * Strict: version 2, commands LOCAL and PROXY, streams over IPv4, IPv6 and Unix sockets or an
 * unspecified family, a length that holds the addresses, whole TLVs behind them (which are not
 * looked into).
 */
#ifndef NET_PROXY_H
#define NET_PROXY_H

#include <stddef.h>
#include <sys/socket.h>

#define PROXY_FIRST_BYTES 16   /**< signature, version, command, family, length */
#define PROXY_MOST_BYTES  4096 /**< of a header: TLVs are rarely more than a certificate's name */

/** Whose connection it is. */
enum proxy_source {
    PROXY_LOCAL,   /**< the balancer's own (a health check) */
    PROXY_UNKNOWN, /**< somebody's: the balancer does not say whose, or a Unix socket's */
    PROXY_ADDRESS, /**< `address` is the client's */
};

struct proxy {
    enum proxy_source source;
    struct sockaddr_storage address; /**< with PROXY_ADDRESS: AF_INET or AF_INET6, and the port */
    socklen_t address_bytes;
};

/** How many more bytes of the header are known to come: read no more than these. 0: it is whole. */
size_t proxy_wants(const void *bytes, size_t count);

/** Parses. Returns the header's bytes if it is whole and good, 0 if more are needed, -1 if it is
 *  bad, told at the first byte that makes it certain; `reason` (static) says why. */
long proxy_parse(const void *bytes, size_t count, struct proxy *proxy, const char **reason);

#endif
