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
    const char *cert, *key;
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
    /* "" stands for the certificate until all flags are read: it may follow. */
    if (flag == FLAG_LISTEN_TLS) listener.cert = text_copy("");
    settings_listen(parser->settings, &listener);
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
        parser->cert = value;
        break;
    case FLAG_KEY:
        parser->key = value;
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

/* One certificate and key for all --listen-tls. */
static void certify(struct parser *parser) {
    bool used = false;
    for (uint32_t i = 0; i < parser->settings->listener_count; i++) {
        struct listen_setting *listener = &parser->settings->listeners[i];
        if (listener->cert == NULL) continue;
        used = true;
        listen_certify(listener, parser->cert, parser->key);
    }
    if (used && (parser->cert == NULL || parser->key == NULL))
        problems_add(parser->problems, &here, "listen-tls", "needs --cert FILE and --key FILE");
    if (!used && (parser->cert != NULL || parser->key != NULL))
        problems_add(parser->problems, &here, parser->cert != NULL ? "cert" : "key",
                     "is for --listen-tls only");
}

void args_parse(int argc, char **argv, struct args *args, struct settings *settings,
                struct problems *problems) {
    struct parser parser = {
        .argc = argc, .argv = argv, .args = args, .settings = settings, .problems = problems};
    *args = (struct args){.check = false};
    name_flags(&parser);
    for (parser.at = 1; parser.at < argc; parser.at++) take_argument(&parser, argv[parser.at]);
    certify(&parser);
    if (args->demo) feeds_parse(settings, DEMO_FEED, &here, problems);
}
