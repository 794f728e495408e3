/* The machine that a result is of. */
#ifndef BENCH_LOAD_MACHINE_H
#define BENCH_LOAD_MACHINE_H

#include <jansson.h>

/** host, cpu, cores, memory_bytes, kernel, os, load, as the schema of results has them; NULL
 * without memory. */
json_t *machine_json(void);

#endif
