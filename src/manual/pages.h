/* The pages of the manual, each written to a page that has only its stream. */
#ifndef MANUAL_PAGES_H
#define MANUAL_PAGES_H

#include "manual/roff.h"

void page_daemon(struct roff *page);        /**< tickcastd(8) */
void page_configuration(struct roff *page); /**< tickcast.yml(5) */
void page_commands(struct roff *page);      /**< tickcast(1) */
void page_bench(struct roff *page);         /**< tickcast-bench(1) */
void page_bench_numbers(struct roff *page); /**< tickcast-bench(7) */

/** libtickcast(3), from comments and declarations of the public headers, which are files up to a
 *  NULL, and a program as example. Ends the program if one cannot be read. */
void page_library(struct roff *page, const char *example, const char *const *headers);

#endif
