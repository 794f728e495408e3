#include "kit/meter.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "kit/client.h"
#include "kit/cpu.h"
#include "kit/reader.h"
#include "kit/records.h"
#include "ws/frame.h"

#define EVENTS          256
#define OPEN_EVENTS     8 /* in an open loop the clock is looked at after so many */
#define SETUP_BATCH     200
#define READ_BYTES      (4U << 20)
#define BATCH_TIMEOUT_S 30
#define PING_BYTES      2
#define OPEN_MESSAGES   (1U << 18) /* under way at most in an open loop: seconds of them */

struct connection {
    struct client client;
    bool ended;
    struct reader *reader; /* NULL: its bytes are only counted */
    struct records records;
    int64_t owed; /* bytes of this batch that have not come */
};

struct meter {
    struct meter_options options;
    struct plan plan;
    struct connection *connections;
    SSL_CTX *tls; /* NULL: plain */
    int epoll;
    struct client publisher;
    uint8_t *buffer;     /* READ_BYTES */
    uint8_t *batch;      /* what is written to the publisher */
    uint32_t raw_window; /* the yardstick knows the frames of this window */
    uint32_t seq;
    uint64_t started, waiting; /* of the batch: when, and connections that are not complete */
    uint32_t closed;           /* connections that should live: the first is told */
    uint64_t *due;             /* of an open loop: when messages were to be published */
    bool answered;             /* the publisher got a message: always an error here */
    struct meter_result *result;
    struct histogram *latency;
};

static int connect_all(struct meter *meter, uint32_t first, uint32_t count) {
    const struct meter_options *options = &meter->options;
    for (uint32_t i = first; i < first + count; i++) {
        struct client *client = &meter->connections[i].client;
        int rcvbuf = i < options->plan.frozen ? options->frozen_rcvbuf : 0;
        uint8_t ready;
        if (client_open(client, &options->address, meter->tls, i, rcvbuf)) return -1;
        if (options->raw && meter->tls && client_read(client, &ready, 1)) return -1;
        if (!options->raw && client_upgrade(client, "/ws")) return -1;
    }
    return 0;
}

static int subscribe_all(struct meter *meter, uint32_t first, uint32_t count) {
    for (int echo = 0; echo < 2; echo++) {
        for (uint32_t i = first; i < first + count; i++) {
            struct client *client = &meter->connections[i].client;
            if (!echo && client_upgraded(client)) return -1;
            size_t bytes;
            uint8_t *request = plan_request(&meter->plan, i, &bytes);
            int result = !request ? -1
                         : echo   ? client_echoed(client, request, bytes)
                                  : client_send(client, request, bytes);
            free(request);
            if (result) return -1;
        }
    }
    return 0;
}

/* Frozen connections are watched for their end only, which epoll tells unasked. */
static int watch_all(struct meter *meter, uint32_t first, uint32_t count) {
    const struct meter_options *options = &meter->options;
    for (uint32_t i = first; i < first + count; i++) {
        struct connection *connection = &meter->connections[i];
        bool frozen = i < options->plan.frozen;
        struct epoll_event event = {.events = frozen ? 0 : EPOLLIN | EPOLLET};
        event.data.ptr = connection;
        if (!frozen && !options->raw && i % options->read_each == 0) {
            connection->reader = reader_new(&meter->plan, i);
            if (!connection->reader) return -1;
        }
        if (!connection->reader) { /* from here on it is counted only, see records.h */
            SSL_free(connection->client.ssl);
            connection->client.ssl = NULL;
        }
        if (client_unblock(&connection->client) ||
            epoll_ctl(meter->epoll, EPOLL_CTL_ADD, connection->client.fd, &event))
            return -1;
    }
    return 0;
}

static int open_publisher(struct meter *meter) {
    const struct meter_options *options = &meter->options;
    struct client *publisher = &meter->publisher;
    if (client_open(publisher, &options->address, options->raw ? NULL : meter->tls, 0, 0))
        return -1;
    if (options->raw) return 0;
    if (client_upgrade(publisher, "/publish") || client_upgraded(publisher) ||
        client_unblock(publisher))
        return -1;
    struct epoll_event event = {.events = EPOLLIN | EPOLLET};
    return epoll_ctl(meter->epoll, EPOLL_CTL_ADD, publisher->fd, &event);
}

struct meter *meter_new(const struct meter_options *options) {
    struct meter *meter = calloc(1, sizeof *meter);
    if (!meter) return NULL;
    meter->options = *options;
    meter->publisher.fd = -1;
    meter->epoll = epoll_create1(EPOLL_CLOEXEC);
    meter->buffer = malloc(READ_BYTES);
    meter->connections = calloc(options->plan.connections, sizeof *meter->connections);
    for (uint32_t i = 0; meter->connections && i < options->plan.connections; i++)
        meter->connections[i].client.fd = -1;
    if (options->tls) meter->tls = client_tls_new();
    meter->latency = histogram_new(HISTOGRAM_HIGHEST, HISTOGRAM_DIGITS);
    if (options->open) meter->due = calloc(OPEN_MESSAGES, sizeof *meter->due);
    bool good = meter->buffer && meter->connections && meter->latency &&
                (meter->due || !options->open) && (meter->tls || !options->tls) &&
                !plan_init(&meter->plan, &options->plan);
    uint32_t made = 0;
    good = good && !open_publisher(meter);
    while (good && made < options->plan.connections) {
        uint32_t count = options->plan.connections - made;
        if (count > SETUP_BATCH) count = SETUP_BATCH;
        good = !connect_all(meter, made, count) &&
               (options->raw || !subscribe_all(meter, made, count)) &&
               !watch_all(meter, made, count);
        made += count;
    }
    if (good) return meter;
    fprintf(stderr, "bench: cannot set up %u connections\n", options->plan.connections);
    meter_free(meter);
    return NULL;
}

void meter_free(struct meter *meter) {
    for (uint32_t i = 0; meter->connections && i < meter->options.plan.connections; i++) {
        client_close(&meter->connections[i].client);
        reader_free(meter->connections[i].reader);
    }
    client_close(&meter->publisher);
    SSL_CTX_free(meter->tls);
    close(meter->epoll);
    plan_fini(&meter->plan);
    free(meter->connections);
    free(meter->buffer);
    free(meter->batch);
    free(meter->due);
    histogram_free(meter->latency);
    free(meter);
}

/* --- one batch --- */

static void owe(struct meter *meter, uint32_t symbol) {
    uint32_t count;
    const uint32_t *readers = plan_readers(&meter->plan, symbol, &count);
    int64_t bytes = (int64_t)plan_frame_bytes(&meter->plan);
    for (uint32_t i = 0; i < count; i++) {
        struct connection *connection = &meter->connections[readers[i]];
        if (!connection->owed) meter->waiting++;
        connection->owed += bytes;
    }
    meter->result->messages++;
    meter->result->deliveries += count;
}

static size_t make_publications(struct meter *meter, uint32_t window) {
    size_t count = 0;
    uint32_t symbol = 0;
    for (uint32_t i = 0; i < window; i++) {
        symbol = plan_next_symbol(&meter->plan, i == 0, symbol);
        owe(meter, symbol);
        count += plan_publication(&meter->plan, symbol, ++meter->seq, meter->batch + count);
    }
    return count;
}

/* The yardstick gets 32 bits of length and then what it is to send; a length of 0 says: again. */
static size_t make_raw(struct meter *meter, uint32_t window) {
    for (uint32_t i = 0; i < window; i++) owe(meter, plan_next_symbol(&meter->plan, i == 0, 0));
    memset(meter->batch, 0, 4);
    if (meter->raw_window == window) return 4;
    meter->raw_window = window;
    size_t count = 4;
    for (uint32_t i = 0; i < window; i++)
        count += plan_frame(&meter->plan, 0, i, meter->batch + count);
    uint32_t length = (uint32_t)(count - 4);
    memcpy(meter->batch, &length, sizeof length);
    return count;
}

static void connection_ended(struct meter *meter, struct connection *connection) {
    if (connection->ended) return;
    connection->ended = true;
    if ((uint32_t)(connection - meter->connections) < meter->options.plan.frozen)
        meter->result->evicted++;
    else if (meter->closed++ == 0)
        fprintf(stderr, "bench: connection %td was closed\n", connection - meter->connections);
    epoll_ctl(meter->epoll, EPOLL_CTL_DEL, connection->client.fd, NULL);
}

/* Bytes of payloads that came, 0 if that was none; -1 at the end. *more: perhaps not all that is
 * there, and no event will tell of the rest. */
static ssize_t connection_take(struct meter *meter, struct connection *connection, bool *more) {
    struct client *client = &connection->client;
    uint8_t *buffer = meter->buffer;
    ssize_t n;
    *more = false;
    if (connection->reader || meter->tls)
        n = client_take(client, buffer, READ_BYTES); /* decrypted only for a reader */
    else
        n = recv(client->fd, NULL, READ_BYTES, MSG_TRUNC | MSG_DONTWAIT);
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) return 0;
    if (n <= 0) return -1;
    *more = n == READ_BYTES;
    if (!connection->reader)
        return meter->tls ? records_take(&connection->records, buffer, (size_t)n) : n;
    return reader_take(connection->reader, client, buffer, (size_t)n, &meter->result->broken);
}

static uint64_t frames_of(const struct meter *meter, int64_t bytes) {
    uint64_t frame = plan_frame_bytes(&meter->plan);
    return bytes > 0 ? ((uint64_t)bytes + frame - 1) / frame : 0;
}

/* Of an open loop: the messages that are complete now, when so much is owed where it was more. */
static void time_each(struct meter *meter, int64_t owed_before, int64_t owed) {
    uint64_t now = clock_now_ns(), published = meter->result->messages;
    uint64_t first = published - frames_of(meter, owed_before);
    for (uint64_t i = first; i < published - frames_of(meter, owed); i++)
        histogram_record(meter->latency, now - meter->due[i % OPEN_MESSAGES], 1);
}

static void connection_read(struct meter *meter, struct connection *connection) {
    bool waited = connection->owed > 0, more = true;
    while (more) {
        ssize_t n = connection_take(meter, connection, &more);
        if (n < 0) {
            connection_ended(meter, connection);
            return;
        }
        if (meter->due && connection->reader)
            time_each(meter, connection->owed, connection->owed - n);
        connection->owed -= n;
    }
    if (connection->owed == -PING_BYTES) {
        meter->result->pings++;
        connection->owed = 0;
    }
    if (!waited || connection->owed > 0) return;
    if (!meter->options.open) histogram_record(meter->latency, clock_now_ns() - meter->started, 1);
    meter->waiting--;
}

/* Good messages without an id are not answered; the broker's empty pings may come. */
static void publisher_read(struct meter *meter) {
    uint8_t bytes[256] = {0};
    ssize_t n = client_take(&meter->publisher, bytes, sizeof bytes - 1);
    if (n == PING_BYTES && bytes[0] == (0x80 | WS_PING)) return;
    if (n < 0 && errno == EAGAIN) return;
    meter->answered = true;
    bytes[n > 0 ? n : 0] = 0;
    fprintf(stderr, "bench: the broker answered the publisher: %s\n", bytes + 2);
}

static int take_events(struct meter *meter, int timeout_ms) {
    struct epoll_event events[EVENTS];
    int most = meter->options.open ? OPEN_EVENTS : EVENTS;
    int count = epoll_wait(meter->epoll, events, most, timeout_ms);
    for (int i = 0; i < count; i++) {
        struct connection *connection = events[i].data.ptr;
        if (!connection)
            publisher_read(meter);
        else if (events[i].events == EPOLLIN)
            connection_read(meter, connection);
        else
            connection_ended(meter, connection);
    }
    return count;
}

/* Reads on meanwhile: a batch may be more than sockets hold. */
static int write_batch(struct meter *meter, size_t count) {
    struct client *publisher = &meter->publisher;
    if (meter->options.raw) return client_write(publisher, meter->batch, count);
    for (size_t at = 0; at < count;) {
        ssize_t n = client_offer(publisher, meter->batch + at, count - at);
        if (n > 0)
            at += (size_t)n;
        else if (n == 0 || (errno != EAGAIN && errno != EINTR))
            return -1;
        else
            take_events(meter, 0);
    }
    return 0;
}

static int send_batch(struct meter *meter, uint32_t window) {
    size_t count = meter->options.raw ? make_raw(meter, window) : make_publications(meter, window);
    meter->started = clock_now_ns();
    return write_batch(meter, count);
}

/* Waits for the batch; true if all is there. */
static bool receive_batch(struct meter *meter) {
    uint64_t deadline = meter->started + BATCH_TIMEOUT_S * NS_PER_S;
    while (meter->waiting && !meter->answered) {
        int count = take_events(meter, meter->options.sleep ? 1000 : 0);
        if (count <= 0 && clock_now_ns() > deadline) return false;
    }
    return !meter->answered;
}

/* --- a run --- */

static void pause_until(struct meter *meter, uint64_t when) {
    for (uint64_t now; (now = clock_now_ns()) < when;) {
        take_events(meter, (int)((when - now) / NS_PER_MS)); /* evictions */
    }
}

static uint64_t own_cpu_ns(void) {
    struct timespec time;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return (uint64_t)time.tv_sec * NS_PER_S + (uint64_t)time.tv_nsec;
}

static void read_clocks(const struct meter *meter, uint64_t clocks[4]) {
    clocks[0] = clock_now_ns();
    clocks[1] = cpu_process_ns(meter->options.pid);
    clocks[2] = cpu_core_busy_ns(meter->options.core);
    clocks[3] = own_cpu_ns();
}

/* What is still owed is lost, what came beyond is extra. Waits a little for what should not come.
 */
static int settle(struct meter *meter) {
    struct meter_result *result = meter->result;
    pause_until(meter, clock_now_ns() + 5 * NS_PER_MS);
    for (uint32_t i = 0; i < meter->options.plan.connections; i++) {
        int64_t owed = meter->connections[i].owed;
        if (owed > 0) result->lost += (uint64_t)owed;
        if (owed < 0) result->extra += (uint64_t)-owed;
        meter->connections[i].owed = 0;
    }
    meter->waiting = 0;
    return result->lost || result->extra || result->broken || meter->answered ? -1 : 0;
}

int meter_run(struct meter *meter, uint32_t window, uint64_t batches, double seconds,
              struct meter_result *result) {
    uint64_t before[4], after[4], evicted = meter->result ? meter->result->evicted : 0;
    memset(result, 0, sizeof *result);
    result->window = window;
    result->evicted = evicted;
    result->latency = meter->latency;
    histogram_clear(meter->latency);
    meter->result = result;
    free(meter->batch);
    meter->batch = malloc(4 + window * (plan_payload_bytes(&meter->plan) + WS_HEADER_BYTES));
    if (!meter->batch) return -1;
    read_clocks(meter, before);
    uint64_t end = seconds > 0 ? before[0] + (uint64_t)(seconds * 1e9) : UINT64_MAX;
    uint64_t interval = meter->options.rate ? NS_PER_S / meter->options.rate : 0, next = before[0];
    while ((!batches || result->batches < batches) && clock_now_ns() < end) {
        if (interval) pause_until(meter, next);
        for (uint32_t i = 0; i < window && meter->due; i++)
            meter->due[(result->messages + i) % OPEN_MESSAGES] = next;
        next += interval;
        if (send_batch(meter, window)) break;
        if (!meter->due && !receive_batch(meter)) break;
        result->batches++;
    }
    if (meter->due) (void)receive_batch(meter); /* what is missing then is lost */
    read_clocks(meter, after);
    result->wall_ns = after[0] - before[0];
    result->broker_ns = after[1] - before[1];
    result->core_ns = after[2] - before[2];
    result->client_ns = after[3] - before[3];
    return settle(meter);
}

uint64_t meter_wait_evicted(struct meter *meter, uint64_t count, double seconds) {
    if (!meter->result) return 0;
    uint64_t end = clock_now_ns() + (uint64_t)(seconds * 1e9);
    while (meter->result->evicted < count && clock_now_ns() < end) take_events(meter, 10);
    return meter->result->evicted;
}
