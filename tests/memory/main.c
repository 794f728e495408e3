/*
 * Every allocation of a broker fails once: in each act the n-th, for each n until an act has less.
 * Whatever fails, the broker gives those that are connected what it owes them or ends them, keeps
 * nothing of them, and serves whoever comes next. A broker that cannot start has left nothing.
 *
 * A sanitizer build leaves some n out with TLS, of those that OpenSSL asks for when it loads
 * certificates most: it takes ten times as long.
 *
 *     memory PART [NUMBER]    with NUMBER one act only, numbered from 0, and tells each failure
 *
 * The parts: `plain` and `tls`, with what connections do; `loads`, with what loads certificates;
 * `clients`, who have certificates too.
 */
#include <fcntl.h>
#include <openssl/err.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../stress/stress.h"
#include "failing.h"
#include "scene.h"

#define TLS_STEP    (TICKCAST_SANITIZED ? 7 : 1)
#define CLIENT_STEP (TICKCAST_SANITIZED ? 23 : 1)
#define LOAD_STEP   (TICKCAST_SANITIZED ? 97 : 1)
#define NEVER       (UINT64_C(1) << 32)
#define LEAK_ROUNDS 4
#define NAME_BYTES  64
#define WARM_ROUNDS 2 /* what libraries make once and keep is made in these */

/* Of files that have no name any more: whatever becomes of the test, nothing of it stays. */
static char cert_file[NAME_BYTES], key_file[NAME_BYTES], ca_file[NAME_BYTES];
static char client_cert_file[NAME_BYTES], client_key_file[NAME_BYTES];
static const struct tickcast_certificate certificate = {cert_file, key_file};
static struct tickcast_tls server_tls = {.certificates = &certificate, .certificate_count = 1};
static int only = -1;

static void keep_open(const char *folder, const char *name, char *kept) {
    char file[NAME_BYTES];
    snprintf(file, sizeof file, "%s/%s", folder, name);
    snprintf(kept, NAME_BYTES, "/proc/self/fd/%d", open(file, O_RDONLY | O_CLOEXEC));
}

static void make_certificates(void) {
    char folder[] = "/tmp/tickcast-memory-XXXXXX", command[512];
    CHECK(mkdtemp(folder) != NULL, "no folder for certificates");
    snprintf(command, sizeof command, "%s/scripts/gen-certs %s", TICKCAST_SOURCE_DIR, folder);
    bool made = system(command) == 0;
    keep_open(folder, "server.pem", cert_file);
    keep_open(folder, "server.key", key_file);
    keep_open(folder, "ca.pem", ca_file);
    keep_open(folder, "client.pem", client_cert_file);
    keep_open(folder, "client.key", client_key_file);
    snprintf(command, sizeof command, "rm -r %s", folder);
    CHECK(system(command) == 0 && made, "no certificates");
}

/* Clients must have certificates from now on, and the peers of the test have one. */
static void ask_for_certificates(SSL_CTX *tls) {
    server_tls.client_ca_file = ca_file;
    server_tls.client_auth = TICKCAST_CLIENT_AUTH_REQUIRED;
    CHECK(SSL_CTX_use_certificate_file(tls, client_cert_file, SSL_FILETYPE_PEM) == 1, "client.pem");
    CHECK(SSL_CTX_use_PrivateKey_file(tls, client_key_file, SSL_FILETYPE_PEM) == 1, "client.key");
}

static void line(void *arg, int level, const char *text) {
    (void)arg;
    if (only >= 0) fprintf(stderr, "%d %s\n", level, text);
}

static struct scene scene_of(SSL_CTX *tls) {
    struct scene scene = {.target.tls = tls, .listener.host = "127.0.0.1"};
    tickcast_options_init(&scene.options);
    scene.options.workers = 1;
    scene.options.log = line;
    scene.options.log_level = 3;
    scene.options.ring_slots = 64;
    scene.options.slow_memory = 64 * TICKCAST_KIB;
    scene.options.notsent_lowat = 4 * TICKCAST_KIB;
    scene.options.close_timeout_ms = 10;
    scene.options.origins = "https://a.example";
    scene.options.proxy_from = PEER_BALANCER;
    scene.options.connection_rate = scene.options.handshake_rate = 1; /* not for loopback */
    /* nobody is saved by a deadline */
    scene.options.handshake_timeout_ms = scene.options.slow_time_ms = 600000;
    scene.options.stop_timeout_ms = 600000;
    if (tls != NULL) scene.listener.tls = &server_tls;
    for (int i = 0; i < SCENE_PEERS; i++) scene.peers[i].fd = -1;
    return scene;
}

static void tell(uint64_t n) {
    printf("-- %lu\n", n);
    fflush(stdout);
    failing_tell();
}

/* One run of an act. True if an allocation failed. */
static bool perform(const struct act *act, struct scene *scene, uint64_t n) {
    bool made = act->broker == ACT_FRESH && scene->broker == NULL;
    if (made) CHECK(scene_start(scene), "start");
    if (act->prepare != NULL) act->prepare(scene);
    failing_arm(n);
    act->run(scene);
    scene_settle(scene);
    bool failed = failing_disarm();
    if (failed && only >= 0) tell(n);
    if (made) {
        scene_serves(scene);
        scene_stop(scene);
    }
    return failed;
}

/* `before` were allocated before this failure. What is left more once or twice may be a cache, or
 * what a library makes once and keeps, but not what is left each time. */
static void check_for_leak(const struct act *act, struct scene *scene, uint64_t n, int64_t before) {
    for (int i = 0; i < LEAK_ROUNDS; i++) {
        if (failing_blocks() <= before) return;
        before = failing_blocks();
        perform(act, scene, n);
    }
    int64_t more = failing_blocks() - before;
    if (more > 0) failing_tell();
    CHECK(more <= 0, "allocation %lu of \"%s\" failed: %ld blocks are left", n, act->name, more);
}

static void sweep(const struct act *act, struct scene *scene) {
    bool tls = scene->listener.tls != NULL;
    uint64_t step = !tls                                ? 1
                    : act->loads                        ? LOAD_STEP
                    : server_tls.client_ca_file != NULL ? CLIENT_STEP
                                                        : TLS_STEP;
    uint64_t n = 0;
    for (int i = 0; i < WARM_ROUNDS; i++) perform(act, scene, NEVER);
    int64_t most = failing_blocks();
    for (; perform(act, scene, n); n += step) {
        check_for_leak(act, scene, n, most);
        if (failing_blocks() > most) most = failing_blocks();
    }
    printf("%-3s %s: %lu allocations\n", tls ? "wss" : "ws", act->name, n);
    CHECK(n > 0, "nothing is allocated");
}

static void play(const struct act *act, SSL_CTX *tls) {
    struct scene scene = scene_of(tls);
    if (act->broker == ACT_KEPT) CHECK(scene_start(&scene), "start");
    sweep(act, &scene);
    if (act->broker == ACT_KEPT) scene_stop(&scene);
}

static bool belongs(const struct act *act, const char *part) {
    if (strcmp(part, "plain") == 0) return !act->of_tls;
    if (strcmp(part, "loads") == 0) return act->loads;
    if (strcmp(part, "tls") == 0) return !act->loads;
    return strcmp(part, "clients") == 0 && act == acts; /* somebody comes and goes */
}

int main(int argc, char **argv) {
    unsigned played = 0;
    failing_spare(true);
    setvbuf(stdout, NULL, _IOLBF, 0);
    signal(SIGPIPE, SIG_IGN);
    CHECK(argc > 1, "memory plain|tls|loads|clients [NUMBER]");
    if (argc > 2) only = atoi(argv[2]);
    make_certificates();
    printf("%s\n", argv[1]); /* the first line allocates its buffer */
    SSL_CTX *tls = strcmp(argv[1], "plain") != 0 ? SSL_CTX_new(TLS_client_method()) : NULL;
    ERR_clear_error(); /* makes what OpenSSL keeps for this thread */
    if (strcmp(argv[1], "clients") == 0) ask_for_certificates(tls);
    for (unsigned i = 0; i < acts_count; i++) {
        if ((only >= 0 && only != (int)i) || !belongs(&acts[i], argv[1])) continue;
        play(&acts[i], tls);
        played++;
    }
    CHECK(played > 0, "no act");
    SSL_CTX_free(tls);
    return 0;
}
