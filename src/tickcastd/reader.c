#include "tickcastd/reader.h"

#include <string.h>

#include "base/nearest.h"

struct origin reader_origin(const yaml_node_t *node) {
    return (struct origin){FROM_FILE, (unsigned)node->start_mark.line + 1};
}

static const char *type_of(const yaml_node_t *node) {
    return node->type == YAML_SEQUENCE_NODE ? "a list" : "a map";
}

const char *reader_text(const struct reader *reader, const yaml_node_t *node, const char *name,
                        const char *allowed) {
    struct origin origin = reader_origin(node);
    if (node->type != YAML_SCALAR_NODE) {
        problems_add(reader->problems, &origin, name, "value is %s: allowed is %s", type_of(node),
                     allowed);
        return NULL;
    }
    const char *text = (const char *)node->data.scalar.value;
    if (strlen(text) != node->data.scalar.length) {
        problems_add(reader->problems, &origin, name, "value has a zero byte: allowed is %s",
                     allowed);
        return NULL;
    }
    return text;
}

void reader_each_pair(struct reader *reader, const yaml_node_t *map, void *arg,
                      void (*visit)(struct reader *reader, void *arg, const char *name,
                                    const yaml_node_t *key, yaml_node_t *value)) {
    const yaml_node_pair_t *pairs = map->data.mapping.pairs.start;
    for (const yaml_node_pair_t *pair = pairs; pair < map->data.mapping.pairs.top; pair++) {
        const yaml_node_t *key = yaml_document_get_node(reader->document, pair->key);
        const char *name = reader_text(reader, key, NULL, "a name before the ':'");
        if (name == NULL) continue;
        const yaml_node_t *first = NULL;
        for (const yaml_node_pair_t *before = pairs; before < pair && first == NULL; before++) {
            const yaml_node_t *other = yaml_document_get_node(reader->document, before->key);
            if (other->type == YAML_SCALAR_NODE &&
                strcmp((const char *)other->data.scalar.value, name) == 0)
                first = other;
        }
        struct origin origin = reader_origin(key);
        if (first != NULL)
            problems_add(reader->problems, &origin, name, "was set already in line %u",
                         reader_origin(first).line);
        else
            visit(reader, arg, name, key, yaml_document_get_node(reader->document, pair->value));
    }
}

void reader_report_unknown(const struct reader *reader, const yaml_node_t *key, const char *within,
                           const char *name, const char *const *known) {
    struct origin origin = reader_origin(key);
    char shown[PROBLEMS_VALUE_BYTES];
    char whole[PROBLEMS_VALUE_BYTES];
    snprintf(whole, sizeof whole, "%s%s", within, name);
    const char *meant = nearest(name, known);
    problems_add(reader->problems, &origin, problems_shown(whole, shown), "unknown name%s%s%s",
                 meant != NULL ? "; did you mean '" : "", meant != NULL ? meant : "",
                 meant != NULL ? "'?" : "");
}
