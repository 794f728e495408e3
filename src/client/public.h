/* What the files of the public client (tickcast/client.h) share. */
#ifndef CLIENT_PUBLIC_H
#define CLIENT_PUBLIC_H

#include "client/client.h"
#include "tickcast/client.h"

#define PUBLIC_ERROR_BYTES (2 * CLIENT_ERROR_BYTES)
#define PUBLIC_TEXT_BYTES  512 /**< of the broker's words in an error */

enum public_role { PUBLIC_NOTHING, PUBLIC_SUBSCRIBER, PUBLIC_PUBLISHER };

/** A message that came before it was asked for. */
struct kept {
    struct kept *next;
    size_t count;
    uint8_t bytes[];
};

struct tickcast_client {
    struct client *wire;
    char *url, *ca_file, *cert_file, *key_file;
    int timeout_ms;
    enum public_role role; /**< what the first call made of it; the connection is that role's */
    bool ended;            /**< the connection: everything answers ECLOSED */
    char error[PUBLIC_ERROR_BYTES];

    /* A subscriber. */
    struct kept *first, **last; /**< messages for receive */
    size_t kept_bytes;
    struct kept *given; /**< the one to which the last payload points */

    /* A publisher holds its newest message back, so that the last before a flush can ask for an
     * acknowledgement: since the broker answers in order, that one covers all before it. */
    uint8_t *held;
    size_t held_bytes, held_room; /**< 0 bytes: none is held */
    uint64_t asked, answered;     /**< numbers of acknowledgements */
    uint64_t refused;             /**< messages since the last flush */
    char refusal[PUBLIC_TEXT_BYTES];
};

/** Sets the sentence of tickcast_client_error and returns `result`. */
int public_fail(struct tickcast_client *client, int result, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/** The connection is of no more use: ECLOSED from now on, for the reason that the wire has. */
int public_end(struct tickcast_client *client);

/** Connects if that has not been done. OK, EINVAL or ECLOSED. */
int public_connect(struct tickcast_client *client, enum public_role role);

/** When a wait of `timeout_ms` that begins now is over, and what is left of it for client_receive.
 */
uint64_t public_deadline(int timeout_ms);
int public_left_ms(uint64_t deadline);

/** publish.c: puts the held message, if there is one, into the outgoing buffer. OK or ENOMEM. */
int public_queue_held(struct tickcast_client *client, bool ask);

/** subscribe.c: frees what was kept. */
void public_drop_kept(struct tickcast_client *client);

#endif
