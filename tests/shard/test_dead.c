/* Who is dead: on a Unix socket, where nothing but what a peer sends tells that it lives. */
#include "../broker/raw.h"
#include "leaping.h"

#define INTERVAL_MS 600000
#define DEAD_MS     1500000
#define LEAP_MS     (INTERVAL_MS + INTERVAL_MS / 100) /* after which everybody is looked at, once */

/* A subscriber's end of its connection. */
static int stage(struct raw *raw) {
    *raw = (struct raw){.socket_count = 0};
    tickcast_options_init(&raw->options);
    raw->options.workers = 1;
    raw->options.close_timeout_ms = 50; /* nobody answers a close */
    raw->options.ping_interval_ms = INTERVAL_MS;
    raw->options.dead_time_ms = DEAD_MS;
    raw_start(raw, NULL);
    int fd = raw_adopt(raw);
    raw_ask(fd, "/ws", "");
    raw_read_head(fd);
    return fd;
}

static void read_ping(int fd) {
    uint8_t head[2];
    cr_assert(recv(fd, head, 2, MSG_WAITALL) == 2 && head[0] == 0x89 && head[1] == 0);
}

/* By chance a ping would come sooner, to half of those that connect. */
Test(dead, nobody_is_pinged_who_has_just_come) {
    for (int i = 0; i < 16; i++) {
        struct raw raw;
        char answer[126];
        int fd = stage(&raw), late = raw_adopt(&raw);
        leap_ms(INTERVAL_MS / 2 - INTERVAL_MS / 100);
        cr_assert(recv(late, answer, 1, 0) <= 0, "its handshake's end: time has been looked at");
        raw_frame(fd, 0x89, "x", 1);
        cr_assert(raw_read_frame(fd, answer) == 1, "a pong, and no ping before it");
        leap_ms(INTERVAL_MS / 2 + INTERVAL_MS / 50);
        read_ping(fd);
        raw_fini(&raw);
    }
}

Test(dead, who_answers_pings_lives) {
    struct raw raw;
    char answer[126];
    int fd = stage(&raw);
    for (int i = 0; i < 5; i++) {
        leap_ms(LEAP_MS);
        read_ping(fd);
        raw_frame(fd, 0x8a, "", 0);
        raw_frame(fd, 0x89, "x", 1);
        cr_assert(raw_read_frame(fd, answer) == 1, "what was sent has come");
    }
    cr_expect_eq(raw_stats(&raw).closed, 0);
    raw_fini(&raw);
}

Test(dead, who_is_silent_for_dead_time_is_not_alive_at_the_next_look) {
    struct raw raw;
    char byte;
    int fd = stage(&raw);
    for (int i = 0; i < 1 + DEAD_MS / LEAP_MS; i++) { /* the first look sees the request */
        leap_ms(LEAP_MS);
        read_ping(fd);
    }
    leap_ms(LEAP_MS);
    cr_expect(recv(fd, &byte, 1, 0) <= 0, "not another ping");
    cr_expect_eq(raw_stats(&raw).ended_dead, 1);
    raw_fini(&raw);
}
