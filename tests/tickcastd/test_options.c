#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdlib.h>
#include <string.h>

#include "tickcast/tickcast.h"
#include "tickcastd/args.h"
#include "tickcastd/config.h"

#define ARGS_MAX 16

struct outcome {
    struct settings settings;
    struct args args;
    char *told;
};

/* Reads a command line, words between single spaces, and then perhaps a file. */
static struct outcome parse(const char *line, const char *yaml) {
    static char words[512];
    snprintf(words, sizeof words, "tickcastd %s", line);
    char *argv[ARGS_MAX + 1];
    int argc = 0;
    for (char *word = strtok(words, " "); word != NULL; word = strtok(NULL, " "))
        argv[argc++] = word;
    argv[argc] = NULL;
    struct outcome outcome = {.told = NULL};
    size_t bytes = 0;
    FILE *out = open_memstream(&outcome.told, &bytes);
    struct problems problems = {.out = out, .file = "f"};
    settings_init(&outcome.settings);
    args_parse(argc, argv, &outcome.args, &outcome.settings, &problems);
    if (yaml != NULL) config_read(&outcome.settings, yaml, strlen(yaml), &problems);
    if (yaml != NULL) settings_complete(&outcome.settings, &problems);
    fclose(out);
    return outcome;
}

static void release(struct outcome *outcome) {
    free(outcome->told);
    settings_fini(&outcome->settings);
}

Test(options, every_option_has_a_flag_that_takes_its_default) {
    struct tickcast_options standard;
    tickcast_options_init(&standard);
    for (unsigned i = 0; i < SETTING_COUNT; i++) {
        char line[256], value[SETTINGS_TEXT_BYTES];
        snprintf(line, sizeof line, "--%s=%s", setting_name(i), setting_text(&standard, i, value));
        for (char *c = line; *c != '='; c++)
            if (*c == '_') *c = '-';
        struct outcome outcome = parse(line, NULL);
        cr_expect(eq(str, outcome.told, ""), "%s", line);
        cr_expect(outcome.settings.origins[i].source == FROM_COMMAND_LINE, "%s", line);
        release(&outcome);
    }
}

Test(options, every_mistake_of_a_command_line_is_told) {
    static const struct {
        const char *line, *told;
    } rows[] = {
        {"--wrkers 2 --check",
         "command line: unknown argument '--wrkers'; did you mean '--workers'?\n"},
        {"\x1b[31m", "command line: unknown argument '\\x1b[31m'\n"},
        {"-x file", "command line: unknown argument '-x'\n"
                    "command line: unknown argument 'file'\n"},
        {"--workers", "command line: --workers: needs a value\n"},
        {"--check=yes", "command line: --check: takes no value\n"},
        {"--slow_memory 1MiB",
         "command line: unknown argument '--slow_memory'; did you mean '--slow-memory'?\n"},
        {"--slow-time 5 --workers 99",
         "command line: --slow-time: value '5': allowed is a time from 100ms to 1h in ms, s, min "
         "or h; did you mean '5s'?\n"
         "command line: --workers: value '99': allowed is a whole number from 0 to 63\n"},
        {"--listen now/here",
         "command line: --listen: value 'now/here': allowed is HOST[:PORT] with a port from 0 to "
         "65535 and an IPv6 address in brackets, or unix:PATH with a path of 1 to 107 bytes\n"},
        {"--listen-tls a:1 --cert c",
         "command line: --listen-tls: needs --cert FILE and --key FILE, as many of the one as of "
         "the other\n"},
        {"--listen-tls a:1 --cert c --key k --cert d",
         "command line: --listen-tls: needs --cert FILE and --key FILE, as many of the one as of "
         "the other\n"},
        {"--listen-tls a --cert c --key k --client-auth yes",
         "command line: --client-auth: value 'yes': allowed is none, optional or required\n"},
        {"--listen a --client-ca c", "command line: --client-ca: is for --listen-tls only\n"},
        {"--listen a:1 --cert c --key k", "command line: --cert: is for --listen-tls only\n"},
        {"--", "command line: unknown argument '--'\n"},
        {"-", "command line: unknown argument '-'\n"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct outcome outcome = parse(rows[i].line, NULL);
        cr_expect(eq(str, outcome.told, (char *)rows[i].told), "%s", rows[i].line);
        release(&outcome);
    }
}

Test(options, the_command_line_stands_against_the_file) {
    struct outcome outcome =
        parse("--workers 5 --listen-unix /a --listen b:0", "workers: 6\nbacklog: 7\nlisten: c:1\n");
    cr_assert(eq(str, outcome.told, ""));
    cr_assert(eq(u32, outcome.settings.options.workers, 5));
    cr_assert(eq(u32, outcome.settings.options.backlog, 7));
    cr_assert(eq(u32, outcome.settings.listener_count, 2));
    cr_assert(eq(str, outcome.settings.listeners[0].unix_path, "/a"));
    cr_assert(eq(str, outcome.settings.listeners[1].host, "b"));
    release(&outcome);
}

Test(options, a_value_of_the_file_is_checked_even_where_the_command_line_stands_against_it) {
    struct outcome outcome = parse("--workers 5", "workers: 64\n");
    cr_assert(eq(str, outcome.told,
                 "f:1: workers: value '64': allowed is a whole number from 0 to 63\n"));
    release(&outcome);
}

Test(options, one_certificate_serves_all_tls_listeners) {
    struct outcome outcome =
        parse("--listen-tls a:1 --cert c --listen b:2 --listen-tls d:3 --key k", NULL);
    cr_assert(eq(str, outcome.told, ""));
    cr_assert(eq(str, outcome.settings.listeners[0].tls->certificates[0].cert, "c"));
    cr_assert(eq(str, outcome.settings.listeners[2].tls->certificates[0].key, "k"));
    cr_assert(outcome.settings.listeners[1].tls == NULL);
    release(&outcome);
}

Test(options, the_nth_key_is_that_of_the_nth_certificate) {
    struct outcome outcome = parse("--key k --cert c --cert d --listen-tls a --key l "
                                   "--client-ca ca --client-auth optional",
                                   NULL);
    cr_assert(eq(str, outcome.told, ""));
    const struct listen_tls *tls = outcome.settings.listeners[0].tls;
    cr_assert(eq(u32, tls->count, 2));
    cr_assert(eq(str, tls->certificates[0].cert, "c"));
    cr_assert(eq(str, tls->certificates[0].key, "k"));
    cr_assert(eq(str, tls->certificates[1].cert, "d"));
    cr_assert(eq(str, tls->certificates[1].key, "l"));
    cr_assert(eq(str, tls->client_ca, "ca"));
    cr_assert(tls->client_auth == TICKCAST_CLIENT_AUTH_OPTIONAL);
    release(&outcome);
}

Test(options, a_listener_without_a_port_has_the_usual_one) {
    struct outcome outcome = parse("--listen a --listen-tls b --listen [::1] --listen-tls [::1]:7 "
                                   "--cert c --key k",
                                   NULL);
    cr_assert(eq(str, outcome.told, ""));
    static const uint16_t ports[] = {5993, 5994, 5993, 7};
    for (unsigned i = 0; i < 4; i++)
        cr_assert(eq(u16, outcome.settings.listeners[i].port, ports[i]));
    release(&outcome);
}

Test(options, flags_that_are_no_settings_are_told_to_the_caller) {
    struct outcome outcome = parse("-c file --check --json", NULL);
    cr_assert(eq(str, outcome.told, ""));
    cr_assert(eq(str, (char *)outcome.settings.file, "file"));
    cr_assert(outcome.args.check);
    cr_assert(outcome.args.json);
    cr_assert(not(outcome.args.version));
    release(&outcome);
}
