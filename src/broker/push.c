/* Push from the threads of the host program, and the counters. */
#include "broker/broker.h"
#include "proto/msgpack_walk.h"
#include "shard/intake.h"

/* A message that some ring takes. */
static int place(struct tickcast_broker *broker, const struct ring_key *key,
                 const struct ring_takers *takers, const void *data, size_t data_bytes) {
    struct frame_cache *frames = &broker->shared.frames;
    struct frame *frame = intake_frame(frames, key, data, data_bytes);
    if (frame == NULL) return TICKCAST_ENOMEM;
    struct ring_item item = intake_item(frame, *key, *takers);
    int result = rings_push(broker->shared.rings, &item);
    frame_unref(frames, frame);
    if (result == RINGS_OK) return TICKCAST_OK;
    if (result == RINGS_CLOSED) return TICKCAST_ECLOSED;
    atomic_fetch_add_explicit(&broker->push_again, 1, memory_order_relaxed);
    return TICKCAST_EAGAIN;
}

int tickcast_push(struct tickcast_broker *broker, const char *key, size_t key_bytes,
                  const void *data, size_t data_bytes) {
    const struct shard_shared *shared = &broker->shared;
    struct ring_key checked;
    struct ring_takers takers;
    if (data_bytes == 0 || data_bytes > shared->options.max_payload ||
        msgpack_walk(data, data_bytes, PROTO_DATA_DEPTH) != data_bytes ||
        intake_key(&shared->options, shared->seed, key, key_bytes, &checked) != NULL)
        return TICKCAST_EINVAL;
    switch (rings_skip(shared->rings, &checked, &takers)) {
    case RINGS_OK:
        return TICKCAST_OK;
    case RINGS_CLOSED:
        return TICKCAST_ECLOSED;
    default:
        return place(broker, &checked, &takers, data, data_bytes);
    }
}

int tickcast_wait(struct tickcast_broker *broker, int timeout_ms) {
    if (broker_own_thread(broker)) return TICKCAST_EDEADLK;
    switch (rings_wait(broker->shared.rings, timeout_ms)) {
    case RINGS_OK:
        return TICKCAST_OK;
    case RINGS_TIMEDOUT:
        return TICKCAST_ETIMEDOUT;
    default:
        return TICKCAST_ECLOSED;
    }
}

static void add_shard(struct tickcast_stats *stats, const struct shard *shard) {
#define ADD(name, sentence) stats->name += count_get(&shard->stats.name);
    TICKCAST_STATS(ADD)
#undef ADD
    stats->outbound_now += count_get(&shard->outbound.used);
    stats->inbound_now += count_get(&shard->inbound.used);
}

static void add_ends(struct tickcast_stats *stats, const struct tickcast_broker *broker) {
    uint64_t ended[END_COUNT];
    for (int end = 0; end < END_COUNT; end++) {
        ended[end] = atomic_load_explicit(&broker->ended[end], memory_order_relaxed);
        for (uint32_t i = 0; i < broker->shared.options.workers; i++)
            ended[end] += count_get(&broker->shards[i]->stats.ended[end]);
        stats->closed += ended[end];
    }
#define STORE(name, NAME, code, level, sentence) stats->ended_##name = ended[END_##NAME];
    TICKCAST_ENDS(STORE)
#undef STORE
}

static void add_refusals(struct tickcast_stats *stats, const struct tickcast_broker *broker) {
    uint64_t refused[REFUSED_COUNT] = {0};
    for (int reason = 0; reason < REFUSED_COUNT; reason++) {
        for (uint32_t i = 0; i < broker->shared.options.workers; i++)
            refused[reason] += count_get(&broker->shards[i]->stats.refusals[reason]);
        stats->refused += refused[reason];
    }
#define STORE(name, NAME, sentence) stats->refused_##name = refused[REFUSED_##NAME];
    TICKCAST_REFUSALS(STORE)
#undef STORE
}

void tickcast_broker_stats(const struct tickcast_broker *broker, struct tickcast_stats *stats) {
    *stats = (struct tickcast_stats){0};
    for (uint32_t i = 0; i < broker->shared.options.workers; i++)
        add_shard(stats, broker->shards[i]);
    stats->accepted += atomic_load_explicit(&broker->accepted, memory_order_relaxed);
    stats->push_again += atomic_load_explicit(&broker->push_again, memory_order_relaxed);
    stats->pushed += rings_pushed(broker->shared.rings);
    add_ends(stats, broker);
    add_refusals(stats, broker);
}
