#include "peer/wanted.h"

#include <stdlib.h>
#include <string.h>

#include "peer/stream.h"

/* conn->request is a row of records in the order of their texts: id (32 bits), text, NUL. */

static uint32_t record_id(const uint8_t *record) {
    uint32_t id;
    memcpy(&id, record, sizeof id);
    return id;
}

static const char *record_text(const uint8_t *record) {
    return (const char *)record + sizeof(uint32_t);
}

static const uint8_t *record_next(const uint8_t *record) {
    return record + sizeof(uint32_t) + strlen(record_text(record)) + 1;
}

static int record_add(struct peer_conn *conn, struct peer_bytes *records, uint32_t id,
                      const char *text) {
    if (stream_add(conn, records, &id, sizeof id)) return -1;
    return stream_add(conn, records, text, strlen(text) + 1);
}

static int compare(const void *a, const void *b) {
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Walks the old and the new in one order; fills `now`. */
static int walk(struct peer_conn *conn, const char *const *sorted, uint32_t count,
                struct peer_bytes *now, wanted_tell tell, void *arg) {
    const uint8_t *old = conn->request.at, *end = old + conn->request.count;
    for (uint32_t i = 0; i < count || old < end;) {
        int order = i == count ? 1 : old == end ? -1 : strcmp(sorted[i], record_text(old));
        uint32_t id = order < 0 ? ++conn->subscribed : record_id(old);
        if (order > 0 && tell(conn, false, record_text(old), id, arg)) return -1;
        if (order < 0 && tell(conn, true, sorted[i], id, arg)) return -1;
        if (order <= 0 && record_add(conn, now, id, sorted[i])) return -1;
        if (order >= 0) old = record_next(old);
        if (order > 0) continue;
        const char *taken = sorted[i];
        while (i < count && !strcmp(sorted[i], taken)) i++;
    }
    return 0;
}

int wanted_change(struct peer_conn *conn, const char *const *streams, uint32_t count,
                  wanted_tell tell, void *arg) {
    struct peer_bytes now = {0};
    const char **sorted = malloc(count * sizeof *sorted);
    if (!sorted) return stream_error(conn, "no memory"), -1;
    memcpy(sorted, streams, count * sizeof *sorted);
    qsort(sorted, count, sizeof *sorted, compare);
    int failed = walk(conn, sorted, count, &now, tell, arg);
    free(sorted);
    if (failed) {
        peer_bytes_fini(&now);
        return -1;
    }
    peer_bytes_fini(&conn->request);
    conn->request = now;
    return 0;
}
