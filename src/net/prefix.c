#include "net/prefix.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#define MAPPED_BITS 96 /* in front of a mapped IPv4 address */

static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};

struct prefix {
    struct address address;
    unsigned bits;
};

struct prefixes {
    bool unix_sockets;
    size_t count;
    struct prefix items[];
};

bool address_is_ipv4(const struct address *address) {
    return memcmp(address->bytes, mapped, sizeof mapped) == 0;
}

/* Reads ADDRESS; the number of its bits, 0 if it is none. */
static unsigned read_address(const char *text, struct address *address) {
    memcpy(address->bytes, mapped, sizeof mapped);
    if (inet_pton(AF_INET, text, address->bytes + sizeof mapped) == 1) return 32;
    return inet_pton(AF_INET6, text, address->bytes) == 1 ? 128 : 0;
}

/* Reads a number from 0 to `most` without leading zero. */
static bool read_length(const char *text, unsigned most, unsigned *length) {
    size_t digits = strspn(text, "0123456789");
    if (digits == 0 || digits > 3 || text[digits] != '\0') return false;
    if (*text == '0' && digits > 1) return false;
    *length = (unsigned)atoi(text);
    return *length <= most;
}

/* `::/0` would hold the mapped IPv4 addresses too, and be more than IPv6: families are kept apart.
 */
static bool inside(const struct address *address, const struct prefix *prefix) {
    if (address_is_ipv4(address) != address_is_ipv4(&prefix->address)) return false;
    unsigned whole = prefix->bits / 8, rest = prefix->bits % 8;
    if (memcmp(address->bytes, prefix->address.bytes, whole) != 0) return false;
    return rest == 0 || (address->bytes[whole] ^ prefix->address.bytes[whole]) >> (8 - rest) == 0;
}

/* True if no bit behind the prefix is set: 10.1.0.0/8 is more likely a slip than meant. */
static bool ends_in_zeros(const struct prefix *prefix) {
    for (unsigned bit = prefix->bits; bit < 128; bit++)
        if ((prefix->address.bytes[bit / 8] >> (7 - bit % 8) & 1) != 0) return false;
    return true;
}

static const char *read_prefix(char *text, struct prefix *prefix) {
    char *slash = strchr(text, '/');
    if (slash != NULL) *slash = '\0';
    unsigned most = read_address(text, &prefix->address), length = most;
    if (most == 0) return "it is neither an IPv4 or IPv6 address nor unix";
    if (slash != NULL && !read_length(slash + 1, most, &length))
        return most == 32 ? "its prefix length is not from 0 to 32"
                          : "its prefix length is not from 0 to 128";
    prefix->bits = 128 - most + length;
    return ends_in_zeros(prefix) ? NULL : "bits behind its prefix length are set";
}

/* The next item of a list, without the spaces around it. False after the last one. */
static bool next_item(const char **at, const char **item, size_t *bytes) {
    if (*at == NULL) return false;
    const char *comma = strchr(*at, ',');
    *item = *at + strspn(*at, " ");
    const char *end = comma != NULL ? comma : *at + strlen(*at);
    if (*item > end) *item = end;
    while (end > *item && end[-1] == ' ') end--;
    *bytes = (size_t)(end - *item);
    *at = comma != NULL ? comma + 1 : NULL;
    return true;
}

/* NULL, or what is wrong. *is_unix, or the prefix. */
static const char *read_item(const char *item, size_t bytes, bool *is_unix, struct prefix *prefix) {
    char text[INET6_ADDRSTRLEN + sizeof "/128"];
    *is_unix = bytes == 4 && memcmp(item, "unix", 4) == 0;
    if (*is_unix) return NULL;
    if (bytes == 0) return "an item is empty";
    if (bytes >= sizeof text) return "it is neither an IPv4 or IPv6 address nor unix";
    memcpy(text, item, bytes);
    text[bytes] = '\0';
    return read_prefix(text, prefix);
}

const char *prefixes_wrong(const char *list, const char **item, size_t *item_bytes) {
    struct prefix prefix;
    bool is_unix;
    while (next_item(&list, item, item_bytes)) {
        const char *wrong = read_item(*item, *item_bytes, &is_unix, &prefix);
        if (wrong != NULL) return wrong;
    }
    return NULL;
}

struct prefixes *prefixes_new(const char *list) {
    const char *at = list, *item;
    size_t bytes, count = 0;
    while (next_item(&at, &item, &bytes)) count++;
    struct prefixes *made = calloc(1, sizeof *made + count * sizeof made->items[0]);
    if (made == NULL) return NULL;
    for (at = list; next_item(&at, &item, &bytes);) {
        bool is_unix;
        struct prefix *prefix = &made->items[made->count];
        if (read_item(item, bytes, &is_unix, prefix) != NULL) continue;
        if (is_unix)
            made->unix_sockets = true;
        else
            made->count++;
    }
    return made;
}

void prefixes_free(struct prefixes *prefixes) {
    free(prefixes);
}

bool prefixes_have(const struct prefixes *prefixes, const struct address *address,
                   bool unix_socket) {
    if (unix_socket) return prefixes->unix_sockets;
    for (size_t i = 0; i < prefixes->count; i++)
        if (inside(address, &prefixes->items[i])) return true;
    return false;
}
