/* Which addresses a list of prefixes holds, and what is no such list. */
#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <string.h>

#include "net/prefix.h"

static struct address address_of(const char *text) {
    struct address address = {{[10] = 0xff, [11] = 0xff}};
    if (inet_pton(AF_INET, text, address.bytes + 12) != 1)
        cr_assert(inet_pton(AF_INET6, text, address.bytes) == 1, "%s", text);
    return address;
}

static bool have(const char *list, const char *text) {
    struct prefixes *prefixes = prefixes_new(list);
    struct address address = address_of(text);
    bool found = prefixes_have(prefixes, &address, false);
    prefixes_free(prefixes);
    return found;
}

Test(prefix, an_address_is_in_a_prefix_of_its_leading_bits) {
    static const char list[] = "10.0.0.0/8, 192.0.2.1,2001:db8::/33 ,172.16.0.0/12,::1";
    static const char *const in[] = {"10.0.0.0",    "10.255.255.255",       "192.0.2.1",
                                     "2001:db8::1", "2001:db8:7fff:ffff::", "172.31.255.255",
                                     "::1",         "::ffff:10.1.2.3"};
    static const char *const out[] = {
        "11.0.0.0",   "9.255.255.255",  "192.0.2.2", "2001:db8:8000::",
        "172.32.0.0", "172.15.255.255", "::2",       "::10.1.2.3"};
    for (size_t i = 0; i < sizeof in / sizeof *in; i++) cr_expect(have(list, in[i]), "%s", in[i]);
    for (size_t i = 0; i < sizeof out / sizeof *out; i++)
        cr_expect(not(have(list, out[i])), "%s", out[i]);
}

Test(prefix, length_0_is_all_of_its_family) {
    cr_expect(have("0.0.0.0/0", "203.0.113.9") && !have("0.0.0.0/0", "2001:db8::1"));
    cr_expect(have("::/0", "2001:db8::1") && have("::/0", "::1") && have("::/0", "::203.0.113.9"));
    cr_expect(not(have("::/0", "203.0.113.9")));
    cr_expect(not(have("::/0", "::ffff:203.0.113.9")));
}

Test(prefix, a_mapped_prefix_is_one_of_ipv4) {
    cr_expect(have("::ffff:0:0/96", "203.0.113.9") && !have("::ffff:0:0/96", "::1"));
    cr_expect(have("::ffff:10.0.0.0/104", "10.1.2.3") && !have("::ffff:10.0.0.0/104", "11.1.2.3"));
    cr_expect(not(have("::/64", "10.1.2.3")));
}

Test(prefix, unix_sockets_are_listed_as_unix_and_are_in_no_prefix) {
    static const struct address none;
    struct prefixes *with = prefixes_new("10.0.0.0/8,unix"), *without = prefixes_new("::/0");
    cr_expect(prefixes_have(with, &none, true) && !prefixes_have(without, &none, true));
    prefixes_free(with);
    prefixes_free(without);
}

Test(prefix, a_wrong_item_is_told_with_the_reason) {
    static const char neither[] = "it is neither an IPv4 or IPv6 address nor unix";
    static const struct {
        const char *list, *item, *wrong;
    } rows[] = {
        {"10.0.0.0/8,", "", "an item is empty"},
        {" ", "", "an item is empty"},
        {"localhost", "localhost", neither},
        {"10.0.0/8", "10.0.0/8", neither},
        {"010.0.0.0/8", "010.0.0.0/8", neither},
        {"Unix", "Unix", neither},
        {"fe80::1%eth0", "fe80::1%eth0", neither},
        {"10.0.0.0/33", "10.0.0.0/33", "its prefix length is not from 0 to 32"},
        {"10.0.0.0/", "10.0.0.0/", "its prefix length is not from 0 to 32"},
        {"10.0.0.0/08", "10.0.0.0/08", "its prefix length is not from 0 to 32"},
        {"::/129", "::/129", "its prefix length is not from 0 to 128"},
        {"::/-1", "::/-1", "its prefix length is not from 0 to 128"},
        {"unix, 10.0.0.1/8", "10.0.0.1/8", "bits behind its prefix length are set"},
        {"::1/0", "::1/0", "bits behind its prefix length are set"},
    };
    const char *item;
    size_t bytes;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const char *wrong = prefixes_wrong(rows[i].list, &item, &bytes);
        cr_assert(wrong != NULL, "%s", rows[i].list);
        cr_expect(eq(str, (char *)wrong, (char *)rows[i].wrong), "%s", rows[i].list);
        cr_expect(bytes == strlen(rows[i].item) && memcmp(item, rows[i].item, bytes) == 0, "%s",
                  rows[i].list);
    }
    cr_expect(prefixes_wrong("10.0.0.0/8, ::1 ,unix", &item, &bytes) == NULL);
}
