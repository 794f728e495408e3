#include <inttypes.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <wchar.h>

#include "base/printable.h"
#include "proto/json.h"
#include "tickcast/table_rows.h"

#define GAP           2           /* between columns */
#define SECTION_LINES 3           /* the least: a blank line, the titles and a row */
#define MOST_DECIMALS 4           /* up to which numbers of a column are filled up with zeros */
#define EPOCH_FIRST   100000000   /* 1973: below it is no time in seconds */
#define EPOCH_LAST    99999999999 /* and above neither: milliseconds */
#define FOOT_BYTES    512
#define BOLD          "\x1b[1m"
#define GREEN         "\x1b[32m"
#define RED           "\x1b[31m"
#define PLAIN         "\x1b[m"

/* Bytes and columns of the character at `text`. */
static size_t character(const char *text, int *width) {
    mbstate_t state = {0};
    wchar_t wide;
    size_t bytes = mbrtowc(&wide, text, MB_LEN_MAX, &state);
    bool good = bytes > 0 && bytes <= MB_LEN_MAX;
    int columns = good ? wcwidth(wide) : 1;
    *width = columns < 0 ? 1 : columns;
    return good ? bytes : 1;
}

static int text_width(const char *text) {
    int width = 0, one;
    while (*text) {
        text += character(text, &one);
        width += one;
    }
    return width;
}

/* Prints `text` in `field` columns, cut or filled up on the left or right. */
static void print_field(FILE *out, const char *text, int width, int field, bool right) {
    if (width > field) {
        int used = 0, one;
        const char *at = text;
        for (size_t bytes; *at && (bytes = character(at, &one)) && used + one < field; at += bytes)
            used += one;
        fprintf(out, "%.*s~%*s", (int)(at - text), text, field - used - 1, "");
        return;
    }
    if (right) fprintf(out, "%*s", field - width, "");
    fputs(text, out);
    if (!right) fprintf(out, "%*s", field - width, "");
}

static void print_line(FILE *out, const char *text, const struct table_style *style) {
    int width = text_width(text);
    int field = style->columns && width > style->columns ? style->columns : width;
    print_field(out, text, width, field, false);
    putc('\n', out);
}

static bool print_epoch(struct cell *cell, bool daily) {
    long long seconds = strtoll(cell->text, NULL, 10);
    if (strchr(cell->text, '.') || seconds < EPOCH_FIRST || seconds > EPOCH_LAST) return false;
    time_t time = (time_t)seconds;
    struct tm parts;
    if (!gmtime_r(&time, &parts)) return false;
    strftime(cell->text, sizeof cell->text, daily ? "%Y-%m-%d" : "%H:%M:%S", &parts);
    return true;
}

static bool is_digits(const struct cell *cell) {
    return cell->kind == CELL_NUMBER && strspn(cell->text, "-.0123456789") == strlen(cell->text);
}

static void take_price(struct cell *cell) {
    if (cell->decimals < 0) {
        cell->priced = false;
        cell->direction = 0;
        return;
    }
    double price = strtod(cell->text, NULL);
    if (cell->priced && price != cell->price) cell->direction = price > cell->price ? 1 : -1;
    cell->price = price;
    cell->priced = true;
}

/* Makes the text of a cell whose value is another than when it was made. */
static void refresh(struct cell *cell, struct column *column, bool daily) {
    cell->stale = false;
    cell->text[0] = 0;
    if (cell->kind == CELL_TEXT) printable(cell->value, cell->bytes, cell->text, CELL_TEXT_BYTES);
    if (cell->kind == CELL_NUMBER) {
        char *json = msgpack_to_json(cell->value, cell->bytes);
        snprintf(cell->text, sizeof cell->text, "%s", json ? json : "?");
        free(json);
    }
    const char *point = strchr(cell->text, '.');
    cell->decimals = !is_digits(cell) ? -1 : point ? (int8_t)strlen(point + 1) : 0;
    if (column->is_price) take_price(cell);
    if (column->is_epoch && print_epoch(cell, daily)) cell->decimals = -1;
    if (cell->decimals > column->decimals) column->decimals = cell->decimals;
    cell->width = (uint8_t)text_width(cell->text);
    if (cell->kind != CELL_NONE) column->is_text = cell->kind == CELL_TEXT;
}

/* Zeros that put the points of a column below each other, in `extra` columns with the point. */
static int filling(const struct cell *cell, const struct column *column, int *extra) {
    int most = column->decimals < MOST_DECIMALS ? column->decimals : MOST_DECIMALS;
    bool fill = cell->kind == CELL_NUMBER && cell->decimals >= 0 && cell->decimals < most;
    int zeros = fill ? most - cell->decimals : 0;
    *extra = zeros + (zeros > 0 && cell->decimals == 0);
    return zeros;
}

static void print_cell(FILE *out, const struct cell *cell, const struct column *column,
                       bool colour) {
    int extra, zeros = filling(cell, column, &extra);
    int before = column->width - cell->width - extra, after = 0;
    if (cell->kind == CELL_TEXT) {
        after = before;
        before = 0;
    }
    const char *begin = cell->direction > 0 ? GREEN : RED;
    colour = colour && cell->direction != 0;
    fprintf(out, "%*s%s%s%s%.*s%s%*s", GAP + before, "", colour ? begin : "", cell->text,
            extra > zeros ? "." : "", zeros, "0000", colour ? PLAIN : "", after, "");
    _Static_assert(MOST_DECIMALS == 4, "zeros above");
}

static void print_row(FILE *out, const struct section *section, const struct row *row,
                      bool colour) {
    static const struct cell none = {.decimals = -1};
    char symbol[TABLE_NAME_BYTES];
    printable(row->key, row->symbol_bytes, symbol, sizeof symbol);
    print_field(out, symbol, text_width(symbol), section->symbol_width, false);
    for (unsigned i = 0; i < section->shown_columns; i++)
        print_cell(out, i < row->cell_count ? &row->cells[i] : &none, &section->columns[i], colour);
    putc('\n', out);
}

static void print_titles(FILE *out, const struct section *section, bool colour) {
    fprintf(out, "\n%s", colour ? BOLD : "");
    print_field(out, section->title, text_width(section->title), section->symbol_width, false);
    for (unsigned i = 0; i < section->shown_columns; i++) {
        const struct column *column = &section->columns[i];
        fprintf(out, "%*s", GAP, "");
        print_field(out, column->title, text_width(column->title), column->width, !column->is_text);
    }
    fprintf(out, "%s\n", colour ? PLAIN : "");
}

/* Gives each section a row, as long as there are lines, and then each one more in turn. */
static void share_lines(struct table *table, int lines) {
    int left = lines;
    for (unsigned i = 0; i < table->section_count; i++) {
        struct section *section = table->sections[i];
        section->shown_rows = left >= SECTION_LINES && section->row_count > 0;
        if (section->shown_rows) left -= SECTION_LINES;
    }
    for (bool gave = true; gave;) {
        gave = false;
        for (unsigned i = 0; i < table->section_count && left > 0; i++) {
            struct section *section = table->sections[i];
            if (section->shown_rows == 0 || section->shown_rows == section->row_count) continue;
            section->shown_rows++;
            left--;
            gave = true;
        }
    }
}

static void share(struct table *table, int lines) {
    if (lines >= 0) {
        share_lines(table, lines);
        return;
    }
    for (unsigned i = 0; i < table->section_count; i++)
        table->sections[i]->shown_rows = table->sections[i]->row_count;
}

static int wider(int a, int b) {
    return a > b ? a : b;
}

static void measure_row(struct section *section, struct row *row) {
    char symbol[TABLE_NAME_BYTES];
    printable(row->key, row->symbol_bytes, symbol, sizeof symbol);
    section->symbol_width = wider(section->symbol_width, text_width(symbol));
    for (unsigned i = 0; i < row->cell_count; i++)
        if (row->cells[i].stale) refresh(&row->cells[i], &section->columns[i], section->is_daily);
}

/* Makes the texts of the rows that are shown, and finds the columns that fit. */
static void measure(struct section *section, int columns) {
    for (unsigned r = 0; r < section->shown_rows; r++) measure_row(section, section->rows[r]);
    section->symbol_width = wider(section->symbol_width, text_width(section->title));
    if (columns > 0 && section->symbol_width > columns) section->symbol_width = columns;
    int used = section->symbol_width;
    section->shown_columns = 0;
    for (unsigned i = 0; i < section->column_count; i++) {
        struct column *column = &section->columns[i];
        int width = wider(column->width, text_width(column->title)), extra;
        for (unsigned r = 0; r < section->shown_rows; r++) {
            const struct row *row = section->rows[r];
            if (i >= row->cell_count) continue;
            filling(&row->cells[i], column, &extra);
            width = wider(width, row->cells[i].width + extra);
        }
        column->width = width;
        used += GAP + width;
        if (columns > 0 && used > columns) break;
        section->shown_columns++;
    }
}

struct hidden {
    unsigned rows, columns, fields;
};

static struct hidden lay_out(struct table *table, int lines, int columns) {
    struct hidden hidden = {0, 0, 0};
    share(table, lines);
    for (unsigned i = 0; i < table->section_count; i++) {
        struct section *section = table->sections[i];
        measure(section, columns);
        hidden.rows += section->row_count - section->shown_rows;
        if (section->shown_rows > 0)
            hidden.columns += section->column_count - section->shown_columns;
        if (section->left_out > hidden.fields) hidden.fields = section->left_out;
    }
    return hidden;
}

static void add(char *foot, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void add(char *foot, const char *format, ...) {
    size_t used = strlen(foot);
    va_list arguments;
    if (used > 0) used += (size_t)snprintf(foot + used, FOOT_BYTES - used, "; ");
    va_start(arguments, format);
    vsnprintf(foot + used, FOOT_BYTES - used, format, arguments);
    va_end(arguments);
}

/* What is not shown, and why. Empty if there is nothing. */
static void write_foot(const struct table *table, const struct hidden *hidden, char *foot) {
    foot[0] = 0;
    if (table->row_count == 0) add(foot, "no data yet");
    if (hidden->rows) add(foot, "%u of %u rows do not fit", hidden->rows, table->row_count);
    if (hidden->columns) add(foot, "%u columns do not fit", hidden->columns);
    if (hidden->fields)
        add(foot, "%u fields have no column (not a single value, or over %d)", hidden->fields,
            TABLE_COLUMNS);
    if (table->cut) add(foot, "%u texts of over %d bytes are cut", table->cut, TABLE_CELL_BYTES);
    if (table->left_out)
        add(foot, "%" PRIu64 " messages over %d rows or %d sections", table->left_out, TABLE_ROWS,
            TABLE_SECTIONS);
    if (table->strange) add(foot, "%" PRIu64 " messages are no payload", table->strange);
}

static void print_table(FILE *out, struct table *table, const struct table_style *style) {
    char foot[FOOT_BYTES];
    int lines = style->lines ? style->lines - 1 : -1; /* below the head */
    struct hidden hidden = lay_out(table, lines, style->columns);
    write_foot(table, &hidden, foot);
    if (*foot && lines > 0) {
        hidden = lay_out(table, lines - 1, style->columns);
        write_foot(table, &hidden, foot);
    }
    print_line(out, style->head, style);
    for (unsigned i = 0; i < table->section_count; i++) {
        const struct section *section = table->sections[i];
        if (section->shown_rows == 0) continue;
        print_titles(out, section, style->colour);
        for (unsigned r = 0; r < section->shown_rows; r++)
            print_row(out, section, section->rows[r], style->colour);
    }
    if (*foot && lines != 0) print_line(out, foot, style);
}

char *table_text(struct table *table, const struct table_style *style) {
    char *text = NULL;
    size_t bytes;
    FILE *out = open_memstream(&text, &bytes);
    if (!out) return NULL;
    print_table(out, table, style);
    bool good = !ferror(out);
    if (fclose(out) == 0 && good) return text;
    free(text);
    return NULL;
}
