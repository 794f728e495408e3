/* What a broker does for those who are connected to it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "../stress/stress.h"
#include "failing.h"
#include "scene.h"

#define LARGE_BYTES 6000 /* referenced by logs, not copied */

static const uint8_t SMALL[] = {0x93, 1, 2, 3};
static uint8_t large[LARGE_BYTES] = {0xc5, (LARGE_BYTES - 3) >> 8, (LARGE_BYTES - 3) & 0xff};

static const char *const SET[] = {"a/b/c", "A*/*/c", "{a/b,x}/c"}; /* literal, glob, crossing */
static const char *const OTHER_SET[] = {"a/b/c", "*/new/*"};

static void connect_peer(struct scene *scene, int number, const char *path, bool slow) {
    CHECK(peer_open(&scene->peers[number], &scene->target, path, slow), "not let in");
}

static void subscribe_peer(struct scene *scene, int number) {
    connect_peer(scene, number, "/ws", false);
    CHECK(scene_subscribe(&scene->peers[number], SET, 3), "not subscribed");
}

/* Coming and going. */

static void arrive(struct scene *scene) {
    struct peer *peer = &scene->peers[0];
    if (peer_open(peer, &scene->target, "/ws", false)) peer_close(peer);
}

static void arrive_in_pieces(struct scene *scene) {
    struct peer *peer = &scene->peers[0];
    struct peer_frame frame;
    static const uint8_t begun[] = {0x01, 0x84, 0, 0, 0, 0, 'a', 'b', 'c', 'd'}; /* no FIN */
    static const uint8_t goes_on[] = {0x80, 0x81, 0, 0, 0, 0, 'e'};
    static const uint8_t reserved[] = {0xf2, 0x80, 0, 0, 0, 0}; /* closed with 1002 */
    if (peer_open(peer, &scene->target, "/ws", false) && peer_send_raw(peer, begun, sizeof begun) &&
        peer_send(peer, WS_PING, "hello", 5) && peer_read(peer, &frame))
        CHECK(frame.opcode == WS_PONG && frame.bytes == 5, "not the pong");
    if (peer_send_raw(peer, goes_on, sizeof goes_on) && peer_send(peer, WS_PING, "", 0) &&
        peer_read(peer, &frame))
        CHECK(frame.opcode == WS_PONG && frame.bytes == 0, "not the second pong");
    if (peer_send_raw(peer, reserved, sizeof reserved))
        CHECK(!peer_read(peer, &frame), "a reserved bit is taken");
}

static void arrive_through_a_balancer(struct scene *scene) {
    struct peer *peer = &scene->peers[0];
    if (peer_open_behind(peer, &scene->target, "/ws")) peer_close(peer);
}

static void be_handed_over(struct scene *scene) {
    int pair[2];
    CHECK(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) == 0, "socketpair");
    int listener = scene->target.tls != NULL ? 0 : -1;
    const char *half = scene->target.tls != NULL ? "" : "GET /ws HTTP/1.1\r\n";
    int result = tickcast_broker_adopt(scene->broker, pair[1], listener, half, strlen(half));
    CHECK(result == TICKCAST_OK, "adopt: %s", tickcast_strerror(result));
    if (peer_begin(&scene->peers[0], pair[0], scene->target.tls, "/ws", strlen(half)))
        peer_close(&scene->peers[0]);
}

/* Subscribing. */

static void connected(struct scene *scene) {
    connect_peer(scene, 0, "/ws", false);
}

static void subscribe(struct scene *scene) {
    struct peer *peer = &scene->peers[0];
    struct peer_frame frame;
    static const uint8_t invalid[] = "\x81\xa7streams\x91\xa3"
                                     "a/b";
    if (!scene_subscribe(peer, SET, 3) || !scene_subscribe(peer, OTHER_SET, 2) ||
        !scene_subscribe(peer, NULL, 0) || !peer_send(peer, WS_BINARY, invalid, sizeof invalid - 1))
        return;
    if (peer_read(peer, &frame))
        CHECK(frame.bytes > 8 && memcmp(frame.payload,
                                        "\x81\xa5"
                                        "error",
                                        7) == 0,
              "no error");
    if (scene_push(scene, "x/new/y", SMALL, sizeof SMALL))
        scene_receive(peer, "x/new/y", SMALL, sizeof SMALL);
}

/* More than go into the index at once; some with wildcards. */
static void subscribe_large(struct scene *scene) {
    enum { LARGE = 270, TEXT = 16 };
    static char texts[LARGE][TEXT];
    static const char *set[LARGE];
    struct peer *peer = &scene->peers[0];
    for (int i = 0; i < LARGE; i++) {
        snprintf(texts[i], TEXT, i % 8 == 0 ? "S%d*/*/c" : "S%d/b/c", i);
        set[i] = texts[i];
    }
    if (!scene_subscribe(peer, set, LARGE)) return;
    if (scene_push(scene, "S7/b/c", SMALL, sizeof SMALL) &&
        !scene_receive(peer, "S7/b/c", SMALL, sizeof SMALL))
        return;
    scene_subscribe(peer, SET, 3);
}

/* Delivering. */

static void three_subscribers(struct scene *scene) {
    for (int i = 0; i < 2; i++) subscribe_peer(scene, i);
    connect_peer(scene, 2, "/ws", false);
    CHECK(scene_subscribe(&scene->peers[2], OTHER_SET, 2), "not subscribed");
}

static void deliver(struct scene *scene) {
    struct {
        const uint8_t *data;
        size_t bytes;
        bool taken;
    } messages[] = {{SMALL, sizeof SMALL, 0}, {large, sizeof large, 0}, {SMALL, sizeof SMALL, 0}};
    for (int i = 0; i < 3; i++)
        messages[i].taken = scene_push(scene, "a/b/c", messages[i].data, messages[i].bytes);
    for (int peer = 0; peer < 3; peer++)
        for (int i = 0; i < 3; i++)
            if (messages[i].taken &&
                !scene_receive(&scene->peers[peer], "a/b/c", messages[i].data, messages[i].bytes))
                break;
}

/* Publishing. */

static void a_subscriber_and_a_publisher(struct scene *scene) {
    subscribe_peer(scene, 0);
    connect_peer(scene, 1, "/publish", false);
}

/* Sends a publication with an id. True if it was acknowledged: false with an error, or the end. */
static bool acknowledged(struct peer *peer, enum ws_opcode opcode, const char *message,
                         size_t bytes) {
    struct peer_frame frame;
    if (!peer_send(peer, opcode, message, bytes) || !peer_read(peer, &frame)) return false;
    CHECK(frame.opcode == opcode, "an answer in another encoding");
    return memmem(frame.payload, frame.bytes, "ack", 3) != NULL;
}

static void arrive_to_publish(struct scene *scene) {
    static const char message[] = "{\"key\":\"a/b/c\",\"data\":1,\"id\":1}";
    struct peer *peer = &scene->peers[0];
    if (peer_open(peer, &scene->target, "/publish", false))
        acknowledged(peer, WS_TEXT, message, sizeof message - 1);
}

static void publish(struct scene *scene) {
    static const char msgpack[] = "\x83\xa3key\xa5"
                                  "a/b/c\xa4"
                                  "data\x93\x01\x02\x03\xa2id\xa3one";
    static const char json[] = "{\"key\":\"a/b/c\",\"data\":[1,2,3],\"id\":\"two\"}";
    static const char bad[] = "{\"key\":\"a/b\",\"data\":1,\"id\":[]}";
    struct peer *publisher = &scene->peers[1];
    bool open = true;
    for (int i = 0; i < 2; i++) {
        if (acknowledged(publisher, WS_BINARY, msgpack, sizeof msgpack - 1) && open)
            open = scene_receive(&scene->peers[0], "a/b/c", SMALL, sizeof SMALL);
        if (acknowledged(publisher, WS_TEXT, json, sizeof json - 1) && open)
            open = scene_receive(&scene->peers[0], "a/b/c", SMALL, sizeof SMALL);
        CHECK(!acknowledged(publisher, WS_TEXT, bad, sizeof bad - 1), "a bad message is good");
    }
}

/* Evicting. */

static void a_slow_subscriber(struct scene *scene) {
    connect_peer(scene, 0, "/ws", true);
    CHECK(scene_subscribe(&scene->peers[0], SET, 3), "not subscribed");
}

static void evict(struct scene *scene) {
    struct tickcast_stats stats;
    do {
        for (int i = 0; i < 4; i++) {
            scene_push(scene, "a/b/c", large, sizeof large);
            scene_push(scene, "a/b/c", SMALL, sizeof SMALL);
        }
        tickcast_broker_stats(scene->broker, &stats);
    } while (stats.subscribers_now > 0);
}

/* A whole life. */

static void live(struct scene *scene) {
    if (!scene_start(scene)) return;
    struct peer *peer = &scene->peers[0];
    if (peer_open(peer, &scene->target, "/ws", false) && scene_subscribe(peer, SET, 3) &&
        scene_push(scene, "a/b/c", SMALL, sizeof SMALL))
        scene_receive(peer, "a/b/c", SMALL, sizeof SMALL);
    peer_drop(peer);
    scene_stop(scene);
}

static void reload(struct scene *scene) {
    failing_spare(false);
    int result = tickcast_broker_reload(scene->broker, 0, scene->listener.tls);
    failing_spare(true);
    CHECK(result == TICKCAST_OK || result == TICKCAST_ETLS || result == TICKCAST_ENOMEM,
          "reload: %s", tickcast_strerror(result));
    failing_disarm(); /* a newcomer is served whatever has failed */
    connect_peer(scene, 0, "/ws", false);
}

const struct act acts[] = {
    {"a connection comes and goes", NULL, arrive, ACT_FRESH, false, false},
    {"a message comes in pieces", NULL, arrive_in_pieces, ACT_FRESH, false, false},
    {"a connection comes through a balancer", NULL, arrive_through_a_balancer, ACT_FRESH, false,
     false},
    {"a publisher comes", NULL, arrive_to_publish, ACT_FRESH, false, false},
    {"a connection is handed over", NULL, be_handed_over, ACT_FRESH, false, false},
    {"streams are subscribed", connected, subscribe, ACT_FRESH, false, false},
    {"many streams are subscribed", connected, subscribe_large, ACT_FRESH, false, false},
    {"messages are delivered", three_subscribers, deliver, ACT_FRESH, false, false},
    {"messages are published", a_subscriber_and_a_publisher, publish, ACT_FRESH, false, false},
    {"a slow reader is evicted", a_slow_subscriber, evict, ACT_FRESH, false, false},
    {"certificates are reloaded", NULL, reload, ACT_KEPT, true, true},
    {"a broker starts and stops", NULL, live, ACT_OWN, false, true},
};
const unsigned acts_count = sizeof acts / sizeof acts[0];
