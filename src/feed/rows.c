#include "feed/rows.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/printable.h"
#include "key/key.h"

#define CUT             "..."
#define ROWS_FREE_BYTES (256 * 1024) /* a shorter line cannot need ROWS_TREE_BYTES */

_Static_assert(ROWS_FREE_BYTES * 208L < ROWS_TREE_BYTES, "nor with maps alone");

_Static_assert(ROW_ERROR_BYTES >= PROTO_ERROR_BYTES, "one buffer takes both kinds of sentences");

/* Of a long path the end tells more. */
const char *rows_name(const char *name, char out[ROWS_NAME_BYTES]) {
    size_t bytes = strlen(name), room = ROWS_NAME_BYTES - sizeof CUT;
    const char *from = bytes > room ? name + bytes - room : name;
    while (from > name && (*from & 0xc0) == 0x80) from++; /* not in the middle of a character */
    size_t cut = from > name ? strlen(CUT) : 0;
    memcpy(out, CUT, cut);
    printable(from, strlen(from), out + cut, ROWS_NAME_BYTES - cut);
    return out;
}

int rows_init(struct rows *rows, const char *name, const struct csv_options *options, char *error) {
    *rows = (struct rows){.good = 0};
    rows_name(name, rows->name);
    return options ? csv_new(options, &rows->csv, error) : 0;
}

void rows_fini(struct rows *rows) {
    lines_fini(&rows->lines);
    csv_free(rows->csv);
    rows->csv = NULL;
    publication_fini(&rows->publication);
}

static void tell(const struct rows *rows, const char *why, char *error) {
    snprintf(error, ROWS_ERROR_BYTES, "%s:%" PRIu64 ": %s", rows->name, rows->lines.number, why);
}

/* What the values of a JSON line cost at most while it is read: an empty map of three bytes takes
 * more than two hundred. */
static size_t tree_bytes(const char *line, size_t bytes) {
    static const uint8_t costs[UINT8_MAX + 1] = {['{'] = 208, ['['] = 128, [':'] = 96, [','] = 48};
    size_t sum = 0;
    bool text = false;
    for (size_t i = 0; i < bytes; i++) {
        if (line[i] == '"') text = !text;
        if (text && line[i] == '\\') i++;
        if (!text) sum += costs[(uint8_t)line[i]];
    }
    return sum;
}

/* The broker has the say about lengths: ours only keep memory in bounds. */
static int take_json(struct rows *rows, const char *line, size_t bytes, struct row *row,
                     char *error) {
    struct publication *publication = &rows->publication;
    char text[ROW_TEXT_BYTES];
    if (bytes > ROWS_FREE_BYTES && tree_bytes(line, bytes) > ROWS_TREE_BYTES) {
        snprintf(error, ROW_ERROR_BYTES,
                 "the line has too many values, allowed are a million numbers or a quarter of a "
                 "million maps");
        return -1;
    }
    if (publish_decode(PUBLISH_JSON, line, bytes, LINES_MAX_BYTES, publication, error)) return -1;
    size_t key_bytes = key_item_bytes(publication->key.at, publication->key.bytes);
    const char *why = key_check(publication->key.at, key_bytes, CSV_KEY_BYTES);
    *row = (struct row){publication->key.at, publication->data.at, key_bytes,
                        publication->data.bytes, 0};
    if (why)
        snprintf(error, ROW_ERROR_BYTES, "'%s' cannot be the key: %s",
                 printable(row->key, key_bytes, text, sizeof text), why);
    return why ? -1 : 0;
}

static int take_csv(struct rows *rows, char *line, size_t bytes, struct row *row, char *error) {
    struct csv_message message;
    if (csv_row(rows->csv, line, bytes, &message, error)) return -1;
    *row = (struct row){message.key, message.data, message.key_bytes, message.data_bytes,
                        message.time_ns};
    return 0;
}

/* A line that is not empty; NULL: one that is too long. */
static enum rows_result take(struct rows *rows, char *line, size_t bytes, struct row *row,
                             char *error) {
    char why[ROW_ERROR_BYTES];
    int result = -1;
    bool header = rows->csv && !rows->header_taken;
    if (!line)
        snprintf(why, sizeof why, "the line is too long, allowed are 16 MiB");
    else if (header)
        result = csv_header(rows->csv, line, bytes, why);
    else if (rows->csv)
        result = take_csv(rows, line, bytes, row, why);
    else
        result = take_json(rows, line, bytes, row, why);
    if (result) tell(rows, why, error);
    if (header) {
        rows->header_taken = true;
        return result ? ROWS_REFUSED : ROWS_NONE;
    }
    if (result)
        rows->bad++;
    else
        rows->good++;
    return result ? ROWS_BAD : ROWS_ROW;
}

enum rows_result rows_next(struct rows *rows, struct row *row, char *error) {
    publication_fini(&rows->publication);
    for (;;) {
        char *line = NULL;
        size_t bytes;
        enum lines_result result = lines_next(&rows->lines, &line, &bytes);
        if (result == LINES_NONE) return ROWS_NONE;
        if (result == LINES_TOO_LONG) line = NULL;
        if (line && bytes == 0) continue;
        bool header = rows->csv && !rows->header_taken;
        if (!header && rows->lines.number <= rows->skip) continue;
        enum rows_result taken = take(rows, line, bytes, row, error);
        if (taken != ROWS_NONE) return taken;
    }
}

void rows_reject(struct rows *rows, const char *why, char *error) {
    rows->good--;
    rows->bad++;
    tell(rows, why, error);
}
