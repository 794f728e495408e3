/*
 * The daemon's settings: the broker's options (the table of tickcast/options.h), the log level,
 * the listeners and the feeds, each with where it came from. Used in this order by one thread:
 *
 *     settings_init -> args_parse -> config_load -> settings_complete -> (check or run) ->
 * settings_fini
 *
 * A value of the command line stands against one of the file.
 */
#ifndef TICKCASTD_SETTINGS_H
#define TICKCASTD_SETTINGS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/problems.h"
#include "broker/options.h"
#include "tickcastd/feeds.h"
#include "tickcastd/listen.h"

#define SETTINGS_TEXT_BYTES 160

/** Settings with one value: the options by their numbers, the daemon's own, the texts. */
enum {
    SETTING_LOG_LEVEL = OPTION_ROWS,
    SETTING_TEXTS, /**< the broker's options that are texts, by their numbers */
    SETTING_COUNT = SETTING_TEXTS + OPTION_TEXT_ROWS
};

struct settings {
    struct tickcast_options options;
    struct origin origins[SETTING_COUNT];
    char *texts[OPTION_TEXT_ROWS]; /**< heap: what the options that are texts point to */
    const char *file;              /**< the configuration file's name, or NULL; the caller's */
    bool core_dumps;               /**< see core_dump.h */
    struct listen_setting *listeners;
    uint32_t listener_count;
    struct feed_setting *feeds;
    uint32_t feed_count;
};

void settings_init(struct settings *settings);
void settings_fini(struct settings *settings);

/** All names that a file may set, up to a NULL. */
const char *const *settings_names(void);
/** The number of a setting, or -1. */
int settings_find(const char *name);

const char *setting_name(unsigned number);
/** True for an option of the broker that is a text. */
bool setting_is_text(unsigned number);
/** True for one that is a list with commas between. */
bool setting_is_list(unsigned number);
/** The flag without its dashes: the name with - in place of _. Returns `out`. */
const char *setting_flag(unsigned number, char out[SETTINGS_TEXT_BYTES]);
/** What stands for the value in the help: "SIZE", or the words with | between them. Returns `out`.
 */
const char *setting_value(unsigned number, char out[SETTINGS_TEXT_BYTES]);
const char *setting_sentence(unsigned number);
/** What is allowed, in words: "a size from 4KiB to 64GiB, in B, KiB, MiB or GiB". Returns `out`. */
const char *setting_allowed(unsigned number, char out[SETTINGS_TEXT_BYTES]);
/** The value as a configuration writes it. Returns `out`. */
const char *setting_text(const struct tickcast_options *options, unsigned number,
                         char out[SETTINGS_TEXT_BYTES]);

/** Reads a value; one that is not allowed is reported. */
void setting_read(struct settings *settings, unsigned number, const char *text,
                  const struct origin *origin, struct problems *problems);

/** Adds a listener, taking over its texts. One of the file is left out if the command line has any.
 */
void settings_listen(struct settings *settings, struct listen_setting *listener);

/** The same for a feed. */
void settings_feed(struct settings *settings, struct feed_setting *feed);

/** What can only be seen when everything is read: defaults that depend on other settings, settings
 *  that contradict each other, files that cannot be read. */
void settings_complete(struct settings *settings, struct problems *problems);

/** Calls `say` for each combination that works but can hardly be meant. */
void settings_warn(const struct settings *settings, void (*say)(void *arg, const char *sentence),
                   void *arg);

#endif
