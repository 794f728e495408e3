/*
 * The log of a group: an append-only list of chunks of encoded frames, and the cursors that read
 * it. No I/O; one thread.
 *
 * A position is the number of bytes appended before it. A cursor at `at` is in the chunk with
 * base <= at < base + bytes, or at the head in the newest one. Each chunk counts the cursors in it;
 * the oldest is freed when it has none. When all cursors are at the head nothing is needed: all
 * chunks but a single one are freed at once, and that one is used again from its beginning, or
 * freed when nothing was appended between two calls of logs_cool.
 *
 * Nobody tells the cursors when chunks come and go. What makes this work: appending moves no
 * cursor, it only sets `at_head` to 0; a new chunk takes over those at the head from the one
 * before. Where a cursor is follows from `at` alone, for the newest and the oldest chunk by
 * comparing; for one in between its `hint` is alive: it is the chunk of its last move or the one
 * before its chunk.
 */
#ifndef GROUP_LOG_H
#define GROUP_LOG_H

#include <assert.h>
#include <stdbool.h>
#include <string.h>
#include <sys/uio.h>

#include "group/pool.h"

#define LOG_INLINE_BYTES 4096 /**< frames above are referenced, not copied */
#define LOG_BLOCK_BYTES  32

struct log_chain {
    struct chunk *oldest, *newest;
    uint64_t head;       /**< position after the last byte */
    uint64_t quick_end;  /**< appends up to here find room, and nobody at the head; see
                            group_allow_quick */
    uint64_t frames;     /**< frames appended so far */
    uint64_t held_bytes; /**< of the chunks that are alive */
    uint32_t readers;    /**< cursors */
    uint32_t at_head;    /**< cursors known to be at the head */
    struct list warm;    /**< in the pool's list while the newest chunk has bytes of its own */
    uint64_t warm_head;  /**< the head at the last look at that list */
    uint32_t first_size; /**< of the chunks: what a usual batch needed */
    struct pool *pool;
    bool orphan; /**< its group is gone: the last cursor frees it */
};

struct cursor {
    struct log_chain *log;
    uint64_t at;
    struct chunk *hint;
    uint64_t frames; /**< frames before the head when it was last there */
};

struct log_chain *log_new(struct pool *pool);
/** Frees the chunks of logs that are caught up and had nothing to do since the last call. */
void logs_cool(struct pool *pool);
/** The group is gone: the log lives on while it is read. */
void log_orphan(struct log_chain *log);

/** Makes room for a frame of `bytes`; false without memory. The slow part of log_append. */
bool log_grow(struct log_chain *log, uint32_t bytes);

/** Frames are copied in blocks of 32: what is behind either end is not used, but there
 * (POOL_SLACK_BYTES, FRAME_SLACK_BYTES). Of so many: */
static inline uint32_t log_blocks(uint32_t bytes) {
    return (bytes + LOG_BLOCK_BYTES - 1) / LOG_BLOCK_BYTES;
}

/** True if the newest chunk has room for `bytes`. */
static inline bool log_fits(const struct log_chain *log, uint32_t bytes) {
    const struct chunk *chunk = log->newest;
    return chunk != NULL && chunk->room >= chunk->bytes + bytes;
}

/** Appends a frame below `quick_end`; see log_append. `blocks` is log_blocks(bytes), for a caller
 * in whose loop that is a constant. */
static inline void log_put(struct log_chain *log, const uint8_t *wire, uint32_t bytes,
                           uint32_t blocks) {
    struct chunk *chunk = log->newest;
    memcpy(chunk->own + chunk->bytes, wire, (size_t)blocks * LOG_BLOCK_BYTES);
    chunk->bytes += bytes;
    log->head += bytes;
    log->frames++;
}

/** Appends a copy of a whole frame of at most LOG_INLINE_BYTES. `wire` has FRAME_SLACK_BYTES behind
 * it. False without memory. Not with no reader. */
static inline bool log_append(struct log_chain *log, const uint8_t *wire, uint32_t bytes) {
    if (!log_fits(log, bytes) && !log_grow(log, bytes)) return false;
    log_put(log, wire, bytes, log_blocks(bytes));
    log->at_head = 0;
    return true;
}

/** Appends a reference. False without memory. */
bool log_append_hold(struct log_chain *log, struct hold *hold);

/** A new cursor at the head. */
void cursor_open(struct cursor *cursor, struct log_chain *log);
void cursor_close(struct cursor *cursor);

static inline bool cursor_at_head(const struct cursor *cursor) {
    return cursor->at == cursor->log->head;
}

/** The bytes from the cursor to `until` (a position, at most the head) as at most `max` pieces.
 * Returns the number of pieces. Valid until the cursor moves. */
int cursor_range(struct cursor *cursor, uint64_t until, struct iovec *pieces, int max);

/** Moves the cursor over `bytes`. Returns the frames that were completed, counted when it reaches
 * the head (0 before). */
uint64_t cursor_advance(struct cursor *cursor, uint64_t bytes);

/** Gives chunks back that no cursor is in. */
void log_trim(struct log_chain *log);

/** All cursors are at the end of the one chunk: it is used again from its beginning. */
static inline void log_begin_anew(struct log_chain *log) {
    log->newest->base = log->head;
    log->newest->bytes = 0;
}

/** What is written of the newest chunk of a log: what nearly every cursor wants the end of. Valid
 * until the next append. */
struct log_tail {
    struct chunk *chunk;
    const uint8_t *end; /**< after the last byte */
    size_t bytes;
    uint64_t head, frames;
};

/** The log has chunks: somebody is not at its head. */
static inline struct log_tail log_tail(const struct log_chain *log) {
    struct chunk *chunk = log->newest;
    return (struct log_tail){
        .chunk = chunk,
        .end = chunk->data + chunk->bytes,
        .bytes = chunk->bytes,
        .head = log->head,
        .frames = log->frames,
    };
}

/** The bytes between the cursor and the head, up to `tail->end`; 0 if there are none or they begin
 * in an older chunk. */
static inline size_t cursor_to_end(const struct cursor *cursor, const struct log_tail *tail) {
    size_t bytes = tail->head - cursor->at;
    return bytes <= tail->bytes ? bytes : 0;
}

/** The same as cursor_advance over what cursor_to_end told: nearly every delivery. Returns the
 * frames that were completed. The log is to be told by log_reached. */
static inline uint64_t cursor_to_head(struct cursor *cursor, const struct log_tail *tail) {
    uint64_t frames = tail->frames - cursor->frames;
    cursor->at = tail->head;
    cursor->hint = tail->chunk;
    cursor->frames = tail->frames;
    return frames;
}

/** `count` cursors were moved by cursor_to_head; to be told before anything else is done. */
static inline void log_reached(struct log_chain *log, uint32_t count) {
    log->quick_end = 0;
    log->at_head += count;
    if (count > 0 && log->at_head == log->readers) log_trim(log);
}

/** The same for the only reader: no other chunk is alive. */
static inline void log_reached_by_only(struct log_chain *log) {
    assert(log->readers == 1 && log->oldest == log->newest);
    log->quick_end = 0;
    log->at_head = 1;
    if (log->newest->hold != NULL)
        log_trim(log);
    else
        log_begin_anew(log);
}

/** The first frame boundary at or after position `from`, which is between the cursor and the head.
 */
uint64_t cursor_boundary(struct cursor *cursor, uint64_t from);

/** True if the cursor is in the oldest of several chunks: it holds memory back. */
bool cursor_in_oldest(const struct cursor *cursor);

#endif
