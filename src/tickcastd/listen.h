/* Where to listen, as text: HOST[:PORT] or unix:PATH; and the files of TLS. One thread. */
#ifndef TICKCASTD_LISTEN_H
#define TICKCASTD_LISTEN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/problems.h"
#include "tickcast/tickcast.h"

#define LISTEN_PATH_ALLOWED "a path of 1 to 107 bytes"
#define LISTEN_ALLOWED                                                                             \
    "HOST[:PORT] with a port from 0 to 65535 and an IPv6 address in brackets, or unix:PATH "       \
    "with " LISTEN_PATH_ALLOWED
#define LISTEN_AUTH_ALLOWED "none, optional or required"
#define LISTEN_PORT         5993 /**< MarketStore's */
#define LISTEN_TLS_PORT     5994 /**< of a TLS listener that names none */
#define LISTEN_MAX          64   /**< listeners: as many as a broker takes */
#define LISTEN_URL_BYTES    384

/** The names of two files; heap. One of them is NULL while the settings are not complete. */
struct listen_certificate {
    char *cert, *key;
};

/** TLS of a listener. */
struct listen_tls {
    struct listen_certificate certificates[TICKCAST_CERTIFICATES_MAX];
    unsigned count;
    char *client_ca; /**< a file, or NULL */
    enum tickcast_client_auth client_auth;
    bool client_auth_set; /**< else it is what client_ca asks for */
};

struct listen_setting {
    struct origin origin;
    char *host; /**< NULL with a path; heap, like all texts here */
    uint16_t port;
    bool port_named; /**< else it is the usual one */
    char *unix_path;
    struct listen_tls *tls; /**< heap; NULL without TLS */
};

void listen_fini(struct listen_setting *listener);

/** Reads HOST[:PORT] or unix:PATH into `listener`; -1 if it is neither. */
int listen_parse(const char *text, struct listen_setting *listener);
/** Reads a path alone. */
int listen_parse_path(const char *path, struct listen_setting *listener);

/** Makes it a TLS listener, with the usual port if it names none; its TLS. */
struct listen_tls *listen_with_tls(struct listen_setting *listener);

/** Reads none, optional or required; what is something else is reported as of `name`. */
void listen_read_auth(struct listen_tls *tls, const char *text, const struct origin *origin,
                      const char *name, struct problems *problems);
/** The word for it. */
const char *listen_auth_word(enum tickcast_client_auth client_auth);

/** The first certificate's file, NULL without TLS. */
static inline const char *listen_cert(const struct listen_setting *listener) {
    return listener->tls != NULL ? listener->tls->certificates[0].cert : NULL;
}

/** TLS as the library takes it; `certificates` has room for TICKCAST_CERTIFICATES_MAX and lives as
 *  long as the result. */
struct tickcast_tls listen_tls(const struct listen_tls *tls,
                               struct tickcast_certificate *certificates);

/** "ws://127.0.0.1:5993/ws" with the port that was bound, or "unix:PATH". Returns `out`. */
const char *listen_url(const struct listen_setting *listener, uint16_t port,
                       char out[LISTEN_URL_BYTES]);

/** A copy on the heap; ends the program without memory. */
char *text_copy(const char *text);

#endif
