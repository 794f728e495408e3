/* Which origins a list has, and what is no list of origins. */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <string.h>

#include "ws/origin.h"

static bool have(const char *list, const char *origin) {
    return ws_origins_have(list, (struct ws_text){origin, strlen(origin)});
}

Test(origin, scheme_host_and_port_are_compared_and_nothing_else) {
    static const char list[] = "https://a.example, http://localhost:8080 ,http://[::1],app://x";
    static const char *const listed[] = {"https://a.example",     "HTTPS://A.Example",
                                         "https://a.example:443", "https://a.example:0443",
                                         "http://localhost:8080", "http://[::1]",
                                         "http://[::1]:80",       "app://x"};
    static const char *const others[] = {"http://a.example",
                                         "http://a.example:443",
                                         "https://localhost:8080",
                                         "https://a.example:80",
                                         "https://a.example.evil",
                                         "https://b.a.example",
                                         "https://a.exampl",
                                         "http://localhost",
                                         "http://localhost:80",
                                         "http://[::2]",
                                         "app://x:80",
                                         "null",
                                         "",
                                         "https://a.example/",
                                         "https://a.example https://b.example",
                                         "https://x@a.example",
                                         "https://a.example,https://b",
                                         "a.example"};
    for (size_t i = 0; i < sizeof listed / sizeof *listed; i++)
        cr_expect(have(list, listed[i]), "%s", listed[i]);
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        cr_expect(not(have(list, others[i])), "%s", others[i]);
}

Test(origin, null_is_listed_by_its_name_alone) {
    cr_expect(have("https://a.example,null", "null"));
    cr_expect(not(have("https://a.example", "null")));
    cr_expect(not(have("null", "Null")));
}

Test(origin, a_wrong_item_is_told_with_the_reason) {
    static const struct {
        const char *list, *item, *wrong;
    } rows[] = {
        {"https://a,", "", "an item is empty"},
        {"https://a, ,https://b", "", "an item is empty"},
        {"https://a,b.example", "b.example", "it does not begin with a scheme, as https://"},
        {"*", "*", "it does not begin with a scheme, as https://"},
        {"https://*.b", "https://*.b", NULL},
        {"https://", "https://", "it has no host"},
        {"https://[]", "https://[]", "it has no host"},
        {"https://[::1", "https://[::1", "its IPv6 address does not end in ]"},
        {"https://a/", "https://a/", "an origin has no path, not even /"},
        {"https://a:1/", "https://a:1/", "an origin has no path, not even /"},
        {"https://a:", "https://a:", "its port is not from 1 to 65535"},
        {"https://a:0", "https://a:0", "its port is not from 1 to 65535"},
        {"https://a:65536", "https://a:65536", "its port is not from 1 to 65535"},
        {"https://a:8 0", "https://a:8 0", "its port is not from 1 to 65535"},
        {"https://u@a", "https://u@a", "its host has a character that no host has"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct ws_text item = {"", 0};
        const char *wrong = ws_origins_wrong(rows[i].list, &item);
        if (rows[i].wrong == NULL) {
            cr_expect(wrong != NULL, "%s: a wildcard is no host", rows[i].list);
            continue;
        }
        cr_assert(wrong != NULL, "%s", rows[i].list);
        cr_expect(eq(str, (char *)wrong, (char *)rows[i].wrong), "%s", rows[i].list);
        cr_expect(item.bytes == strlen(rows[i].item) &&
                      memcmp(item.at, rows[i].item, item.bytes) == 0,
                  "%s", rows[i].list);
    }
    struct ws_text item;
    cr_expect(ws_origins_wrong("https://a, http://b:8080,null,app+x://c", &item) == NULL);
}
