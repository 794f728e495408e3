#include "result/compare.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "result/look.h"
#include "result/read.h"

static bool same(const json_t *one, const json_t *other) {
    static const char *const paths[] = {"scenario", "peer", "url"};
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++)
        if (strcmp(look_text(one, paths[i], ""), look_text(other, paths[i], ""))) return false;
    return true;
}

/* The side of `run` among those from `first` on; a new one if there is none. NULL: no room. */
static struct compare_side *place(struct compare_sides *sides, size_t first, const json_t *run,
                                  bool each) {
    for (size_t i = first; i < sides->count && !each; i++)
        if (same(json_array_get(sides->side[i].runs, 0), run)) return &sides->side[i];
    if (sides->count == COMPARE_SIDES_MAX) return NULL;
    struct compare_side *side = &sides->side[sides->count];
    *side = (struct compare_side){.name = strdup(""), .runs = json_array()};
    if (!side->runs || !side->name) {
        json_decref(side->runs);
        free(side->name);
        return NULL;
    }
    sides->count++;
    return side;
}

static int add(struct compare_sides *sides, size_t first, json_t *run, bool each, char *error) {
    struct compare_side *side = place(sides, first, run, each);
    if (!side) {
        snprintf(error, RESULT_ERROR_BYTES, "more than %d servers and scenarios to compare",
                 COMPARE_SIDES_MAX);
        return -1;
    }
    if (json_array_size(side->runs) == COMPARE_RUNS_MAX) {
        snprintf(error, RESULT_ERROR_BYTES, "more than %d runs of a side", COMPARE_RUNS_MAX);
        return -1;
    }
    return json_array_append(side->runs, run);
}

static bool differ(const struct compare_sides *sides, const char *path) {
    for (size_t i = 1; i < sides->count; i++)
        if (strcmp(look_text(sides->side[0].runs, path, ""),
                   look_text(sides->side[i].runs, path, "")))
            return true;
    return false;
}

/* Names sides by what sets them apart: peer, scenario, URL, and at last their number. */
static int name_all(struct compare_sides *sides) {
    static const char *const paths[] = {"0/scenario", "0/url"};
    for (size_t i = 0; i < sides->count; i++) {
        struct compare_side *side = &sides->side[i];
        char *name = NULL;
        size_t bytes;
        FILE *out = open_memstream(&name, &bytes);
        if (!out) return -1;
        fputs(look_text(side->runs, "0/peer", ""), out);
        for (size_t k = 0; k < sizeof paths / sizeof *paths; k++)
            if (differ(sides, paths[k]) && (k == 0 || !differ(sides, "0/peer")))
                fprintf(out, " %s", look_text(side->runs, paths[k], ""));
        if (sides->count > 1 && !differ(sides, "0/peer") && !differ(sides, "0/url") &&
            !differ(sides, "0/scenario"))
            fprintf(out, " %zu", i + 1);
        if (fclose(out)) return -1;
        free(side->name);
        side->name = name;
    }
    return 0;
}

static int take(json_t *const *results, size_t count, bool each, struct compare_sides *sides,
                char *error) {
    sides->count = 0;
    snprintf(error, RESULT_ERROR_BYTES, "no memory");
    for (size_t i = 0; i < count; i++) {
        if (add(sides, 0, results[i], each, error)) {
            compare_fini(sides);
            return -1;
        }
    }
    if (name_all(sides) == 0) return 0;
    compare_fini(sides);
    return -1;
}

int compare_group(json_t *const *results, size_t count, struct compare_sides *sides, char *error) {
    return take(results, count, false, sides, error);
}

int compare_each(json_t *const *results, size_t count, struct compare_sides *sides, char *error) {
    return take(results, count, true, sides, error);
}

static int read_file(struct compare_sides *sides, size_t first, const char *path, char *error) {
    json_t *all = result_read(path, error), *each;
    size_t index;
    int bad = all ? 0 : -1;
    json_array_foreach(all, index, each) {
        if (bad == 0) bad = add(sides, first, each, false, error);
    }
    json_decref(all);
    return bad;
}

/* A side of a command line: a file, or several with commas between. */
static int read_side(struct compare_sides *sides, const char *argument, char *error) {
    size_t first = sides->count;
    char *names = strdup(argument), *rest = names;
    int bad = names ? 0 : -1;
    if (bad == 0 && access(argument, F_OK) == 0)
        bad = read_file(sides, first, argument, error);
    else
        for (char *name; bad == 0 && (name = strsep(&rest, ","));)
            bad = read_file(sides, first, name, error);
    free(names);
    return bad;
}

/* What people call an argument by: its first file without folders and ending. */
static char *short_name(const char *argument) {
    size_t bytes = access(argument, F_OK) == 0 ? strlen(argument) : strcspn(argument, ",");
    size_t begin = bytes;
    while (begin && argument[begin - 1] != '/') begin--;
    if (bytes - begin > 5 && (strncmp(argument + bytes - 5, ".json", 5) == 0 ||
                              strncmp(argument + bytes - 5, ".html", 5) == 0))
        bytes -= 5;
    return strndup(argument + begin, bytes - begin);
}

/* The name of an argument among all: its short one, unless another has the same. */
static char *argument_name(const char *const *names, size_t count, size_t which) {
    char *name = short_name(names[which]);
    bool taken = false;
    for (size_t i = 0; name && i < count; i++) {
        char *other = short_name(names[i]);
        taken = taken || (i != which && other && strcmp(other, name) == 0);
        free(other);
    }
    if (!taken) return name;
    free(name);
    return strdup(names[which]);
}

/* Names the sides of an argument; several are told apart by what they are. */
static int name_sides(struct compare_sides *sides, size_t first, char *name) {
    bool alone = sides->count == first + 1;
    for (size_t i = first; name && i < sides->count; i++) {
        const json_t *runs = sides->side[i].runs;
        char *whole;
        if (asprintf(&whole, "%s%s%s%s%s", name, alone ? "" : " ",
                     alone ? "" : look_text(runs, "0/peer", ""), alone ? "" : " ",
                     alone ? "" : look_text(runs, "0/scenario", "")) < 0)
            return -1;
        free(sides->side[i].name);
        sides->side[i].name = whole;
    }
    return name ? 0 : -1;
}

int compare_read(const char *const *names, size_t count, struct compare_sides *sides, char *error) {
    sides->count = 0;
    for (size_t i = 0; i < count; i++) {
        size_t first = sides->count;
        snprintf(error, RESULT_ERROR_BYTES, "no memory");
        int bad = read_side(sides, names[i], error);
        char *name = argument_name(names, count, i);
        if (bad == 0) bad = name_sides(sides, first, name);
        free(name);
        if (bad == 0) continue;
        compare_fini(sides);
        return -1;
    }
    return 0;
}

void compare_fini(struct compare_sides *sides) {
    for (size_t i = 0; i < sides->count; i++) {
        free(sides->side[i].name);
        json_decref(sides->side[i].runs);
    }
    sides->count = 0;
}
