#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "base/printable.h"
#include "result/compare.h"
#include "result/look.h"
#include "result/values.h"

#define TITLE      20 /* columns of a figure's title */
#define CELL       20 /* of a median with its interval */
#define NAME_BYTES 60 /* of a text of a side, as it is shown */

static char letter(size_t side) {
    return (char)('A' + side);
}

static void put(const json_t *side, const char *path, FILE *out) {
    const char *text = look_text(side, path, "");
    char name[NAME_BYTES];
    fputs(printable(text, strlen(text), name, sizeof name), out);
}

static void side_line(const json_t *side, size_t number, FILE *out) {
    static const char *const verdicts[] = {"valid", "noisy", "invalid"};
    static const char *const shown[] = {"VALID", "NOISY", "INVALID (left out)"};
    double runs = 0;
    look_number(side, "runs", &runs);
    fprintf(out, "%c  ", letter(number));
    put(side, "name", out);
    fputs("\n   ", out);
    put(side, "peer", out);
    fputs(" at ", out);
    put(side, "url", out);
    fputs("\n   ", out);
    put(side, "scenario", out);
    fprintf(out, ", %.0f run%s:", runs, runs == 1 ? "" : "s");
    bool any = false;
    for (size_t i = 0; i < 3; i++) {
        double count = 0;
        if (!look_number(side, verdicts[i], &count) || count == 0) continue;
        fprintf(out, "%s %.0f %s", any ? "," : "", count, shown[i]);
        any = true;
    }
    fputc('\n', out);
}

static enum value_unit unit_of(const json_t *figure) {
    const struct value *value = value_find(look_text(figure, "name", ""));
    return value ? value->unit : VALUE_COUNT;
}

/* "1.45 ms +-3 %": how far the interval reaches to its farther end. */
static void cell(const json_t *figure, size_t side, FILE *out) {
    char path[LOOK_PATH_BYTES], text[VALUE_TEXT_BYTES], all[2 * VALUE_TEXT_BYTES];
    snprintf(path, sizeof path, "sides/%zu", side);
    const json_t *found = look(figure, path);
    double median, low, high, runs = 0;
    if (!look_number(found, "median", &median)) {
        fprintf(out, "%*s", CELL, "unknown");
        return;
    }
    look_number(found, "runs", &runs);
    value_text(median, unit_of(figure), text);
    if (runs > 1 && median > 0 && look_number(found, "low", &low) &&
        look_number(found, "high", &high))
        snprintf(all, sizeof all, "%s +-%2.0f %%", text,
                 100 * fmax(median - low, high - median) / median);
    else
        snprintf(all, sizeof all, "%s%s", text, runs > 1 ? "       " : "");
    fprintf(out, "%*s", CELL, all);
}

static void change(const json_t *figure, size_t side, FILE *out) {
    char path[LOOK_PATH_BYTES];
    snprintf(path, sizeof path, "against/%zu", side - 1);
    const json_t *found = look(figure, path), *differs = look(found, "differs");
    double ratio, p = 1;
    if (!found) return;
    look_number(found, "p", &p);
    bool known = look_number(found, "ratio", &ratio);
    if (json_is_false(differs))
        fprintf(out, "%10s", "~");
    else if (!known && json_is_true(differs))
        fprintf(out, "%10s", "differs");
    else if (known && ratio >= 10)
        fprintf(out, "%8.3g x", ratio);
    else if (known)
        fprintf(out, "%+8.1f %%", round(1000 * (ratio - 1)) / 10 + 0.0);
    if (differs)
        fprintf(out, "  p=%.3f", p);
    else if (known)
        fputs("  ?", out);
}

static void table(const json_t *comparison, size_t side, FILE *out) {
    size_t index;
    json_t *figure;
    fprintf(out, "\n%*s%*c", TITLE, "", CELL, 'A');
    if (side) fprintf(out, "%*c%4s%c against A", CELL, letter(side), "", letter(side));
    fputc('\n', out);
    json_array_foreach(look(comparison, "figures"), index, figure) {
        fprintf(out, "%-*s", TITLE, look_text(figure, "title", ""));
        cell(figure, 0, out);
        if (side) {
            cell(figure, side, out);
            change(figure, side, out);
        }
        fputc('\n', out);
    }
}

/* What the marks mean, of those that are there. */
static void legend(const json_t *comparison, FILE *out) {
    bool same = false, few = false, many = false;
    size_t index, number;
    json_t *figure, *each;
    json_array_foreach(look(comparison, "figures"), index, figure) {
        double runs = 0;
        json_array_foreach(json_object_get(figure, "sides"), number, each) {
            many = many || (look_number(each, "runs", &runs) && runs > 1);
        }
        json_array_foreach(json_object_get(figure, "against"), number, each) {
            same = same || json_is_false(json_object_get(each, "differs"));
            few = few || json_is_null(json_object_get(each, "differs"));
        }
    }
    if (many || same || few) fputc('\n', out);
    if (many)
        fputs("+-  how far the interval of the median reaches (95 %; with fewer than 6 runs\n"
              "    from the lowest to the highest)\n",
              out);
    if (same) fputs("~   no difference (Mann-Whitney, 5 %)\n", out);
    if (few)
        fputs("?   too few runs to tell a difference from chance: 4 of each are needed\n", out);
}

int compare_print(const json_t *comparison, FILE *out) {
    const json_t *sides = look(comparison, "sides");
    size_t index;
    json_t *each;
    json_array_foreach(sides, index, each) side_line(each, index, out);
    json_array_foreach(look(comparison, "notes"), index, each)
        fprintf(out, "%s%s\n", index ? "" : "\n", json_string_value(each));
    size_t count = json_array_size(sides);
    for (size_t side = count > 1; side < count; side++) table(comparison, side, out);
    legend(comparison, out);
    return fflush(out) || ferror(out) ? -1 : 0;
}
