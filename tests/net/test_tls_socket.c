#include <criterion/criterion.h>
#include <openssl/err.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "certs.h"
#include "net/tls.h"
#include "net/tls_socket.h"

/* Both ends of a connection, after the handshake; non-blocking. */
struct ends {
    BIO_METHOD *method;
    SSL_CTX *server_context, *client_context;
    SSL *server, *client;
    int fds[2];
};

static void ends_open(struct ends *ends) {
    char folder[64], cert[96], key[96], error[TLS_ERROR_BYTES] = "";
    make_certs(folder);
    snprintf(cert, sizeof cert, "%s/server.pem", folder);
    snprintf(key, sizeof key, "%s/server.key", folder);
    ends->server_context = tls_context_new(cert, key, error);
    cr_assert(ends->server_context != NULL, "%s", error);
    remove_certs(folder);
    ends->client_context = SSL_CTX_new(TLS_client_method());
    ends->method = tls_socket_new();
    cr_assert(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends->fds) == 0);
    ends->server = SSL_new(ends->server_context);
    ends->client = SSL_new(ends->client_context);
    cr_assert(tls_socket_attach(ends->method, ends->server, ends->fds[0]));
    cr_assert(tls_socket_attach(ends->method, ends->client, ends->fds[1]));
    SSL_set_accept_state(ends->server);
    SSL_set_connect_state(ends->client);
    int done = 0;
    for (int i = 0; i < 10 && done < 2; i++)
        done = (SSL_do_handshake(ends->client) == 1) + (SSL_do_handshake(ends->server) == 1);
    cr_assert(done == 2, "no handshake");
}

static void ends_close(struct ends *ends) {
    SSL_free(ends->server);
    SSL_free(ends->client);
    for (int i = 0; i < 2; i++)
        if (ends->fds[i] >= 0) close(ends->fds[i]);
    SSL_CTX_free(ends->server_context);
    SSL_CTX_free(ends->client_context);
    BIO_meth_free(ends->method);
}

Test(tls_socket, bytes_go_both_ways) {
    struct ends ends;
    ends_open(&ends);
    char got[16];
    cr_assert(SSL_write(ends.client, "request", 7) == 7);
    cr_assert(SSL_read(ends.server, got, sizeof got) == 7);
    cr_assert(memcmp(got, "request", 7) == 0);
    cr_assert(SSL_write(ends.server, "answer", 6) == 6);
    cr_assert(SSL_read(ends.client, got, sizeof got) == 6);
    cr_assert(memcmp(got, "answer", 6) == 0);
    ends_close(&ends);
}

Test(tls_socket, a_socket_that_has_or_takes_nothing_wants_to_be_waited_for) {
    static const char record[16384] = "of many";
    struct ends ends;
    ends_open(&ends);
    char got[sizeof record];
    int result = SSL_read(ends.server, got, sizeof got);
    cr_assert(SSL_get_error(ends.server, result) == SSL_ERROR_WANT_READ);
    int taken = 0, received = 0;
    while ((result = SSL_write(ends.server, record, sizeof record)) > 0) taken++;
    cr_assert(SSL_get_error(ends.server, result) == SSL_ERROR_WANT_WRITE);
    while (SSL_read(ends.client, got, sizeof got) == sizeof got) received++;
    cr_assert(received == taken, "%d of %d", received, taken);
    cr_assert(SSL_write(ends.server, record, sizeof record) == sizeof record);
    cr_assert(SSL_read(ends.client, got, sizeof got) == sizeof got);
    cr_assert(memcmp(got, record, sizeof record) == 0);
    ends_close(&ends);
}

Test(tls_socket, a_peer_that_is_gone_is_an_error_and_no_signal) {
    struct ends ends;
    ends_open(&ends);
    char got[16];
    close(ends.fds[1]);
    ends.fds[1] = -1;
    int result = SSL_write(ends.server, "x", 1); /* SIGPIPE would end this process */
    cr_assert(SSL_get_error(ends.server, result) == SSL_ERROR_SYSCALL);
    ends_close(&ends);
    ends_open(&ends);
    cr_assert(shutdown(ends.fds[1], SHUT_WR) == 0);
    result = SSL_read(ends.server, got, sizeof got);
    cr_assert(SSL_get_error(ends.server, result) == SSL_ERROR_SSL);
    cr_assert(ERR_GET_REASON(ERR_peek_error()) == SSL_R_UNEXPECTED_EOF_WHILE_READING);
    tls_clear_errors();
    cr_assert(ERR_peek_error() == 0);
    ends_close(&ends);
}

Test(tls_socket, a_read_does_not_last_as_long_as_a_peer_sends_what_is_no_data) {
    enum { UPDATES = 200 }; /* as many as a socket holds */
    struct ends ends;
    ends_open(&ends);
    char got;
    for (int i = 0; i < UPDATES; i++) {
        cr_assert(SSL_key_update(ends.client, SSL_KEY_UPDATE_NOT_REQUESTED) == 1);
        cr_assert(SSL_do_handshake(ends.client) == 1);
    }
    cr_assert(SSL_write(ends.client, "x", 1) == 1);
    int reads = 0, result;
    for (; (result = SSL_read(ends.server, &got, 1)) != 1; reads++)
        cr_assert(SSL_get_error(ends.server, result) == SSL_ERROR_WANT_READ && reads < UPDATES);
    cr_assert(reads >= 5 && got == 'x', "%d", reads);
    ends_close(&ends);
}

Test(tls_socket, nor_a_handshake_for_as_long_as_records_of_one_byte_come) {
    enum { RECORDS = 1000 };
    struct ends ends;
    ends_open(&ends);
    SSL_free(ends.server);
    ends.server = SSL_new(ends.server_context);
    cr_assert(tls_socket_attach(ends.method, ends.server, ends.fds[0]));
    SSL_set_accept_state(ends.server);
    static const unsigned char hello[] = {1, 0, RECORDS >> 8, RECORDS & 0xff}; /* RFC 8446, 4 */
    unsigned char records[RECORDS][6];
    for (size_t i = 0; i < RECORDS; i++)
        memcpy(records[i], (unsigned char[]){22, 3, 1, 0, 1, i < sizeof hello ? hello[i] : 0}, 6);
    cr_assert(write(ends.fds[1], records, sizeof records) == sizeof records);
    int steps = 0, unread = 1, result;
    for (; unread > 0; steps++) {
        result = SSL_do_handshake(ends.server);
        cr_assert(SSL_get_error(ends.server, result) == SSL_ERROR_WANT_READ && steps < RECORDS);
        cr_assert(ioctl(ends.fds[0], FIONREAD, &unread) == 0);
    }
    cr_assert(steps >= 10, "%d", steps);
    ends_close(&ends);
}
