/* What a peer tells about bytes, as text: whole, byte by byte and cut at every offset it must be
 * the same. */
#ifndef TEST_BENCH_PEER_TOLD_H
#define TEST_BENCH_PEER_TOLD_H

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "peer/kinds.h"

struct scene {
    const struct peer *peer;
    const char *const *streams; /* asked for before; NULL: the greeting is still to come */
    uint32_t count;
};

static struct peer_conn scene_conn(const struct scene *scene) {
    struct peer_conn conn = {.number = 7};
    struct peer_bytes out = {0};
    if (scene->streams) {
        conn.ready = true;
        cr_assert_eq(scene->peer->subscribe(&conn, scene->streams, scene->count, &out), 0, "%s",
                     conn.error);
    }
    peer_bytes_fini(&out);
    return conn;
}

static void tell(FILE *out, const struct peer_conn *conn, enum peer_event event,
                 const struct peer_message *message) {
    static const char *const names[] = {"more",  "ready",   "subscribed", "data",
                                        "reply", "nothing", "error"};
    fprintf(out, "%s", names[event]);
    if (event == PEER_DATA) {
        fprintf(out, " %.*s ", (int)message->key_bytes, message->key);
        fwrite(message->data, 1, message->data_bytes, out);
    }
    if (event == PEER_REPLY) fprintf(out, " %.*s", (int)conn->reply.count, conn->reply.at);
    if (event == PEER_ERROR) fprintf(out, " %s", conn->error);
    fputc('\n', out);
}

/* Offers one piece in memory of exactly its size. False after an error. */
static bool offer(const struct scene *scene, struct peer_conn *conn, const uint8_t *bytes,
                  size_t count, FILE *out) {
    uint8_t *piece = malloc(count + (count == 0));
    const uint8_t *at = piece, *end = piece + count;
    if (count) memcpy(piece, bytes, count);
    enum peer_event event;
    size_t events = 0;
    do {
        struct peer_message message;
        cr_assert_leq(events++, count, "more events than bytes");
        event = scene->peer->take(conn, &at, end, &message);
        if (event != PEER_MORE && event != PEER_NOTHING) tell(out, conn, event, &message);
    } while (event != PEER_MORE && event != PEER_ERROR);
    if (event == PEER_MORE) cr_assert_eq(at, end, "all bytes are taken");
    free(piece);
    return event == PEER_MORE;
}

/* Told about pieces of `step` bytes, the first of `first`. On the heap. */
static char *told(const struct scene *scene, const void *bytes, size_t count, size_t first,
                  size_t step) {
    struct peer_conn conn = scene_conn(scene);
    char *text;
    size_t text_bytes;
    FILE *out = open_memstream(&text, &text_bytes);
    for (size_t from = 0, to = first; from < count; from = to, to += step) {
        if (to > count) to = count;
        if (!offer(scene, &conn, (const uint8_t *)bytes + from, to - from, out)) break;
    }
    fclose(out);
    scene->peer->fini(&conn);
    return text;
}

static void expect_way(const struct scene *scene, const void *bytes, size_t count, size_t first,
                       size_t step, const char *text) {
    char *got = told(scene, bytes, count, first, step);
    cr_assert_str_eq(got, text, "pieces of %zu, %zu, ... bytes", first, step);
    free(got);
}

static void expect_told(struct scene scene, const void *bytes, size_t count, const char *text) {
    expect_way(&scene, bytes, count, count, count, text);
    expect_way(&scene, bytes, count, 1, 1, text);
    for (size_t at = 1; at < count; at++) expect_way(&scene, bytes, count, at, count, text);
    for (size_t step = 2; step < count && step < 100; step++)
        expect_way(&scene, bytes, count, step, step, text);
}

static inline void expect_text(struct scene scene, const char *bytes, const char *text) {
    expect_told(scene, bytes, strlen(bytes), text);
}

/* `head` (where %zu is the count), a MiB of data and `tail`, in pieces of `first` and 64 KiB: what
 * is told must be the data between `before` and `after`. */
static inline void expect_gathered(struct scene scene, const char *head, const char *tail,
                                   size_t first, const char *before, const char *after) {
    const size_t size = 1 << 20;
    char *bytes = malloc(size + 1000);
    size_t count = sprintf(bytes, head, size);
    memset(bytes + count, 'x', size);
    strcpy(bytes + count + size, tail);
    char *got = told(&scene, bytes, count + size + strlen(tail), first, 65536);
    cr_assert_eq(strlen(got), strlen(before) + size + strlen(after));
    cr_assert(!strncmp(got, before, strlen(before)));
    cr_assert_str_eq(got + strlen(before) + size, after);
    free(got);
    free(bytes);
}

/* What a peer sends for `subscribe`, as text: to be freed. NULL: refused. */
static inline char *asked(const struct peer *peer, struct peer_conn *conn,
                          const char *const *streams, uint32_t count) {
    struct peer_bytes out = {0};
    int result = peer->subscribe(conn, streams, count, &out);
    if (!result) peer_bytes_add(&out, "", 1);
    if (result) peer_bytes_fini(&out);
    return (char *)out.at;
}

static inline void expect_asked(const struct peer *peer, struct peer_conn *conn,
                                const char *const *streams, uint32_t count, const char *text) {
    char *got = asked(peer, conn, streams, count);
    cr_assert_not_null(got, "%s", conn->error);
    cr_assert_str_eq(got, text);
    free(got);
}

static inline void expect_refused(const struct peer *peer, const char *stream, const char *why) {
    struct peer_conn conn = {.ready = true};
    char *got = asked(peer, &conn, &stream, 1);
    cr_assert_null(got, "%s", got);
    cr_assert_str_eq(conn.error, why);
    peer->fini(&conn);
}

#endif
