/* What is not there yet. */
#include <stdio.h>

#include "load/load.h"
#include "result/merge.h"

__attribute__((weak)) int load_run(const struct load_config *config, const struct load_watch *watch,
                                   json_t **result, char *error) {
    (void)config, (void)watch, (void)result;
    snprintf(error, LOAD_ERROR_BYTES, "no load can be put on yet");
    return -1;
}

__attribute__((weak)) int result_merge(json_t *const *results, size_t count, json_t **merged,
                                       char *error) {
    (void)results, (void)count, (void)merged;
    snprintf(error, LOAD_ERROR_BYTES, "results cannot be merged yet");
    return -1;
}
