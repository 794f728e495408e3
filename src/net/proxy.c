#include "net/proxy.h"

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "base/words.h"

static const uint8_t signature[12] = {0x0d, 0x0a, 0x0d, 0x0a, 0x00, 0x0d,
                                      0x0a, 0x51, 0x55, 0x49, 0x54, 0x0a};

enum { AT_COMMAND = 12, AT_FAMILY = 13, AT_LENGTH = 14 };
enum { COMMAND_LOCAL = 0x20, COMMAND_PROXY = 0x21 }; /* with the version */
enum { FAMILY_UNSPEC = 0x00, FAMILY_INET = 0x11, FAMILY_INET6 = 0x21, FAMILY_UNIX = 0x31 };
enum { INET_BYTES = 12, INET6_BYTES = 36, UNIX_BYTES = 216 }; /* two addresses, two ports */

#define TLV_HEAD_BYTES 3

static size_t number_at(const uint8_t *bytes) {
    return (size_t)bytes[0] << 8 | bytes[1];
}

static size_t whole_bytes(const uint8_t *bytes) {
    return PROXY_FIRST_BYTES + number_at(bytes + AT_LENGTH);
}

size_t proxy_wants(const void *bytes, size_t count) {
    if (count < PROXY_FIRST_BYTES) return PROXY_FIRST_BYTES - count;
    size_t whole = whole_bytes(bytes);
    return count < whole ? whole - count : 0;
}

static bool family_known(uint8_t family) {
    return family == FAMILY_UNSPEC || family == FAMILY_INET || family == FAMILY_INET6 ||
           family == FAMILY_UNIX;
}

static size_t addresses_bytes(uint8_t family) {
    switch (family) {
    case FAMILY_INET:
        return INET_BYTES;
    case FAMILY_INET6:
        return INET6_BYTES;
    case FAMILY_UNIX:
        return UNIX_BYTES;
    default:
        return 0;
    }
}

/* The first bytes, as far as they are there: NULL if they are good. */
static const char *first_wrong(const uint8_t *bytes, size_t count) {
    size_t compared = count < sizeof signature ? count : sizeof signature;
    if (memcmp(bytes, signature, compared) != 0) return "not a PROXY header of version 2";
    if (count <= AT_COMMAND) return NULL;
    if (bytes[AT_COMMAND] >> 4 != 2) return "its version is not 2";
    if (bytes[AT_COMMAND] != COMMAND_LOCAL && bytes[AT_COMMAND] != COMMAND_PROXY)
        return "its command is neither LOCAL nor PROXY";
    if (count <= AT_FAMILY) return NULL;
    uint8_t family = bytes[AT_FAMILY];
    if (!family_known(family) && bytes[AT_COMMAND] == COMMAND_PROXY)
        return "its family is no stream of IPv4, IPv6 or a Unix socket";
    if (count < PROXY_FIRST_BYTES) return NULL;
    if (whole_bytes(bytes) > PROXY_MOST_BYTES)
        return "it is longer than " WORDS_NUMBER(PROXY_MOST_BYTES) " bytes";
    if (bytes[AT_COMMAND] == COMMAND_PROXY &&
        number_at(bytes + AT_LENGTH) < addresses_bytes(family))
        return "its length does not hold its addresses";
    return NULL;
}

static bool tlvs_whole(const uint8_t *at, const uint8_t *end) {
    while (end - at >= TLV_HEAD_BYTES) {
        size_t bytes = TLV_HEAD_BYTES + number_at(at + 1);
        if ((size_t)(end - at) < bytes) return false;
        at += bytes;
    }
    return at == end;
}

static void take_address(const uint8_t *at, uint8_t family, struct proxy *proxy) {
    proxy->source = PROXY_ADDRESS;
    if (family == FAMILY_INET) {
        struct sockaddr_in *in = (struct sockaddr_in *)&proxy->address;
        in->sin_family = AF_INET;
        memcpy(&in->sin_addr, at, 4);
        memcpy(&in->sin_port, at + 8, 2);
        proxy->address_bytes = sizeof *in;
    } else if (family == FAMILY_INET6) {
        struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)&proxy->address;
        in6->sin6_family = AF_INET6;
        memcpy(&in6->sin6_addr, at, 16);
        memcpy(&in6->sin6_port, at + 32, 2);
        proxy->address_bytes = sizeof *in6;
    } else {
        proxy->source = PROXY_UNKNOWN;
    }
}

long proxy_parse(const void *offered, size_t count, struct proxy *proxy, const char **reason) {
    const uint8_t *bytes = offered;
    const char *wrong = first_wrong(bytes, count);
    if (wrong != NULL) {
        *reason = wrong;
        return -1;
    }
    if (proxy_wants(bytes, count) > 0) return 0;
    size_t whole = whole_bytes(bytes);
    *proxy = (struct proxy){.source = PROXY_LOCAL};
    if (bytes[AT_COMMAND] == COMMAND_LOCAL) return (long)whole; /* what follows is to be ignored */
    const uint8_t *at = bytes + PROXY_FIRST_BYTES;
    uint8_t family = bytes[AT_FAMILY];
    if (family != FAMILY_UNSPEC && !tlvs_whole(at + addresses_bytes(family), bytes + whole)) {
        *reason = "a TLV is cut short";
        return -1;
    }
    take_address(at, family, proxy);
    return (long)whole;
}
