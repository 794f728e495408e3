/* The subjects of `tickcast help TOPIC` beside the commands; they stand in the manual too. */
#ifndef TICKCAST_CLI_TOPICS_H
#define TICKCAST_CLI_TOPICS_H

#include <stddef.h>
#include <stdio.h>

#include "base/help.h"

struct topic {
    const char *name, *sentence;
    const char *text;            /**< in the form of base/help.h */
    const struct help_row *rows; /**< after the text, or NULL */
};

extern const struct topic topics[];
extern const size_t topic_count;

/** A topic by its name, or NULL. */
const struct topic *topic_find(const char *name);

void topic_print(const struct topic *topic, FILE *out);

#endif
