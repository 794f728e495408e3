/*
 * What works but can hardly be meant, or stands in the way of what is meant: combinations of
 * settings, limits of this host, certificates. A sentence that knows a cure ends with WARNINGS_RUN
 * and the command, to be pasted as it stands. One thread.
 */
#ifndef TICKCASTD_WARNINGS_H
#define TICKCASTD_WARNINGS_H

#include "tickcastd/settings.h"

#define WARNINGS_BYTES 2048 /**< of a sentence, with its command */
#define WARNINGS_RUN   "; run: "

struct warnings {
    char **lines; /**< heap, like each line */
    uint32_t count;
};

/** All warnings of `settings`, which are complete. Ends the program without memory. */
void warnings_gather(const struct settings *settings, struct warnings *warnings);
void warnings_free(struct warnings *warnings);

/** Where the parts say what they find. */
struct warner {
    void (*say)(void *arg, const char *sentence);
    void *arg;
};

/** Those of the certificates alone, which change while the daemon runs. */
void warnings_of_certificates(const struct settings *settings, const struct warner *warner);

void warner_say(const struct warner *warner, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
