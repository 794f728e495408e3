#include "net/tls_socket.h"

#include <openssl/err.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

/* A read of OpenSSL's ends with data, the end of a handshake's flight, or here: a peer that sends
 * records of one byte, or KeyUpdates without end, would keep the worker in it. */
#define READS_IN_A_ROW 64

/* OpenSSL asks for the header of a record, then for its body, each as often as it takes. So two
 * reads that got all that they asked for are a record. */
#define PARTS_OF_RECORD 2
#define PARTS_MOST      (1 << 16) /* that are counted: nobody asks how many a handshake had */

/* What a BIO counts. It stands where those that own their descriptor have their flag for that. */
struct counts {
    unsigned reads; /* in a row */
    unsigned parts; /* of records, since somebody asked */
};

static struct counts counts_of(BIO *bio) {
    unsigned both = (unsigned)BIO_get_shutdown(bio);
    return (struct counts){.reads = both % (READS_IN_A_ROW + 1),
                           .parts = both / (READS_IN_A_ROW + 1)};
}

static void set_counts(BIO *bio, struct counts counts) {
    BIO_set_shutdown(bio, (int)(counts.parts * (READS_IN_A_ROW + 1) + counts.reads));
}

static int fd_of(BIO *bio) {
    return (int)(intptr_t)BIO_get_data(bio);
}

static int socket_write(BIO *bio, const char *bytes, size_t count, size_t *written) {
    BIO_clear_retry_flags(bio);
    long sent = syscall(SYS_sendto, fd_of(bio), bytes, count, MSG_NOSIGNAL, NULL, 0);
    if (sent > 0) {
        *written = (size_t)sent;
        return 1;
    }
    if (BIO_sock_should_retry((int)sent)) BIO_set_retry_write(bio);
    return -1;
}

static int socket_read(BIO *bio, char *bytes, size_t room, size_t *taken) {
    struct counts counts = counts_of(bio);
    bool over = counts.reads == READS_IN_A_ROW;
    BIO_clear_retry_flags(bio);
    long got = over ? -1 : syscall(SYS_recvfrom, fd_of(bio), bytes, room, 0, NULL, NULL);
    counts.reads = got > 0 ? counts.reads + 1 : 0;
    if (got == (long)room && counts.parts < PARTS_MOST) counts.parts++;
    set_counts(bio, counts);
    if (got > 0) {
        *taken = (size_t)got;
        return 1;
    }
    if (over) { /* what is there is still there: a poll tells of it */
        BIO_set_retry_read(bio);
        return -1;
    }
    if (got == 0)
        BIO_set_flags(bio, BIO_FLAGS_IN_EOF);
    else if (BIO_sock_should_retry((int)got))
        BIO_set_retry_read(bio);
    return (int)got;
}

static long socket_control(BIO *bio, int command, long number, void *pointer) {
    (void)number, (void)pointer;
    switch (command) {
    case BIO_CTRL_FLUSH:
        return 1;
    case BIO_CTRL_EOF:
        return BIO_test_flags(bio, BIO_FLAGS_IN_EOF) != 0;
    default:
        return 0;
    }
}

BIO_METHOD *tls_socket_new(void) {
    BIO_METHOD *method = BIO_meth_new(BIO_TYPE_SOURCE_SINK, "socket");
    if (method != NULL && BIO_meth_set_write_ex(method, socket_write) == 1 &&
        BIO_meth_set_read_ex(method, socket_read) == 1 &&
        BIO_meth_set_ctrl(method, socket_control) == 1)
        return method;
    BIO_meth_free(method);
    ERR_clear_error();
    return NULL;
}

unsigned tls_socket_records(SSL *ssl) {
    BIO *bio = SSL_get_rbio(ssl);
    struct counts counts = counts_of(bio);
    unsigned records = counts.parts / PARTS_OF_RECORD;
    if (records == 0) return 0;
    counts.parts %= PARTS_OF_RECORD;
    set_counts(bio, counts);
    return records;
}

bool tls_socket_attach(BIO_METHOD *method, SSL *ssl, int fd) {
    BIO *bio = BIO_new(method);
    if (bio == NULL) return false;
    BIO_set_data(bio, (void *)(intptr_t)fd);
    BIO_set_shutdown(bio, 0);
    BIO_set_init(bio, 1);
    SSL_set_bio(ssl, bio, bio);
    return true;
}
