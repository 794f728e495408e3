/* Makes the sets of a plan. For plan.c. */
#ifndef BENCH_LOAD_SETS_H
#define BENCH_LOAD_SETS_H

#include "load/plan.h"

#define SETS_LETTERS_ALL 456976 /**< names of four letters */

/** Fills sets, set_from, set_symbols and what belongs to streams. 0, or -1 with a sentence in
 * `error` (LOAD_ERROR_BYTES). */
int sets_make(struct plan *plan, char *error);

#endif
