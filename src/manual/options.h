/* The options of all programs in one form, from their tables. Pure. */
#ifndef MANUAL_OPTIONS_H
#define MANUAL_OPTIONS_H

#include <stddef.h>

#include "tickcast/tables.h"

#define OPTIONS_MAX        128 /**< of one program or command */
#define OPTIONS_TEXT_BYTES 512

struct program_option {
    char name[64];                     /**< with its dashes */
    char value[OPTIONS_TEXT_BYTES];    /**< its name; "" for a flag */
    char sentence[OPTIONS_TEXT_BYTES]; /**< with the default */
};

/** What can be said of a value to somebody who types it. */
enum value_kind { VALUE_NONE, VALUE_FREE, VALUE_FILE, VALUE_WORDS, VALUE_FEED, VALUE_SCENARIO };

enum value_kind value_kind(const struct program_option *option);

/** The words of a VALUE_WORDS with blanks between them. Returns `out`. */
const char *value_words(const struct program_option *option, char out[OPTIONS_TEXT_BYTES]);

/** The flags of the daemon that are no settings, and its settings. Return how many. */
size_t options_of_flags(struct program_option out[OPTIONS_MAX]);
size_t options_of_settings(struct program_option out[OPTIONS_MAX]);
size_t options_of_command(enum command command, struct program_option out[OPTIONS_MAX]);

/** The options of a command of the load tool (enum bench_command), and the settings of a load. */
size_t options_of_bench(int command, struct program_option out[OPTIONS_MAX]);
size_t options_of_load(struct program_option out[OPTIONS_MAX]);

/** The names of a feed's options, each with `=` after it and blanks between. Returns `out`. */
const char *options_of_feed(int type, char out[OPTIONS_TEXT_BYTES]);

#endif
