/* PROXY headers, whole and cut at every byte. */
#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "net/proxy.h"

#define SIGNATURE "\r\n\r\n\0\r\nQUIT\n"
#define V4                                                                                         \
    "\xc0\0\x02\x01"                                                                               \
    "\xcb\0\x71\x07"                                                                               \
    "\x30\x39"                                                                                     \
    "\x17\x6a"
#define V6                                                                                         \
    "\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x01"                                                   \
    "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x01"                                                           \
    "\x30\x39"                                                                                     \
    "\x17\x6a"

struct row {
    const char *bytes;
    size_t count;
    const char *said; /* the address, or what is wrong */
};

#define ROW(text, said)                                                                            \
    { text, sizeof(text) - 1, said }

static const char *parsed(const void *bytes, size_t count) {
    static char text[INET6_ADDRSTRLEN + 8];
    struct proxy proxy;
    const char *reason = NULL;
    long taken = proxy_parse(bytes, count, &proxy, &reason);
    if (taken < 0) return reason;
    if (taken == 0) return "more";
    cr_assert(eq(long, taken, (long)count));
    cr_assert(eq(sz, proxy_wants(bytes, count), 0));
    if (proxy.source != PROXY_ADDRESS) return proxy.source == PROXY_LOCAL ? "local" : "unknown";
    char host[INET6_ADDRSTRLEN];
    const struct sockaddr_in *in = (const struct sockaddr_in *)&proxy.address;
    const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)&proxy.address;
    bool ipv4 = in->sin_family == AF_INET;
    inet_ntop(in->sin_family, ipv4 ? (const void *)&in->sin_addr : &in6->sin6_addr, host,
              sizeof host);
    snprintf(text, sizeof text, "%s %u", host, ntohs(ipv4 ? in->sin_port : in6->sin6_port));
    return text;
}

/* Every beginning of good bytes asks for more, at most for what is left of the header; bad bytes
 * are told of at one byte and at every later one. */
static void check_cuts(const struct row *row, bool bad) {
    bool told = false;
    for (size_t i = 0; i < row->count; i++) {
        bool more = strcmp(parsed(row->bytes, i), "more") == 0;
        cr_expect(more || bad, "%s: cut at %zu", row->said, i);
        cr_expect(not(told && more), "%s: cut at %zu", row->said, i);
        told |= !more;
        if (more && !bad) cr_expect(le(sz, i + proxy_wants(row->bytes, i), row->count));
    }
}

Test(proxy, good_headers_say_whose_connection_it_is) {
    static const struct row rows[] = {
        ROW(SIGNATURE "\x21\x11\0\x0c" V4, "192.0.2.1 12345"),
        ROW(SIGNATURE "\x21\x21\0\x24" V6, "2001:db8::1 12345"),
        ROW(SIGNATURE "\x21\x11\0\x13" V4 "\x04\0\x01x"
                      "\x04\0\0",
            "192.0.2.1 12345"),
        ROW(SIGNATURE "\x20\0\0\0", "local"),
        ROW(SIGNATURE "\x20\x11\0\x0c" V4, "local"),
        ROW(SIGNATURE "\x20\xff\0\x02zz", "local"),
        ROW(SIGNATURE "\x21\0\0\0", "unknown"),
        ROW(SIGNATURE "\x21\0\0\x03"
                      "abc",
            "unknown"),
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        cr_expect(eq(str, (char *)parsed(rows[i].bytes, rows[i].count), (char *)rows[i].said));
        check_cuts(&rows[i], false);
    }
}

Test(proxy, a_unix_socket_has_no_address) {
    char bytes[PROXY_FIRST_BYTES + 216] = SIGNATURE "\x21\x31\0\xd8"
                                                    "/client";
    cr_expect(eq(str, (char *)parsed(bytes, sizeof bytes), "unknown"));
    bytes[15] = (char)0xd7;
    cr_expect(
        eq(str, (char *)parsed(bytes, sizeof bytes - 1), "its length does not hold its addresses"));
}

Test(proxy, bad_headers_are_told_at_the_first_byte_that_makes_it_certain) {
    static const char not_it[] = "not a PROXY header of version 2";
    static const char family[] = "its family is no stream of IPv4, IPv6 or a Unix socket";
    static const char command[] = "its command is neither LOCAL nor PROXY";
    static const struct row rows[] = {
        ROW("GET /ws HTTP/1.1", not_it),
        ROW("\x16\x03\x01\x02\0\x01", not_it),
        ROW("PROXY TCP4 192.0.2.1 203.0.113.7 12345 5994\r\n", not_it),
        ROW("\r\n\r\n\0\r\nQUIT\r", not_it),
        ROW(SIGNATURE "\x11", "its version is not 2"),
        ROW(SIGNATURE "\x31", "its version is not 2"),
        ROW(SIGNATURE "\x22", command),
        ROW(SIGNATURE "\x2f", command),
        ROW(SIGNATURE "\x21\x12", family),
        ROW(SIGNATURE "\x21\x22", family),
        ROW(SIGNATURE "\x21\x32", family),
        ROW(SIGNATURE "\x21\x41", family),
        ROW(SIGNATURE "\x21\x01", family),
        ROW(SIGNATURE "\x21\x10", family),
        ROW(SIGNATURE "\x21\x11\0\x0b", "its length does not hold its addresses"),
        ROW(SIGNATURE "\x21\x21\0\x23", "its length does not hold its addresses"),
        ROW(SIGNATURE "\x21\x11\x0f\xf1", "it is longer than 4096 bytes"),
        ROW(SIGNATURE "\x20\0\xff\xff", "it is longer than 4096 bytes"),
        ROW(SIGNATURE "\x21\x11\0\x0d" V4 "\x04", "a TLV is cut short"),
        ROW(SIGNATURE "\x21\x11\0\x0f" V4 "\x04\0\x01", "a TLV is cut short"),
        ROW(SIGNATURE "\x21\x11\0\x13" V4 "\x04\0\0"
                      "\x04\0\x02z",
            "a TLV is cut short"),
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        cr_expect(eq(str, (char *)parsed(rows[i].bytes, rows[i].count), (char *)rows[i].said));
        check_cuts(&rows[i], true);
    }
}

Test(proxy, the_longest_header_is_4096_bytes) {
    char bytes[PROXY_MOST_BYTES] = SIGNATURE "\x21\x11\x0f\xf0" V4;
    bytes[PROXY_FIRST_BYTES + 12] = 0x04; /* one TLV over all that is left */
    size_t left = sizeof bytes - PROXY_FIRST_BYTES - 12 - 3;
    bytes[PROXY_FIRST_BYTES + 13] = (char)(left >> 8);
    bytes[PROXY_FIRST_BYTES + 14] = (char)left;
    cr_expect(eq(str, (char *)parsed(bytes, sizeof bytes), "192.0.2.1 12345"));
}
