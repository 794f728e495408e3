/* The runner of feeds, with sources that fail, wait and go on. */
#include <semaphore.h>

#include "stage.h"

#define ROWS 200000

static struct feed_options *replay(char *file) {
    struct feed_options *options = stage_feed(FEED_REPLAY);
    options->file = file;
    options->key = strdup("{k}/Tick/TRADE");
    return options;
}

static double seconds_until_again(size_t number) {
    const char *line = stage_wait_nth("feed late: failed: ", number);
    const char *again = strstr(line, "; again in ");
    double seconds = -1;
    cr_assert(again != NULL && sscanf(again, "; again in %lf s", &seconds) == 1, "%s", line);
    return seconds;
}

Test(feed, one_that_fails_is_run_again_later_each_time_and_the_others_go_on, .init = stage_begin,
     .fini = stage_end) {
    char path[128];
    stage_subscribe("L/*/*");
    replay(strdup(stage_path("late.csv", path)))->name = strdup("late");
    stage_start();
    char *here = stage_write("here.csv", "w", "k,n\nOTHER,1\n", 12);
    replay(here)->loop = true;
    struct feed *other = stage_start();
    double first = seconds_until_again(1), second = seconds_until_again(2);
    cr_assert(strstr(stage_wait("feed late: failed: "), "/late.csv: No such file or directory"));
    cr_assert(first >= 0.5 && first <= 1.5, "%f", first);
    cr_assert(second >= 1 && second <= 3, "%f", second);
    uint64_t published = feed_published(other);
    cr_assert_gt(published, 0);
    free(stage_write("late.csv", "w", "k,n\nL,1\n", 8));
    stage_expect(1);
    stage_wait("feed late: done, 1 messages");
    cr_assert_gt(feed_published(other), published);
}

Test(feed, a_stop_ends_the_wait_after_a_failure, .init = stage_begin, .fini = stage_end) {
    char path[128];
    replay(strdup(stage_path("late.csv", path)));
    stage_start();
    stage_wait("again in ");
    stage_stop_promptly();
}

/* The worker's own log line, which takes as long as the host wants. */
static sem_t may_go_on, is_held;
static atomic_bool hold;

static void slow_sink(void *arg, int level, const char *line) {
    (void)arg;
    (void)level;
    (void)line;
    if (!atomic_exchange(&hold, false)) return;
    sem_post(&is_held);
    sem_wait(&may_go_on);
}

Test(feed, a_stop_ends_the_wait_for_a_full_ring, .fini = stage_end) {
    struct tickcast_options broker_options;
    stage_options(&broker_options);
    broker_options.ring_slots = 16;
    broker_options.log = slow_sink;
    broker_options.log_level = 3;
    stage_begin_with(&broker_options);
    stage_subscribe("*/*/*");
    struct client *other = stage_client("X/Y/Z");
    atomic_store(&hold, true);
    client_free(other); /* its end is a line of the worker */
    sem_wait(&is_held);
    replay(stage_write("rows.csv", "w", "k,n\nA,1\n", 8))->loop = true;
    struct feed *feed = stage_start();
    struct tickcast_stats stats;
    uint64_t deadline_ns = clock_now_ns() + STAGE_WAIT_MS * NS_PER_MS;
    do {
        cr_assert_lt(clock_now_ns(), deadline_ns);
        usleep(1000);
        tickcast_broker_stats(stage.broker, &stats);
    } while (stats.push_again == 0);
    cr_assert_eq(feed_published(feed), 16);
    stage_stop_promptly();
    sem_post(&may_go_on);
    for (int i = 0; i < 16; i++) stage_expect(1);
    stage_expect_end();
}

Test(feed, one_that_the_rings_hold_up_loses_nothing, .fini = stage_end) {
    struct tickcast_options broker_options;
    stage_options(&broker_options);
    broker_options.ring_slots = 16;
    stage_begin_with(&broker_options);
    stage_subscribe("*/*/*");
    char *text = malloc((size_t)ROWS * 16 + 16);
    size_t bytes = (size_t)sprintf(text, "k,n\n");
    for (int n = 0; n < ROWS; n++) bytes += (size_t)sprintf(text + bytes, "A,%d\n", n);
    replay(stage_write("rows.csv", "w", text, bytes));
    free(text);
    stage_start();
    for (int n = 0; n < ROWS; n++) stage_expect(n);
    stage_wait("feed replay: done, 200000 messages");
    stage_expect_end();
}

Test(feed, it_ends_when_the_broker_does, .init = stage_begin, .fini = stage_end) {
    replay(stage_write("rows.csv", "w", "k,n\nA,1\n", 8))->loop = true;
    stage_start();
    cr_assert_eq(tickcast_broker_stop(stage.broker), TICKCAST_OK);
    stage_stop_promptly();
}
