/*
 * Scenarios: files of lines `NAME: VALUE` in YAML, with the settings of options.h and a
 * `description`. Those that come with the program are found from where it stands,
 * share/tickcast/scenarios beside its bin, in an installation and in the build. One thread.
 */
#ifndef BENCH_CLI_SCENARIO_H
#define BENCH_CLI_SCENARIO_H

#include <limits.h>

#include "cli/options.h"

#define SCENARIO_STANDARD  "tick"
#define SCENARIO_BYTES_MAX 65536 /**< of a file: some 100 times a usual one */
#define SCENARIO_NAMES_MAX 256   /**< of the files that come with the program */

/** The file of a scenario: a name with '/' or '.' is a path and stands for itself. False, and a
 *  sentence in `error` that lists the names, if there is none. */
bool scenario_find(const char *name, char path[PATH_MAX], char error[LOAD_TEXT_BYTES]);

/** Sets what the file says; what is wrong with it is told with its line. problems->file is `path`
 *  from then on, which must live as long. *description (may be NULL) is on the heap, or NULL
 *  without one. Ends the program without memory. */
void scenario_load(const char *path, struct load_options *options, struct problems *problems,
                   char **description);

/** The same of `bytes` at `text`; problems->file is theirs already. */
void scenario_read(const char *text, size_t bytes, struct load_options *options,
                   struct problems *problems, char **description);

/** The names of all that come with the program, sorted, up to a NULL: heap, each of them too. Ends
 *  the program without memory. */
char **scenario_names(void);
void scenario_names_free(char **names);

#endif
