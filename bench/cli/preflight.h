/*
 * Limits of this host that stand in the way of a load, each with the command that cures it. One
 * thread.
 */
#ifndef BENCH_CLI_PREFLIGHT_H
#define BENCH_CLI_PREFLIGHT_H

#include <stdio.h>

#include "base/paste.h"
#include "load/config.h"

#define PREFLIGHT_CHECKS     6
#define PREFLIGHT_TEXT_BYTES 512

enum preflight_state { PREFLIGHT_GOOD, PREFLIGHT_WARNING, PREFLIGHT_REFUSED };

struct preflight_check {
    const char *name;
    enum preflight_state state;
    char text[PREFLIGHT_TEXT_BYTES]; /**< a sentence */
    struct paste cure;               /**< "" if there is none */
};

/** Looks at all of them. The soft file limit is raised to the hard one if it is needed. */
void preflight_look(const struct load_config *config,
                    struct preflight_check checks[PREFLIGHT_CHECKS]);

/** The worst state of them. */
enum preflight_state preflight_worst(const struct preflight_check checks[PREFLIGHT_CHECKS]);

/** Writes each check that is at least `least` bad: a line, and its command as another. */
void preflight_print(const struct preflight_check checks[PREFLIGHT_CHECKS],
                     enum preflight_state least, FILE *out);

#endif
