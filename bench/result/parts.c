#include "result/parts.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "result/look.h"

#define TEXT_BYTES 4096 /* of texts put together: commands of some ten hosts */

void parts_set(json_t *merged, const char *path, json_t *value) {
    const char *slash = strrchr(path, '/');
    char holder[LOOK_PATH_BYTES] = "";
    if (slash) snprintf(holder, sizeof holder, "%.*s", (int)(slash - path), path);
    json_t *object = look(merged, holder);
    if (!slash) object = merged;
    if (json_is_object(object))
        json_object_set_new(object, slash ? slash + 1 : path, value);
    else
        json_decref(value);
}

/* --- numbers --- */

/* A whole number stays one. */
static json_t *number_of(double value, bool whole) {
    return whole ? json_integer((json_int_t)value) : json_real(value);
}

struct total {
    double sum, greatest;
    json_int_t whole_sum; /* exact, beyond 2^53 too */
    size_t known;
    bool whole;
};

static struct total total_of(const struct parts *parts, const char *path) {
    struct total total = {.whole = true};
    for (size_t i = 0; i < parts->count; i++) {
        const json_t *value = look(parts->results[i], path);
        if (!json_is_number(value)) continue;
        double number = json_number_value(value);
        total.sum += number;
        total.whole_sum += json_integer_value(value);
        if (!total.known || number > total.greatest) total.greatest = number;
        total.whole = total.whole && json_is_integer(value);
        total.known++;
    }
    return total;
}

static json_t *sum_of(const struct total *total) {
    return total->whole ? json_integer(total->whole_sum) : json_real(total->sum);
}

static void set_sum(const struct total *total, bool certain, const char *path, json_t *merged) {
    if (total->known) parts_set(merged, path, certain ? sum_of(total) : json_null());
}

void parts_sum_known(const struct parts *parts, const char *path, json_t *merged) {
    struct total total = total_of(parts, path);
    set_sum(&total, true, path, merged);
}

void parts_sum(const struct parts *parts, const char *path, json_t *merged) {
    struct total total = total_of(parts, path);
    set_sum(&total, total.known == parts->count, path, merged);
}

void parts_sum_faults(const struct parts *parts, const char *path, json_t *merged) {
    struct total total = total_of(parts, path);
    set_sum(&total, total.known == parts->count || total.sum > 0, path, merged);
}

void parts_greatest(const struct parts *parts, const char *path, json_t *merged) {
    struct total total = total_of(parts, path);
    if (total.known) parts_set(merged, path, number_of(total.greatest, total.whole));
}

static int rising(const void *one, const void *other) {
    double a = *(const double *)one, b = *(const double *)other;
    return (a > b) - (a < b);
}

void parts_numbers(const struct parts *parts, const char *path, size_t most, json_t *merged) {
    size_t room = 0, count = 0, index;
    for (size_t i = 0; i < parts->count; i++)
        room += json_array_size(look(parts->results[i], path));
    double *numbers = malloc((room + 1) * sizeof *numbers);
    if (!numbers || !room) {
        free(numbers);
        return;
    }
    for (size_t i = 0; i < parts->count; i++) {
        const json_t *array = look(parts->results[i], path);
        json_t *each;
        json_array_foreach(array, index, each) numbers[count++] = json_number_value(each);
    }
    qsort(numbers, count, sizeof *numbers, rising);
    size_t kept = count < most ? count : most;
    json_t *array = json_array();
    for (size_t i = 0; i < kept; i++) /* first and last among them */
        json_array_append_new(array,
                              json_real(numbers[kept > 1 ? i * (count - 1) / (kept - 1) : 0]));
    free(numbers);
    parts_set(merged, path, array);
}

/* --- texts --- */

void parts_texts(const struct parts *parts, const char *path, const char *between, json_t *merged) {
    char all[TEXT_BYTES] = "";
    size_t used = 0;
    for (size_t i = 0; i < parts->count; i++) {
        const char *text = look_text(parts->results[i], path, "");
        bool seen = !*text;
        for (size_t j = 0; j < i && !seen; j++)
            seen = strcmp(text, look_text(parts->results[j], path, "")) == 0;
        if (seen || used + strlen(between) + strlen(text) >= sizeof all) continue;
        used += (size_t)sprintf(all + used, "%s%s", used ? between : "", text);
    }
    if (used) parts_set(merged, path, json_string(all));
}

/* --- series --- */

static double second_of(const json_t *row) {
    double at_s = 0;
    look_number(row, "at_s", &at_s);
    return at_s;
}

static int by_second(const void *one, const void *other) {
    double a = second_of(*(json_t *const *)one), b = second_of(*(json_t *const *)other);
    return (a > b) - (a < b);
}

/* The rows of one second as one. */
static json_t *merge_rows(json_t *const *rows, size_t count) {
    static const char *const greatest[] = {"p50_us", "p99_us", "max_us", "skew_p99_us", "cpu_ns"};
    const struct parts parts = {rows, count};
    json_t *row = json_pack("{s:O}", "at_s", json_object_get(rows[0], "at_s"));
    parts_sum_known(&parts, "published", row);
    parts_sum_known(&parts, "received", row);
    parts_sum_faults(&parts, "lost", row);
    for (size_t i = 0; i < sizeof greatest / sizeof greatest[0]; i++)
        parts_greatest(&parts, greatest[i], row);
    return row;
}

/* Room for the elements of an array of all parts, on the heap. */
static json_t **room_for(const struct parts *parts, const char *path) {
    size_t room = 0;
    for (size_t i = 0; i < parts->count; i++)
        room += json_array_size(look(parts->results[i], path));
    return calloc(room + 1, sizeof(json_t *));
}

json_t *parts_series(const struct parts *parts) {
    json_t **rows = room_for(parts, "series"), *series = json_array(), *each;
    size_t count = 0, index;
    for (size_t i = 0; rows && i < parts->count; i++) {
        json_array_foreach(look(parts->results[i], "series"), index, each) rows[count++] = each;
    }
    if (rows) qsort(rows, count, sizeof *rows, by_second);
    for (size_t first = 0, next; first < count; first = next) {
        double second = round(second_of(rows[first]));
        for (next = first + 1; next < count && round(second_of(rows[next])) <= second; next++) {
        }
        json_array_append_new(series, merge_rows(rows + first, next - first));
    }
    free(rows);
    return series;
}

/* --- readers --- */

static int by_badness(const void *one, const void *other) {
    static const char *const counts[] = {"lost", "duplicated", "reordered", "connection"};
    const json_t *a = *(json_t *const *)one, *b = *(json_t *const *)other;
    for (size_t i = 0; i < 4; i++) {
        double x = 0, y = 0;
        look_number(a, counts[i], &x);
        look_number(b, counts[i], &y);
        if (x < y || x > y) return (i == 3 ? x < y : x > y) ? -1 : 1;
    }
    return 0;
}

/* A reader of a part, numbered behind the connections of the parts before it. */
static json_t *renumbered(json_t *reader, json_int_t before) {
    json_t *copy = json_copy(reader);
    json_int_t number = json_integer_value(json_object_get(reader, "connection"));
    json_object_set_new(copy, "connection", json_integer(before + number));
    return copy;
}

json_t *parts_worst(const struct parts *parts, size_t most) {
    json_t **rows = room_for(parts, "clients/worst"), *worst = json_array(), *each;
    json_int_t before = 0;
    size_t count = 0, index;
    for (size_t i = 0; rows && i < parts->count; i++) {
        json_array_foreach(look(parts->results[i], "clients/worst"), index, each) {
            if (json_is_object(each)) rows[count++] = renumbered(each, before);
        }
        before += json_integer_value(look(parts->results[i], "load/connections"));
    }
    if (rows) qsort(rows, count, sizeof *rows, by_badness);
    for (size_t i = 0; i < count; i++) {
        if (i < most) json_array_append(worst, rows[i]);
        json_decref(rows[i]);
    }
    free(rows);
    return worst;
}
