/* What a broker answers to publications: {"ack": id} or {"error": text[, "id": id]}. Pure; bytes
 * are hostile. */
#ifndef CLIENT_ANSWER_H
#define CLIENT_ANSWER_H

#include "proto/text.h"

struct answer {
    struct proto_text error; /**< points into the message; NULL: it is an acknowledgement */
    uint64_t id;             /**< of the publication; 0: it had none, or none that is a number */
};

/** Reads an answer in msgpack. False: it is none. */
bool answer_read(const void *bytes, size_t count, struct answer *answer);

#endif
