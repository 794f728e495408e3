/*
 * The yardstick as a program (kit/bare.h).
 *
 *     send_loop [--cpu N] [--tls CERT KEY]    prints `port N`, then serves `fanout --raw`
 *
 * With TLS it uses the context that a listener of the broker makes of the same files.
 */
#include <getopt.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include "kit/bare.h"
#include "kit/cpu.h"
#include "net/tls.h"

static bool read_settings(int argc, char **argv, SSL_CTX **tls) {
    static const struct option options[] = {
        {"cpu", required_argument, NULL, 'P'}, {"tls", required_argument, NULL, 't'}, {0}};
    for (int name; (name = getopt_long(argc, argv, "", options, NULL)) != -1;) {
        char error[TLS_ERROR_BYTES] = "";
        if (name == 'P' && cpu_pin(atoi(optarg))) return false;
        if (name == 'P') continue;
        if (name != 't' || optind == argc) return false;
        *tls = tls_context_new(optarg, argv[optind++], error);
        if (!*tls) fprintf(stderr, "send_loop: %s\n", error);
        if (!*tls) return false;
    }
    return optind == argc;
}

int main(int argc, char **argv) {
    SSL_CTX *tls = NULL;
    if (!read_settings(argc, argv, &tls)) {
        fprintf(stderr, "usage: send_loop [--cpu N] [--tls CERT KEY]\n");
        return 2;
    }
    signal(SIGPIPE, SIG_IGN); /* of SSL_write */
    uint16_t port;
    struct bare *bare = bare_new(tls, &port);
    if (!bare) {
        perror("send_loop");
        return 1;
    }
    printf("port %u\n", port);
    fflush(stdout);
    int failed = bare_serve(bare);
    bare_free(bare);
    SSL_CTX_free(tls);
    return failed ? 1 : 0;
}
