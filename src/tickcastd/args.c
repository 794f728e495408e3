#include "tickcastd/args.h"

#include <string.h>

#include "base/nearest.h"

#define FLAG_BYTES 64 /* longer flags are unknown */
#define DEMO_FEED  "sim,name=demo"

/* The flags of ARGS_FLAGS by their place in it. */
enum flag {
    FLAG_CONFIG,
    FLAG_LISTEN,
    FLAG_LISTEN_UNIX,
    FLAG_LISTEN_TLS,
    FLAG_CERT,
    FLAG_KEY,
    FLAG_CLIENT_CA,
    FLAG_CLIENT_AUTH,
    FLAG_DEMO,
    FLAG_FEED,
    FLAG_CHECK,
    FLAG_JSON,
    FLAG_VERSION,
    FLAG_HELP,
    FLAG_HELP_CONFIG,
    FLAG_COUNT
};

#define FLAG_NAME(name, value, sentence) name,
static const char *const flag_names[] = {ARGS_FLAGS(FLAG_NAME)};
_Static_assert(sizeof flag_names / sizeof flag_names[0] == FLAG_COUNT, "enum flag is ARGS_FLAGS");

static const struct origin here = {FROM_COMMAND_LINE, 0};

struct parser {
    int argc;
    char **argv;
    int at; /* the argument that is read */
    struct args *args;
    struct settings *settings;
    struct problems *problems;
    const char *certs[TICKCAST_CERTIFICATES_MAX], *keys[TICKCAST_CERTIFICATES_MAX];
    unsigned cert_count, key_count;
    const char *client_ca, *client_auth;
    char names[FLAG_COUNT + SETTING_COUNT][SETTINGS_TEXT_BYTES]; /* as they are written */
    const char *known[FLAG_COUNT + SETTING_COUNT + 1];
};

static void name_flags(struct parser *parser) {
    for (unsigned i = 0; i < FLAG_COUNT + SETTING_COUNT; i++) {
        parser->known[i] =
            i < FLAG_COUNT ? flag_names[i] : setting_flag(i - FLAG_COUNT, parser->names[i]);
    }
}

static void add_listener(struct parser *parser, enum flag flag, const char *text) {
    struct listen_setting listener = {.origin = here};
    bool is_path = flag == FLAG_LISTEN_UNIX;
    int result = is_path ? listen_parse_path(text, &listener) : listen_parse(text, &listener);
    if (result < 0) {
        problems_value(parser->problems, &here, flag_names[flag], text,
                       is_path ? LISTEN_PATH_ALLOWED : LISTEN_ALLOWED, NULL);
        return;
    }
    if (flag == FLAG_LISTEN_TLS) listen_with_tls(&listener); /* its files may follow */
    settings_listen(parser->settings, &listener);
}

static void take_file(struct parser *parser, unsigned flag, const char *value, const char **files,
                      unsigned *count) {
    if (*count < TICKCAST_CERTIFICATES_MAX)
        files[(*count)++] = value;
    else
        problems_add(parser->problems, &here, flag_names[flag], "more than %d of them",
                     TICKCAST_CERTIFICATES_MAX);
}

static void take_value(struct parser *parser, unsigned number, const char *value) {
    switch (number) {
    case FLAG_CONFIG:
        parser->settings->file = value;
        break;
    case FLAG_LISTEN:
    case FLAG_LISTEN_UNIX:
    case FLAG_LISTEN_TLS:
        add_listener(parser, number, value);
        break;
    case FLAG_CERT:
        take_file(parser, number, value, parser->certs, &parser->cert_count);
        break;
    case FLAG_KEY:
        take_file(parser, number, value, parser->keys, &parser->key_count);
        break;
    case FLAG_CLIENT_CA:
        parser->client_ca = value;
        break;
    case FLAG_CLIENT_AUTH:
        parser->client_auth = value;
        break;
    case FLAG_FEED:
        feeds_parse(parser->settings, value, &here, parser->problems);
        break;
    default:
        setting_read(parser->settings, number - FLAG_COUNT, value, &here, parser->problems);
    }
}

/* The place of a switch among the answers, NULL for a flag that has a value. */
static bool *switch_of(struct args *args, unsigned number) {
    switch (number) {
    case FLAG_DEMO:
        return &args->demo;
    case FLAG_CHECK:
        return &args->check;
    case FLAG_JSON:
        return &args->json;
    case FLAG_VERSION:
        return &args->version;
    case FLAG_HELP:
        return &args->help;
    case FLAG_HELP_CONFIG:
        return &args->help_config;
    default:
        return NULL;
    }
}

static void take_flag(struct parser *parser, unsigned number, const char *value) {
    bool *asked = switch_of(parser->args, number);
    if (asked != NULL) {
        *asked = true;
        if (value != NULL)
            problems_add(parser->problems, &here, parser->known[number], "takes no value");
        return;
    }
    if (value == NULL && parser->at + 1 < parser->argc) value = parser->argv[++parser->at];
    if (value == NULL)
        problems_add(parser->problems, &here, parser->known[number], "needs a value");
    else
        take_value(parser, number, value);
}

static void take_argument(struct parser *parser, const char *argument) {
    if (strcmp(argument, "-c") == 0) argument = "--config";
    if (strcmp(argument, "-h") == 0 || strcmp(argument, "help") == 0) argument = "--help";
    const char *equals = strchr(argument, '=');
    size_t bytes = equals != NULL ? (size_t)(equals - argument) : strlen(argument);
    char name[FLAG_BYTES] = "";
    if (strncmp(argument, "--", 2) == 0 && bytes - 2 < FLAG_BYTES)
        memcpy(name, argument + 2, bytes - 2);
    for (unsigned i = 0; *name != '\0' && parser->known[i] != NULL; i++) {
        if (strcmp(parser->known[i], name) != 0) continue;
        take_flag(parser, i, equals != NULL ? equals + 1 : NULL);
        return;
    }
    /* what follows was probably meant to be its value */
    const char *next = parser->at + 1 < parser->argc ? parser->argv[parser->at + 1] : "-";
    if (*name != '\0' && equals == NULL && *next != '-') parser->at++;
    const char *word = *name != '\0' ? name : argument + strspn(argument, "-");
    const char *meant = nearest(word, parser->known);
    problems_add(parser->problems, &here, NULL, "unknown argument '%s'%s%s%s", argument,
                 meant != NULL ? "; did you mean '--" : "", meant != NULL ? meant : "",
                 meant != NULL ? "'?" : "");
}

static void certify(const struct parser *parser, struct listen_setting *listener) {
    struct listen_tls *tls = listen_with_tls(listener);
    tls->count = parser->cert_count;
    for (unsigned i = 0; i < tls->count; i++)
        tls->certificates[i] =
            (struct listen_certificate){text_copy(parser->certs[i]), text_copy(parser->keys[i])};
    if (parser->client_ca != NULL) tls->client_ca = text_copy(parser->client_ca);
    if (parser->client_auth != NULL)
        listen_read_auth(tls, parser->client_auth, &here, flag_names[FLAG_CLIENT_AUTH],
                         parser->problems);
}

/* The same files for all --listen-tls. */
static void certify_all(struct parser *parser) {
    const bool whole = parser->cert_count > 0 && parser->cert_count == parser->key_count;
    bool used = false;
    for (uint32_t i = 0; i < parser->settings->listener_count; i++) {
        struct listen_setting *listener = &parser->settings->listeners[i];
        if (listener->tls == NULL) continue;
        used = true;
        if (whole) certify(parser, listener);
    }
    const char *const given[] = {parser->cert_count > 0 ? "cert" : NULL,
                                 parser->key_count > 0 ? "key" : NULL,
                                 parser->client_ca != NULL ? "client-ca" : NULL,
                                 parser->client_auth != NULL ? "client-auth" : NULL};
    if (used && !whole)
        problems_add(parser->problems, &here, "listen-tls",
                     "needs --cert FILE and --key FILE, as many of the one as of the other");
    for (size_t i = 0; !used && i < sizeof given / sizeof given[0]; i++) {
        if (given[i] == NULL) continue;
        problems_add(parser->problems, &here, given[i], "is for --listen-tls only");
        break;
    }
}

void args_parse(int argc, char **argv, struct args *args, struct settings *settings,
                struct problems *problems) {
    struct parser parser = {
        .argc = argc, .argv = argv, .args = args, .settings = settings, .problems = problems};
    *args = (struct args){.check = false};
    name_flags(&parser);
    for (parser.at = 1; parser.at < argc; parser.at++) take_argument(&parser, argv[parser.at]);
    certify_all(&parser);
    if (args->demo) feeds_parse(settings, DEMO_FEED, &here, problems);
}
