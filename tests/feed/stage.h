/*
 * What the tests of feeds share: a broker in the process, a subscriber through src/client, feeds
 * whose log lines are kept, and a folder for files. One broker and one subscriber a test.
 */
#ifndef TESTS_FEED_STAGE_H
#define TESTS_FEED_STAGE_H

#include <criterion/criterion.h>
#include <msgpack.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "client/client.h"
#include "feed/feed.h"

#define STAGE_WAIT_MS   60000
#define STAGE_MAX_LINES 4096
#define STAGE_MAX_FEEDS 4

struct stage {
    struct tickcast_broker *broker;
    struct client *client;
    struct feed *feeds[STAGE_MAX_FEEDS];
    struct feed_options options[STAGE_MAX_FEEDS];
    size_t count;
    char folder[64];
};
static struct stage stage;

static pthread_mutex_t stage_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t stage_more = PTHREAD_COND_INITIALIZER;
static char *stage_lines[STAGE_MAX_LINES];
static size_t stage_line_count;

static void stage_sink(void *arg, int level, const char *line) {
    (void)arg;
    (void)level;
    pthread_mutex_lock(&stage_lock);
    if (stage_line_count < STAGE_MAX_LINES) stage_lines[stage_line_count++] = strdup(line);
    pthread_cond_broadcast(&stage_more);
    pthread_mutex_unlock(&stage_lock);
}
static const struct log stage_log = {.sink = stage_sink, .level = LOG_NOTICE};

/* With the lock: the `number`-th line, from 1, that has `part`. */
static inline const char *stage_find(const char *part, size_t number) {
    for (size_t i = 0; i < stage_line_count; i++)
        if (strstr(stage_lines[i], part) != NULL && --number == 0) return stage_lines[i];
    return NULL;
}

/* Waits for the `number`-th line with `part`. */
static inline const char *stage_wait_nth(const char *part, size_t number) {
    struct timespec deadline;
    clock_gettime(CLOCK_REALTIME, &deadline);
    deadline.tv_sec += STAGE_WAIT_MS / 1000;
    pthread_mutex_lock(&stage_lock);
    const char *line;
    int late = 0;
    while (!(line = stage_find(part, number)) && !late)
        late = pthread_cond_timedwait(&stage_more, &stage_lock, &deadline);
    if (!line)
        for (size_t i = 0; i < stage_line_count; i++) fprintf(stderr, "%s\n", stage_lines[i]);
    pthread_mutex_unlock(&stage_lock);
    cr_assert(line != NULL, "no line with '%s'", part);
    return line;
}

static inline const char *stage_wait(const char *part) {
    return stage_wait_nth(part, 1);
}

static inline size_t stage_count(const char *part) {
    size_t count = 0;
    pthread_mutex_lock(&stage_lock);
    for (size_t i = 0; i < stage_line_count; i++) count += strstr(stage_lines[i], part) != NULL;
    pthread_mutex_unlock(&stage_lock);
    return count;
}

static inline void stage_begin_with(const struct tickcast_options *options) {
    strcpy(stage.folder, "/tmp/tickcast-feed-XXXXXX");
    cr_assert(mkdtemp(stage.folder) != NULL);
    cr_assert_eq(tickcast_broker_new(options, &stage.broker), TICKCAST_OK);
    struct tickcast_listener listener = {.host = "127.0.0.1"};
    cr_assert_eq(tickcast_broker_listen(stage.broker, &listener), 0);
    cr_assert_eq(tickcast_broker_start(stage.broker), TICKCAST_OK);
}

/* One worker, and readers that may be slow. */
static inline void stage_options(struct tickcast_options *options) {
    tickcast_options_init(options);
    options->workers = 1;
    options->slow_memory = TICKCAST_GIB;
    options->slow_time_ms = 600000;
}

static inline void stage_begin(void) {
    struct tickcast_options options;
    stage_options(&options);
    stage_begin_with(&options);
}

static inline void stage_end(void) {
    for (size_t i = 0; i < stage.count; i++) {
        feed_stop(stage.feeds[i]);
        feed_options_fini(&stage.options[i]);
    }
    client_free(stage.client);
    tickcast_broker_free(stage.broker);
    for (size_t i = 0; i < stage_line_count; i++) free(stage_lines[i]);
    stage_line_count = 0;
    char command[128];
    snprintf(command, sizeof command, "rm -rf %s", stage.folder);
    if (system(command) != 0) fprintf(stderr, "%s is left\n", stage.folder);
}

/* A further client that is subscribed to `stream`. */
static inline struct client *stage_client(const char *stream) {
    char url[64];
    void *request;
    struct client_message message;
    struct client *client = client_new();
    snprintf(url, sizeof url, "ws://127.0.0.1:%u", tickcast_broker_port(stage.broker, 0));
    cr_assert_eq(client_connect(client, &(struct client_options){.url = url}), CLIENT_OK, "%s",
                 client_error(client));
    size_t bytes = tickcast_subscribe_encode(&stream, 1, &request);
    client_queue(client, WS_BINARY, request, bytes);
    free(request);
    cr_assert_eq(client_receive(client, STAGE_WAIT_MS, -1, &message), CLIENT_MESSAGE);
    return client;
}

static inline void stage_subscribe(const char *stream) {
    stage.client = stage_client(stream);
}

/* The options of the feed that is started next. */
static inline struct feed_options *stage_feed(enum feed_type type) {
    struct feed_options *options = &stage.options[stage.count];
    feed_options_init(options, type);
    return options;
}

static inline struct feed *stage_start(void) {
    struct feed **feed = &stage.feeds[stage.count];
    cr_assert_eq(feed_start(stage.broker, &stage.options[stage.count], &stage_log, feed), 0);
    return stage.feeds[stage.count++];
}

/* Stops the feed that was started last, wherever it waits. */
static inline void stage_stop_promptly(void) {
    uint64_t before_ns = clock_now_ns();
    feed_stop(stage.feeds[stage.count - 1]);
    stage.feeds[stage.count - 1] = NULL;
    cr_expect_lt(clock_now_ns() - before_ns, 20 * NS_PER_S);
}

static inline char *stage_path(const char *name, char path[128]) {
    snprintf(path, 128, "%s/%s", stage.folder, name);
    return path;
}

/* Writes to a file of the folder, `mode` as for fopen; returns its path in heap memory. */
static inline char *stage_write(const char *name, const char *mode, const void *bytes,
                                size_t count) {
    char path[128];
    FILE *file = fopen(stage_path(name, path), mode);
    cr_assert(file != NULL);
    cr_assert_eq(fwrite(bytes, 1, count, file), count);
    cr_assert_eq(fclose(file), 0);
    return strdup(path);
}

/* The next message: its key and data. */
struct stage_message {
    char key[256];
    msgpack_unpacked data;
};

static inline void stage_receive(struct stage_message *received) {
    struct client_message message;
    struct tickcast_payload payload;
    msgpack_unpacked_init(&received->data);
    cr_assert_eq(client_receive(stage.client, STAGE_WAIT_MS, -1, &message), CLIENT_MESSAGE, "%s",
                 client_error(stage.client));
    cr_assert_eq(tickcast_payload_decode(message.bytes, message.count, &payload), 0);
    snprintf(received->key, sizeof received->key, "%.*s", (int)payload.key_bytes, payload.key);
    cr_assert_eq(msgpack_unpack_next(&received->data, payload.data, payload.data_bytes, NULL),
                 MSGPACK_UNPACK_SUCCESS);
}

/* The field `name` of the data. */
static inline const msgpack_object *stage_field(const struct stage_message *received,
                                                const char *name) {
    const msgpack_object_map *map = &received->data.data.via.map;
    for (uint32_t i = 0; i < map->size; i++) {
        const msgpack_object_str *key = &map->ptr[i].key.via.str;
        if (key->size == strlen(name) && memcmp(key->ptr, name, key->size) == 0)
            return &map->ptr[i].val;
    }
    cr_assert(false, "no field %s", name);
    return NULL;
}

/* Receives a message whose field n is `n`. */
static inline void stage_expect(int64_t n) {
    struct stage_message received;
    stage_receive(&received);
    cr_assert_eq(stage_field(&received, "n")->via.i64, n, "%ld instead of %ld",
                 (long)stage_field(&received, "n")->via.i64, (long)n);
    msgpack_unpacked_destroy(&received.data);
}

/* Nothing more was published than what was received. */
static inline void stage_expect_end(void) {
    struct client_message message;
    static const char nil[] = "\xc0";
    cr_assert_eq(tickcast_push(stage.broker, "the/last/one", 12, nil, 1), TICKCAST_OK);
    cr_assert_eq(client_receive(stage.client, STAGE_WAIT_MS, -1, &message), CLIENT_MESSAGE);
    cr_assert(memmem(message.bytes, message.count, "the/last/one", 12) != NULL);
}

#endif
