#include "result/summary.h"

int summary_write(const json_t *result, FILE *out) {
    return fprintf(out, "%s\n", json_string_value(json_object_get(result, "verdict"))) < 0 ? -1 : 0;
}
