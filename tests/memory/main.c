/*
 * Every allocation of a broker fails once: in each act the n-th, for each n until an act has less.
 * Whatever fails, the broker gives those that are connected what it owes them or ends them, keeps
 * nothing of them, and serves whoever comes next. A broker that cannot start has left nothing.
 *
 * With TLS some n are left out, of those that OpenSSL asks for when it loads certificates most.
 *
 *     memory all           none is left out; takes minutes
 *     memory [NUMBER]      one act only, numbered from 0, and tells each failure
 */
#include <openssl/err.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../stress/stress.h"
#include "failing.h"
#include "scene.h"

/* Most allocations of TLS are those of OpenSSL, and sanitizers make them ten times as slow. */
#define TLS_STEP    (TICKCAST_SANITIZED ? 7 : 1)
#define CERT_STEP   (TICKCAST_SANITIZED ? 23 : 3) /* clients have certificates */
#define LOAD_STEP   (TICKCAST_SANITIZED ? 97 : 7)
#define NEVER       (UINT64_C(1) << 32)
#define LEAK_ROUNDS 4
#define WARM_ROUNDS 2 /* what libraries make once and keep is made in these */

static char folder[] = "/tmp/tickcast-memory-XXXXXX";
static char cert_file[64], key_file[64], ca_file[64];
static const struct tickcast_certificate certificate = {cert_file, key_file};
static struct tickcast_tls server_tls = {.certificates = &certificate, .certificate_count = 1};
static bool all;
static int only = -1;

static void make_certificate(void) {
    char command[512];
    CHECK(mkdtemp(folder) != NULL, "no folder for certificates");
    snprintf(command, sizeof command, "%s/scripts/gen-certs %s", TICKCAST_SOURCE_DIR, folder);
    CHECK(system(command) == 0, "gen-certs");
    snprintf(cert_file, sizeof cert_file, "%s/server.pem", folder);
    snprintf(key_file, sizeof key_file, "%s/server.key", folder);
}

/* Clients must have certificates from now on, and the peers of the test have one. */
static void ask_for_certificates(SSL_CTX *tls) {
    char file[64];
    snprintf(ca_file, sizeof ca_file, "%s/ca.pem", folder);
    server_tls.client_ca_file = ca_file;
    server_tls.client_auth = TICKCAST_CLIENT_AUTH_REQUIRED;
    snprintf(file, sizeof file, "%s/client.pem", folder);
    CHECK(SSL_CTX_use_certificate_file(tls, file, SSL_FILETYPE_PEM) == 1, "client.pem");
    snprintf(file, sizeof file, "%s/client.key", folder);
    CHECK(SSL_CTX_use_PrivateKey_file(tls, file, SSL_FILETYPE_PEM) == 1, "client.key");
}

static void remove_certificate(void) {
    char command[128];
    snprintf(command, sizeof command, "rm -r %s", folder);
    CHECK(system(command) == 0, "rm");
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
    uint64_t some = act->loads                          ? LOAD_STEP
                    : server_tls.client_ca_file != NULL ? CERT_STEP
                                                        : TLS_STEP;
    uint64_t step = !tls || all ? 1 : some, n = 0;
    for (int i = 0; i < WARM_ROUNDS; i++) perform(act, scene, NEVER);
    int64_t most = failing_blocks();
    for (; perform(act, scene, n); n += step) {
        check_for_leak(act, scene, n, most);
        if (failing_blocks() > most) most = failing_blocks();
    }
    printf("%-3s %s: %lu allocations\n", tls ? "wss" : "ws", act->name, n);
    CHECK(n > 0, "nothing is allocated");
}

static void play(SSL_CTX *tls, unsigned count) {
    for (unsigned i = 0; i < count; i++) {
        if ((only >= 0 && only != (int)i) || (acts[i].of_tls && tls == NULL)) continue;
        struct scene scene = scene_of(tls);
        if (acts[i].broker == ACT_KEPT) CHECK(scene_start(&scene), "start");
        sweep(&acts[i], &scene);
        if (acts[i].broker == ACT_KEPT) scene_stop(&scene);
    }
}

int main(int argc, char **argv) {
    failing_spare(true);
    setvbuf(stdout, NULL, _IOLBF, 0);
    signal(SIGPIPE, SIG_IGN);
    all = argc > 1 && strcmp(argv[1], "all") == 0;
    if (argc > 1 && !all) only = atoi(argv[1]);
    make_certificate();
    printf("%u acts\n", acts_count); /* the first line allocates its buffer */
    SSL_CTX *tls = SSL_CTX_new(TLS_client_method());
    ERR_clear_error(); /* makes what OpenSSL keeps for this thread */
    CHECK(tls != NULL, "TLS of the test");
    play(NULL, acts_count);
    play(tls, acts_count);
    ask_for_certificates(tls);
    play(tls, 1); /* somebody comes and goes */
    SSL_CTX_free(tls);
    remove_certificate();
    return 0;
}
