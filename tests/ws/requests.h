/* The rows of tests/ws/handshakes.tsv, which tells their form. */
#ifndef REQUESTS_H
#define REQUESTS_H

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define REQUESTS_FILE TICKCAST_SOURCE_DIR "/tests/ws/handshakes.tsv"
#define REQUESTS_MOST 512
#define REQUEST_BYTES 16384

/* Status 101 is a good request, 0 one that needs more bytes. */
struct row {
    int status;
    const char *bytes;
    size_t count;
    const char *name;
};

static const struct {
    const char *part, *bytes;
} request_parts[] = {
    {"line", "GET /ws HTTP/1.1\r\n"},
    {"Host", "Host: server.example.com\r\n"},
    {"Upgrade", "Upgrade: websocket\r\n"},
    {"Connection", "Connection: Upgrade\r\n"},
    {"Key", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"},
    {"Version", "Sec-WebSocket-Version: 13\r\n"},
    {"more", ""},
    {"end", "\r\n"},
};

/* Undoes the escapes of `text` up to `end`; returns where `out` ends then. */
static char *request_unescape(const char *text, const char *end, char *out) {
    while (text < end) {
        if (*text != '\\') {
            *out++ = *text++;
            continue;
        }
        static const char plain[] = "r\rn\nt\t\\\\";
        char kind = text[1];
        const char *found = strchr(plain, kind);
        text += 2;
        if (kind == 'x') {
            *out++ = (char)strtol((char[]){text[0], text[1], '\0'}, NULL, 16);
            text += 2;
        } else if (kind == '(') {
            const char *close = text, *star;
            for (int depth = 1; close < end && (depth += (*close == '(') - (*close == ')')) > 0;)
                close++;
            for (star = close; *star != '*';) star--;
            for (int left = atoi(star + 1); left > 0; left--)
                out = request_unescape(text, star, out);
            text = close + 1;
        } else {
            cr_assert_not_null(found, "escape \\%c", kind);
            *out++ = found[1];
        }
    }
    return out;
}

/* The row of a line, which is cut up for it. */
static struct row request_make(char *line, size_t number) {
    char *field[4];
    for (int i = 0; i < 4; i++) {
        field[i] = strsep(&line, i < 3 ? "\t" : "\n");
        cr_assert_not_null(field[i], "line %zu has not four fields", number);
    }
    char *bytes = malloc(REQUEST_BYTES), *out = bytes;
    const char *part = field[1], *text = field[2], *end = text + strlen(text);
    bool placed = strcmp(part, "all") == 0;
    if (placed) out = request_unescape(text, end, out);
    for (size_t i = 0; i < sizeof request_parts / sizeof *request_parts; i++) {
        if (strcmp(part, "all") == 0) break;
        bool here = strcmp(part, request_parts[i].part) == 0;
        out = here ? request_unescape(text, end, out) : stpcpy(out, request_parts[i].bytes);
        placed = placed || here;
    }
    cr_assert(placed, "line %zu: part %s", number, part);
    return (struct row){atoi(field[0]), bytes, (size_t)(out - bytes), strdup(field[3])};
}

/* All rows; their number in *count. They live as long as the test. */
static struct row *requests_read(size_t *count) {
    struct row *rows = calloc(REQUESTS_MOST, sizeof *rows);
    FILE *file = fopen(REQUESTS_FILE, "r");
    cr_assert_not_null(file, REQUESTS_FILE);
    char *line = NULL;
    size_t room = 0, number = 0;
    *count = 0;
    while (getline(&line, &room, file) > 0) {
        number++;
        if (line[0] == '#' || line[0] == '\n') continue;
        cr_assert_lt(*count, REQUESTS_MOST);
        rows[(*count)++] = request_make(line, number);
    }
    free(line);
    fclose(file);
    return rows;
}

static void requests_free(struct row *rows, size_t count) {
    for (size_t i = 0; i < count; i++) {
        free((void *)rows[i].bytes);
        free((void *)rows[i].name);
    }
    free(rows);
}

#endif
