#include "result/read.h"

#include <stdio.h>

json_t *result_read(const char *path, char *error) {
    json_error_t why;
    json_t *result = json_load_file(path, JSON_REJECT_DUPLICATES, &why);
    if (!result) {
        snprintf(error, RESULT_ERROR_BYTES, "%s: %s", path, why.text);
        return NULL;
    }
    return json_pack("[o]", result);
}
