/* Documents of this folder, and what functions print. */
#ifndef TESTS_BENCH_FIXTURE_H
#define TESTS_BENCH_FIXTURE_H

#include <criterion/criterion.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#include "result/read.h"

#define FIXTURE(name) TICKCAST_SOURCE_DIR "/tests/bench/result_" name ".json"

/* The one document of a file of tests/bench. */
static inline json_t *fixture(const char *path) {
    char error[RESULT_ERROR_BYTES];
    json_t *all = result_read(path, error);
    cr_assert(all != NULL, "%s", error);
    cr_assert_eq(json_array_size(all), 1);
    json_t *result = json_incref(json_array_get(all, 0));
    json_decref(all);
    return result;
}

struct printed {
    char *text;
    size_t bytes;
    FILE *out;
};

static inline FILE *print_to(struct printed *printed) {
    *printed = (struct printed){0};
    printed->out = open_memstream(&printed->text, &printed->bytes);
    cr_assert(printed->out != NULL);
    return printed->out;
}

/* The text, which the caller frees. */
static inline char *print_end(struct printed *printed) {
    fclose(printed->out);
    return printed->text;
}

#endif
