#include "result/look.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static json_t *step(const json_t *at, const char *name) {
    if (json_is_array(at)) return json_array_get(at, strtoul(name, NULL, 10));
    return json_object_get(at, name);
}

json_t *look(const json_t *document, const char *path) {
    const json_t *at = document;
    json_t *found = NULL;
    while (*path) {
        char name[LOOK_PATH_BYTES];
        size_t bytes = strcspn(path, "/");
        if (bytes >= sizeof name) return NULL;
        memcpy(name, path, bytes);
        name[bytes] = 0;
        path += bytes + (path[bytes] == '/');
        found = step(at, name);
        if (!found || json_is_null(found)) return NULL;
        at = found;
    }
    return found;
}

bool look_number(const json_t *document, const char *path, double *value) {
    const json_t *found = look(document, path);
    if (!json_is_number(found) || !isfinite(json_number_value(found))) return false;
    *value = json_number_value(found);
    return true;
}

const char *look_text(const json_t *document, const char *path, const char *otherwise) {
    const char *text = json_string_value(look(document, path));
    return text ? text : otherwise;
}

const char *look_peer(const json_t *document) {
    const char *peer = look_text(document, "peer", "");
    return *peer ? peer : "unnamed";
}
