/* Where to listen, as text: HOST:PORT or unix:PATH. One thread. */
#ifndef TICKCASTD_LISTEN_H
#define TICKCASTD_LISTEN_H

#include <stdint.h>

#include "base/problems.h"

#define LISTEN_PATH_ALLOWED "a path of 1 to 107 bytes"
#define LISTEN_ALLOWED                                                                             \
    "HOST:PORT with a port from 0 to 65535 and an IPv6 address in brackets, or unix:PATH "         \
    "with " LISTEN_PATH_ALLOWED
#define LISTEN_PORT      5993 /**< MarketStore's */
#define LISTEN_MAX       64   /**< listeners: as many as a broker takes */
#define LISTEN_URL_BYTES 384

struct listen_setting {
    struct origin origin;
    char *host; /**< NULL with a path; heap, like all texts here */
    uint16_t port;
    char *unix_path;
    char *cert, *key; /**< files; both NULL without TLS */
};

void listen_fini(struct listen_setting *listener);

/** Reads HOST:PORT or unix:PATH into `listener`; -1 if it is neither. */
int listen_parse(const char *text, struct listen_setting *listener);
/** Reads a path alone. */
int listen_parse_path(const char *path, struct listen_setting *listener);

/** Makes it a TLS listener. */
void listen_certify(struct listen_setting *listener, const char *cert, const char *key);

/** "ws://127.0.0.1:5993/ws" with the port that was bound, or "unix:PATH". Returns `out`. */
const char *listen_url(const struct listen_setting *listener, uint16_t port,
                       char out[LISTEN_URL_BYTES]);

/** A copy on the heap; ends the program without memory. */
char *text_copy(const char *text);

#endif
