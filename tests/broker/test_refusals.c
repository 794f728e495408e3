/*
 * Every row of TICKCAST_REFUSALS but two, over real sockets: the counter rises by one and the
 * connection stays open. publish_memory needs an allocation that fails (tests/memory);
 * publish_closing needs a message that is parked when the broker stops (tests/integration/test_stop
 * looks at its answer).
 */
#include "raw.h"

static const struct row {
    const char *name;
    size_t counter;
    const char *path, *message;
    size_t bytes;
    bool answered;
} rows[] = {
#define ROW(name, path, answered, message)                                                         \
    {                                                                                              \
#name, offsetof(struct tickcast_stats, refused_##name), path, message,                     \
            sizeof(message) - 1, answered                                                          \
    }
    ROW(request_undecodable, "/ws", false, "\xc1"),
    ROW(request_streams, "/ws", true,
        "\x81\xa7streams\x93\xa5"
        "a/b/c\xa5"
        "a/b/d\xa5"
        "a/b/e"),
    ROW(request_long, "/ws", true,
        "\x81\xa7streams\x91\xab"
        "abcd/efg/hi"),
    ROW(request_invalid, "/ws", true,
        "\x81\xa7streams\x91\xa3"
        "a/b"),
    ROW(request_crossing, "/ws", true,
        "\x81\xa7streams\x91\xa8"
        "{a/b}/cd"),
    ROW(request_globs, "/ws", true,
        "\x81\xa7streams\x91\xa6"
        "a*/b/c"),
    ROW(request_full, "/ws", true,
        "\x81\xa7streams\x92\xa5"
        "a/b/c\xa5"
        "a/b/d"),
    ROW(publish_undecodable, "/publish", true, "\x91\x01"),
    ROW(publish_large, "/publish", true,
        "\x82\xa3key\xa5"
        "a/b/c\xa4"
        "data\xa9"
        "123456789"),
    ROW(publish_key, "/publish", true,
        "\x82\xa3key\xa3"
        "a/b\xa4"
        "data\x01"),
    ROW(publish_closing, NULL, false, ""),
    ROW(publish_memory, NULL, false, ""),
};

static uint64_t count_of(const struct raw *raw, const struct row *row) {
    struct tickcast_stats stats = raw_stats(raw);
    return *(const uint64_t *)(const void *)((const char *)&stats + row->counter);
}

static void check_row(struct raw *raw, const struct row *row) {
    char answer[126];
    uint64_t before = raw_stats(raw).refused;
    int fd = raw_open(raw, row->path);
    raw_frame(fd, 0x82, row->message, row->bytes);
    if (row->answered) {
        size_t bytes = raw_read_frame(fd, answer);
        cr_expect(memmem(answer, bytes, "error", 5) != NULL, "%s", row->name);
    }
    raw_frame(fd, 0x89, "still here", 10);
    cr_expect(raw_read_frame(fd, answer) == 10 && memcmp(answer, "still here", 10) == 0, "%s",
              row->name);
    cr_expect(count_of(raw, row) == 1, "refused_%s", row->name);
    cr_expect(raw_stats(raw).refused == before + 1, "refused_%s", row->name);
}

Test(refusals, each_has_a_counter_that_rises_and_the_connection_stays) {
    struct raw raw = {.socket_count = 0};
    size_t count = 0;
#define COUNT(name, NAME, sentence) count++;
    TICKCAST_REFUSALS(COUNT)
#undef COUNT
    cr_assert(count == sizeof rows / sizeof *rows, "a row without a test");
    tickcast_options_init(&raw.options);
    raw.options.workers = 1;
    raw.options.max_streams = 2;
    raw.options.max_subscriptions = 1;
    raw.options.max_stream_bytes = 8;
    raw.options.max_crossing_streams = 0;
    raw.options.max_glob_streams = 0;
    raw.options.max_payload = 8;
    raw.options.close_timeout_ms = 50;
    raw_no_pings(&raw.options);
    raw_start(&raw, NULL);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (rows[i].path != NULL) check_row(&raw, &rows[i]);
    raw_fini(&raw);
}
