/*
 * Feeds in the configuration: one is a type and options of the table in feed/options.h.
 *
 * On the command line it is TYPE[,NAME=VALUE]..., where the items of a list stand between blanks;
 * in a file a map, or the type alone. One thread.
 */
#ifndef TICKCASTD_FEEDS_H
#define TICKCASTD_FEEDS_H

#include "base/problems.h"
#include "feed/options.h"

#define FEED_TEXT_BYTES    256 /**< of a value or what is allowed, as text */
#define FEED_OPTIONS_COUNT 32  /**< room for the rows of the table */
#define FEED_NAME_ALLOWED  "sim, replay or stdin"

struct settings;

struct feed_setting {
    struct origin origin;
    struct feed_options options;
    uint32_t set; /**< bit by row: it was set */
};

/** The row of option `name`, or -1. */
int feed_option_find(const char *name);

/** A type by its name, or -1. */
int feed_type_find(const char *name);

/** A feed with the defaults of its type. */
void feed_setting_init(struct feed_setting *feed, enum feed_type type, const struct origin *origin);
void feed_setting_fini(struct feed_setting *feed);

/** Takes an option `name` that the feed's type has and returns its row; else -1, and reported. */
int feed_option_of(const struct feed_setting *feed, const char *name, const struct origin *origin,
                   struct problems *problems);

/** Sets an option that is no list, or a list of the words of `text`. What is not allowed is
 *  reported. */
void feed_option_read(struct feed_setting *feed, unsigned row, const char *text,
                      const struct origin *origin, struct problems *problems);

/** Adds one text to a list. */
void feed_option_append(struct feed_setting *feed, unsigned row, const char *text,
                        const struct origin *origin, struct problems *problems);

/** Reads TYPE[,NAME=VALUE]... and adds the feed to `settings`. */
void feeds_parse(struct settings *settings, const char *text, const struct origin *origin,
                 struct problems *problems);

/** What can only be seen when all feeds are known. */
void feeds_complete(struct settings *settings, struct problems *problems);

/** What is allowed, in words. Returns `out`. */
const char *feed_option_allowed(unsigned row, char out[FEED_TEXT_BYTES]);

/** The value as the command line writes it (a long list cut). Returns `out`. */
const char *feed_option_text(const struct feed_options *options, unsigned row,
                             char out[FEED_TEXT_BYTES]);

/** "sim,rate=20": the type and what was set, fit for a line. Returns `out`. */
const char *feed_setting_text(const struct feed_setting *feed, char out[FEED_TEXT_BYTES]);

#endif
