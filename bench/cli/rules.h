/* What settings must be to each other. One thread. */
#ifndef BENCH_CLI_RULES_H
#define BENCH_CLI_RULES_H

#include "cli/options.h"

/** Keys of all connections together, which the tool counts one by one: at 32 bytes a gigabyte. */
#define RULES_KEYS_MOST ((uint64_t)1 << 25)

/** The environment variable that names the folder of real data, and the file in it that `arrivals:
 *  replay` takes when it is told no other. */
#define RULES_DATA_FOLDER "TICKCAST_TEST_DATA"
#define RULES_DATA_FILE   "quotes-2013-10-07-open.csv.gz"

/** Settles what follows from other settings (a replay of a file is its arrivals; of rate and window
 *  the one nearer to the command line counts), and tells all contradictions. Each is told at the
 *  setting that must give way. Without `server` there need not be one. */
void load_rules(struct load_options *options, bool server, struct problems *problems);

#endif
