/*
 * A program with a broker in it, for tests of faults on the wire: it knows the broker's counters,
 * how long its one shard let a message wait, and how much it did between two looks for messages.
 *
 *     wire_host CERT KEY [OPTION=NUMBER]...     names and units of the broker's table of options
 *
 * Prints its ports (ws, wss), pushes a message of steady/1Ms/x every millisecond, and obeys lines:
 *     begin                  forgets how long messages have waited, and how much was done
 *     stats                  the counters as JSON, and that
 *     push KEY BYTES COUNT   so many messages with so much data
 * At the end of its input it stops the broker.
 */
#include <inttypes.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "../stress/stress.h"
#include "base/clock.h"
#include "broker/options.h"
#include "shard/turn.h"
#include "tickcast/tickcast.h"

#define STEADY    "steady/1Ms/x"
#define GIVE_UP   (60 * NS_PER_S) /* the shard took nothing */
#define MAX_BYTES 65536

static struct tickcast_broker *broker;
static _Atomic bool over;
static _Atomic uint64_t pushes, worst_ns, busiest_ns;

static void note(_Atomic uint64_t *most, uint64_t value) {
    if (value > atomic_load(most)) atomic_store(most, value);
}

/* The one shard takes messages from its ring (--wrap): the CPU time of its thread since it did so
 * before is what a message may have waited for, however long the thread had to wait for a core. */
void __real_fanout_take(struct shard *shard);
void __wrap_fanout_take(struct shard *shard);

void __wrap_fanout_take(struct shard *shard) {
    static uint64_t before_ns;
    struct timespec cpu;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &cpu);
    uint64_t cpu_ns = (uint64_t)cpu.tv_sec * NS_PER_S + (uint64_t)cpu.tv_nsec;
    note(&busiest_ns, cpu_ns - before_ns);
    before_ns = cpu_ns;
    __real_fanout_take(shard);
}

static uint64_t matched(void) {
    struct tickcast_stats stats;
    tickcast_broker_stats(broker, &stats);
    return stats.subscribers_now > 0 ? stats.matched : UINT64_MAX;
}

/* How long it is from a push to where the shard has taken it and looked for who wants it. */
static void measure(void) {
    uint64_t before = matched(), begin_ns = clock_now_ns(), taken_ns = 0;
    CHECK(tickcast_push(broker, STEADY, strlen(STEADY), "\x01", 1) == TICKCAST_OK, "push");
    if (before == UINT64_MAX) return;
    while (matched() <= before) {
        taken_ns = clock_now_ns() - begin_ns;
        CHECK(taken_ns < GIVE_UP, "the shard takes nothing");
        nanosleep(&(struct timespec){.tv_nsec = 20000}, NULL);
    }
    atomic_fetch_add(&pushes, 1);
    note(&worst_ns, taken_ns);
}

static void *push_steadily(void *arg) {
    while (!atomic_load(&over)) {
        measure();
        nanosleep(&(struct timespec){.tv_nsec = NS_PER_MS}, NULL);
    }
    return arg;
}

static void print_stats(void) {
    struct tickcast_stats stats;
    tickcast_broker_stats(broker, &stats);
    printf("{\"stalls\": {\"pushes\": %" PRIu64 ", \"worst_us\": %" PRIu64
           ", \"busiest_us\": %" PRIu64 "}",
           atomic_load(&pushes), atomic_load(&worst_ns) / NS_PER_US,
           atomic_load(&busiest_ns) / NS_PER_US);
#define PRINT(name, sentence) printf(", \"" #name "\": %" PRIu64, stats.name);
    TICKCAST_STATS(PRINT)
#undef PRINT
#define PRINT(name, NAME, code, level, sentence)                                                   \
    printf(", \"ended_" #name "\": %" PRIu64, stats.ended_##name);
    TICKCAST_ENDS(PRINT)
#undef PRINT
    printf("}\n");
}

static void push_many(const char *key, unsigned bytes, unsigned count) {
    static uint8_t data[MAX_BYTES] = {0xc5}; /* bin16 */
    CHECK(bytes >= 3 && bytes < MAX_BYTES, "so many bytes");
    data[1] = (uint8_t)((bytes - 3) >> 8);
    data[2] = (uint8_t)(bytes - 3);
    for (unsigned i = 0; i < count; i++) {
        int result;
        while ((result = tickcast_push(broker, key, strlen(key), data, bytes)) == TICKCAST_EAGAIN)
            CHECK(tickcast_wait(broker, 60000) == TICKCAST_OK, "a full ring stays");
        CHECK(result == TICKCAST_OK, "push: %s", tickcast_strerror(result));
    }
    printf("pushed\n");
}

static void begin(void) {
    atomic_store(&pushes, 0);
    atomic_store(&worst_ns, 0);
    atomic_store(&busiest_ns, 0);
    printf("begun\n");
}

static void obey(const char *line) {
    char key[64];
    unsigned bytes, count;
    if (strcmp(line, "stats\n") == 0)
        print_stats();
    else if (strcmp(line, "begin\n") == 0)
        begin();
    else if (sscanf(line, "push %63s %u %u", key, &bytes, &count) == 3)
        push_many(key, bytes, count);
    else
        CHECK(false, "what is \"%s\"?", line);
    fflush(stdout);
}

static void set(struct tickcast_options *options, const char *text) {
    for (int i = 0; i < OPTION_ROWS; i++) {
        size_t bytes = strlen(option_rows[i].name);
        if (strncmp(text, option_rows[i].name, bytes) == 0 && text[bytes] == '=') {
            option_set(options, (enum option_number)i, strtoull(text + bytes + 1, NULL, 10));
            return;
        }
    }
    CHECK(false, "no option: %s", text);
}

static void start(int argc, char **argv) {
    struct tickcast_options options;
    const struct tickcast_certificate certificate = {argv[1], argv[2]};
    const struct tickcast_tls tls = {.certificates = &certificate, .certificate_count = 1};
    tickcast_options_init(&options);
    options.workers = 1;
    for (int i = 3; i < argc; i++) set(&options, argv[i]);
    const char *wrong = tickcast_options_check(&options);
    CHECK(wrong == NULL, "option %s", wrong);
    CHECK(tickcast_broker_new(&options, &broker) == TICKCAST_OK, "new");
    struct tickcast_listener listener = {.host = "0.0.0.0"};
    CHECK(tickcast_broker_listen(broker, &listener) == 0, "listen");
    listener.tls = &tls;
    CHECK(tickcast_broker_listen(broker, &listener) == 1, "listen");
    CHECK(tickcast_broker_start(broker) == TICKCAST_OK, "start");
    printf("%u %u\n", tickcast_broker_port(broker, 0), tickcast_broker_port(broker, 1));
    fflush(stdout);
}

int main(int argc, char **argv) {
    char line[128];
    pthread_t pusher;
    CHECK(argc > 2, "wire_host CERT KEY [OPTION=NUMBER]...");
    signal(SIGPIPE, SIG_IGN);
    start(argc, argv);
    CHECK(pthread_create(&pusher, NULL, push_steadily, NULL) == 0, "no thread");
    while (fgets(line, sizeof line, stdin) != NULL) obey(line);
    atomic_store(&over, true);
    pthread_join(pusher, NULL);
    CHECK(tickcast_broker_stop(broker) == TICKCAST_OK, "stop");
    tickcast_broker_free(broker);
    return 0;
}
