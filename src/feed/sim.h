/* What may be a symbol of a feed `sim`: for whoever reads its options. Pure. */
#ifndef FEED_SIM_H
#define FEED_SIM_H

#include "feed/options.h"

/** NULL if `symbol` makes keys that may be published, else why not: a static sentence. */
const char *sim_symbol_flaw(const char *symbol);

/** A symbol that is there twice; NULL if there is none, or no memory to find it. */
const char *sim_symbol_twice(const struct feed_list *symbols);

#endif
