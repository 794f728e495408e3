/* Walks over the nodes of a configuration file; what is wrong is reported with its line. One
 * thread. */
#ifndef TICKCASTD_READER_H
#define TICKCASTD_READER_H

#include <yaml.h>

#include "tickcastd/settings.h"

struct reader {
    struct settings *settings;
    struct problems *problems;
    yaml_document_t *document;
};

/** Where a node stands. */
struct origin reader_origin(const yaml_node_t *node);

/** The text of a scalar; NULL, and reported, if it is something else. */
const char *reader_text(const struct reader *reader, const yaml_node_t *node, const char *name,
                        const char *allowed);

/** Calls `visit` for each pair of a map; names that are no text or were there before are reported.
 */
void reader_each_pair(struct reader *reader, const yaml_node_t *map, void *arg,
                      void (*visit)(struct reader *reader, void *arg, const char *name,
                                    const yaml_node_t *key, yaml_node_t *value));

/** Reports a name that is none of `known`; `within` is put before it. */
void reader_report_unknown(const struct reader *reader, const yaml_node_t *key, const char *within,
                           const char *name, const char *const *known);

/** The value of `feeds` (reader_feeds.c). */
void reader_feeds(struct reader *reader, const yaml_node_t *node);

#endif
