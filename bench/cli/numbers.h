/* What each number of a result is: tickcast-bench(7) is made from it. Pure. */
#ifndef BENCH_CLI_NUMBERS_H
#define BENCH_CLI_NUMBERS_H

#include "base/help.h"

/** Texts are in the form of base/help.h. */
struct bench_chapter {
    const char *title;
    const char *text;
    const struct help_row *numbers; /**< by their path in the JSON; NULL: none */
};

/** Ended by one without a title. */
extern const struct bench_chapter bench_chapters[];

#endif
