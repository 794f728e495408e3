#include "result/read.h"

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/printable.h"
#include "result/embedded.h"

#define NAME_BYTES 160 /* of a file, in a sentence */

__attribute__((format(printf, 3, 4))) static json_t *fail(const char *name, char *error,
                                                          const char *format, ...) {
    char shown[NAME_BYTES];
    int used = snprintf(error, RESULT_ERROR_BYTES,
                        "%s: ", printable(name, strlen(name), shown, sizeof shown));
    va_list values;
    va_start(values, format);
    vsnprintf(error + used, RESULT_ERROR_BYTES - (size_t)used, format, values);
    va_end(values);
    return NULL;
}

/* Adds a document, or the runs that it stands for. */
static int add(json_t *all, json_t *document, char *why) {
    json_t *runs = json_object_get(document, "runs"), *run;
    size_t index;
    if (!json_is_array(runs) || !json_array_size(runs)) {
        if (json_array_size(all) >= RESULT_COUNT_MAX) {
            snprintf(why, RESULT_ERROR_BYTES, "more than %d results", RESULT_COUNT_MAX);
            return -1;
        }
        if (result_validate(document, why)) return -1;
        return json_array_append(all, document);
    }
    json_array_foreach(runs, index, run) {
        if (json_object_get(run, "runs")) {
            snprintf(why, RESULT_ERROR_BYTES, "runs within runs");
            return -1;
        }
        if (add(all, run, why)) return -1;
    }
    return 0;
}

static json_t *documents(const char *name, json_t *root, char *error) {
    json_t *all = json_array(), *each;
    char why[RESULT_ERROR_BYTES] = "no memory";
    size_t index;
    int bad = all ? 0 : -1;
    if (json_is_array(root) && !json_array_size(root)) {
        bad = -1;
        snprintf(why, sizeof why, "it holds no result");
    }
    if (bad == 0 && !json_is_array(root)) bad = add(all, root, why);
    if (json_is_array(root)) {
        json_array_foreach(root, index, each) {
            if (bad == 0) bad = add(all, each, why);
        }
    }
    if (bad == 0) return all;
    json_decref(all);
    return fail(name, error, "%.300s", why);
}

json_t *result_parse(const char *name, const char *bytes, size_t count, char *error) {
    if (!count) return fail(name, error, "it is empty, not a result of tickcast-bench");
    if (embedded_is_page(bytes, count)) {
        const char *why;
        if (embedded_find(&bytes, &count, &why)) return fail(name, error, "%s", why);
    }
    json_error_t why;
    json_t *root = json_loadb(bytes, count, JSON_REJECT_DUPLICATES, &why);
    /* A number or word may be cut off too. */
    bool cut =
        json_error_code(&why) == json_error_premature_end_of_input ||
        (json_error_code(&why) == json_error_invalid_syntax && (*bytes == '{' || *bytes == '[') &&
         why.position > 0 && (size_t)why.position == count);
    if (!root && cut)
        return fail(name, error, "the JSON ends in line %d before it is complete: was it cut off?",
                    why.line);
    if (!root) {
        char text[sizeof why.text * 2];
        printable(why.text, strlen(why.text), text, sizeof text);
        return fail(name, error, "not JSON, nor a report: line %d: %.200s", why.line, text);
    }
    json_t *all = documents(name, root, error);
    json_decref(root);
    return all;
}

/* The whole of a file, on the heap; NULL with errno, EFBIG beyond the limit. */
static char *contents(FILE *file, size_t *count) {
    size_t room = 1 << 16, used = 0;
    char *bytes = malloc(room);
    while (bytes) {
        used += fread(bytes + used, 1, room - used, file);
        if (used < room) break;
        if (room > RESULT_BYTES_MAX) {
            free(bytes);
            errno = EFBIG;
            return NULL;
        }
        char *more = realloc(bytes, room *= 2);
        if (!more) free(bytes);
        bytes = more;
    }
    if (bytes && ferror(file)) {
        int number = errno;
        free(bytes);
        errno = number;
        return NULL;
    }
    *count = used;
    return bytes;
}

json_t *result_read(const char *path, char *error) {
    bool standard = strcmp(path, "-") == 0;
    FILE *file = standard ? stdin : fopen(path, "re");
    if (!file) return fail(path, error, "cannot be opened: %s", strerror(errno));
    size_t count = 0;
    char *bytes = contents(file, &count);
    int number = errno;
    if (!standard) fclose(file);
    const char *name = standard ? "standard input" : path;
    if (!bytes || count > RESULT_BYTES_MAX) {
        free(bytes);
        if (bytes || number == EFBIG)
            return fail(name, error, "larger than %zu MiB, which no result is",
                        RESULT_BYTES_MAX >> 20);
        return fail(name, error, "cannot be read: %s", strerror(number));
    }
    json_t *all = result_parse(name, bytes, count, error);
    free(bytes);
    return all;
}
