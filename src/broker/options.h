/*
 * The table of options at run time: for the check here and for programs that read options as text.
 * Pure functions but for options_resolve; any thread.
 */
#ifndef BROKER_OPTIONS_H
#define BROKER_OPTIONS_H

#include <stddef.h>

#include "tickcast/options.h"

#define OPTIONS_SPARE_FILES                                                                        \
    64 /**< descriptors kept from connections: listeners, logs, eventfds                           \
        */
#define OPTION_WHY_BYTES    256
#define OPTIONS_WORKERS_MAX 63
#define OPTIONS_SHARE_LARGEST                                                                      \
    4 /**< a shard's part of a budget is at least so many largest messages */

enum option_kind { OPTION_COUNT, OPTION_SIZE, OPTION_TIME, OPTION_BOOL, OPTION_PEERS };

struct option_row {
    const char *name;
    enum option_kind kind;
    size_t at; /**< offset in struct tickcast_options */
    uint64_t standard, lowest, highest;
    const char *sentence;
};

#define OPTION_NUMBER(kind, name, standard, lowest, highest, sentence) OPTION_AT_##name,
enum option_number { TICKCAST_OPTIONS(OPTION_NUMBER) OPTION_ROWS };
#undef OPTION_NUMBER

extern const struct option_row option_rows[OPTION_ROWS];

/** An option that is a text. */
struct option_text_row {
    const char *name, *value, *allowed, *sentence;
    size_t at; /**< offset in struct tickcast_options */
};

#define OPTION_TEXT_NUMBER(name, value, allowed, sentence) OPTION_TEXT_AT_##name,
enum option_text_number { TICKCAST_TEXT_OPTIONS(OPTION_TEXT_NUMBER) OPTION_TEXT_ROWS };
#undef OPTION_TEXT_NUMBER

extern const struct option_text_row option_text_rows[OPTION_TEXT_ROWS];

const char *option_text_get(const struct tickcast_options *options, enum option_text_number number);
/** Stores the pointer. */
void option_text_set(struct tickcast_options *options, enum option_text_number number,
                     const char *text);
/** True for NULL, and for a text that the option may have; else `why` is a sentence that says what
 *  is wrong with it. */
bool option_text_allows(enum option_text_number number, const char *text,
                        char why[OPTION_WHY_BYTES]);

/** A value as the table counts it: bytes, milliseconds, 0 or 1. */
uint64_t option_get(const struct tickcast_options *options, enum option_number number);
/** `value` must be allowed. */
void option_set(struct tickcast_options *options, enum option_number number, uint64_t value);

/** True for an option that is 0 outside its range: the broker then chooses. */
bool option_zero_is_auto(enum option_number number);
bool option_is_power_of_two(enum option_number number);
/** In range, and a power of two where that is asked for. */
bool option_allows(enum option_number number, uint64_t value);

/** Replaces what is 0 for "choose" by what this process gets: workers by its cores,
 *  max_connections by its file limit, outbound_memory by a quarter of its memory. */
void options_resolve(struct tickcast_options *options);

/** A shard's part of a budget of the broker (ring_memory, outbound_memory or inbound_memory): an
 *  equal one, raised to hold the largest messages. `options` are resolved. */
uint64_t options_share(const struct tickcast_options *options, enum option_number budget);

#endif
