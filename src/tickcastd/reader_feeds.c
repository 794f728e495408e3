/* `feeds:` of a configuration file: a list of maps with a type, or of types alone; or one of them.
 */
#include <string.h>

#include "base/nearest.h"
#include "tickcastd/reader.h"

#define LIST_ALLOWED "a list of texts, or a map of texts"

/* The items of a list. */
static void read_list(struct reader *reader, struct feed_setting *feed, unsigned row,
                      const yaml_node_t *node, const char *place) {
    const yaml_node_item_t *item = node->data.sequence.items.start;
    const struct origin origin = reader_origin(node);
    if (item == node->data.sequence.items.top)
        problems_add(reader->problems, &origin, place, "the list is empty; leave the line out");
    for (; item < node->data.sequence.items.top; item++) {
        const yaml_node_t *value = yaml_document_get_node(reader->document, *item);
        const struct origin at = reader_origin(value);
        const char *text = reader_text(reader, value, place, "a text");
        if (text != NULL) feed_option_append(feed, row, text, &at, reader->problems);
    }
}

/* The pairs of a map become items NAME=TEXT. */
struct map_reader {
    struct feed_setting *feed;
    unsigned row;
    const char *place;
};

static void visit_field(struct reader *reader, void *arg, const char *name, const yaml_node_t *key,
                        yaml_node_t *value) {
    const struct map_reader *map = arg;
    const struct origin origin = reader_origin(key);
    const char *text = reader_text(reader, value, map->place, "a text");
    char pair[2 * FEED_MAX_TEXT];
    if (text == NULL) return;
    snprintf(pair, sizeof pair, "%s=%s", name, text);
    feed_option_append(map->feed, map->row, pair, &origin, reader->problems);
}

static void visit_option(struct reader *reader, void *arg, const char *name, const yaml_node_t *key,
                         yaml_node_t *value) {
    struct feed_setting *feed = arg;
    const struct origin origin = reader_origin(key);
    char place[PROBLEMS_VALUE_BYTES], allowed[FEED_TEXT_BYTES];
    if (strcmp(name, "type") == 0) return;
    int row = feed_option_of(feed, name, &origin, reader->problems);
    if (row < 0) return;
    snprintf(place, sizeof place, "feeds.%s", name);
    bool list = feed_option_rows[row].kind == FEED_OPTION_LIST;
    if (list && value->type == YAML_SEQUENCE_NODE) {
        read_list(reader, feed, (unsigned)row, value, place);
    } else if (list && value->type == YAML_MAPPING_NODE) {
        struct map_reader map = {feed, (unsigned)row, place};
        reader_each_pair(reader, value, &map, visit_field);
    } else {
        const char *text =
            reader_text(reader, value, place, feed_option_allowed((unsigned)row, allowed));
        if (text != NULL) feed_option_read(feed, (unsigned)row, text, &origin, reader->problems);
    }
}

/* The type that a map names, or -1, and reported. */
static int type_of_map(struct reader *reader, const yaml_node_t *map) {
    const yaml_node_pair_t *pair = map->data.mapping.pairs.start;
    const struct origin whole = reader_origin(map);
    for (; pair < map->data.mapping.pairs.top; pair++) {
        const yaml_node_t *key = yaml_document_get_node(reader->document, pair->key);
        if (key->type != YAML_SCALAR_NODE ||
            strcmp((const char *)key->data.scalar.value, "type") != 0)
            continue;
        const yaml_node_t *value = yaml_document_get_node(reader->document, pair->value);
        const char *text = reader_text(reader, value, "feeds.type", FEED_NAME_ALLOWED);
        const struct origin origin = reader_origin(value);
        int type = text != NULL ? feed_type_find(text) : -1;
        if (type < 0 && text != NULL)
            problems_value(reader->problems, &origin, "feeds.type", text, FEED_NAME_ALLOWED,
                           nearest(text, feed_type_names));
        return type;
    }
    problems_add(reader->problems, &whole, "feeds", "a feed without type; allowed is %s",
                 FEED_NAME_ALLOWED);
    return -1;
}

static void read_feed(struct reader *reader, const yaml_node_t *node) {
    const struct origin origin = reader_origin(node);
    struct feed_setting feed;
    if (node->type != YAML_MAPPING_NODE) {
        const char *text = reader_text(reader, node, "feeds", "a type or a map with a type");
        if (text != NULL) feeds_parse(reader->settings, text, &origin, reader->problems);
        return;
    }
    int type = type_of_map(reader, node);
    if (type < 0) return;
    feed_setting_init(&feed, (enum feed_type)type, &origin);
    reader_each_pair(reader, node, &feed, visit_option);
    settings_feed(reader->settings, &feed);
}

void reader_feeds(struct reader *reader, const yaml_node_t *node) {
    const struct origin origin = reader_origin(node);
    if (node->type != YAML_SEQUENCE_NODE) {
        read_feed(reader, node);
        return;
    }
    const yaml_node_item_t *item = node->data.sequence.items.start;
    if (item == node->data.sequence.items.top)
        problems_add(reader->problems, &origin, "feeds", "the list is empty; leave the line out");
    /* an alias costs two bytes: what is beyond the limit is not read, one more tells of it */
    for (; item < node->data.sequence.items.top && reader->settings->feed_count <= FEED_MAX; item++)
        read_feed(reader, yaml_document_get_node(reader->document, *item));
}
