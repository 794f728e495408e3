/* What is published in a run, and who must receive it. */
#ifndef FUZZ_CONNECTION_MESSAGES_H
#define FUZZ_CONNECTION_MESSAGES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define STREAMS      8
#define KEYS         6
#define MESSAGES_MAX 512
#define FILLER_MAX   20000
#define HOST         31 /* source of what is pushed in the process; others are numbers of clients */

/** A set of streams: bit by number. */
extern const char *const stream_texts[STREAMS];
extern const char *const key_texts[KEYS];

struct message {
    uint8_t source, key;
    uint32_t number;             /* of its source, rising */
    uint32_t filler;             /* bytes behind it in its data */
    bool accepted;               /* pushed, or acknowledged */
    bool settled;                /* it is in all logs that it belongs to */
    uint16_t required, received; /* bit by number of the client */
};

struct messages {
    struct message all[MESSAGES_MAX];
    uint32_t count;
    uint32_t numbers[32]; /* the next of each source */
};

/** From LLVMFuzzerInitialize. */
void messages_init(void);

/** True if one of the streams of `set` selects the key. */
bool set_wants(uint8_t set, uint8_t key);

/** A new message; NULL if there are too many. */
struct message *messages_add(struct messages *messages, uint8_t source, uint8_t key,
                             uint32_t filler);

/** Its data in msgpack: [source, number, filler]. Returns the bytes written to `out`. */
size_t message_data(const struct message *message, uint8_t *out);
/** The same in JSON. */
size_t message_json(const struct message *message, char *out);

/** The message that a payload is; there must be one, and the payload must be its. */
struct message *messages_find(struct messages *messages, const uint8_t *payload, size_t bytes);

#endif
