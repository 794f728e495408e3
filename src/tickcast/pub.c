#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/printable.h"
#include "client/client.h"
#include "feed/csv.h"
#include "feed/lines.h"
#include "key/key.h"
#include "proto/json.h"
#include "proto/publish.h"
#include "tickcast/commands.h"
#include "tickcast/publisher.h"

#define CLOSE_MS 1000
#define KEY_TEXT 256 /* of a key in a message */

_Static_assert(CSV_ERROR_BYTES >= PROTO_ERROR_BYTES, "one buffer takes both kinds of errors");

struct pub {
    const struct cli *options;
    struct publisher publisher;
    struct lines lines;
    struct csv *csv; /* NULL: JSON lines */
    bool header_taken;
    uint64_t bad_lines;
};

static enum exit_code complain(const char *text) {
    fprintf(stderr, "tickcast pub: %s\n", text);
    return EXIT_FAILED;
}

static void complain_line(struct pub *pub, const char *text) {
    fprintf(stderr, "tickcast pub: line %" PRIu64 ": %s\n", pub->lines.number, text);
    pub->bad_lines++;
}

/* The broker has the say about lengths: ours only keep memory in bounds. */
static bool key_good(const char *key, size_t key_bytes, char *error) {
    char text[KEY_TEXT];
    const char *why = key_check(key, key_bytes, CSV_KEY_BYTES);
    if (why)
        snprintf(error, CSV_ERROR_BYTES, "'%s' cannot be the key: %s",
                 printable(key, key_bytes, text, sizeof text), why);
    return !why;
}

static int put_json(struct pub *pub, const char *line, size_t bytes) {
    struct publication publication;
    char error[CSV_ERROR_BYTES];
    int result = 0;
    size_t key_bytes = 0;
    bool good = !publish_decode(PUBLISH_JSON, line, bytes, LINES_MAX_BYTES, &publication, error);
    if (good) {
        key_bytes = key_item_bytes(publication.key.at, publication.key.bytes);
        good = key_good(publication.key.at, key_bytes, error);
    }
    if (good)
        result = publisher_put(&pub->publisher, publication.key.at, key_bytes, publication.data.at,
                               publication.data.bytes, pub->lines.number);
    else
        complain_line(pub, error);
    publication_fini(&publication);
    return result;
}

/* Without a good header no row has a meaning: that ends the work. */
static int put_csv(struct pub *pub, char *line, size_t bytes) {
    struct csv_message message;
    char error[CSV_ERROR_BYTES];
    if (!pub->header_taken) {
        pub->header_taken = true;
        if (csv_header(pub->csv, line, bytes, error) == 0) return 0;
        complain_line(pub, error);
        return -1;
    }
    if (csv_row(pub->csv, line, bytes, &message, error)) {
        complain_line(pub, error);
        return 0;
    }
    return publisher_put(&pub->publisher, message.key, message.key_bytes, message.data,
                         message.data_bytes, pub->lines.number);
}

static int put_lines(struct pub *pub) {
    char *line;
    size_t bytes;
    for (;;) {
        enum lines_result result = lines_next(&pub->lines, &line, &bytes);
        if (result == LINES_NONE) return publisher_pause(&pub->publisher);
        if (result == LINES_TOO_LONG) {
            complain_line(pub, "the line is longer than 16 MiB");
            continue;
        }
        if (bytes == 0) continue;
        if (pub->csv ? put_csv(pub, line, bytes) : put_json(pub, line, bytes)) return -1;
    }
}

static int publish_input(struct pub *pub) {
    while (!pub->lines.end) {
        if (publisher_wait(&pub->publisher, STDIN_FILENO)) return -1;
        ssize_t got = lines_read(&pub->lines, STDIN_FILENO);
        if (got < 0 && errno == EAGAIN) continue;
        if (got < 0) {
            fprintf(stderr, "tickcast pub: standard input: %s\n", strerror(errno));
            return -1;
        }
        if (put_lines(pub)) return -1;
    }
    return publisher_finish(&pub->publisher);
}

static int publish_one(struct pub *pub) {
    const char *key = pub->options->arguments[0], *text = pub->options->arguments[1];
    char error[CSV_ERROR_BYTES];
    struct json_msgpack data;
    size_t key_bytes = key_item_bytes(key, strlen(key));
    if (!key_good(key, key_bytes, error)) {
        complain(error);
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

static void print_summary(const struct pub *pub, double seconds) {
    uint64_t published = pub->publisher.published;
    uint64_t errors = pub->bad_lines + pub->publisher.errors;
    if (pub->options->json)
        printf("{\"published\": %" PRIu64 ", \"errors\": %" PRIu64 ", \"seconds\": %.3f}\n",
               published, errors, seconds);
    else if (pub->options->argument_count == 0)
        fprintf(stderr, "published %" PRIu64 " messages in %.1f s, %" PRIu64 " errors\n", published,
                seconds, errors);
}

static enum exit_code publish(struct pub *pub, struct client *client) {
    const struct cli *options = pub->options;
    const struct client_options wanted = {
        .url = options->url ? options->url : CLI_URL,
        .default_path = "/publish",
        .ca_file = options->ca,
        .timeout_ms = (int)options->timeout_ms,
    };
    if (client_connect(client, &wanted) != CLIENT_OK) return complain(client_error(client));
    bool one = options->argument_count > 0;
    uint64_t begin = clock_now_ns();
    publisher_init(&pub->publisher, client, options->ack, !one);
    int result = one ? publish_one(pub) : publish_input(pub);
    double seconds = (double)(clock_now_ns() - begin) / (double)NS_PER_S;
    client_close(client, WS_CLOSE_NORMAL, CLOSE_MS);
    if (result == 0)
        print_summary(pub, seconds);
    else if (!one)
        fprintf(stderr, "tickcast pub: lines up to %" PRIu64 " were answered\n",
                pub->publisher.answered);
    publisher_fini(&pub->publisher);
    return result || pub->bad_lines || pub->publisher.errors ? EXIT_FAILED : EXIT_GOOD;
}

enum exit_code pub_run(const struct cli *options) {
    struct pub pub = {.options = options};
    char error[CSV_ERROR_BYTES];
    if (options->csv && csv_new(options->csv, &pub.csv, error)) {
        fprintf(stderr, "tickcast pub: --csv %s: %s\n", options->csv, error);
        return EXIT_USAGE;
    }
    struct client *client = client_new();
    enum exit_code code = client ? publish(&pub, client) : complain("no memory");
    client_free(client);
    csv_free(pub.csv);
    lines_fini(&pub.lines);
    return code;
}
