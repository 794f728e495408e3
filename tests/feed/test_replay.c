/* The feed `replay` with a real broker and a subscriber on loopback. */
#include <zlib.h>

#include "feed/rows.h"
#include "stage.h"

#define MANY 20000

/* Options for the file, which are freed with the feed. */
static struct feed_options *replay(char *file) {
    struct feed_options *options = stage_feed(FEED_REPLAY);
    options->file = file;
    options->key = strdup("{k}/Tick/TRADE");
    return options;
}

static struct feed_options *replay_text(const char *rows) {
    return replay(stage_write("rows.csv", "w", rows, strlen(rows)));
}

/* A header and rows k,n with n from `first` to `last`. */
static char *numbers(int first, int last, size_t *bytes) {
    char *text = malloc((size_t)(last - first + 2) * 32);
    *bytes = (size_t)sprintf(text, first == 1 ? "k,n\n" : "");
    for (int n = first; n <= last; n++)
        *bytes += (size_t)sprintf(text + *bytes, "K%d,%d\n", n * 7919 % 13, n);
    return text;
}

static unsigned char *pack(const char *text, size_t bytes, size_t *packed_bytes) {
    unsigned char *packed = malloc(bytes + 1000);
    z_stream stream = {.next_in = (Bytef *)(uintptr_t)text,
                       .avail_in = (uInt)bytes,
                       .next_out = packed,
                       .avail_out = (uInt)bytes + 1000};
    cr_assert_eq(deflateInit2(&stream, 6, Z_DEFLATED, 16 + MAX_WBITS, 8, Z_DEFAULT_STRATEGY), Z_OK);
    cr_assert_eq(deflate(&stream, Z_FINISH), Z_STREAM_END);
    *packed_bytes = stream.total_out;
    deflateEnd(&stream);
    return packed;
}

static void expect_numbers(int first, int last) {
    for (int n = first; n <= last; n++) stage_expect(n);
}

Test(replay, a_plain_file_at_full_speed_arrives_whole_and_in_order, .init = stage_begin,
     .fini = stage_end) {
    size_t bytes;
    char *text = numbers(1, MANY, &bytes);
    stage_subscribe("*/*/*");
    replay(stage_write("rows.csv", "w", text, bytes));
    struct feed *feed = stage_start();
    expect_numbers(1, MANY);
    stage_wait("feed replay: done, 20000 messages");
    cr_assert_eq(feed_published(feed), MANY);
    stage_expect_end();
    free(text);
}

Test(replay, columns_are_mapped_and_typed, .init = stage_begin, .fini = stage_end) {
    struct feed_options *options = replay_text("k,p,n\nSPY,167,1\n");
    options->columns.texts = calloc(2, sizeof(char *));
    options->columns.texts[0] = strdup("Size=n:int");
    options->columns.texts[1] = strdup("Price=p:float");
    options->columns.count = 2;
    stage_subscribe("*/*/*");
    stage_start();
    struct stage_message message;
    stage_receive(&message);
    cr_assert_str_eq(message.key, "SPY/Tick/TRADE");
    cr_assert_eq(message.data.data.via.map.size, 2);
    cr_assert_eq(stage_field(&message, "Size")->via.i64, 1);
    cr_assert_eq(stage_field(&message, "Price")->type, MSGPACK_OBJECT_FLOAT64);
    msgpack_unpacked_destroy(&message.data);
}

Test(replay, gzip_of_several_members_is_unpacked, .init = stage_begin, .fini = stage_end) {
    stage_subscribe("*/*/*");
    char *path = NULL;
    for (int part = 0; part < 3; part++) {
        size_t bytes, packed_bytes;
        char *text = numbers(part * 1000 + 1, part * 1000 + 1000, &bytes);
        unsigned char *packed = pack(text, bytes, &packed_bytes);
        free(path);
        path = stage_write("rows.bin", part == 0 ? "w" : "a", packed, packed_bytes);
        free(packed);
        free(text);
    }
    replay(path);
    stage_start();
    expect_numbers(1, 3000);
    stage_wait("done, 3000 messages");
    stage_expect_end();
}

Test(replay, of_truncated_gzip_all_rows_come_then_the_error_and_later_the_rest_without_repeats,
     .init = stage_begin, .fini = stage_end) {
    size_t bytes, packed_bytes;
    char *text = numbers(1, MANY, &bytes);
    unsigned char *packed = pack(text, bytes, &packed_bytes);
    size_t half = packed_bytes / 2;
    stage_subscribe("*/*/*");
    replay(stage_write("rows.csv.gz", "w", packed, half));
    struct feed *feed = stage_start();
    const char *line = stage_wait("the gzip data ends too early; again in ");
    int handled = (int)feed_published(feed);
    char place[32];
    sprintf(place, "after line %d: ", handled + 1);
    cr_assert(strstr(line, "/rows.csv.gz: ") && strstr(line, place), "%s", line);
    cr_assert(handled > MANY / 4 && handled < MANY * 3 / 4, "%d", handled);
    expect_numbers(1, handled);
    stage_expect_end();
    free(stage_write("rows.csv.gz", "a", packed + half, packed_bytes - half));
    expect_numbers(handled + 1, MANY);
    stage_wait("done, 20000 messages");
    stage_expect_end();
    free(packed);
    free(text);
}

Test(replay, corrupt_gzip_is_told_and_a_file_in_its_place_is_read_from_its_start,
     .init = stage_begin, .fini = stage_end) {
    size_t bytes, packed_bytes;
    char *text = numbers(1, MANY, &bytes), good[128];
    unsigned char *packed = pack(text, bytes, &packed_bytes);
    memset(packed + packed_bytes / 2, 0xff, 64);
    stage_subscribe("*/*/*");
    char *file = stage_write("rows", "w", packed, packed_bytes);
    replay(file);
    struct feed *feed = stage_start();
    stage_wait("the gzip data is corrupt: ");
    uint64_t handled = feed_published(feed);
    cr_assert_gt(handled, MANY / 4);
    char *other = stage_write("other", "w", "k,n\nX,1\nX,2\n", 12);
    cr_assert_eq(rename(stage_path("other", good), file), 0);
    stage_wait("feed replay: done, ");
    cr_assert_eq(feed_published(feed), handled + 2);
    free(other);
    free(packed);
    free(text);
}

Test(replay, bad_rows_are_told_with_file_line_and_column_and_the_rest_goes_on, .init = stage_begin,
     .fini = stage_end) {
    struct feed_options *options = replay_text("k,n\nA,1\nA\nA,caf\xe9\nA,2\nA,x,3\nB/B,3\nA,3\n");
    options->name = strdup("day");
    stage_subscribe("*/*/*");
    stage_start();
    expect_numbers(1, 1);
    stage_wait("/rows.csv:3: column 2 (n) is missing: 1 fields, allowed are 2");
    stage_wait("/rows.csv:4: column 2 (n) is 'caf\\xe9': allowed is text in UTF-8");
    expect_numbers(2, 3);
    stage_wait("/rows.csv:6: column 3 is too many");
    stage_wait("/rows.csv:7: column 1 (k) is 'B/B': 'B/B/Tick/TRADE' cannot be the key");
    stage_wait("rows.csv: 4 of 7 rows were bad and left out");
    stage_wait("feed day: done, 3 messages");
    stage_expect_end();
}

Test(replay, the_lines_about_bad_rows_are_limited_and_the_sum_is_exact, .init = stage_begin,
     .fini = stage_end) {
    char *text = malloc(MANY * 2 + 16);
    size_t bytes = (size_t)sprintf(text, "k,n\nA,1\n");
    for (int i = 0; i < MANY; i++) bytes += (size_t)sprintf(text + bytes, "x\n");
    replay(stage_write("rows.csv", "w", text, bytes));
    stage_start();
    stage_wait("20000 of 20001 rows were bad and left out");
    cr_assert_lt(stage_count("is missing"), MANY / 10);
    cr_assert_geq(stage_count("is missing"), LOG_BURST);
    free(text);
}

Test(replay, strict_ends_at_the_first_bad_row, .init = stage_begin, .fini = stage_end) {
    struct feed_options *options = replay_text("k,n\nA,1\nA,\"2\nA,3\n");
    options->strict = true;
    stage_subscribe("*/*/*");
    stage_start();
    stage_wait("/rows.csv:3: column 2: the quote is not closed");
    cr_assert_eq(stage_count("feed replay: ended: /tmp/"), 1);
    expect_numbers(1, 1);
    stage_expect_end();
}

Test(replay, what_the_broker_does_not_take_is_a_bad_row, .fini = stage_end) {
    struct tickcast_options broker_options;
    stage_options(&broker_options);
    broker_options.max_payload = 20;
    stage_begin_with(&broker_options);
    replay_text("k,n\nA,1\nA,a text that is longer than that\nA,2\n");
    stage_subscribe("*/*/*");
    stage_start();
    expect_numbers(1, 2);
    stage_wait("/rows.csv:3: the broker does not take the key 'A/Tick/TRADE' with data of ");
    stage_wait("allowed are max_key_bytes and max_payload of its settings");
    stage_wait("1 of 3 rows were bad");
}

Test(replay, columns_that_the_file_does_not_have_end_it, .init = stage_begin, .fini = stage_end) {
    struct feed_options *options = replay_text("k,n\nA,1\n");
    options->time = strdup("epoch");
    stage_start();
    stage_wait("feed replay: ended: /tmp/");
    stage_wait("/rows.csv:1: time names {epoch}, the header has k, n");
}

Test(replay, a_loop_begins_anew_and_tells_what_is_bad_once, .init = stage_begin,
     .fini = stage_end) {
    struct feed_options *options = replay_text("k,n\nA,1\nbad\nA,2\nA,3");
    options->loop = true;
    stage_subscribe("*/*/*");
    stage_start();
    for (int i = 0; i < 200; i++) expect_numbers(1, 3);
    stage_stop_promptly();
    cr_assert_eq(stage_count("rows.csv:3: "), 1);
    cr_assert_eq(stage_count("1 of 4 rows were bad"), 1);
}

static struct feed_options *timed(const char *rows) {
    struct feed_options *options = replay_text(rows);
    options->time = strdup("t");
    stage_subscribe("*/*/*");
    return options;
}

/* Not a row may come before its time; how late it comes is the machine's affair. */
static void expect_after(int n, uint64_t begin_ns, uint64_t gap_ms) {
    stage_expect(n);
    cr_assert_geq(clock_now_ns() - begin_ns, gap_ms * NS_PER_MS, "row %d", n);
}

Test(replay, at_1x_the_gaps_between_rows_are_kept, .init = stage_begin, .fini = stage_end) {
    timed("k,t,n\nA,1381152600000,1\nA,1381152600250,2\nA,1381152600600,3\n");
    uint64_t begin_ns = clock_now_ns();
    stage_start();
    expect_after(1, begin_ns, 0);
    expect_after(2, begin_ns, 250);
    expect_after(3, begin_ns, 600);
    stage_wait("done, 3 messages");
}

Test(replay, at_4x_the_gaps_are_a_quarter, .init = stage_begin, .fini = stage_end) {
    struct feed_options *options = timed("k,t,n\nA,0,1\nA,0.9,2\nA,1.6,3\n");
    options->speed = 4;
    options->time_unit = FEED_TIME_S;
    uint64_t begin_ns = clock_now_ns();
    stage_start();
    expect_after(1, begin_ns, 0);
    expect_after(2, begin_ns, 225);
    expect_after(3, begin_ns, 400);
}

Test(replay, each_pass_of_a_loop_has_its_gaps, .init = stage_begin, .fini = stage_end) {
    struct feed_options *options = timed("k,t,n\nA,1000,1\nA,1200,2\n");
    options->loop = true;
    uint64_t begin_ns = clock_now_ns();
    stage_start();
    for (uint64_t i = 0; i < 3; i++) {
        expect_after(1, begin_ns, 200 * i);
        expect_after(2, begin_ns, 200 * i + 200);
    }
}

Test(replay, at_full_speed_no_gap_is_kept_and_times_that_go_back_never_are, .init = stage_begin,
     .fini = stage_end) {
    struct feed_options *options = timed("k,t,n\nA,1000,1\nA,86401000,2\nA,1000,3\n");
    options->speed = 0;
    stage_start();
    expect_numbers(1, 3);
    stage_wait("feed replay: done");
    options = replay_text("k,t,n\nA,1381152600000,4\nA,86400000,5\nA,-5,6\n");
    options->time = strdup("t");
    stage_start();
    expect_numbers(4, 6);
}

Test(replay, times_that_are_none_make_bad_rows, .init = stage_begin, .fini = stage_end) {
    timed("k,t,n\nA,1,1\nA,soon,8\nA,9223372036854775807,9\nA,2,2\n");
    stage_start();
    expect_numbers(1, 2);
    stage_wait("/rows.csv:3: column 2 (t) is 'soon': allowed as time are whole milliseconds");
    stage_wait("/rows.csv:4: column 2 (t) is '9223372036854775807': allowed");
}

Test(replay, a_stop_ends_it_in_the_middle_of_a_long_gap, .init = stage_begin, .fini = stage_end) {
    timed("k,t,n\nA,0,1\nA,9000000000000,2\n");
    stage_start();
    expect_numbers(1, 1);
    stage_stop_promptly();
    stage_expect_end();
}

Test(replay, after_a_failure_gaps_are_kept_and_nothing_is_published_twice, .init = stage_begin,
     .fini = stage_end) {
    static const char first[] = "k,t,n\nA,0,1\nA,200,2\n", second[] = "A,250,3\nA,5250,4\n";
    size_t first_bytes, second_bytes;
    unsigned char *begin = pack(first, sizeof first - 1, &first_bytes);
    unsigned char *rest = pack(second, sizeof second - 1, &second_bytes);
    free(stage_write("rows.gz", "w", begin, first_bytes));
    struct feed_options *options = replay(stage_write("rows.gz", "a", rest, 12));
    options->time = strdup("t");
    stage_subscribe("*/*/*");
    uint64_t begin_ns = clock_now_ns();
    stage_start();
    expect_after(1, begin_ns, 0);
    expect_after(2, begin_ns, 200);
    stage_wait_nth("/rows.gz: after line 3: the gzip data ends too early", 2);
    uint64_t rest_ns = clock_now_ns();
    free(stage_write("rows.gz", "a", rest + 12, second_bytes - 12));
    expect_after(3, rest_ns, 0);
    expect_after(4, rest_ns, 5000);
    stage_wait("feed replay: done, 4 messages");
    stage_expect_end();
    free(begin);
    free(rest);
}

Test(replay, a_file_without_a_good_row_is_a_failure_and_no_busy_loop, .init = stage_begin,
     .fini = stage_end) {
    struct feed_options *options = replay_text("k,n\nbad\n");
    options->loop = true;
    uint64_t begin_ns = clock_now_ns();
    stage_start();
    stage_wait("feed replay: failed: /tmp/");
    stage_wait_nth("/rows.csv has no good row; again in ", 2);
    cr_assert_geq(clock_now_ns() - begin_ns, FEED_AGAIN_MS / 2 * NS_PER_MS);
    cr_assert_eq(stage_count("rows.csv:2: "), 1, "a row that was told is not told again");
}

Test(replay, what_is_no_regular_file_is_a_failure_until_there_is_one, .init = stage_begin,
     .fini = stage_end) {
    char path[128];
    cr_assert_eq(mkfifo(stage_path("rows.csv", path), 0600), 0);
    stage_subscribe("*/*/*");
    replay(strdup(path));
    stage_start();
    stage_wait("/rows.csv: it is a pipe or a device; allowed are regular files");
    cr_assert_eq(unlink(path), 0);
    free(stage_write("rows.csv", "w", "k,n\nA,1\n", 8));
    expect_numbers(1, 1);
}

Test(replay, a_line_without_end_is_left_out_in_bounded_memory, .init = stage_begin,
     .fini = stage_end) {
    const size_t bytes = 3 * (size_t)LINES_MAX_BYTES;
    char *text = malloc(bytes);
    size_t head = (size_t)sprintf(text, "k,n\nA,1\n"), packed_bytes;
    memset(text + head, 'x', bytes - head);
    memcpy(text + bytes - 5, "\nA,2\n", 5);
    unsigned char *packed = pack(text, bytes, &packed_bytes);
    stage_subscribe("*/*/*");
    replay(stage_write("rows.gz", "w", packed, packed_bytes));
    stage_start();
    expect_numbers(1, 2);
    stage_wait("/rows.gz:3: the line is too long, allowed are 16 MiB");
    free(packed);
    free(text);
}
