/*
 * Whole connections: the broker's worker as it is, with sockets, clock and thread in memory
 * (connection/sockets.h), and clients that check every byte (connection/client.h). The input is a
 * byte of options, then operations: each ends a turn of the worker unless it says otherwise.
 */
#include <event2/event.h>
#include <event2/event_struct.h>
#include <string.h>

#include "base/clock.h"
#include "broker/broker.h"
#include "fuzz/allocations.h"
#include "fuzz/connection/client.h"
#include "fuzz/fuzz.h"
#include "shard/conn.h"
#include "shard/turn.h"

#define CLIENTS     SOCKETS_MAX
#define SETTLE_MOST 4000 /* turns until nothing is left to do */
#define STOP_MOST   4000
#define YOUNG_MS    400 /* before that no deadline passes */
#define FILLERS     300 /* streams that make a set a large one */

int __real_event_base_loop(struct event_base *base, int flags);
int __wrap_event_base_loop(struct event_base *base, int flags);

enum stage { OPERATING, SETTLING, STOPPING };

static struct world {
    struct fuzz_input input;
    struct tickcast_broker *broker;
    struct shard *shard;
    enum stage stage;
    unsigned turns, quiet; /* of this stage; running, those without anything to do */
    uint64_t ticked_ns;
    uint32_t fails; /* the allocation of the next turn that is to fail, or 0 */
    bool failed;    /* some have */
    bool proxies;   /* what comes by a Unix socket is a balancer's */
    bool rates;     /* of an address few connections a second are taken */
    struct client clients[CLIENTS];
    unsigned client_count;
    struct messages messages;
} world;

/* --- requests --- */

static size_t write_text(uint8_t *out, const char *text) {
    size_t bytes = strlen(text);
    out[0] = (uint8_t)(0xa0 | bytes);
    memcpy(out + 1, text, bytes);
    return 1 + bytes;
}

/* {"streams": [...]} of the streams of a set; `flaw`: and one that is invalid; `large`: and many
 * that select nothing. */
static size_t write_request(uint8_t *out, uint8_t set, bool flaw, bool large) {
    uint8_t *at = out;
    unsigned count = (unsigned)(__builtin_popcount(set) + flaw + (large ? FILLERS : 0));
    *at++ = 0x81;
    at += write_text(at, "streams");
    *at++ = 0xdc;
    *at++ = (uint8_t)(count >> 8);
    *at++ = (uint8_t)count;
    for (int i = 0; i < STREAMS; i++)
        if (set >> i & 1) at += write_text(at, stream_texts[i]);
    for (int i = 0; i < FILLERS && large; i++) {
        char filler[] = {'/', (char)('a' + i / 26), (char)('a' + i % 26), '/', '\0'};
        at += write_text(at, filler);
    }
    if (flaw) at += write_text(at, "A/1");
    return (size_t)(at - out);
}

/* In one frame, or in three with a ping between. */
static bool write_message(struct client *client, uint8_t opcode, const uint8_t *payload,
                          size_t bytes, bool fragments) {
    if (!fragments) return client_write(client, 0x80 | opcode, payload, bytes);
    size_t third = bytes / 3;
    if (client->given_bytes + client->out_bytes + bytes + 64 > SOCKETS_INPUT_MAX) return false;
    (void)client_write(client, opcode, payload, third);
    (void)client_write(client, 0x89, "between", 7);
    (void)client_write(client, 0, payload + third, third);
    (void)client_write(client, 0x80, payload + 2 * third, bytes - 2 * third);
    if (!client->wild) client_expect(client, 10, false, "between", 7, -1, NULL);
    return true;
}

/* A message that is not yet settled is owed only to those who want it under each set in between. */
static void note_set(const struct client *client, uint8_t set) {
    uint16_t bit = (uint16_t)(1U << client->number);
    for (uint32_t i = 0; i < world.messages.count; i++) {
        struct message *message = &world.messages.all[i];
        if (!message->settled && !set_wants(set, message->key)) message->required &= (uint16_t)~bit;
    }
}

static void subscribe(struct client *client, struct fuzz_input *input) {
    static uint8_t payload[256 + FILLERS * 5];
    uint8_t set = fuzz_byte(input), how = fuzz_byte(input);
    bool flaw = (how & 3) == 3, large = (how & 16) != 0, none = set == 0 && !flaw && !large;
    size_t bytes = write_request(payload, set, flaw, large);
    if (!client_can_expect(client, bytes + 16)) return;
    uint8_t opcode = how & 4 ? 1 : 2;
    if (client->path != PATH_SUBSCRIBE) client->wild = true;
    if (!write_message(client, opcode, payload, bytes, (how & 8) != 0) || client->wild) return;
    client_expect(client, 2, flaw, payload, flaw ? 0 : bytes, none || flaw ? -1 : set, NULL);
    if (!none && !flaw) note_set(client, set);
}

static void ping(struct client *client, struct fuzz_input *input) {
    uint8_t payload[125];
    size_t bytes = fuzz_byte(input) % 126;
    memset(payload, 'p', sizeof payload);
    payload[0] = (uint8_t)client->masks;
    if (!client_can_expect(client, bytes) || !client_write(client, 0x89, payload, bytes)) return;
    if (!client->wild) client_expect(client, 10, false, payload, bytes, -1, NULL);
}

/* What has no answer, an answer of its own, or is the last. */
static void say(struct client *client, struct fuzz_input *input) {
    static const uint8_t none[] = {0xc0}, nonsense[] = {0x01, 0x02}, code[] = {0x03, 0xe8, 'x'};
    if (!client_can_expect(client, 8)) return;
    switch (fuzz_byte(input) % 5) {
    case 0:
        (void)client_write(client, 0x8a, "pong", 4);
        break;
    case 1:
        if (client->path != PATH_SUBSCRIBE) break;
        if (client_write(client, 0x82, none, 1) && !client->wild)
            client_expect(client, 2, false, none, 1, -1, NULL);
        break;
    case 2:
        if (!client_write(client, 0x82, nonsense, 2) || client->wild) break;
        if (client->path == PATH_PUBLISH) client_expect(client, 2, true, NULL, 0, -1, NULL);
        break;
    case 3:
        if (client->leaves || !client_write(client, 0x88, code, 3)) break;
        if (!client->wild) client_expect(client, 8, false, code, 2, -1, NULL);
        client->leaves = true;
        break;
    case 4:
        if (client->leaves || !client_write(client, 0x88, NULL, 0)) break;
        if (!client->wild) client_expect(client, 8, false, NULL, 0, -1, NULL);
        client->leaves = true;
        break;
    }
}

static void say_anything(struct client *client, struct fuzz_input *input) {
    size_t count;
    const uint8_t *bytes = fuzz_bytes(input, fuzz_byte(input), &count);
    client->wild = true;
    (void)client_write_raw(client, bytes, count);
}

/* --- messages --- */

static void require(struct message *message) {
    for (unsigned i = 0; i < world.client_count; i++)
        if (client_must_get(&world.clients[i], message->key))
            message->required |= (uint16_t)(1U << i);
}

static uint32_t choose_filler(struct fuzz_input *input) {
    uint8_t size = fuzz_byte(input);
    return size < 200 ? size : (uint32_t)(size - 199) * 350;
}

static void push(struct fuzz_input *input) {
    static uint8_t data[FILLER_MAX + 16];
    uint8_t key = fuzz_byte(input);
    struct message *message = messages_add(&world.messages, HOST, key, choose_filler(input));
    if (message == NULL) return;
    size_t bytes = message_data(message, data);
    const char *text = key_texts[message->key];
    allocations_begin(world.fails);
    int result = tickcast_push(world.broker, text, strlen(text), data, bytes);
    world.failed |= allocations_end() != 0;
    world.fails = 0;
    CHECK(result == TICKCAST_OK || result == TICKCAST_EAGAIN ||
          (result == TICKCAST_ENOMEM && world.failed));
    message->accepted = result == TICKCAST_OK;
    if (message->accepted) require(message);
}

static size_t write_publication(const struct message *message, bool json, bool flaw, bool id,
                                uint8_t *out) {
    const char *key = flaw ? "A/1" : key_texts[message->key];
    if (json) {
        char *text = (char *)out;
        int head = id ? sprintf(text, "{\"key\":\"%s\",\"id\":%u,\"data\":", key, message->number)
                      : sprintf(text, "{\"key\":\"%s\",\"data\":", key);
        size_t bytes = (size_t)head + message_json(message, text + head);
        text[bytes] = '}';
        return bytes + 1;
    }
    uint8_t *at = out;
    *at++ = id ? 0x83 : 0x82;
    if (id) {
        at += write_text(at, "id");
        *at++ = 0xcd;
        *at++ = (uint8_t)(message->number >> 8);
        *at++ = (uint8_t)message->number;
    }
    at += write_text(at, "key");
    at += write_text(at, key);
    at += write_text(at, "data");
    return (size_t)(at - out) + message_data(message, at);
}

static size_t write_ack(const struct message *message, bool json, uint8_t *out) {
    if (json) return (size_t)sprintf((char *)out, "{\"ack\":%u}", message->number);
    const uint8_t ack[] = {
        0x81, 0xa3, 'a', 'c', 'k', 0xcd, (uint8_t)(message->number >> 8), (uint8_t)message->number};
    memcpy(out, ack, sizeof ack);
    return sizeof ack;
}

static void publish(struct client *client, struct fuzz_input *input) {
    static uint8_t payload[FILLER_MAX + 128];
    uint8_t key = fuzz_byte(input), how = fuzz_byte(input), ack[32];
    bool json = how & 1, id = how & 2, flaw = (how & 12) == 12;
    uint32_t filler = choose_filler(input);
    if (client->path != PATH_PUBLISH) client->wild = true;
    if (!client_can_expect(client, 64) || client->leaves) return;
    struct message *message = messages_add(&world.messages, (uint8_t)client->number, key, filler);
    if (message == NULL) return;
    size_t bytes = write_publication(message, json, flaw, id, payload);
    uint8_t opcode = json ? 1 : 2;
    if (!write_message(client, opcode, payload, bytes, (how & 16) != 0) || client->wild) return;
    if (flaw) client_expect(client, opcode, true, NULL, 0, -1, NULL);
    if (flaw) return;
    require(message);
    if (id) client_expect(client, opcode, false, ack, write_ack(message, json, ack), -1, message);
}

/* --- the wire --- */

/* As the acceptor takes it, or with bytes that the host has read already. */
static void hand_over(struct client *client, bool adopted) {
    struct memory_socket *socket = client->socket;
    struct sockaddr_storage address;
    socklen_t address_bytes = socket_address(socket, &address);
    size_t held = adopted ? client->out_bytes : 0;
    allocations_begin(world.fails);
    if (!adopted)
        broker_accepted(world.broker, 0, socket->fd, &address, address_bytes);
    else if (tickcast_broker_adopt(world.broker, socket->fd, -1, client->out, held) != TICKCAST_OK)
        (void)close(socket->fd);
    world.failed |= allocations_end() != 0;
    world.fails = 0;
    CHECK(!socket->closed || world.failed || client->state == CLIENT_REFUSED);
    client->given_bytes = held;
    client->out_bytes -= held;
}

static void connect_client(struct fuzz_input *input) {
    uint8_t how = fuzz_byte(input);
    struct memory_socket *socket = socket_make((enum peer_kind)(how % PEER_KINDS));
    if (socket == NULL) return;
    struct client *client = &world.clients[world.client_count];
    enum client_path path = (enum client_path)(how / PEER_KINDS % 4 % PATHS);
    client_open(client, world.client_count++, socket, path, &world.messages, &world.failed);
    client->limited = world.rates;
    bool adopted = how >= 128;
    if (world.proxies && socket->peer == PEER_UNIX && !adopted)
        client_write_proxy(client, (how & 64) != 0);
    client_write_handshake(client);
    hand_over(client, adopted);
}

static void pass_time(struct fuzz_input *input) {
    static const uint32_t pauses_ms[] = {1, 10, 100, 300, 500, 1500, 4000, 20000};
    clock_pass(pauses_ms[fuzz_byte(input) % 8] * NS_PER_MS);
}

/* Whoever is there for longer may be late, or silent for too long. */
static void let_age(void) {
    for (unsigned i = 0; i < world.client_count; i++)
        if (clock_told() - world.clients[i].opened_ns >= YOUNG_MS * NS_PER_MS)
            world.clients[i].tame = false;
}

static void set_room(struct client *client, struct fuzz_input *input) {
    static const uint64_t rooms[] = {0, 1, 7, 100, 1000, 5000, 20000, UINT64_MAX};
    client->socket->room = rooms[fuzz_byte(input) % 8];
    client->tame = false;
}

static void leave(struct client *client, bool reset) {
    client->leaves = true;
    client->socket->fin = true;
    client->socket->reset = client->socket->reset || reset;
}

enum {
    CONNECT,
    SUBSCRIBE,
    PING,
    SAY,
    SAY_ANYTHING,
    PUBLISH,
    GIVE,
    ROOM,
    LEAVE,
    RESET,
    PUSH,
    PUSH_MORE,
    PASS_TIME,
    TURNS,
    FAIL,
    ACKNOWLEDGE
};
#define OPERATION 0x0f
#define HOLD      0x10 /* what is written is not given to the socket */
#define NO_TURN   0x20

static void operate(uint8_t operation, struct client *client, struct fuzz_input *input) {
    switch (operation) {
    case SUBSCRIBE:
        subscribe(client, input);
        break;
    case PING:
        ping(client, input);
        break;
    case SAY:
        say(client, input);
        break;
    case SAY_ANYTHING:
        say_anything(client, input);
        break;
    case PUBLISH:
        publish(client, input);
        break;
    case GIVE:
        client_give(client, 1 + fuzz_byte(input) % 64u);
        break;
    case ROOM:
        set_room(client, input);
        break;
    case LEAVE:
    case RESET:
        leave(client, operation == RESET);
        break;
    case ACKNOWLEDGE:
        client->socket->acked += fuzz_byte(input);
        break;
    }
}

/* False to end the turn. */
static bool step(struct fuzz_input *input) {
    uint8_t what = fuzz_byte(input), operation = what & OPERATION;
    struct client *client = NULL;
    switch (operation) {
    case CONNECT:
        connect_client(input);
        break;
    case PUSH:
        push(input);
        break;
    case PUSH_MORE:
        for (unsigned more = 1 + fuzz_byte(input) % 16; more > 0; more--) push(input);
        break;
    case PASS_TIME:
        pass_time(input);
        break;
    case TURNS:
        return false;
    case FAIL:
        world.fails = 1 + fuzz_byte(input) % 24u;
        return true;
    default:
        if (world.client_count == 0) return true;
        client = &world.clients[fuzz_byte(input) % world.client_count];
        operate(operation, client, input);
    }
    for (unsigned i = 0; i < world.client_count && !(what & HOLD) && operation != GIVE; i++)
        client_give(&world.clients[i], SIZE_MAX);
    return (what & NO_TURN) != 0;
}

/* --- the worker's loop --- */

static bool is_idle(void) {
    const struct shard *shard = world.shard;
    bool idle = !rings_waiting(world.broker->shared.rings, 0) && list_empty(&shard->dirty) &&
                list_empty(&shard->resumed) && list_empty(&shard->delayed) &&
                list_empty(&shard->parked) && list_empty(&shard->throttled) &&
                list_empty(&shard->starved) && list_empty(&shard->large_sets) &&
                list_empty(&shard->leaving_groups) && shard->inbox == NULL && !shard->arrivals &&
                !shard->overdue;
    for (unsigned i = 0; i < world.client_count; i++) {
        const struct memory_socket *socket = world.clients[i].socket;
        bool over = socket->closed || socket->shut;
        if (!over && socket->in_at < socket->in_bytes) idle = false;
    }
    return idle;
}

/* Messages that are on no ring any more are in the logs. */
static void settle_messages(void) {
    if (rings_waiting(world.broker->shared.rings, 0)) return;
    for (uint32_t i = 0; i < world.messages.count; i++)
        if (world.messages.all[i].accepted) world.messages.all[i].settled = true;
}

/* Whoever has got its last byte sees the end of the stream too. */
static void check_ends(void) {
    for (unsigned i = 0; i < world.client_count; i++) {
        const struct client *client = &world.clients[i];
        CHECK(client->state != CLIENT_CLOSED || client->socket->shut || client->socket->closed);
    }
}

/* Everybody has what it is owed. */
static void check_all_received(void) {
    uint16_t there = 0;
    for (unsigned i = 0; i < world.client_count; i++) {
        struct client *client = &world.clients[i];
        if (client->state != CLIENT_OPEN || client->wild || client->leaves) continue;
        if (client->socket->closed) continue;
        CHECK(client->answer_count == 0);
        there |= (uint16_t)(1U << i);
    }
    for (uint32_t i = 0; i < world.messages.count; i++) {
        const struct message *message = &world.messages.all[i];
        if (message->accepted) CHECK((message->required & there & ~message->received) == 0);
    }
}

/* What the broker's stop does, from here: this is the worker's thread. */
static void stop_on(void) {
    struct shard_shared *shared = &world.broker->shared;
    if (world.turns == 0) {
        atomic_store(&shared->stop_ns, clock_told() + shared->options.stop_timeout_ms * NS_PER_MS);
        atomic_store(&world.broker->open, false);
        atomic_store(&shared->phase, PHASE_STOPPING);
    } else if (world.turns == 1) {
        atomic_store(&shared->phase, PHASE_HALF);
    } else if (world.turns == 2) {
        rings_close(shared->rings);
        atomic_store(&shared->phase, PHASE_DRAINING);
    }
    for (unsigned i = 0; i < world.client_count; i++) /* most answer the close */
        if (world.clients[i].socket->shut && i % 4 != 3) world.clients[i].socket->fin = true;
    clock_pass(20 * NS_PER_MS);
    CHECK(world.turns < STOP_MOST);
    world.turns++;
}

static void settle_on(void) {
    for (unsigned i = 0; i < world.client_count; i++) {
        client_give(&world.clients[i], SIZE_MAX);
        world.clients[i].socket->room = UINT64_MAX;
    }
    clock_pass(NS_PER_MS);
    world.quiet = is_idle() ? world.quiet + 1 : 0;
    CHECK(world.turns < SETTLE_MOST);
    world.turns++;
    if (world.quiet < 3) return;
    check_all_received();
    world.stage = STOPPING;
    world.turns = 0;
}

static void activate(void) {
    struct shard *shard = world.shard;
    if (clock_told() - world.ticked_ns >= SHARD_TICK_MS * NS_PER_MS) {
        world.ticked_ns = clock_told();
        event_active(shard->tick_event, EV_TIMEOUT, 0);
    }
    if (!list_empty(&shard->throttled)) event_active(shard->throttle_event, EV_TIMEOUT, 0);
    for (struct list *node = shard->conns.next; node != &shard->conns; node = node->next) {
        struct conn *conn = LIST_ITEM(node, struct conn, all);
        const struct memory_socket *socket = socket_of(conn->transport.fd);
        CHECK(socket != NULL);
        if (event_pending(&conn->read_event, EV_READ, NULL) && socket_readable(socket))
            event_active(&conn->read_event, EV_READ, 0);
        if (event_pending(&conn->write_event, EV_WRITE, NULL) && socket_writable(socket))
            event_active(&conn->write_event, EV_WRITE, 0);
    }
}

int __wrap_event_base_loop(struct event_base *base, int flags) {
    if (world.broker == NULL) return __real_event_base_loop(base, flags);
    if (world.shard == NULL) {
        world.shard = world.broker->shards[0];
        event_del(world.shard->tick_event); /* the kernel's time is not ours */
        atomic_store(&world.broker->open, true);
    }
    world.failed |= allocations_end() != 0;
    settle_messages();
    check_ends();
    if (world.stage == OPERATING) {
        while (fuzz_left(&world.input) > 0 && step(&world.input)) {
        }
        if (fuzz_left(&world.input) == 0) world.stage = SETTLING;
    } else if (world.stage == SETTLING) {
        settle_on();
    } else {
        stop_on();
    }
    if (world.stage != STOPPING) let_age();
    activate();
    allocations_begin(world.fails);
    world.fails = 0;
    return __real_event_base_loop(base, EVLOOP_ONCE | EVLOOP_NONBLOCK);
}

/* --- a run --- */

static void check_line(void *arg, int level, const char *line) {
    (void)arg, (void)level;
    for (; *line != '\0'; line++) CHECK((unsigned char)*line >= ' ' && *line != 0x7f);
}

static void set_options(struct tickcast_options *options, uint8_t choice) {
    tickcast_options_init(options);
    options->workers = 1;
    options->max_connections = 64;
    options->ring_slots = 16;
    options->ring_memory = 64 * TICKCAST_KIB;
    options->max_payload = 32 * TICKCAST_KIB;
    options->max_message = 4 * TICKCAST_KIB;
    options->max_cached_keys = 1024;
    options->message_rate = choice & 8 ? 1000 : 0;
    options->message_burst = 3;
    options->outbound_memory = TICKCAST_MIB;
    options->inbound_memory = 64 * TICKCAST_KIB;
    options->slow_memory = choice & 1 ? 4 * TICKCAST_KIB : 256 * TICKCAST_KIB;
    options->flush_delay_us = choice & 2 ? 2000 : 0;
    options->proxy_from = choice & 16 ? "unix" : NULL;
    options->connection_rate = choice & 32 ? 3 : 0;
    options->handshake_rate = choice & 32 ? 2 : 0;
    options->limit_loopback = true;
    options->handshake_timeout_ms = 500;
    options->slow_time_ms = 500;
    options->close_timeout_ms = 100;
    options->ping_interval_ms = 1000;
    options->dead_time_ms = 3000;
    options->stop_timeout_ms = 2000;
    options->log = check_line;
    options->log_level = 3;
}

/* Each connection has ended in one way, and nothing of it is left. */
static void check_nothing_left(void) {
    struct tickcast_stats stats;
    tickcast_broker_stats(world.broker, &stats);
    uint64_t ended = 0;
#define ADD_ENDED(name, NAME, code, level, sentence) ended += stats.ended_##name;
    TICKCAST_ENDS(ADD_ENDED)
#undef ADD_ENDED
    CHECK(stats.accepted == ended);
    CHECK(stats.connections_now == 0 && stats.subscribers_now == 0 && stats.parked_now == 0);
    CHECK(stats.groups_now == 0 && stats.subscriptions_now == 0 && stats.patterns_now == 0);
    CHECK(stats.outbound_now == 0 && stats.inbound_now == 0);
    CHECK(atomic_load(&world.broker->shared.connections) == 0);
    CHECK(atomic_load(&world.shard->load) == 0);
    for (unsigned i = 0; i < world.client_count; i++) client_ended(&world.clients[i]);
}

int LLVMFuzzerInitialize(int *argc, char ***argv) {
    (void)argc, (void)argv;
    messages_init();
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count) {
    memset(&world, 0, offsetof(struct world, clients));
    world.input = (struct fuzz_input){bytes, bytes + count};
    world.client_count = 0;
    world.messages.count = 0;
    memset(world.messages.numbers, 0, sizeof world.messages.numbers);
    uint8_t choice = fuzz_byte(&world.input);
    struct tickcast_options options;
    set_options(&options, choice);
    world.proxies = options.proxy_from != NULL;
    world.rates = options.handshake_rate > 0;
    sockets_begin((choice & 64 ? 200 : choice & 4 ? 20 : 0) * NS_PER_US); /* 200: two in a slice */
    world.ticked_ns = clock_told();
    CHECK(tickcast_broker_new(&options, &world.broker) == TICKCAST_OK);
    CHECK(tickcast_broker_start(world.broker) == TICKCAST_OK);
    (void)allocations_end();
    CHECK(tickcast_broker_stop(world.broker) == TICKCAST_OK);
    check_nothing_left();
    struct tickcast_broker *broker = world.broker;
    world.broker = NULL;
    tickcast_broker_free(broker);
    sockets_end();
    return 0;
}
