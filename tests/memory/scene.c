#include "scene.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "../stress/stress.h"
#include "base/clock.h"
#include "failing.h"
#include "gate.h"

#define WAIT_NS (60 * NS_PER_S)

static bool all_gone(const struct tickcast_stats *stats) {
    return stats->connections_now + stats->subscribers_now + stats->groups_now +
               stats->subscriptions_now + stats->patterns_now + stats->outbound_now +
               stats->inbound_now + stats->parked_now ==
           0;
}

bool scene_start(struct scene *scene) {
    failing_spare(false);
    int result = tickcast_broker_new(&scene->options, &scene->broker);
    bool made = result == TICKCAST_OK;
    if (made) {
        result = tickcast_broker_listen(scene->broker, &scene->listener);
        if (result >= 0) result = tickcast_broker_start(scene->broker);
    }
    failing_spare(true);
    if (result == TICKCAST_OK) {
        CHECK(gate_whole(scene->broker), "a broker that lets in whom its options do not");
        scene->target.port = tickcast_broker_port(scene->broker, 0);
        return true;
    }
    /* a thread that lacks memory is told as EAGAIN, and OpenSSL does not always say what lacks */
    CHECK(result == TICKCAST_ENOMEM || result == TICKCAST_ESYSTEM || result == TICKCAST_ETLS, "%s",
          tickcast_strerror(result));
    if (made) tickcast_broker_free(scene->broker);
    scene->broker = NULL;
    return false;
}

void scene_stop(struct scene *scene) {
    failing_spare(false);
    CHECK(tickcast_broker_stop(scene->broker) == TICKCAST_OK, "stop");
    failing_spare(true);
    tickcast_broker_free(scene->broker);
    scene->broker = NULL;
}

void scene_settle(struct scene *scene) {
    for (int i = 0; i < SCENE_PEERS; i++) peer_drop(&scene->peers[i]);
    if (scene->broker == NULL) return;
    struct tickcast_stats stats;
    uint64_t until_ns = clock_now_ns() + WAIT_NS;
    for (;;) {
        tickcast_broker_stats(scene->broker, &stats);
        if (all_gone(&stats) && stats.closed == stats.accepted) return;
        CHECK(clock_now_ns() < until_ns,
              "left: %lu connections, %lu groups, %lu bytes for readers, %lu of requests; accepted "
              "%lu, closed %lu",
              stats.connections_now, stats.groups_now, stats.outbound_now, stats.inbound_now,
              stats.accepted, stats.closed);
        nanosleep(&(struct timespec){.tv_nsec = 50000}, NULL);
    }
}

bool scene_subscribe(struct peer *peer, const char *const *streams, size_t count) {
    void *request;
    struct peer_frame frame;
    size_t bytes = tickcast_subscribe_encode(streams, count, &request);
    CHECK(bytes > 0, "no memory for the test");
    bool echoed = peer_send(peer, WS_BINARY, request, bytes) && peer_read(peer, &frame);
    CHECK(!echoed || (frame.opcode == WS_BINARY && frame.bytes == bytes &&
                      memcmp(frame.payload, request, bytes) == 0),
          "not the echo");
    free(request);
    return echoed;
}

bool scene_push(const struct scene *scene, const char *key, const void *data, size_t bytes) {
    int result;
    for (;;) {
        failing_spare(false);
        result = tickcast_push(scene->broker, key, strlen(key), data, bytes);
        failing_spare(true);
        if (result != TICKCAST_EAGAIN) break;
        CHECK(tickcast_wait(scene->broker, WAIT_NS / NS_PER_MS) == TICKCAST_OK,
              "a full ring stays");
    }
    CHECK(result == TICKCAST_OK || result == TICKCAST_ENOMEM, "push: %s",
          tickcast_strerror(result));
    return result == TICKCAST_OK;
}

bool scene_receive(struct peer *peer, const char *key, const void *data, size_t bytes) {
    struct peer_frame frame;
    if (!peer_read(peer, &frame)) return false;
    /* 82 a3 "key" <str> a4 "data" <any> */
    size_t key_bytes = strlen(key);
    CHECK(key_bytes < 32, "the test's key");
    size_t head = 5 + 1 + key_bytes + 5;
    CHECK(frame.opcode == WS_BINARY && frame.bytes == head + bytes &&
              memcmp(frame.payload + 6, key, key_bytes) == 0 &&
              memcmp(frame.payload + head, data, bytes) == 0,
          "%s was awaited", key);
    return true;
}

void scene_serves(struct scene *scene) {
    static const char *const streams[] = {"served/*/x", "{served/1,other}/y"};
    struct peer newcomer;
    CHECK(peer_open(&newcomer, &scene->target, "/ws", false), "a newcomer was not let in");
    CHECK(scene_subscribe(&newcomer, streams, 2), "a newcomer was not subscribed");
    CHECK(scene_push(scene, "served/1/y", "\x93\x01\x02\x03", 4), "push");
    CHECK(scene_receive(&newcomer, "served/1/y", "\x93\x01\x02\x03", 4), "a newcomer got nothing");
    peer_close(&newcomer);
}
