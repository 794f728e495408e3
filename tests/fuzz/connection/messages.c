#include "fuzz/connection/messages.h"

#include <string.h>

#include "fuzz/fuzz.h"
#include "tickcast/messages.h"

const char *const stream_texts[STREAMS] = {"A/1/X",    "B/1/X",     "*/1/X",  "A/*/*",
                                           "[AB]/2/?", "{A/1,B}/Y", "**/2/Y", "C/1/X"};
const char *const key_texts[KEYS] = {"A/1/X", "B/1/X", "A/2/X", "B/2/Y", "C/1/X", "A/1/Y"};

static uint8_t wanted_by[KEYS]; /* the streams that select a key */

void messages_init(void) {
    for (int stream = 0; stream < STREAMS; stream++)
        CHECK(tickcast_stream_valid(stream_texts[stream], strlen(stream_texts[stream])));
    for (int key = 0; key < KEYS; key++)
        for (int stream = 0; stream < STREAMS; stream++)
            if (tickcast_stream_match(stream_texts[stream], strlen(stream_texts[stream]),
                                      key_texts[key], strlen(key_texts[key])))
                wanted_by[key] |= (uint8_t)(1 << stream);
}

bool set_wants(uint8_t set, uint8_t key) {
    return (set & wanted_by[key]) != 0;
}

struct message *messages_add(struct messages *messages, uint8_t source, uint8_t key,
                             uint32_t filler) {
    if (messages->count == MESSAGES_MAX) return NULL;
    struct message *message = &messages->all[messages->count++];
    *message = (struct message){.source = source,
                                .key = (uint8_t)(key % KEYS),
                                .number = messages->numbers[source]++,
                                .filler = filler > FILLER_MAX ? FILLER_MAX : filler};
    return message;
}

/* What the filler of a message is made of: no two look alike. */
static char filler_of(const struct message *message, uint32_t at) {
    return (char)('a' + (message->number * 7 + message->source + at * 5) % 26);
}

size_t message_data(const struct message *message, uint8_t *out) {
    uint8_t *at = out;
    *at++ = 0x93;
    *at++ = message->source;
    *at++ = 0xce;
    for (int shift = 24; shift >= 0; shift -= 8) *at++ = (uint8_t)(message->number >> shift);
    *at++ = 0xda;
    *at++ = (uint8_t)(message->filler >> 8);
    *at++ = (uint8_t)message->filler;
    for (uint32_t i = 0; i < message->filler; i++) *at++ = (uint8_t)filler_of(message, i);
    return (size_t)(at - out);
}

size_t message_json(const struct message *message, char *out) {
    char *at = out + sprintf(out, "[%u,%u,\"", message->source, message->number);
    for (uint32_t i = 0; i < message->filler; i++) *at++ = filler_of(message, i);
    *at++ = '"';
    *at++ = ']';
    return (size_t)(at - out);
}

/* --- what a subscriber reads --- */

struct reader {
    const uint8_t *at, *end;
};

static uint8_t next(struct reader *reader) {
    CHECK(reader->at < reader->end);
    return *reader->at++;
}

static uint32_t number_of(struct reader *reader, int bytes) {
    uint32_t number = 0;
    while (bytes-- > 0) number = number << 8 | next(reader);
    return number;
}

/* An unsigned integer in any of its forms. */
static uint32_t read_number(struct reader *reader) {
    uint8_t head = next(reader);
    if (head < 0x80) return head;
    CHECK(head >= 0xcc && head <= 0xce);
    return number_of(reader, 1 << (head - 0xcc));
}

/* A text in any of its forms. */
static const uint8_t *read_text(struct reader *reader, uint32_t *bytes) {
    uint8_t head = next(reader);
    if ((head & 0xe0) == 0xa0) {
        *bytes = head & 0x1f;
    } else {
        CHECK(head >= 0xd9 && head <= 0xdb);
        *bytes = number_of(reader, 1 << (head - 0xd9));
    }
    CHECK(*bytes <= (size_t)(reader->end - reader->at));
    const uint8_t *text = reader->at;
    reader->at += *bytes;
    return text;
}

static void expect_text(struct reader *reader, const char *expected) {
    uint32_t bytes;
    const uint8_t *text = read_text(reader, &bytes);
    CHECK(bytes == strlen(expected) && memcmp(text, expected, bytes) == 0);
}

struct message *messages_find(struct messages *messages, const uint8_t *payload, size_t bytes) {
    struct reader reader = {payload, payload + bytes};
    uint32_t key_bytes, filler;
    CHECK(next(&reader) == 0x82);
    expect_text(&reader, "key");
    const uint8_t *key = read_text(&reader, &key_bytes);
    expect_text(&reader, "data");
    CHECK(next(&reader) == 0x93);
    uint32_t source = read_number(&reader), number = read_number(&reader);
    const uint8_t *text = read_text(&reader, &filler);
    CHECK(reader.at == reader.end);
    struct message *found = NULL;
    for (uint32_t i = 0; i < messages->count && found == NULL; i++)
        if (messages->all[i].source == source && messages->all[i].number == number)
            found = &messages->all[i];
    CHECK(found != NULL && found->filler == filler);
    CHECK(key_bytes == strlen(key_texts[found->key]));
    CHECK(memcmp(key, key_texts[found->key], key_bytes) == 0);
    for (uint32_t i = 0; i < filler; i++) CHECK(text[i] == (uint8_t)filler_of(found, i));
    return found;
}
