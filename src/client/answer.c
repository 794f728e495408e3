#include "client/answer.h"

#include "proto/msgpack_walk.h"

#define ANSWER_DEPTH 4

/* The number at `at`, a whole object; 0 if it is something else. */
static uint64_t number_read(const uint8_t *at) {
    if (*at < 0x80) return *at;
    if (*at < 0xcc || *at > 0xcf) return 0;
    uint64_t number = 0;
    for (unsigned bytes = 1U << (*at - 0xcc), i = 1; i <= bytes; i++) number = number << 8 | at[i];
    return number;
}

bool answer_read(const void *bytes, size_t count, struct answer *answer) {
    const uint8_t *at = bytes, *end = at + count;
    uint32_t pairs;
    bool acknowledged = false;
    *answer = (struct answer){0};
    if (count == 0 || msgpack_walk(bytes, count, ANSWER_DEPTH) != count || !map_read(&at, &pairs))
        return false;
    for (uint32_t i = 0; i < pairs; i++) {
        struct proto_text name;
        if (text_read(&at, &name) == TEXT_NONE) return false;
        const uint8_t *value = at;
        at += msgpack_skip(at, (size_t)(end - at));
        if (text_is(name, "error", 5) && text_read(&value, &answer->error) == TEXT_NONE)
            return false;
        bool ack = text_is(name, "ack", 3);
        if (ack || text_is(name, "id", 2)) answer->id = number_read(value);
        acknowledged |= ack;
    }
    return acknowledged || answer->error.at != NULL;
}
