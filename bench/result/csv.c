#include "result/csv.h"

int csv_write(json_t *const *results, size_t count, FILE *out) {
    return results && count && out ? 0 : -1;
}

int csv_write_series(json_t *const *results, size_t count, FILE *out) {
    return results && count && out ? 0 : -1;
}
