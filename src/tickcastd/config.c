#include "tickcastd/config.h"

#include <err.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/units.h"
#include "tickcastd/reader.h"

static void read_address(struct reader *reader, const yaml_node_t *node,
                         struct listen_setting *listener, const char *name) {
    const char *text = reader_text(reader, node, name, LISTEN_ALLOWED);
    struct origin origin = reader_origin(node);
    if (text != NULL && listen_parse(text, listener) < 0)
        problems_value(reader->problems, &origin, name, text, LISTEN_ALLOWED, NULL);
}

static void read_file_name(struct reader *reader, const yaml_node_t *node, const char *name,
                           char **file) {
    const char *text = reader_text(reader, node, name, "the name of a file");
    struct origin origin = reader_origin(node);
    if (text != NULL && *text == '\0')
        problems_value(reader->problems, &origin, name, text, "the name of a file", NULL);
    else if (text != NULL)
        *file = text_copy(text);
}

static void read_path(struct reader *reader, const yaml_node_t *node,
                      struct listen_setting *listener) {
    const char *text = reader_text(reader, node, "listen.unix", LISTEN_PATH_ALLOWED);
    struct origin origin = reader_origin(node);
    if (text != NULL && listen_parse_path(text, listener) < 0)
        problems_value(reader->problems, &origin, "listen.unix", text, LISTEN_PATH_ALLOWED, NULL);
}

static void visit_certificate(struct reader *reader, void *arg, const char *name,
                              const yaml_node_t *key, yaml_node_t *value) {
    static const char *const known[] = {"cert", "key", NULL};
    struct listen_certificate *certificate = arg;
    if (strcmp(name, "cert") == 0)
        read_file_name(reader, value, "listen.certificates.cert", &certificate->cert);
    else if (strcmp(name, "key") == 0)
        read_file_name(reader, value, "listen.certificates.key", &certificate->key);
    else
        reader_report_unknown(reader, key, "listen.certificates.", name, known);
}

/* Further certificates, behind the place of cert and key. */
static void read_certificates(struct reader *reader, const yaml_node_t *node,
                              struct listen_tls *tls) {
    static const char name[] = "listen.certificates",
                      allowed[] = "a list of maps with cert and key";
    struct origin origin = reader_origin(node);
    const yaml_node_item_t *item = node->data.sequence.items.start;
    if (node->type != YAML_SEQUENCE_NODE || item == node->data.sequence.items.top) {
        problems_add(reader->problems, &origin, name, "allowed is %s", allowed);
        return;
    }
    for (; item < node->data.sequence.items.top; item++) {
        const yaml_node_t *map = yaml_document_get_node(reader->document, *item);
        origin = reader_origin(map);
        if (map->type != YAML_MAPPING_NODE) {
            problems_add(reader->problems, &origin, name, "allowed is %s", allowed);
        } else if (tls->count == TICKCAST_CERTIFICATES_MAX) {
            problems_add(reader->problems, &origin, name, "more than %d of them",
                         TICKCAST_CERTIFICATES_MAX - 1);
            return;
        } else {
            reader_each_pair(reader, map, &tls->certificates[tls->count++], visit_certificate);
        }
    }
}

/* TLS of a listener that is read; the first place is that of cert and key. */
static struct listen_tls *tls_of(struct listen_setting *listener) {
    struct listen_tls *tls = listen_with_tls(listener);
    if (tls->count == 0) tls->count = 1;
    return tls;
}

/* Takes what belongs to TLS; false for another name. */
static bool visit_tls(struct reader *reader, struct listen_setting *listener, const char *name,
                      const yaml_node_t *value) {
    if (strcmp(name, "cert") == 0) {
        read_file_name(reader, value, "listen.cert", &tls_of(listener)->certificates[0].cert);
    } else if (strcmp(name, "key") == 0) {
        read_file_name(reader, value, "listen.key", &tls_of(listener)->certificates[0].key);
    } else if (strcmp(name, "certificates") == 0) {
        read_certificates(reader, value, tls_of(listener));
    } else if (strcmp(name, "client_ca") == 0) {
        read_file_name(reader, value, "listen.client_ca", &tls_of(listener)->client_ca);
    } else if (strcmp(name, "client_auth") == 0) {
        struct origin origin = reader_origin(value);
        const char *text = reader_text(reader, value, "listen.client_auth", LISTEN_AUTH_ALLOWED);
        if (text != NULL)
            listen_read_auth(tls_of(listener), text, &origin, "listen.client_auth",
                             reader->problems);
    } else {
        return false;
    }
    return true;
}

static void visit_listen(struct reader *reader, void *arg, const char *name, const yaml_node_t *key,
                         yaml_node_t *value) {
    static const char *const known[] = {"address",      "unix",      "cert",        "key",
                                        "certificates", "client_ca", "client_auth", NULL};
    struct listen_setting *listener = arg;
    if (visit_tls(reader, listener, name, value)) return;
    if (strcmp(name, "address") == 0 || strcmp(name, "unix") == 0) {
        struct origin origin = reader_origin(key);
        if (listener->host != NULL || listener->unix_path != NULL)
            problems_add(reader->problems, &origin, "listen",
                         "both address and unix; one is allowed");
        else if (*name == 'a')
            read_address(reader, value, listener, "listen.address");
        else
            read_path(reader, value, listener);
    } else {
        reader_report_unknown(reader, key, "listen.", name, known);
    }
}

static bool has_place(struct reader *reader, const yaml_node_t *map) {
    const yaml_node_pair_t *pair = map->data.mapping.pairs.start;
    for (; pair < map->data.mapping.pairs.top; pair++) {
        const yaml_node_t *key = yaml_document_get_node(reader->document, pair->key);
        if (key->type != YAML_SCALAR_NODE) continue;
        const char *name = (const char *)key->data.scalar.value;
        if (strcmp(name, "address") == 0 || strcmp(name, "unix") == 0) return true;
    }
    return false;
}

static void read_listener(struct reader *reader, const yaml_node_t *node) {
    struct listen_setting listener = {.origin = reader_origin(node)};
    if (node->type != YAML_MAPPING_NODE) {
        read_address(reader, node, &listener, "listen");
    } else {
        reader_each_pair(reader, node, &listener, visit_listen);
        if (!has_place(reader, node))
            problems_add(reader->problems, &listener.origin, "listen",
                         "neither address nor unix; one of them is needed");
    }
    if (listener.host != NULL || listener.unix_path != NULL)
        settings_listen(reader->settings, &listener);
    else
        listen_fini(&listener);
}

static void read_listeners(struct reader *reader, const yaml_node_t *node) {
    if (node->type != YAML_SEQUENCE_NODE) {
        read_listener(reader, node);
        return;
    }
    const yaml_node_item_t *item = node->data.sequence.items.start;
    struct origin origin = reader_origin(node);
    if (item == node->data.sequence.items.top)
        problems_add(reader->problems, &origin, "listen", "the list is empty; leave the line out");
    /* an alias costs two bytes: what is beyond the limit is not read, one more tells of it */
    for (; item < node->data.sequence.items.top && reader->settings->listener_count <= LISTEN_MAX;
         item++)
        read_listener(reader, yaml_document_get_node(reader->document, *item));
}

/* MarketStore's name for its only listener. */
static void read_listen_port(struct reader *reader, const yaml_node_t *node) {
    static const char allowed[] = "a port from 0 to 65535";
    const char *text = reader_text(reader, node, "listen_port", allowed);
    struct listen_setting listener = {.origin = reader_origin(node)};
    uint64_t port;
    if (text == NULL) return;
    if (!units_parse(UNITS_COUNT, text, &port) || port > UINT16_MAX) {
        problems_value(reader->problems, &listener.origin, "listen_port", text, allowed, NULL);
        return;
    }
    listener.host = text_copy("0.0.0.0");
    listener.port = (uint16_t)port;
    settings_listen(reader->settings, &listener);
}

/* A list of texts becomes one with commas between; NULL, and reported, if it is something else. */
static char *join_list(struct reader *reader, const yaml_node_t *list, const char *name,
                       const char *allowed) {
    char joined[TICKCAST_TEXT_BYTES + 2];
    size_t used = 0;
    const yaml_node_item_t *item = list->data.sequence.items.start;
    for (; item < list->data.sequence.items.top && used < sizeof joined; item++) {
        const yaml_node_t *node = yaml_document_get_node(reader->document, *item);
        const char *text = reader_text(reader, node, name, allowed);
        if (text == NULL) return NULL;
        used += (size_t)snprintf(joined + used, sizeof joined - used, "%s%s", used > 0 ? "," : "",
                                 text);
    }
    return text_copy(used > 0 ? joined : ""); /* one that was cut is too long, and so refused */
}

static void read_setting(struct reader *reader, unsigned number, const yaml_node_t *key,
                         const yaml_node_t *value) {
    char allowed[SETTINGS_TEXT_BYTES];
    struct origin origin = reader_origin(key);
    const char *name = setting_name(number);
    setting_allowed(number, allowed);
    if (setting_is_list(number) && value->type == YAML_SEQUENCE_NODE) {
        char *joined = join_list(reader, value, name, allowed);
        if (joined != NULL)
            setting_read(reader->settings, number, joined, &origin, reader->problems);
        free(joined);
        return;
    }
    const char *text = reader_text(reader, value, name, allowed);
    if (text != NULL) setting_read(reader->settings, number, text, &origin, reader->problems);
}

static void read_core_dumps(struct reader *reader, const yaml_node_t *node) {
    static const char allowed[] = "false or true";
    const char *text = reader_text(reader, node, "core_dumps", allowed);
    const struct origin origin = reader_origin(node);
    if (text == NULL) return;
    reader->settings->core_dumps = strcmp(text, "true") == 0;
    if (!reader->settings->core_dumps && strcmp(text, "false") != 0)
        problems_value(reader->problems, &origin, "core_dumps", text, allowed, NULL);
}

static void visit_top(struct reader *reader, void *arg, const char *name, const yaml_node_t *key,
                      yaml_node_t *value) {
    (void)arg;
    int number = settings_find(name);
    if (number >= 0) {
        read_setting(reader, (unsigned)number, key, value);
    } else if (strcmp(name, "listen") == 0) {
        read_listeners(reader, value);
    } else if (strcmp(name, "listen_port") == 0) {
        read_listen_port(reader, value);
    } else if (strcmp(name, "core_dumps") == 0) {
        read_core_dumps(reader, value);
    } else if (strcmp(name, "feeds") == 0) {
        reader_feeds(reader, value);
    } else {
        reader_report_unknown(reader, key, "", name, settings_names());
    }
}

/* Bytes of the line break at `at`, 0 if there is none: YAML has more than the usual ones. */
static size_t break_bytes(const char *at, size_t left) {
    static const char *const breaks[] = {"\r\n",     "\n",           "\r",
                                         "\xc2\x85", "\xe2\x80\xa8", "\xe2\x80\xa9"};
    for (size_t i = 0; i < sizeof breaks / sizeof breaks[0]; i++) {
        size_t bytes = strlen(breaks[i]);
        if (bytes <= left && memcmp(at, breaks[i], bytes) == 0) return bytes;
    }
    return 0;
}

static unsigned last_line(const char *text, size_t bytes) {
    unsigned line = 1;
    for (size_t at = 0; at < bytes;) {
        size_t end = break_bytes(text + at, bytes - at);
        at += end > 0 ? end : 1;
        line += end > 0 && at < bytes;
    }
    return line;
}

/* The line of an error of YAML itself, from 1. */
static unsigned line_of(const yaml_parser_t *parser, const char *text, size_t bytes) {
    unsigned line = (unsigned)parser->problem_mark.line + 1, last = last_line(text, bytes);
    if (parser->error != YAML_READER_ERROR)
        return line < last ? line : last; /* at the end libyaml names the line after it */
    line = 1;                             /* a wrong character: only its offset is known */
    for (size_t i = 0; i < parser->problem_offset; i++) line += text[i] == '\n';
    return line;
}

static void report_yaml(const yaml_parser_t *parser, const char *text, size_t bytes,
                        struct problems *problems) {
    struct origin origin = {FROM_FILE, line_of(parser, text, bytes)};
    problems_add(problems, &origin, NULL, "not YAML: %s%s%s",
                 parser->problem != NULL ? parser->problem : "no memory",
                 parser->context != NULL ? " " : "",
                 parser->context != NULL ? parser->context : "");
}

/* Visits the root of a document; false for an empty one. */
static bool read_document(struct reader *reader, yaml_document_t *document, bool first) {
    reader->document = document;
    yaml_node_t *root = yaml_document_get_root_node(document);
    if (root == NULL) return false;
    struct origin origin = reader_origin(root);
    const struct origin begin = {FROM_FILE, (unsigned)document->start_mark.line + 1};
    bool empty = root->type == YAML_SCALAR_NODE && root->data.scalar.length == 0;
    if (!first) /* what is in it may begin behind the file */
        problems_add(reader->problems, &begin, NULL, "a second document; one is allowed");
    else if (root->type == YAML_MAPPING_NODE)
        reader_each_pair(reader, root, NULL, visit_top);
    else if (!empty)
        problems_add(reader->problems, &origin, NULL, "allowed are lines `NAME: VALUE` only");
    return true;
}

/* Reads a whole text. Returns 0 if its first document could be read, else the line of the error; an
 * error is reported if `told`. */
static unsigned read_text(struct reader *reader, const char *text, size_t bytes, bool told) {
    yaml_parser_t parser;
    yaml_document_t document;
    if (!yaml_parser_initialize(&parser)) err(1, "no memory");
    yaml_parser_set_input_string(&parser, (const unsigned char *)text, bytes);
    unsigned line = 0;
    bool more = true;
    for (bool first = true; more; first = false) {
        if (yaml_parser_load(&parser, &document) != 1) {
            if (told) report_yaml(&parser, text, bytes, reader->problems);
            if (first) line = line_of(&parser, text, bytes);
            break;
        }
        more = read_document(reader, &document, first) && first;
        yaml_document_delete(&document);
    }
    yaml_parser_delete(&parser);
    return line;
}

static bool has_anchor(const yaml_event_t *event) {
    return (event->type == YAML_SCALAR_EVENT && event->data.scalar.anchor != NULL) ||
           (event->type == YAML_SEQUENCE_START_EVENT &&
            event->data.sequence_start.anchor != NULL) ||
           (event->type == YAML_MAPPING_START_EVENT && event->data.mapping_start.anchor != NULL);
}

/* Whether there are too many directives. They are counted as tokens, since the parser compares each
 * with all others before it tells of any; what is nested too deep is for beyond_limits. */
static bool has_directives(const char *text, size_t bytes, struct problems *problems) {
    yaml_parser_t parser;
    yaml_token_t token;
    unsigned depth = 0, directives = 0;
    bool more = true;
    if (!yaml_parser_initialize(&parser)) err(1, "no memory");
    yaml_parser_set_input_string(&parser, (const unsigned char *)text, bytes);
    while (more && yaml_parser_scan(&parser, &token) == 1) {
        yaml_token_type_t type = token.type;
        struct origin origin = {FROM_FILE, (unsigned)token.start_mark.line + 1};
        directives += type == YAML_TAG_DIRECTIVE_TOKEN;
        depth += type == YAML_FLOW_SEQUENCE_START_TOKEN || type == YAML_FLOW_MAPPING_START_TOKEN;
        depth -= depth > 0 &&
                 (type == YAML_FLOW_SEQUENCE_END_TOKEN || type == YAML_FLOW_MAPPING_END_TOKEN);
        if (directives > CONFIG_DIRECTIVES)
            problems_add(problems, &origin, NULL, "more than %d directives", CONFIG_DIRECTIVES);
        more = type != YAML_STREAM_END_TOKEN && depth <= CONFIG_DEPTH &&
               directives <= CONFIG_DIRECTIVES;
        yaml_token_delete(&token);
    }
    yaml_parser_delete(&parser);
    return directives > CONFIG_DIRECTIVES;
}

/* What libyaml would take too long for is refused before: true, and reported, if there is some. A
 * text that is not YAML is looked at up to its error. */
static bool beyond_limits(const char *text, size_t bytes, struct problems *problems) {
    yaml_parser_t parser;
    yaml_event_t event;
    unsigned depth = 0, anchors = 0;
    bool more = true, beyond = false;
    if (!yaml_parser_initialize(&parser)) err(1, "no memory");
    yaml_parser_set_input_string(&parser, (const unsigned char *)text, bytes);
    while (more && yaml_parser_parse(&parser, &event) == 1) {
        yaml_event_type_t type = event.type;
        depth += type == YAML_SEQUENCE_START_EVENT || type == YAML_MAPPING_START_EVENT;
        depth -= type == YAML_SEQUENCE_END_EVENT || type == YAML_MAPPING_END_EVENT;
        anchors += has_anchor(&event);
        beyond = depth > CONFIG_DEPTH || anchors > CONFIG_ANCHORS;
        more = !beyond && type != YAML_STREAM_END_EVENT;
        struct origin origin = {FROM_FILE, (unsigned)event.start_mark.line + 1};
        if (depth > CONFIG_DEPTH)
            problems_add(problems, &origin, NULL, "more than %d lists and maps within each other",
                         CONFIG_DEPTH);
        else if (anchors > CONFIG_ANCHORS)
            problems_add(problems, &origin, NULL, "more than %d anchors", CONFIG_ANCHORS);
        yaml_event_delete(&event);
    }
    yaml_parser_delete(&parser);
    return beyond;
}

static size_t bytes_of_lines(const char *text, size_t bytes, unsigned lines) {
    size_t at = 0;
    for (; at < bytes && lines > 0; at++) lines -= text[at] == '\n';
    return at;
}

void config_read(struct settings *settings, const char *text, size_t bytes,
                 struct problems *problems) {
    struct reader reader = {.settings = settings, .problems = problems};
    if (has_directives(text, bytes, problems) || beyond_limits(text, bytes, problems)) return;
    unsigned line = read_text(&reader, text, bytes, true);
    /* The lines before the error may have their own problems: they are told in the same run. */
    for (int tries = 0; line > 1 && tries < CONFIG_TRIES; tries++) {
        line--;
        size_t before = bytes_of_lines(text, bytes, line);
        if (before < bytes && read_text(&reader, text, before, false) == 0) return;
    }
}

void config_load(struct settings *settings, struct problems *problems) {
    const struct origin whole = {FROM_FILE, 0};
    FILE *file = fopen(settings->file, "re");
    char *text = malloc(CONFIG_MAX_BYTES + 1);
    size_t bytes = 0;
    if (file != NULL && text != NULL) bytes = fread(text, 1, CONFIG_MAX_BYTES + 1, file);
    if (file == NULL || text == NULL || ferror(file))
        problems_add(problems, &whole, NULL, "cannot be read: %s", strerror(errno));
    else if (bytes > CONFIG_MAX_BYTES)
        problems_add(problems, &whole, NULL, "is longer than %d bytes", CONFIG_MAX_BYTES);
    else
        config_read(settings, text, bytes, problems);
    if (file != NULL) fclose(file);
    free(text);
}
