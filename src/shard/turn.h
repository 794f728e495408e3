/* The parts of a worker's turn that are not input; each is a file of its own. Worker's thread. */
#ifndef SHARD_TURN_H
#define SHARD_TURN_H

#include "shard/conn.h"

/* fanout.c */

/** Takes a batch from the ring: each message is matched and appended to the logs of all its groups.
 */
void fanout_take(struct shard *shard);

/* delay.c */

/** The timer, if there is a delay at all. -1 with errno. */
int delay_open(struct shard *shard);
void delay_close(struct shard *shard);
/** After an append of `bytes`, in place of group_wake and group_dirty. Whoever appends looks at
 * watch_at next: there may be enough already. */
void delay_group(struct shard *shard, struct group *group, uint32_t bytes);
/** A delayed group was in the dirty queue and has been visited; now it is in none. */
void delay_begin(struct shard *shard, struct group *group);
/** It waits no longer. Nothing if it did not. */
void delay_end(struct shard *shard, struct group *group);
/** The same for all that are due; for all if there is no delay any more (a stop). */
void delay_end_due(struct shard *shard);
/** Before the worker sleeps: sets the timer to the first that is due. */
void delay_wake_when_due(struct shard *shard);

/* throttle.c */

/** Buckets for message_rate, if there is one. -1 with errno. */
int throttle_open(struct shard *shard);
void throttle_close(struct shard *shard);

/* flush.c */

/** Sends to ready members of groups with something to send, for one slice. */
void flush_slice(struct shard *shard);

/* large_sets.c */

/** Puts large new sets into the index, and takes those without members out of it, for one slice. */
void large_sets_slice(struct shard *shard);
/** The worker ends, nobody is connected: takes all out that is left. */
void large_sets_end(struct shard *shard);

/* evict.c */

/** Ends readers that are too far behind, and whoever holds too much of the budgets: some in a turn,
 * for a slice of time. Once there is memory again, who was not read for want of it goes on. */
void evict_slow_readers(struct shard *shard);
void evict_for_memory(struct shard *shard);
/** Once a second: readers that hold the log of a set that they have left. */
void evict_moved_readers(struct shard *shard);
/** Ends one blocked reader with 1008 and a reason that says how slow it was. */
void evict_conn(struct conn *conn, enum conn_end end);

/* tls.c */

/** Goes on with TLS handshakes whose peers have sent something, for one slice; while data is
 * pending they get no more than half of the time. */
void tls_slice(struct shard *shard);

/* deadlines.c */

/** Every SHARD_TICK_MS: pings, chunks of idle logs; sets `overdue`. */
void deadlines_tick(struct shard *shard);
/** Ends some connections whose deadline has passed: handshakes, closings, slow readers. Thousands
 * may be due at once: `overdue` stays set until all are ended. */
void deadlines_end_overdue(struct shard *shard);

/* stop.c */

/** A turn of the last phase. False when nothing is left and the worker may end. */
bool stop_turn(struct shard *shard);

#endif
