#include <criterion/criterion.h>
#include <string.h>

#include "client/url.h"

static struct client_url url;
static char error[CLIENT_ERROR_BYTES];

static void good(const char *text, enum client_scheme scheme, const char *host, const char *port,
                 const char *authority, const char *path) {
    cr_assert_eq(client_url_parse(text, "/ws", &url, error), 0, "%s: %s", text, error);
    cr_assert_eq(url.scheme, scheme, "%s", text);
    cr_assert_str_eq(url.host, host);
    cr_assert_str_eq(url.port, port);
    cr_assert_str_eq(url.authority, authority);
    cr_assert_str_eq(url.path, path);
}

Test(url, tcp_addresses_have_host_port_and_path) {
    good("ws://127.0.0.1:5993", CLIENT_TCP, "127.0.0.1", "5993", "127.0.0.1:5993", "/ws");
    good("ws://feed.example/", CLIENT_TCP, "feed.example", "80", "feed.example", "/");
    good("WSS://h:443/a/b?x=1", CLIENT_TLS, "h", "443", "h", "/a/b?x=1");
    good("wss://h:80", CLIENT_TLS, "h", "80", "h:80", "/ws");
    good("ws://h?encoding=json", CLIENT_TCP, "h", "80", "h", "/ws?encoding=json");
    good("ws://[::1]:5993/ws", CLIENT_TCP, "::1", "5993", "[::1]:5993", "/ws");
    good("ws://[fe80::1]", CLIENT_TCP, "fe80::1", "80", "[fe80::1]", "/ws");
}

Test(url, unix_addresses_have_a_socket_and_maybe_a_path) {
    good("unix:///run/x.sock", CLIENT_UNIX, "", "", "localhost", "/ws");
    cr_assert_str_eq(url.socket, "/run/x.sock");
    good("ws+unix:///run/x.sock:/publish?a", CLIENT_UNIX, "", "", "localhost", "/publish?a");
    cr_assert_str_eq(url.socket, "/run/x.sock");
}

Test(url, bad_addresses_are_told_what_is_wrong) {
    static const struct {
        const char *text, *part;
    } rows[] = {
        {"", "not an address"},
        {"127.0.0.1:5993", "not an address"},
        {"http://h", "not an address"},
        {"ws://", "the host is missing"},
        {"ws://:80", "the host is missing"},
        {"ws://h:", "port"},
        {"ws://h:0", "port"},
        {"ws://h:65536", "port"},
        {"ws://h:12x", "port"},
        {"ws://h:99999999999999999999", "port"},
        {"ws://user:pw@h", "user names"},
        {"ws://a b", "not allowed"},
        {"ws://[::1", "not closed"},
        {"ws://[::1]x", "PORT"},
        {"ws://[name]", "IPv6"},
        {"ws://h/a b", "percent-encoded"},
        {"ws://h/a\r\nX: y", "percent-encoded"},
        {"ws://h/a#b", "fragment"},
        {"unix://run/x", "begins with /"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        cr_assert_eq(client_url_parse(rows[i].text, "/ws", &url, error), -1, "%s", rows[i].text);
        cr_assert(strstr(error, rows[i].part), "%s: %s", rows[i].text, error);
    }
}

Test(url, long_parts_are_refused_not_cut) {
    char text[CLIENT_PATH_BYTES + 64];
    memset(text, 'a', sizeof text);
    text[sizeof text - 1] = 0;
    memcpy(text, "ws://h/", 7);
    cr_assert_eq(client_url_parse(text, "/ws", &url, error), -1);
    cr_assert(strstr(error, "too long"));
    memcpy(text, "ws://aaa", 8);
    cr_assert_eq(client_url_parse(text, "/ws", &url, error), -1);
    cr_assert(strstr(error, "too long"));
    memcpy(text, "unix:///", 8);
    cr_assert_eq(client_url_parse(text, "/ws", &url, error), -1);
    cr_assert(strstr(error, "107"));
}
