#include "tickcastd/config.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "tickcast/tickcast.h"

/* Reads a file of these bytes as the daemon does; returns all that is reported (heap). */
static char *read_bytes(struct settings *settings, const char *yaml, size_t bytes) {
    char *told = NULL;
    size_t told_bytes = 0;
    FILE *out = open_memstream(&told, &told_bytes);
    struct problems problems = {.out = out, .file = "f"};
    settings_init(settings);
    settings->file = "f";
    config_read(settings, yaml, bytes, &problems);
    settings_complete(settings, &problems);
    fclose(out);
    return told;
}

static void expect_told(const char *yaml, size_t bytes, const char *expected) {
    struct settings settings;
    char *told = read_bytes(&settings, yaml, bytes);
    cr_expect(eq(str, told, (char *)expected), "%s", yaml);
    free(told);
    settings_fini(&settings);
}

#define WHERE                                                                                      \
    "HOST[:PORT] with a port from 0 to 65535 and an IPv6 address in brackets, or unix:PATH with "  \
    "a "                                                                                           \
    "path of 1 to 107 bytes"
#define SLOW_SIZES "a size from 4KiB to 64GiB in B, KiB, MiB or GiB"

/* A file and all that is told about it. */
static const struct {
    const char *yaml, *told;
} bad_files[] = {
    {"slow_memroy: 3MiB\n", "f:1: slow_memroy: unknown name; did you mean 'slow_memory'?\n"},
    {"\n\nslow-time: 3s\n", "f:3: slow-time: unknown name; did you mean 'slow_time'?\n"},
    {"lissten: a:1\n", "f:1: lissten: unknown name; did you mean 'listen'?\n"},
    {"root_directory: data\n", "f:1: root_directory: unknown name\n"},
    {"\"a\\x01b\": 1\n", "f:1: a?b: unknown name\n"},
    {"slow_memory: 10m\n",
     "f:1: slow_memory: value '10m': allowed is " SLOW_SIZES "; did you mean '10MiB'?\n"},
    {"slow_memory: 1KiB\n", "f:1: slow_memory: value '1KiB': allowed is " SLOW_SIZES "\n"},
    {"slow_memory: 1KB\n", "f:1: slow_memory: value '1KB': allowed is " SLOW_SIZES "\n"},
    {"slow_memory:\n", "f:1: slow_memory: value '': allowed is " SLOW_SIZES "\n"},
    {"slow_memory: \"1\\0\"\n",
     "f:1: slow_memory: value has a zero byte: allowed is " SLOW_SIZES "\n"},
    {"slow_memory: \"\\e[31m\"\n",
     "f:1: slow_memory: value '\\x1b[31m': allowed is " SLOW_SIZES "\n"},
    {"slow_time: 10\n", "f:1: slow_time: value '10': allowed is a time from 100ms to 1h in ms, s, "
                        "min or h; did you mean '10s'?\n"},
    {"stop_timeout: 99999999999999999999h\n",
     "f:1: stop_timeout: value '99999999999999999999h': allowed is a time from 0 to 10min in ms, "
     "s, min or h\n"},
    {"workers: 64\n", "f:1: workers: value '64': allowed is a whole number from 0 to 63\n"},
    {"workers: -1\n", "f:1: workers: value '-1': allowed is a whole number from 0 to 63\n"},
    {"workers: 4294967297\n",
     "f:1: workers: value '4294967297': allowed is a whole number from 0 to 63\n"},
    {"workers: two\n", "f:1: workers: value 'two': allowed is a whole number from 0 to 63\n"},
    {"workers: {a: 1}\n", "f:1: workers: value is a map: allowed is a whole number from 0 to 63\n"},
    {"workers: [1]\n", "f:1: workers: value is a list: allowed is a whole number from 0 to 63\n"},
    {"workers: 1\nbacklog: 9\nworkers: 1\n", "f:3: workers: was set already in line 1\n"},
    {"ring_slots: 100\n",
     "f:1: ring_slots: value '100': allowed is a power of two from 16 to 1048576\n"},
    {"outbound_memory: 1\n", "f:1: outbound_memory: value '1': allowed is 0 or a size from 1MiB "
                             "to 1024GiB in B, KiB, MiB or GiB\n"},
    {"tls_ticket_file:\n", "f:1: tls_ticket_file: value '': allowed is the name of a file\n"},
    {"tls_ticket_file: [a]\n",
     "f:1: tls_ticket_file: value is a list: allowed is the name of a file\n"},
    {"origins: [a, [b]]\n", "f:1: origins: value is a list: allowed is origins "
                            "(https://HOST[:PORT], or null) with commas between\n"},
    {"origins: https://a.example/\n",
     "f:1: origins: 'https://a.example/': an origin has no path, not even /; allowed is origins "
     "(https://HOST[:PORT], or null) with commas between\n"},
    {"proxy_from: [unix, 10.1.0.0/8]\n",
     "f:1: proxy_from: '10.1.0.0/8': bits behind its prefix length are set; allowed is addresses, "
     "prefixes (10.0.0.0/8) or unix, with commas between\n"},
    {"origins: []\n", "f:1: origins: value '': allowed is origins (https://HOST[:PORT], or null) "
                      "with commas between\n"},
    {"strict_utf8: yes\n", "f:1: strict_utf8: value 'yes': allowed is false or true\n"},
    {"strict_utf8: True\n",
     "f:1: strict_utf8: value 'True': allowed is false or true; did you mean 'true'?\n"},
    {"publishers_from: loopbak\n", "f:1: publishers_from: value 'loopbak': allowed is loopback or "
                                   "any; did you mean 'loopback'?\n"},
    {"log_level: info\n",
     "f:1: log_level: value 'info': allowed is error, warning, notice or debug\n"},
    {"listen_port: 65536\n",
     "f:1: listen_port: value '65536': allowed is a port from 0 to 65535\n"},
    {"listen: 5993\n", "f:1: listen: value '5993': allowed is " WHERE "\n"},
    {"listen: []\n", "f:1: listen: the list is empty; leave the line out\n"},
    {"listen:\n- ::1:5993\n- a:1:2\n- unix:\n- 'a b:1'\n- :5993\n- '[]:1'\n- a:070\n",
     "f:2: listen: value '::1:5993': allowed is " WHERE "\n"
     "f:3: listen: value 'a:1:2': allowed is " WHERE "\n"
     "f:4: listen.unix: value '': allowed is a path of 1 to 107 bytes\n"
     "f:5: listen: value 'a b:1': allowed is " WHERE "\n"
     "f:6: listen: value ':5993': allowed is " WHERE "\n"
     "f:7: listen: value '[]:1': allowed is " WHERE "\n"
     "f:8: listen: value 'a:070': allowed is " WHERE "\n"},
    {"listen:\n- {address: 'a:1', unix: /b}\n",
     "f:2: listen: both address and unix; one is allowed\n"},
    {"listen:\n- {}\n- {certt: x}\n",
     "f:2: listen: neither address nor unix; one of them is needed\n"
     "f:3: listen.certt: unknown name; did you mean 'cert'?\n"
     "f:3: listen: neither address nor unix; one of them is needed\n"},
    {"listen:\n- {address: 'a:1', cert: c}\n- {address: 'a:2', key: k}\n",
     "f:2: listen: cert without key; TLS needs both\n"
     "f:3: listen: key without cert; TLS needs both\n"},
    {"listen: {address: 'a:1', cert: /does/not/exist, key: ''}\n",
     "f:1: listen.key: value '': allowed is the name of a file\n"
     "f:1: listen: cert without key; TLS needs both\n"},
    {"listen: 5993\n", "f:1: listen: value '5993': allowed is " WHERE "\n"},
    {"listen:\n- {address: a, cert: c, key: k, client_auth: maybe}\n"
     "- {address: b, cert: c, key: k, client_auth: required}\n"
     "- {address: d, cert: c, key: k, client_ca: ca, client_auth: none}\n",
     "f:2: listen.client_auth: value 'maybe': allowed is none, optional or required\n"
     "f:2: listen: certificate c: No such file or directory\n"
     "f:3: listen: client_auth without client_ca\n"
     "f:4: listen: client_ca, but client_auth is none\n"},
    {"listen:\n- {address: a, certificates: {cert: c}}\n- {address: b, certificates: []}\n"
     "- {address: c, certificates: [{cert: c}, {crt: c}]}\n- {address: d, client_ca: ca}\n",
     "f:2: listen.certificates: allowed is a list of maps with cert and key\n"
     "f:3: listen.certificates: allowed is a list of maps with cert and key\n"
     "f:4: listen.certificates.crt: unknown name; did you mean 'cert'?\n"
     "f:2: listen: neither cert nor key; TLS needs both\n"
     "f:3: listen: neither cert nor key; TLS needs both\n"
     "f:4: listen: cert without key; TLS needs both\n"
     "f:5: listen: neither cert nor key; TLS needs both\n"},
    {"listen: {address: 'a:1', cert: /does/not/exist, key: k}\n",
     "f:1: listen: certificate /does/not/exist: No such file or directory\n"},
    {"listen:\n- a:1\n- b:1\n- a:1\n- a:0\n- a:0\n",
     "f:4: listen: ws://a:1/ws is listened on twice, see f:2\n"},
    {"ping_interval: 2min\n",
     "f:1: ping_interval: value '2min': allowed is a time below dead_time, which is 1min "
     "(default)\n"},
    {"ping_interval: 20s\ndead_time: 20s\n",
     "f:2: dead_time: value '20s': allowed is a time above ping_interval, which is 20s (f:1)\n"},
    {"- a\n", "f:1: allowed are lines `NAME: VALUE` only\n"},
    {"just text\n", "f:1: allowed are lines `NAME: VALUE` only\n"},
    {"? [a]\n: 3\n", "f:1: value is a list: allowed is a name before the ':'\n"},
    {"workers: 1\n---\nworkers: 2\n", "f:2: a second document; one is allowed\n"},
    {"workers: 1\n---", "f:2: a second document; one is allowed\n"},
    {"workers: 99\nx: 1\n y: 2\nz: 3\n",
     "f:3: not YAML: mapping values are not allowed in this context\n"
     "f:1: workers: value '99': allowed is a whole number from 0 to 63\n"
     "f:2: x: unknown name\n"},
    {"workers: 99\nlisten: [\n", "f:2: not YAML: did not find expected node content while parsing "
                                 "a flow node\n"
                                 "f:1: workers: value '99': allowed is a whole number from 0 to "
                                 "63\n"},
    {"workers: 1\nbacklog: \xff\n", "f:2: not YAML: invalid leading UTF-8 octet\n"},
    {"workers: *nobody\n", "f:1: not YAML: found undefined alias\n"},
    {"workers: 1\nlisten",
     "f:2: not YAML: could not find expected ':' while scanning a simple key\n"},
    {"? &w workers\n: 1\n*w : 2\n", "f:1: workers: was set already in line 1\n"},
    {"\"\\e[31m\": 1\n\"\\e[31m\": 2\n", "f:1: ?[31m: unknown name\n"
                                         "f:2: ?[31m: was set already in line 1\n"},
    {"&a listen: &b [*b]\n", "f:1: listen: value is a list: allowed is " WHERE "\n"},
};

Test(config, every_problem_of_a_file_is_told_with_its_line) {
    for (size_t i = 0; i < sizeof bad_files / sizeof bad_files[0]; i++)
        expect_told(bad_files[i].yaml, strlen(bad_files[i].yaml), bad_files[i].told);
}

/* `text` again and again, as much as a file may hold, between a beginning and an end. */
static char *flood(const char *begin, const char *text, const char *end) {
    char *all = malloc(CONFIG_MAX_BYTES + 1), *at = stpcpy(all, begin);
    size_t bytes = strlen(text);
    while ((size_t)(at - all) + bytes + strlen(end) <= CONFIG_MAX_BYTES) at = stpcpy(at, text);
    strcpy(at, end);
    return all;
}

#define MOST_CPU_S 20

/* Ends the process of a test, which has no other, once it has computed for so long. */
static void limit_cpu(void) {
    setrlimit(RLIMIT_CPU, &(struct rlimit){MOST_CPU_S, MOST_CPU_S});
}

/* Each would take minutes where the work grows with the square of the file. */
Test(config, a_bomb_is_refused_at_once, .init = limit_cpu) {
    static const struct {
        const char *begin, *text, *end, *told;
    } bombs[] = {
        {"listen: ", "[", "", "f:1: more than 16 lists and maps within each other\n"},
        {"listen: ", "{a: ", "", "f:1: more than 16 lists and maps within each other\n"},
        {"x: 1\n? ", "[", "", "f:2: more than 16 lists and maps within each other\n"},
        {"listen:\n", "- ", "", "f:2: more than 16 lists and maps within each other\n"},
        {"a: &a {address: 'b:1'}\nlisten: [", "*a,", "*a]\n", NULL},
        {"listen: [", "'a:0',", "]\n", "f:1: listen: too many listeners: allowed are 64\n"},
        {"feeds: [", "sim,", "sim]\n", "f:1: feeds: too many feeds: allowed are 64\n"},
    };
    for (size_t i = 0; i < sizeof bombs / sizeof bombs[0]; i++) {
        char *text = flood(bombs[i].begin, bombs[i].text, bombs[i].end);
        struct settings settings;
        char *told = read_bytes(&settings, text, strlen(text));
        if (bombs[i].told != NULL) cr_expect(eq(str, told, (char *)bombs[i].told));
        settings_fini(&settings);
        free(told);
        free(text);
    }
}

/* Many different names, or anchors: `format` is written with a number. */
static char *numbered(const char *begin, const char *format) {
    char *all = malloc(CONFIG_MAX_BYTES + 1), *at = stpcpy(all, begin);
    for (unsigned i = 0; at - all < CONFIG_MAX_BYTES - 32; i++) at += sprintf(at, format, i);
    return all;
}

Test(config, many_names_take_no_time, .init = limit_cpu) {
    struct settings settings;
    char *text = numbered("", "a%x: 1\n"), *told = read_bytes(&settings, text, strlen(text));
    cr_expect(strncmp(told, "f:1: a0: unknown name\n", 22) == 0);
    settings_fini(&settings);
    free(told);
    free(text);
    text = numbered("a:\n", "- &a%x b\n");
    expect_told(text, strlen(text), "f:258: more than 256 anchors\n");
    free(text);
    text = numbered("", "%%TAG !a%x! b\n");
    expect_told(text, strlen(text), "f:17: more than 16 directives\n");
    free(text);
    text = numbered("a: 1\n...\n", "%%TAG !a%x! b\n"); /* of a second document */
    expect_told(text, strlen(text), "f:19: more than 16 directives\n");
    free(text);
}

Test(config, a_zero_byte_in_the_file_is_told) {
    expect_told("workers: \0\n", 11, "f:1: not YAML: control characters are not allowed\n");
}

static const char good[] = "# all kinds\n"
                           "workers: 3\n"
                           "slow_memory: 5MiB\n"
                           "slow_time: 250ms\n"
                           "strict_utf8: true\n"
                           "publishers_from: any\n"
                           "log_level: \"debug\"\n"
                           "outbound_memory: 0\n"
                           "listen:\n"
                           "  - 127.0.0.1:5993\n"
                           "  - '[::1]:0'\n"
                           "  - unix:/run/t.sock\n"
                           "  - address: localhost:7000\n"
                           "  - unix: /run/u.sock\n";

Test(config, a_good_file_sets_what_it_says_and_where_from) {
    struct settings settings;
    char *told = read_bytes(&settings, good, strlen(good));
    cr_assert(eq(str, told, ""));
    free(told);
    cr_assert(eq(u32, settings.options.workers, 3));
    cr_assert(eq(u64, settings.options.slow_memory, 5 * TICKCAST_MIB));
    cr_assert(eq(u32, settings.options.slow_time_ms, 250));
    cr_assert(settings.options.strict_utf8);
    cr_assert(settings.options.publishers_from == TICKCAST_PEERS_ANY);
    cr_assert(settings.options.subscribers_from == TICKCAST_PEERS_ANY);
    cr_assert(eq(int, settings.options.log_level, 3));
    cr_assert(eq(u32, settings.origins[OPTION_AT_slow_time].line, 4));
    cr_assert(settings.origins[OPTION_AT_backlog].source == FROM_DEFAULT);
    cr_assert(eq(u32, settings.listener_count, 5));
    static const char *const urls[] = {"ws://127.0.0.1:5993/ws", "ws://[::1]:0/ws",
                                       "unix:/run/t.sock", "ws://localhost:7000/ws",
                                       "unix:/run/u.sock"};
    for (int i = 0; i < 5; i++) {
        char url[LISTEN_URL_BYTES];
        const struct listen_setting *listener = &settings.listeners[i];
        cr_expect(eq(str, (char *)listen_url(listener, listener->port, url), (char *)urls[i]));
        cr_expect(eq(u32, listener->origin.line, 10 + i));
    }
    settings_fini(&settings);
}

Test(config, without_a_listener_this_host_alone_may_subscribe) {
    struct settings settings;
    char *told = read_bytes(&settings, "# nothing\n", 10);
    cr_assert(eq(str, told, ""));
    free(told);
    cr_assert(eq(u32, settings.listener_count, 1));
    cr_assert(eq(str, settings.listeners[0].host, "0.0.0.0"));
    cr_assert(eq(int, settings.listeners[0].port, LISTEN_PORT));
    cr_assert(settings.options.subscribers_from == TICKCAST_PEERS_LOOPBACK);
    settings_fini(&settings);

    free(read_bytes(&settings, "subscribers_from: any\n", 22));
    cr_assert(settings.options.subscribers_from == TICKCAST_PEERS_ANY);
    settings_fini(&settings);
}

Test(config, the_port_of_marketstore_is_a_listener) {
    struct settings settings;
    free(read_bytes(&settings, "listen_port: 6000\n", 18));
    cr_assert(eq(u32, settings.listener_count, 1));
    cr_assert(eq(int, settings.listeners[0].port, 6000));
    cr_assert(settings.options.subscribers_from == TICKCAST_PEERS_ANY);
    settings_fini(&settings);
}

Test(config, a_file_that_cannot_be_read_is_told) {
    char *told = NULL;
    size_t bytes = 0;
    FILE *out = open_memstream(&told, &bytes);
    struct settings settings;
    settings_init(&settings);
    static const char *const files[] = {"/does/not/exist", "/tmp", "/dev/zero"};
    for (int i = 0; i < 3; i++) {
        settings.file = files[i];
        struct problems problems = {.out = out, .file = files[i]};
        config_load(&settings, &problems);
        cr_expect(eq(u32, problems.count, 1));
    }
    fclose(out);
    cr_assert(eq(str, told,
                 "/does/not/exist: cannot be read: No such file or directory\n"
                 "/tmp: cannot be read: Is a directory\n"
                 "/dev/zero: is longer than 1048576 bytes\n"));
    free(told);
    settings_fini(&settings);
}

Test(config, a_text_may_be_a_list_of_texts) {
    static const char yaml[] = "origins:\n  - https://a.example\n  - \"null\"\n"
                               "tls_ticket_file: keys\n";
    struct settings settings;
    char *told = read_bytes(&settings, yaml, sizeof yaml - 1);
    cr_expect(eq(str, told, (char *)""));
    cr_expect(eq(str, (char *)settings.options.origins, (char *)"https://a.example,null"));
    cr_expect(eq(str, (char *)settings.options.tls_ticket_file, (char *)"keys"));
    cr_expect(settings.options.proxy_from == NULL);
    free(told);
    settings_fini(&settings);
}

Test(config, a_tls_listener_has_certificates_and_asks_for_those_of_its_clients) {
    static const char yaml[] =
        "listen:\n"
        "- {address: a, certificates: [{cert: c, key: k}, {cert: d, key: l}], client_ca: ca}\n"
        "- {cert: c, key: k, certificates: [{cert: d, key: l}], address: b}\n"
        "- {address: 'c:5994'}\n";
    struct settings settings;
    free(read_bytes(&settings, yaml, sizeof yaml - 1)); /* the files do not exist */
    for (unsigned i = 0; i < 2; i++) {
        const struct listen_tls *tls = settings.listeners[i].tls;
        cr_assert(eq(u16, settings.listeners[i].port, 5994));
        cr_assert(eq(u32, tls->count, 2));
        cr_expect(eq(str, tls->certificates[0].cert, (char *)"c"));
        cr_expect(eq(str, tls->certificates[1].key, (char *)"l"));
    }
    cr_expect(settings.listeners[0].tls->client_auth == TICKCAST_CLIENT_AUTH_REQUIRED);
    cr_expect(eq(str, settings.listeners[0].tls->client_ca, (char *)"ca"));
    cr_expect(settings.listeners[1].tls->client_auth == TICKCAST_CLIENT_AUTH_NONE);
    cr_expect(settings.listeners[2].tls == NULL);
    settings_fini(&settings);
}
