/* Headers of the PROXY protocol, version 2: the same answer however they are cut, never a byte too
 * many asked for, the client's address as it stands there; and a header that is made is taken. */
#include <netinet/in.h>
#include <string.h>

#include "fuzz/fuzz.h"
#include "net/proxy.h"

#define SIGNATURE "\r\n\r\n\0\r\nQUIT\n" /* 12 bytes */
#define MOST_CUTS 300

static long parse_copy(const uint8_t *bytes, size_t count, struct proxy *proxy,
                       const char **reason) {
    uint8_t *copy = fuzz_copy(bytes, count);
    long answer = proxy_parse(copy, count, proxy, reason);
    size_t wants = proxy_wants(copy, count);
    if (answer == 0) CHECK(wants > 0 && count + wants <= PROXY_MOST_BYTES);
    if (answer > 0) CHECK(wants == 0);
    fuzz_free(copy);
    return answer;
}

static void check_cuts(const uint8_t *bytes, size_t count, long whole, const char *whole_reason) {
    bool told = false;
    for (size_t cut = 0; cut <= count && cut <= MOST_CUTS; cut++) {
        struct proxy proxy;
        const char *reason = NULL;
        long answer = parse_copy(bytes, cut, &proxy, &reason);
        if (answer == 0) CHECK(!told);
        if (answer == 0 && whole > 0) CHECK(cut + proxy_wants(bytes, cut) <= (size_t)whole);
        if (answer == 0) continue;
        told = true;
        CHECK(answer == whole && (answer > 0 || reason == whole_reason));
    }
}

static bool is_address(const struct proxy *proxy, const uint8_t *at, int family) {
    struct sockaddr_in in;
    struct sockaddr_in6 in6;
    if (proxy->source != PROXY_ADDRESS || proxy->address.ss_family != family) return false;
    if (family == AF_INET) {
        memcpy(&in, &proxy->address, sizeof in);
        return proxy->address_bytes == sizeof in && memcmp(&in.sin_addr, at, 4) == 0 &&
               ntohs(in.sin_port) == at[8] * 256 + at[9];
    }
    memcpy(&in6, &proxy->address, sizeof in6);
    return proxy->address_bytes == sizeof in6 && memcmp(&in6.sin6_addr, at, 16) == 0 &&
           ntohs(in6.sin6_port) == at[32] * 256 + at[33];
}

/* Type, length and so many bytes each, up to the end. */
static bool are_tlvs(const uint8_t *at, const uint8_t *end) {
    while (end - at >= 3 && end - at >= 3 + at[1] * 256 + at[2]) at += 3 + at[1] * 256 + at[2];
    return at == end;
}

static void check_accepted(const uint8_t *bytes, long taken, const struct proxy *proxy) {
    const uint8_t *at = bytes + 16, *end = bytes + taken;
    CHECK(memcmp(bytes, SIGNATURE, 12) == 0);
    CHECK(taken == 16 + bytes[14] * 256 + bytes[15] && taken <= PROXY_MOST_BYTES);
    CHECK(bytes[12] == 0x20 || bytes[12] == 0x21);
    if (bytes[12] == 0x20) {
        CHECK(proxy->source == PROXY_LOCAL);
        return;
    }
    switch (bytes[13]) {
    case 0x00:
        CHECK(proxy->source == PROXY_UNKNOWN);
        break;
    case 0x11:
        CHECK(is_address(proxy, at, AF_INET) && are_tlvs(at + 12, end));
        break;
    case 0x21:
        CHECK(is_address(proxy, at, AF_INET6) && are_tlvs(at + 36, end));
        break;
    default:
        CHECK(bytes[13] == 0x31 && proxy->source == PROXY_UNKNOWN && are_tlvs(at + 216, end));
    }
}

/* A good header made of the input's bytes. */
static void check_made(struct fuzz_input input) {
    static const uint8_t families[] = {0x11, 0x21, 0x31};
    static const size_t sizes[] = {12, 36, 216};
    uint8_t header[16 + 216 + 2 * (3 + 255)] = {0};
    size_t which = fuzz_number(&input, 2), count = 16 + sizes[which];
    memcpy(header, SIGNATURE, 12);
    header[12] = 0x21;
    header[13] = families[which];
    for (size_t i = 16; i < count; i++) header[i] = fuzz_byte(&input);
    for (size_t tlvs = fuzz_number(&input, 2); tlvs > 0; tlvs--) {
        size_t bytes = fuzz_byte(&input);
        header[count] = fuzz_byte(&input);
        header[count + 2] = (uint8_t)bytes;
        count += 3 + bytes;
    }
    header[14] = (uint8_t)((count - 16) >> 8);
    header[15] = (uint8_t)(count - 16);
    struct proxy proxy;
    const char *reason;
    CHECK(parse_copy(header, count, &proxy, &reason) == (long)count);
    check_accepted(header, (long)count, &proxy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct proxy proxy;
    const char *reason = NULL;
    long answer = parse_copy(data, size, &proxy, &reason);
    CHECK(answer >= 0 || (answer == -1 && reason != NULL && reason[0] != '\0'));
    CHECK(answer <= (long)size);
    check_cuts(data, size, answer, reason);
    if (answer > 0) check_accepted(data, answer, &proxy);
    check_made((struct fuzz_input){data, data + size});
    return 0;
}
