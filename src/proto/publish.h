/*
 * Publications and their answers (CONTRACT section 2). This decodes the message; what a key may be
 * is checked by key/key.h. Pure; bytes are hostile.
 */
#ifndef PROTO_PUBLISH_H
#define PROTO_PUBLISH_H

#include "proto/text.h"

/** Fields of a message: names are compared with one another, 3 ms for so many. */
#define PUBLISH_FIELDS 16384

enum publish_encoding { PUBLISH_MSGPACK, PUBLISH_JSON };

/** One publication. For msgpack all point into the message and nothing is allocated, for JSON into
 *  `heap`. `id` is one msgpack object or JSON value as it is to be answered; 0 bytes: there is
 * none. */
struct publication {
    struct proto_text key;
    struct proto_text data; /**< exactly one msgpack object */
    struct proto_text id;
    void *heap; /**< what publication_fini frees */
};

/** Decodes one message whose data is at most `max_payload` bytes of msgpack. 0, or -1: then `error`
 *  (PROTO_ERROR_BYTES) says what is wrong and what is allowed, and `publication->id` is set if one
 * could be read. Always call publication_fini. */
int publish_decode(enum publish_encoding encoding, const void *bytes, size_t count,
                   uint64_t max_payload, struct publication *publication, char *error);
void publication_fini(struct publication *publication);

/** Makes {"ack": id} or, with `error` not NULL, {"error": text[, "id": id]} in `encoding`. Returns
 * heap memory that the caller frees and its length in *count; NULL without memory. */
uint8_t *publish_answer(enum publish_encoding encoding, struct proto_text id, const char *error,
                        size_t *count);

#endif
