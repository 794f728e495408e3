#include "tickcastd/reader.h"

#include <err.h>
#include <stdlib.h>
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

/* A pair whose key is a text. */
struct named_pair {
    const char *name;
    const yaml_node_pair_t *pair;
};

/* By their names, those of one name as they stand in the map. */
static int compare_names(const void *a, const void *b) {
    const struct named_pair *left = a, *right = b;
    int names = strcmp(left->name, right->name);
    return names != 0 ? names : left->pair < right->pair ? -1 : left->pair > right->pair;
}

/* The pairs of a map that have names, sorted; heap. There may be 100,000. */
static struct named_pair *sort_pairs(const struct reader *reader, const yaml_node_t *map,
                                     size_t *count) {
    const yaml_node_pair_t *pair = map->data.mapping.pairs.start;
    size_t most = (size_t)(map->data.mapping.pairs.top - pair);
    struct named_pair *sorted = calloc(most + 1, sizeof sorted[0]);
    if (sorted == NULL) err(1, "no memory");
    *count = 0;
    for (; pair < map->data.mapping.pairs.top; pair++) {
        const yaml_node_t *key = yaml_document_get_node(reader->document, pair->key);
        if (key->type != YAML_SCALAR_NODE) continue;
        sorted[(*count)++] = (struct named_pair){(const char *)key->data.scalar.value, pair};
    }
    qsort(sorted, *count, sizeof sorted[0], compare_names);
    return sorted;
}

/* The first of the sorted pairs with this name, which is there. */
static const yaml_node_pair_t *first_of(const struct named_pair *sorted, size_t count,
                                        const char *name) {
    size_t low = 0, high = count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (strcmp(sorted[middle].name, name) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return sorted[low].pair;
}

void reader_each_pair(struct reader *reader, const yaml_node_t *map, void *arg,
                      void (*visit)(struct reader *reader, void *arg, const char *name,
                                    const yaml_node_t *key, yaml_node_t *value)) {
    size_t count;
    char shown[PROBLEMS_VALUE_BYTES];
    struct named_pair *sorted = sort_pairs(reader, map, &count);
    const yaml_node_pair_t *pair = map->data.mapping.pairs.start;
    for (; pair < map->data.mapping.pairs.top; pair++) {
        const yaml_node_t *key = yaml_document_get_node(reader->document, pair->key);
        const char *name = reader_text(reader, key, NULL, "a name before the ':'");
        if (name == NULL) continue;
        const yaml_node_pair_t *first = first_of(sorted, count, name);
        struct origin origin = reader_origin(key);
        if (first != pair)
            problems_add(reader->problems, &origin, problems_shown(name, shown),
                         "was set already in line %u",
                         reader_origin(yaml_document_get_node(reader->document, first->key)).line);
        else
            visit(reader, arg, name, key, yaml_document_get_node(reader->document, pair->value));
    }
    free(sorted);
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
