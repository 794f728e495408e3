/* What message_rate gives back in a long time. */
#include "../broker/raw.h"
#include "leaping.h"

#define RATE    10
#define BURST   2
#define IDLE_MS 1000000 /* in which many times the burst comes back */

static void ping(int fd, int count) {
    static const uint8_t frame[7] = {0x89, 0x81, 0, 0, 0, 0, 'x'};
    uint8_t all[8 * sizeof frame];
    for (int i = 0; i < count; i++) memcpy(all + (size_t)i * sizeof frame, frame, sizeof frame);
    raw_send(fd, all, (size_t)count * sizeof frame);
}

static void read_pongs(int fd, int count) {
    char payload[126];
    while (count > 0) count -= raw_read_frame(fd, payload) == 1; /* the broker's pings are empty */
}

Test(throttle, who_was_silent_for_long_has_a_burst_and_no_more) {
    struct raw raw = {.socket_count = 0};
    tickcast_options_init(&raw.options);
    raw.options.workers = 1;
    raw.options.close_timeout_ms = 50; /* nobody answers a close */
    raw.options.message_rate = RATE;
    raw.options.message_burst = BURST;
    raw_no_pings(&raw.options);
    raw_start(&raw, NULL);
    int fd = raw_adopt(&raw);
    raw_ask(fd, "/ws", "");
    raw_read_head(fd);
    ping(fd, 1);
    read_pongs(fd, 1);
    clock_stop();
    leap_ms(IDLE_MS);
    ping(fd, BURST + 1);
    read_pongs(fd, BURST);
    for (int i = 0; raw_stats(&raw).throttled == 0 && i < PATIENCE_S * 1000; i++) usleep(1000);
    cr_assert(raw_stats(&raw).throttled > 0, "the last one waits");
    leap_ms(1000 / RATE);
    read_pongs(fd, 1);
    clock_go_on();
    raw_fini(&raw);
}
