/*
 * What is inside the messages: requests, publications and their answers, msgpack and JSON to structs
 * and back. No I/O. Bytes are hostile: depth, counts and lengths are checked before anything is
 * allocated, and no step recurses deeper than its stated depth.
 */
#ifndef PROTO_PROTO_H
#define PROTO_PROTO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PROTO_REQUEST_DEPTH 8  /**< containers in one another in a subscribe request */
#define PROTO_DATA_DEPTH    64 /**< and in published data */
#define PROTO_ERROR_BYTES   512 /**< longest text of an error that we make */

/** Bytes inside the message that was decoded. */
struct proto_text {
    const char *at;
    uint32_t bytes;
};

/* --- msgpack_walk.c --- */

/** Length of the one msgpack object at `bytes`, at most `max_depth` containers deep; 0 if it is
 *  truncated, 0xc1 or deeper. Iterative, no allocation: some 15 instructions a small node. */
size_t msgpack_walk(const void *bytes, size_t count, unsigned max_depth);

/* --- subscribe.c: CONTRACT c2 to c8 --- */

enum subscribe_verdict {
    SUBSCRIBE_NONE,        /**< no streams: nothing changes, the request is echoed */
    SUBSCRIBE_STREAMS,     /**< `streams` is the new set */
    SUBSCRIBE_UNDECODABLE, /**< no reply */
    SUBSCRIBE_TOO_MANY,    /**< more streams than allowed (counted before duplicates collapse) */
    SUBSCRIBE_NOMEM,
};

struct subscribe_request {
    struct proto_text *streams; /**< in the order of the list, duplicates kept; heap */
    uint32_t count;
};

/** Decodes a request with at most `max_streams` streams. Only SUBSCRIBE_STREAMS fills `request`;
 *  free it with subscribe_request_fini. The texts point into `bytes`. */
enum subscribe_verdict subscribe_decode(const void *bytes, size_t count, uint32_t max_streams,
                                        struct subscribe_request *request);
void subscribe_request_fini(struct subscribe_request *request);

/* --- error.c --- */

/** Writes the msgpack map {"error": text} to `out` (text_bytes + 16 suffice). Returns its bytes. */
size_t error_encode(const char *text, size_t text_bytes, uint8_t *out);

/* --- publish.c: CONTRACT section 2 --- */

enum publish_encoding { PUBLISH_MSGPACK, PUBLISH_JSON };

struct publish_limits {
    uint32_t max_key_bytes;
    uint64_t max_payload_bytes; /**< of msgpack, also for JSON */
};

/** One publication. `key` (without its category part) and `data` point into the message, or for JSON
 *  into `heap`. `id` is the msgpack or JSON text of the id; 0 bytes if there is none. */
struct publication {
    struct proto_text key;
    struct proto_text data; /**< exactly one msgpack object */
    struct proto_text id;
    void *heap; /**< what publication_fini frees */
};

/** Decodes one message. 0, or -1: then `error` (PROTO_ERROR_BYTES) says what is wrong and what is
 *  allowed, and `publication->id` is set if one could be read. Always call publication_fini. */
int publish_decode(enum publish_encoding encoding, const void *bytes, size_t count,
                   const struct publish_limits *limits, struct publication *publication,
                   char *error);
void publication_fini(struct publication *publication);

/** Makes {"ack": id} or, with `error` not NULL, {"error": text[, "id": id]} in `encoding`. Returns heap
 *  memory that the caller frees and its length in *count, NULL without memory. */
uint8_t *publish_answer(enum publish_encoding encoding, struct proto_text id, const char *error,
                        size_t *count);

/* --- json.c: also for the command line --- */

struct json_msgpack {
    uint8_t *bytes; /**< heap, free() */
    size_t count;
};

/** Turns one JSON value (a whole text, jansson's rules, duplicate keys refused, integers outside
 *  int64 refused) into msgpack: integers stay integers, other numbers become float64. 0, or -1 with
 *  a sentence in `error` (PROTO_ERROR_BYTES). */
int json_to_msgpack(const char *text, size_t count, struct json_msgpack *out, char *error);

/** Turns one msgpack object into JSON text for people and programs: bin as base64 text, NaN and
 *  infinities as null, non-string map keys as their JSON text, ext as {"ext": type, "data": base64}.
 *  Invalid UTF-8 is replaced by U+FFFD. Returns a terminated string on the heap, NULL if it is not one
 *  object or without memory. */
char *msgpack_to_json(const void *bytes, size_t count);

#endif
