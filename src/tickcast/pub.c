#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/printable.h"
#include "client/client.h"
#include "feed/rows.h"
#include "key/key.h"
#include "proto/json.h"
#include "tickcast/commands.h"
#include "tickcast/publisher.h"

#define CLOSE_MS   1000
#define INPUT_NAME "standard input"
#define KEY_TEXT   256 /* of a key in a message */

struct pub {
    const struct cli *options;
    struct publisher publisher;
    struct rows rows;
    bool ended; /* at a bad line, before the end of the input */
};

static enum exit_code complain(const char *text) {
    char shown[COMPLAINT_BYTES];
    fprintf(stderr, "tickcast pub: %s\n", printable(text, strlen(text), shown, sizeof shown));
    return EXIT_FAILED;
}

static int put_lines(struct pub *pub) {
    struct row row;
    char error[ROWS_ERROR_BYTES];
    while (!pub->ended) {
        enum rows_result result = rows_next(&pub->rows, &row, error);
        if (result == ROWS_NONE) break;
        if (result != ROWS_ROW) {
            complain(error);
            pub->ended = result == ROWS_REFUSED || pub->options->strict;
        } else if (publisher_put(&pub->publisher, row.key, row.key_bytes, row.data, row.data_bytes,
                                 pub->rows.lines.number)) {
            return -1;
        }
    }
    return publisher_pause(&pub->publisher);
}

static int publish_input(struct pub *pub) {
    struct lines *lines = &pub->rows.lines;
    while (!lines->end && !pub->ended) {
        if (publisher_wait(&pub->publisher, STDIN_FILENO)) return -1;
        ssize_t got = lines_read(lines, STDIN_FILENO);
        if (got < 0 && errno == EAGAIN) continue;
        if (got < 0) {
            fprintf(stderr, "tickcast pub: " INPUT_NAME ": %s\n", strerror(errno));
            return -1;
        }
        if (put_lines(pub)) return -1;
    }
    return publisher_finish(&pub->publisher);
}

static int publish_one(struct pub *pub) {
    const char *key = pub->options->arguments[0], *text = pub->options->arguments[1];
    char error[PROTO_ERROR_BYTES], shown[KEY_TEXT];
    struct json_msgpack data;
    size_t key_bytes = key_item_bytes(key, strlen(key));
    const char *why = key_check(key, key_bytes, CSV_KEY_BYTES);
    if (why) {
        fprintf(stderr, "tickcast pub: '%s' cannot be the key: %s\n",
                printable(key, key_bytes, shown, sizeof shown), why);
        return -1;
    }
    if (json_to_msgpack(text, strlen(text), &data, error)) {
        fprintf(stderr, "tickcast pub: the data is not JSON: %s\n", error);
        return -1;
    }
    int result = publisher_put(&pub->publisher, key, key_bytes, data.bytes, data.count, 1);
    free(data.bytes);
    return result ? result : publisher_finish(&pub->publisher);
}

/* `complete`: the broker has answered all that was sent. */
static void print_summary(const struct pub *pub, double seconds, bool complete) {
    uint64_t published = pub->publisher.published, refused = pub->publisher.errors;
    uint64_t left_out = pub->rows.bad;
    if (pub->options->json)
        printf("{\"published\": %" PRIu64 ", \"errors\": %" PRIu64 ", \"left_out\": %" PRIu64
               ", \"refused\": %" PRIu64 ", \"seconds\": %.3f, \"answered\": %" PRIu64
               ", \"complete\": %s}\n",
               published, left_out + refused, left_out, refused, seconds, pub->publisher.answered,
               complete && !pub->ended ? "true" : "false");
    else if (complete && pub->options->argument_count == 0)
        fprintf(stderr,
                "published %" PRIu64 " messages in %.1f s, %" PRIu64 " bad lines left out, %" PRIu64
                " refused by the broker%s\n",
                published, seconds, left_out, refused,
                pub->ended ? "; ended before the end of the input" : "");
}

static enum exit_code publish(struct pub *pub, struct client *client) {
    const struct cli *options = pub->options;
    const struct client_options wanted = {
        .url = options->url ? options->url : CLI_URL,
        .default_path = "/publish",
        .files = {options->ca, options->cert, options->key},
        .timeout_ms = (int)options->timeout_ms,
    };
    if (client_connect(client, &wanted) != CLIENT_OK) return complain(client_error(client));
    bool one = options->argument_count > 0;
    uint64_t begin = clock_now_ns();
    publisher_init(&pub->publisher, client, options->ack, one ? NULL : INPUT_NAME);
    int result = one ? publish_one(pub) : publish_input(pub);
    double seconds = (double)(clock_now_ns() - begin) / (double)NS_PER_S;
    client_close(client, WS_CLOSE_NORMAL, CLOSE_MS);
    print_summary(pub, seconds, result == 0);
    if (result != 0 && !one)
        fprintf(stderr, "tickcast pub: " INPUT_NAME ": lines up to %" PRIu64 " were answered\n",
                pub->publisher.answered);
    publisher_fini(&pub->publisher);
    bool bad = pub->ended || pub->rows.bad > 0 || pub->publisher.errors > 0;
    return result || bad ? EXIT_FAILED : EXIT_GOOD;
}

/* The items between commas; they point into `text`. NULL without memory. */
static char **items(char *text, size_t *count) {
    size_t room = 1;
    for (const char *at = text; *at; at++) room += *at == ',';
    char **list = calloc(room, sizeof *list);
    *count = list ? room : 0;
    for (size_t i = 0; i < *count; i++) list[i] = strsep(&text, ",");
    return list;
}

static enum exit_code run(struct pub *pub, const struct csv_options *csv) {
    char error[ROWS_ERROR_BYTES];
    if (rows_init(&pub->rows, INPUT_NAME, csv, error)) {
        fprintf(stderr, "tickcast pub: --csv or --columns: %s\n", error);
        return EXIT_USAGE;
    }
    struct client *client = client_new();
    enum exit_code code = client ? publish(pub, client) : complain("no memory");
    client_free(client);
    rows_fini(&pub->rows);
    return code;
}

enum exit_code pub_run(const struct cli *options) {
    struct pub pub = {.options = options};
    struct feed_list columns = {.count = 0};
    char *text = options->columns ? strdup(options->columns) : NULL;
    if (text) columns.texts = items(text, &columns.count);
    const struct csv_options csv = {.key = options->csv, .columns = &columns};
    bool memory = !options->columns || columns.texts;
    enum exit_code code = memory ? run(&pub, options->csv ? &csv : NULL) : complain("no memory");
    free(columns.texts);
    free(text);
    return code;
}
