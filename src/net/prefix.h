/*
 * Addresses, and lists of prefixes of them: `10.0.0.0/8, 192.0.2.1, 2001:db8::/32, unix`. An IPv4
 * address is kept as the IPv6 address that maps it (::ffff:192.0.2.1), and is one of IPv4 wherever
 * it comes from: a prefix holds addresses of its own family. Pure, but for what prefixes_new
 * allocates.
 */
#ifndef NET_PREFIX_H
#define NET_PREFIX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct address {
    uint8_t bytes[16]; /**< all zero: none, a Unix socket */
};

/** True if an IPv4 address, mapped. */
bool address_is_ipv4(const struct address *address);

struct prefixes;

/** What is wrong with the first wrong item of a list: a static sentence, and the item (inside
 *  `list`, *item_bytes long). NULL if the list is good. */
const char *prefixes_wrong(const char *list, const char **item, size_t *item_bytes);

/** Makes a good list; NULL without memory. */
struct prefixes *prefixes_new(const char *list);
/** NULL is allowed. */
void prefixes_free(struct prefixes *prefixes);

/** True if the list has an item that holds the address. Unix sockets are in a list with `unix`. */
bool prefixes_have(const struct prefixes *prefixes, const struct address *address,
                   bool unix_socket);

#endif
