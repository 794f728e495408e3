/*
 * A server of the MarketStore contract and /publish with faults that are known exactly: what a load
 * tool reports of it can be told on paper. `stand_in --help` lists the faults.
 */
#include <errno.h>
#include <msgpack.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "faults.h"
#include "histogram/percentiles.h"
#include "load/stamp.h"
#include "net/socket.h"
#include "proto/publish.h"
#include "proto/subscribe.h"
#include "tickcast/messages.h"
#include "visitor.h"
#include "ws/handshake.h"

#define VISITORS_MAX 4096
#define STREAMS_MAX  4096
#define READ_BYTES   65536

struct server {
    struct faults faults;
    int epoll, listener, timer, signals;
    struct visitor *visitors[VISITORS_MAX];
    uint32_t visitor_count, subscribers;
    uint64_t messages, deliveries, lost, duplicated, swapped;
    struct handed_out handed_out;
    bool over;
};

/* --- deliveries --- */

static void stall(struct server *server) {
    uint64_t end = clock_now_ns() + server->faults.stall_ns;
    struct timespec until = {.tv_sec = (time_t)(end / NS_PER_S), .tv_nsec = (long)(end % NS_PER_S)};
    while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL)) {
    }
    histogram_record(server->handed_out.late, clock_now_ns() - end, 1);
}

static void send_one(struct server *server, struct visitor *visitor, struct packet *packet,
                     uint64_t due_ns) {
    visitor_queue(visitor, packet, due_ns);
    server->deliveries++;
}

static void end_as_asked(const struct faults *faults, struct visitor *visitor) {
    static const uint8_t garbage[] = {0x83, 0x04, 'w', 'h', 'a', 't'}; /* opcode 3 is reserved */
    bool closes = fault_hits_once(&faults->close, visitor->number, visitor->deliveries);
    bool breaks = fault_hits_once(&faults->garbage, visitor->number, visitor->deliveries);
    if (!closes && !breaks) return;
    visitor_release_all(visitor);
    if (breaks) visitor_put(visitor, garbage, sizeof garbage);
    if (breaks) visitor_flush(visitor);
    if (closes) visitor_close(visitor, WS_CLOSE_GOING_AWAY);
}

static void deliver(struct server *server, struct visitor *visitor, struct packet *packet,
                    uint64_t now_ns) {
    const struct faults *faults = &server->faults;
    uint64_t due_ns = now_ns + faults->delay_ns + visitor->number * faults->skew_ns;
    uint64_t delivery = ++visitor->deliveries;
    if (fault_hits(&faults->lose, visitor->number, delivery)) {
        server->lost++;
        return;
    }
    if (!visitor->held && fault_hits(&faults->swap, visitor->number, delivery)) {
        visitor->held = packet;
        packet->refs++;
        server->swapped++;
        return;
    }
    send_one(server, visitor, packet, due_ns);
    if (fault_hits(&faults->duplicate, visitor->number, delivery)) {
        send_one(server, visitor, packet, due_ns);
        server->duplicated++;
    }
    if (visitor->held) send_one(server, visitor, visitor->held, due_ns);
    packet_unref(visitor->held);
    visitor->held = NULL;
    end_as_asked(faults, visitor);
}

/* When the load should have sent these data; 0 if they are not its own. */
static uint64_t intended_ns(struct proto_text data) {
    uint64_t intended_ns = 0;
    msgpack_unpacked whole;
    msgpack_unpacked_init(&whole);
    if (msgpack_unpack_next(&whole, data.at, data.bytes, NULL) == MSGPACK_UNPACK_SUCCESS &&
        whole.data.type == MSGPACK_OBJECT_BIN && whole.data.via.bin.size >= STAMP_BYTES) {
        struct stamp stamp;
        memcpy(&stamp, whole.data.via.bin.ptr, sizeof stamp);
        if (stamp.magic == STAMP_MAGIC) intended_ns = stamp.intended_ns;
    }
    msgpack_unpacked_destroy(&whole);
    return intended_ns;
}

static void publish(struct server *server, const struct ws_message *message) {
    struct publication publication;
    char error[256];
    if (!publish_decode(PUBLISH_MSGPACK, message->payload, message->bytes, 1 << 20, &publication,
                        error)) {
        struct proto_text key = publication.key, data = publication.data;
        size_t bytes = tickcast_payload_size(key.bytes, data.bytes);
        uint8_t *payload = malloc(bytes);
        if (!payload) abort();
        tickcast_payload_encode(key.at, key.bytes, data.at, data.bytes, payload);
        struct packet *packet = packet_new(WS_BINARY, payload, bytes);
        packet->intended_ns = intended_ns(data);
        uint64_t number = server->messages++, every = server->faults.stall_every;
        if (every && number % every == every / 2) stall(server);
        uint64_t now_ns = clock_now_ns();
        for (uint32_t i = 0; i < server->visitor_count; i++) {
            struct visitor *visitor = server->visitors[i];
            if (visitor->state == VISITOR_SUBSCRIBER && visitor_wants(visitor, key.at, key.bytes))
                deliver(server, visitor, packet, now_ns);
        }
        packet_unref(packet);
        free(payload);
    } else {
        fprintf(stderr, "stand_in: %s\n", error);
    }
    publication_fini(&publication);
}

/* --- input --- */

static void answer(struct visitor *visitor, enum ws_opcode opcode, const void *payload,
                   size_t bytes) {
    struct packet *packet = packet_new(opcode, payload, bytes);
    visitor_put(visitor, packet->at, packet->bytes);
    packet_unref(packet);
}

static void subscribe(struct server *server, struct visitor *visitor,
                      const struct ws_message *message) {
    struct subscribe_request request;
    const struct faults *faults = &server->faults;
    if (faults->silent) return;
    if (faults->error) {
        size_t bytes;
        uint8_t *error =
            publish_answer(PUBLISH_MSGPACK, (struct proto_text){0}, faults->error, &bytes);
        if (error) answer(visitor, WS_BINARY, error, bytes);
        free(error);
        return;
    }
    if (subscribe_decode(message->payload, message->bytes, STREAMS_MAX, &request) ==
        SUBSCRIBE_STREAMS) {
        visitor_forget_streams(visitor);
        visitor->globs = calloc(request.count, sizeof(struct glob *));
        if (!visitor->globs) abort();
        for (uint32_t i = 0; i < request.count; i++)
            visitor->globs[i] = glob_new(request.streams[i].at, request.streams[i].bytes);
        visitor->glob_count = request.count;
        subscribe_request_fini(&request);
    }
    answer(visitor, WS_BINARY, message->payload, message->bytes);
}

static void take_messages(struct server *server, struct visitor *visitor, uint8_t *at,
                          uint8_t *end) {
    while (visitor->state != VISITOR_CLOSED) {
        struct ws_message message;
        switch (ws_decode(&visitor->decoder, &at, end, &message)) {
        case WS_EVENT_MORE:
            return;
        case WS_EVENT_MESSAGE:
            if (visitor->state == VISITOR_PUBLISHER)
                publish(server, &message);
            else
                subscribe(server, visitor, &message);
            break;
        case WS_EVENT_PING:
            answer(visitor, WS_PONG, message.payload, message.bytes);
            break;
        case WS_EVENT_PONG:
            break;
        case WS_EVENT_CLOSE:
            visitor_close(visitor, message.code);
            break;
        default:
            visitor_close(visitor, message.code);
        }
    }
}

static void refuse(struct visitor *visitor, int status, const char *body) {
    char text[WS_RESPONSE_BYTES];
    visitor_put(visitor, text, ws_response_refuse(status, body, text));
    visitor_flush(visitor);
    shutdown(visitor->fd, SHUT_WR);
    visitor->state = VISITOR_CLOSED;
}

/* Takes bytes of a handshake; what follows it are messages. */
static void take_head(struct server *server, struct visitor *visitor, const uint8_t *bytes,
                      size_t count) {
    const struct faults *faults = &server->faults;
    if (count > sizeof visitor->head - visitor->head_bytes) {
        visitor->state = VISITOR_CLOSED;
        return;
    }
    memcpy(visitor->head + visitor->head_bytes, bytes, count);
    visitor->head_bytes += count;
    struct ws_request request;
    long taken =
        ws_request_parse(visitor->head, visitor->head_bytes, sizeof visitor->head, &request, NULL);
    if (!taken) return;
    if (faults->banner) {
        visitor_put(visitor, faults->banner, strlen(faults->banner));
        visitor_flush(visitor);
        visitor->state = VISITOR_CLOSED;
        return;
    }
    if (taken < 0) {
        refuse(visitor, (int)-taken, "bad request");
        return;
    }
    bool publisher = request.path.bytes == 8 && !memcmp(request.path.at, "/publish", 8);
    int status = publisher ? faults->refuse_publisher : faults->refuse;
    if (status) {
        refuse(visitor, status, faults->body);
        return;
    }
    char accept[WS_RESPONSE_BYTES];
    visitor_put(visitor, accept, ws_response_accept(&request, NULL, accept));
    visitor->state = publisher ? VISITOR_PUBLISHER : VISITOR_SUBSCRIBER;
    if (publisher && faults->deaf) epoll_ctl(server->epoll, EPOLL_CTL_DEL, visitor->fd, NULL);
    if (!publisher) visitor->number = server->subscribers++;
    take_messages(server, visitor, visitor->head + taken, visitor->head + visitor->head_bytes);
}

static void read_visitor(struct server *server, struct visitor *visitor) {
    uint8_t bytes[READ_BYTES];
    ssize_t count = recv(visitor->fd, bytes, sizeof bytes, MSG_DONTWAIT);
    if (count <= 0) {
        if (count == 0 || errno != EAGAIN) visitor->state = VISITOR_CLOSED;
        return;
    }
    if (visitor->state == VISITOR_HANDSHAKE)
        take_head(server, visitor, bytes, (size_t)count);
    else
        take_messages(server, visitor, bytes, bytes + count);
    visitor_flush(visitor);
}

/* --- the loop --- */

static void accept_one(struct server *server) {
    int fd = accept4(server->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0) return;
    if (server->visitor_count == VISITORS_MAX) {
        close(fd);
        return;
    }
    const struct socket_tuning tuning = {.notsent_lowat_bytes = 1 << 20};
    socket_tune(fd, &tuning);
    struct visitor *visitor = visitor_new(fd);
    server->visitors[server->visitor_count++] = visitor;
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = visitor};
    epoll_ctl(server->epoll, EPOLL_CTL_ADD, fd, &event);
}

/* Those that are blocked try again soon: for tests, that is simpler than asking to be told. */
static void arm_timer(struct server *server) {
    uint64_t next_ns = UINT64_MAX;
    for (uint32_t i = 0; i < server->visitor_count; i++) {
        struct visitor *visitor = server->visitors[i];
        uint64_t due_ns =
            visitor->out_bytes ? clock_now_ns() + NS_PER_MS : visitor_next_ns(visitor);
        if (due_ns < next_ns) next_ns = due_ns;
    }
    struct itimerspec at = {0};
    if (next_ns < UINT64_MAX) {
        at.it_value.tv_sec = (time_t)(next_ns / NS_PER_S);
        at.it_value.tv_nsec = (long)(next_ns % NS_PER_S);
    }
    timerfd_settime(server->timer, TFD_TIMER_ABSTIME, &at, NULL);
}

static void bury(struct server *server) {
    uint32_t kept = 0;
    for (uint32_t i = 0; i < server->visitor_count; i++) {
        struct visitor *visitor = server->visitors[i];
        if (visitor->state == VISITOR_CLOSED)
            visitor_free(visitor);
        else
            server->visitors[kept++] = visitor;
    }
    server->visitor_count = kept;
}

static void turn(struct server *server) {
    struct epoll_event events[64];
    int count = epoll_wait(server->epoll, events, 64, -1);
    for (int i = 0; i < count; i++) {
        if (events[i].data.ptr == &server->listener)
            accept_one(server);
        else if (events[i].data.ptr == &server->signals)
            server->over = true;
        else if (events[i].data.ptr != &server->timer)
            read_visitor(server, events[i].data.ptr);
    }
    uint64_t now_ns = clock_now_ns();
    for (uint32_t i = 0; i < server->visitor_count; i++)
        visitor_release(server->visitors[i], now_ns, &server->handed_out);
    bury(server);
    arm_timer(server);
}

static void watch(struct server *server, int *fd) {
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = fd};
    if (*fd < 0 || epoll_ctl(server->epoll, EPOLL_CTL_ADD, *fd, &event)) {
        perror("stand_in");
        exit(1);
    }
}

static void tell(const struct server *server) {
    json_t *did = json_pack(
        "{s:I, s:I, s:I, s:I, s:I, s:I, s:o, s:o}", "subscribers", (json_int_t)server->subscribers,
        "messages", (json_int_t)server->messages, "deliveries", (json_int_t)server->deliveries,
        "lost", (json_int_t)server->lost, "duplicated", (json_int_t)server->duplicated, "swapped",
        (json_int_t)server->swapped, "late_us", percentiles_to_json(server->handed_out.late),
        "latency_us", percentiles_to_json(server->handed_out.latency));
    json_dumpf(did, stdout, 0);
    putchar('\n');
    json_decref(did);
}

int main(int argc, char **argv) {
    static struct server server;
    uint16_t port;
    sigset_t set;
    faults_parse(argc, argv, &server.faults);
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    sigprocmask(SIG_BLOCK, &set, NULL);
    server.handed_out.late = histogram_new(HISTOGRAM_HIGHEST, HISTOGRAM_DIGITS);
    server.handed_out.latency = histogram_new(HISTOGRAM_HIGHEST, HISTOGRAM_DIGITS);
    if (!server.handed_out.late || !server.handed_out.latency) abort();
    server.epoll = epoll_create1(EPOLL_CLOEXEC);
    server.signals = signalfd(-1, &set, SFD_CLOEXEC);
    server.timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
    server.listener = socket_listen("127.0.0.1", 0, 4096, &port);
    watch(&server, &server.signals);
    watch(&server, &server.timer);
    watch(&server, &server.listener);
    printf("%u\n", port);
    fflush(stdout);
    while (!server.over) turn(&server);
    tell(&server);
    for (uint32_t i = 0; i < server.visitor_count; i++) visitor_free(server.visitors[i]);
    histogram_free(server.handed_out.late);
    histogram_free(server.handed_out.latency);
    close(server.epoll);
    return 0;
}
