/*
 * What a daemon that has just started tells: where it is reached, by whom, what it can hold, what
 * stands in its way and what to do next. As a menu for people and as one line of JSON, from the
 * same facts. One thread.
 */
#ifndef TICKCASTD_OPENING_H
#define TICKCASTD_OPENING_H

#include "tickcastd/next.h"
#include "tickcastd/warnings.h"

#define OPENING_WHY_BYTES (ORIGIN_TEXT_BYTES + 128)

struct opening {
    const struct settings *settings;
    const struct warnings *warnings;
    struct reach reach;
    uint32_t connections;        /**< most at once */
    char why[OPENING_WHY_BYTES]; /**< where that number comes from */
    struct paste raise;          /**< the command that doubles it, or "" */
    const char *no_raise;        /**< why there is no such command, or NULL */
    struct paste serve_others;   /**< starts again and serves other hosts, "" if they are served */
    struct paste let_others_publish; /**< the same for publishing */
    struct paste next[NEXT_COMMANDS];
};

/** Gathers the facts. The caller has added the listeners to opening->reach, and the rest is zero;
 *  `settings` and `warnings` stay in use. `argv` is the command line. */
void opening_gather(struct opening *opening, const struct settings *settings,
                    const struct warnings *warnings, char **argv);

/** The menu; `bold` where it goes to a terminal that shows it. */
void opening_print(const struct opening *opening, bool bold, FILE *out);

/** One line. */
void opening_print_json(const struct opening *opening, FILE *out);

#endif
