#include "report/report.h"

int report_write(json_t *const *results, size_t count, FILE *out) {
    return results && count && out ? 0 : -1;
}

int report_write_sides(const struct compare_sides *sides, FILE *out) {
    return sides && out ? 0 : -1;
}
