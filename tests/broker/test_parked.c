/* A publisher that waits for a ring, while the worker of the other shard is held in the host's log.
 */
#include <semaphore.h>
#include <unistd.h>

#include "stage.h"

#define MESSAGES 64 /* more than a ring of 16 takes */
#define PING_MS  500
#define DEAD_MS  5000 /* for all before it is parked: a busy machine may stall for seconds */

static sem_t held, go_on;
static _Atomic bool hold_once;

static void hold(void *arg, int level, const char *line) {
    (void)arg, (void)level;
    if (strstr(line, "not a subscribe request") == NULL || !hold_once) return;
    hold_once = false;
    sem_post(&held);
    sem_wait(&go_on);
}

static struct tickcast_broker *start_held(const char *path, int *port) {
    struct tickcast_options options;
    struct tickcast_broker *broker;
    sem_init(&held, 0, 0);
    sem_init(&go_on, 0, 0);
    hold_once = true;
    tickcast_options_init(&options);
    options.workers = 2;
    options.ring_slots = 16;
    options.ping_interval_ms = PING_MS;
    options.dead_time_ms = DEAD_MS;
    options.log = hold;
    cr_assert(tickcast_broker_new(&options, &broker) == TICKCAST_OK);
    cr_assert(tickcast_broker_listen(broker, &(struct tickcast_listener){.host = "127.0.0.1"}) ==
              0);
    cr_assert(tickcast_broker_listen(broker, &(struct tickcast_listener){.unix_path = path}) == 1);
    cr_assert(tickcast_broker_start(broker) == TICKCAST_OK);
    *port = tickcast_broker_port(broker, 0);
    return broker;
}

static void wait_until_parked(const struct tickcast_broker *broker) {
    struct tickcast_stats stats = {0};
    for (int i = 0; i < WAIT_MS && stats.parked_now == 0; i++) {
        usleep(1000);
        tickcast_broker_stats(broker, &stats);
    }
    cr_assert_eq(stats.parked_now, 1);
}

Test(parked, a_publisher_on_a_unix_socket_outlives_dead_time) {
    static const char message[] = "\x83\xa3key\xa5"
                                  "a/b/c\xa4"
                                  "data\xc0\xa2id\x01";
    char path[] = "/tmp/tickcast-parked-XXXXXX", url[64];
    struct client_message got;
    struct tickcast_stats stats;
    int port;
    cr_assert(mkdtemp(path) != NULL);
    strcat(strcpy(url, path), "/s");
    struct tickcast_broker *broker = start_held(url, &port);
    struct client *subscriber = subscribe(port, "a/b/c"); /* the first: of shard 0 */
    struct client *publisher = client_new();
    snprintf(url, sizeof url, "unix://%s/s:/publish", path);
    cr_assert(client_connect(publisher, &(struct client_options){.url = url}) == CLIENT_OK, "%s",
              client_error(publisher));
    client_queue(subscriber, WS_BINARY, "", 0);
    cr_assert(client_receive(subscriber, 0, -1, &got) == CLIENT_TIMEOUT);
    sem_wait(&held);
    for (int i = 0; i < MESSAGES; i++)
        client_queue(publisher, WS_BINARY, message, sizeof message - 1);
    cr_assert(client_receive(publisher, 1000, -1, &got) != CLIENT_CLOSED);
    wait_until_parked(broker);
    usleep((DEAD_MS + 2 * PING_MS) * 1000); /* each is looked at once in PING_MS */
    tickcast_broker_stats(broker, &stats);
    cr_expect_eq(stats.ended_dead, 0);
    sem_post(&go_on);
    for (int i = 1; i < MESSAGES; i++)
        cr_assert(client_receive(publisher, WAIT_MS, -1, &got) == CLIENT_MESSAGE, "%s",
                  client_error(publisher));
    client_free(publisher);
    client_free(subscriber);
    tickcast_broker_free(broker);
    rmdir(path);
}
