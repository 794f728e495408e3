/* Problems of a configuration: all of them are told in one run, one line each. One thread. */
#ifndef BASE_PROBLEMS_H
#define BASE_PROBLEMS_H

#include <stdio.h>

enum source { FROM_DEFAULT, FROM_FILE, FROM_COMMAND_LINE };

/** Where a value came from. */
struct origin {
    enum source source;
    unsigned line; /**< in the file, from 1; 0: the file as a whole */
};

#define PROBLEMS_VALUE_BYTES 80   /**< longer values are shown cut */
#define PROBLEMS_LINE_BYTES  2048 /**< and longer sentences */
#define ORIGIN_TEXT_BYTES    512

struct problems {
    FILE *out;
    const char *file; /**< name of the configuration file, or NULL */
    unsigned count;   /**< problems so far */
};

/** Writes "FILE:LINE: NAME: " or "command line: --NAME: " and the sentence, as one line that is fit
 * for a terminal. `name` is that of a setting, or NULL. */
void problems_add(struct problems *problems, const struct origin *origin, const char *name,
                  const char *format, ...) __attribute__((format(printf, 4, 5)));

/** A value that is not allowed: "value 'x': allowed is ALLOWED; did you mean 'y'?" `meant` may be
 *  NULL. */
void problems_value(struct problems *problems, const struct origin *origin, const char *name,
                    const char *value, const char *allowed, const char *meant);

/** "FILE:LINE", "command line" or "default". Returns `out`. */
const char *origin_text(const struct origin *origin, const char *file, char out[ORIGIN_TEXT_BYTES]);

/** A name from the outside, fit for a line: control characters become '?'. Returns `out`. */
const char *problems_shown(const char *name, char out[PROBLEMS_VALUE_BYTES]);

#endif
