#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "ws/bits.h"
#include "ws/frame.h"

void ws_decoder_init(struct ws_decoder *decoder, bool masked, bool check_utf8,
                     uint64_t max_message) {
    *decoder =
        (struct ws_decoder){.masked = masked, .check_utf8 = check_utf8, .max_message = max_message};
}

void ws_decoder_fini(struct ws_decoder *decoder) {
    free(decoder->message);
    free(decoder->control);
    decoder->message = decoder->control = NULL;
    decoder->message_bytes = decoder->message_room = 0;
}

size_t ws_decoder_memory(const struct ws_decoder *decoder) {
    return decoder->message_room + (decoder->control != NULL ? WS_CONTROL_BYTES : 0);
}

bool ws_decoder_busy(const struct ws_decoder *decoder) {
    return decoder->header_have > 0 || decoder->message_opcode != 0;
}

static enum ws_event fail(struct ws_message *message, enum ws_close_code code, const char *reason) {
    message->code = code;
    message->reason = reason;
    return WS_EVENT_ERROR;
}

static enum ws_event violation(struct ws_message *message, const char *reason) {
    return fail(message, WS_CLOSE_PROTOCOL, reason);
}

static bool is_control(const struct ws_decoder *decoder) {
    return (decoder->opcode & BIT_CONTROL) != 0;
}

/* A buffer is in use only within its message or frame. */
void ws_decoder_release(struct ws_decoder *decoder) {
    if (decoder->message != NULL && decoder->message_opcode == 0) {
        free(decoder->message);
        decoder->message = NULL;
        decoder->message_bytes = decoder->message_room = 0;
    }
    if (decoder->control != NULL && decoder->header_have == 0) {
        free(decoder->control);
        decoder->control = NULL;
    }
}

/*
 * The header. An unusual one is checked byte by byte, so that an error is told in the same place
 * however the bytes were cut. The checks answer WS_EVENT_MORE if the frame is good so far.
 */

static size_t length_bytes(const struct ws_decoder *decoder) {
    unsigned length = decoder->header[1] & BIT_LENGTH;
    return length == LENGTH_64 ? 8 : length == LENGTH_16 ? 2 : 0;
}

static size_t header_bytes(const struct ws_decoder *decoder) {
    if (decoder->header_have < 2) return 2;
    return 2 + length_bytes(decoder) + (decoder->masked ? 4 : 0);
}

static enum ws_event check_first(struct ws_decoder *decoder, struct ws_message *message) {
    uint8_t first = decoder->header[0];
    decoder->fin = (first & BIT_FIN) != 0;
    decoder->opcode = first & BIT_OPCODE;
    if ((first & BIT_RESERVED) != 0) return violation(message, "reserved bit set");
    switch (decoder->opcode) {
    case WS_CONTINUATION:
        if (decoder->message_opcode == 0)
            return violation(message, "continuation without a message");
        if (decoder->max_fragments > 0 && decoder->fragments == decoder->max_fragments)
            return fail(message, WS_CLOSE_POLICY, "too many fragments");
        decoder->fragments++;
        return WS_EVENT_MORE;
    case WS_TEXT:
    case WS_BINARY:
        if (decoder->message_opcode != 0)
            return violation(message, "new message inside a fragmented one");
        decoder->fragments = 1;
        return WS_EVENT_MORE;
    case WS_CLOSE:
    case WS_PING:
    case WS_PONG:
        if (!decoder->fin) return violation(message, "fragmented control frame");
        return WS_EVENT_MORE;
    default:
        return violation(message, "reserved opcode");
    }
}

static enum ws_event check_second(struct ws_decoder *decoder, struct ws_message *message) {
    bool masked = (decoder->header[1] & BIT_MASKED) != 0;
    unsigned length = decoder->header[1] & BIT_LENGTH;
    if (masked != decoder->masked)
        return violation(message, masked ? "masked frame from a server" : "unmasked frame");
    if (is_control(decoder) && length > WS_CONTROL_BYTES)
        return violation(message, "control frame longer than 125 bytes");
    if (decoder->opcode == WS_CLOSE && length == 1)
        return violation(message, "close payload of one byte");
    return WS_EVENT_MORE;
}

static enum ws_event check_length(struct ws_decoder *decoder, struct ws_message *message) {
    size_t wide = length_bytes(decoder);
    uint64_t length = wide > 0 ? 0 : decoder->header[1] & BIT_LENGTH;
    for (size_t i = 0; i < wide; i++) length = length << 8 | decoder->header[2 + i];
    if (length >> 63 != 0) return violation(message, "length with the top bit set");
    if ((wide == 2 && length < LENGTH_16) || (wide == 8 && length <= UINT16_MAX))
        return violation(message, "length not in its shortest form");
    if (!is_control(decoder) && (decoder->message_bytes > decoder->max_message ||
                                 length > decoder->max_message - decoder->message_bytes))
        return fail(message, WS_CLOSE_TOO_BIG, "message too big");
    decoder->left = length;
    return WS_EVENT_MORE;
}

static void header_done(struct ws_decoder *decoder) {
    if (decoder->masked) memcpy(decoder->mask, decoder->header + decoder->header_have - 4, 4);
    decoder->mask_at = 0;
    decoder->control_have = 0;
    if (decoder->opcode == WS_TEXT || decoder->opcode == WS_BINARY)
        decoder->message_opcode = decoder->opcode;
}

static enum ws_event check(struct ws_decoder *decoder, struct ws_message *message) {
    if (decoder->header_have == 1) return check_first(decoder, message);
    if (decoder->header_have == 2) {
        enum ws_event event = check_second(decoder, message);
        if (event != WS_EVENT_MORE) return event;
    }
    if (decoder->header_have == 2 + length_bytes(decoder)) return check_length(decoder, message);
    return WS_EVENT_MORE;
}

/* The header of a usual frame, a whole masked message of up to 65535 bytes, when all of it is
 * there: what take_header does, without going byte by byte. False: it is not one, and nothing is
 * taken. */
static bool take_usual_header(struct ws_decoder *decoder, uint8_t **at, const uint8_t *end) {
    const uint8_t *head = *at;
    if (decoder->header_have > 0 || decoder->message_opcode != 0 || !decoder->masked ||
        end - head < 8 || (head[0] != (BIT_FIN | WS_BINARY) && head[0] != (BIT_FIN | WS_TEXT)))
        return false;
    unsigned length = head[1] & BIT_LENGTH, wide = length == LENGTH_16 ? 2 : 0;
    if ((head[1] & BIT_MASKED) == 0 || length == LENGTH_64) return false;
    if (wide > 0) {
        length = (unsigned)(head[2] << 8 | head[3]);
        if (length < LENGTH_16) return false;
    }
    if (length > decoder->max_message) return false;
    decoder->fin = true;
    decoder->opcode = decoder->message_opcode = head[0] & BIT_OPCODE;
    decoder->header[1] = head[1];
    decoder->header_have = (uint8_t)(2 + wide + 4);
    memcpy(decoder->mask, head + 2 + wide, 4);
    decoder->mask_at = decoder->control_have = 0;
    decoder->left = length;
    *at += decoder->header_have;
    return true;
}

/* Takes bytes of the header; it is whole when header_have is header_bytes(). */
static enum ws_event take_header(struct ws_decoder *decoder, uint8_t **at, const uint8_t *end,
                                 struct ws_message *message) {
    while (*at < end && decoder->header_have < header_bytes(decoder)) {
        decoder->header[decoder->header_have++] = *(*at)++;
        enum ws_event event = check(decoder, message);
        if (event != WS_EVENT_MORE) return event;
        if (decoder->header_have == header_bytes(decoder)) header_done(decoder);
    }
    return WS_EVENT_MORE;
}

/* The payload. */

static bool collect(struct ws_decoder *decoder, const uint8_t *bytes, size_t count) {
    if (count == 0) return true;
    size_t need = decoder->message_bytes + count;
    if (need > decoder->message_room) {
        size_t most = decoder->fin ? need + decoder->left : decoder->max_message;
        size_t room = 2 * decoder->message_room < most ? 2 * decoder->message_room : most;
        if (room < need) room = need;
        uint8_t *grown = realloc(decoder->message, room);
        if (grown == NULL) return false;
        decoder->message = grown;
        decoder->message_room = room;
    }
    memcpy(decoder->message + decoder->message_bytes, bytes, count);
    decoder->message_bytes = need;
    return true;
}

static enum ws_event take_data(struct ws_decoder *decoder, uint8_t *bytes, size_t count,
                               struct ws_message *message) {
    bool last = decoder->fin && decoder->left == 0;
    bool text = decoder->message_opcode == WS_TEXT && decoder->check_utf8;
    if (text &&
        (!utf8_step(&decoder->utf8_state, bytes, count) || (last && decoder->utf8_state != 0)))
        return fail(message, WS_CLOSE_INVALID_DATA, "text is not UTF-8");
    bool whole = last && decoder->message_bytes == 0;
    if (!whole && !collect(decoder, bytes, count)) return WS_EVENT_NOMEM;
    if (decoder->left == 0) decoder->header_have = 0;
    if (!last) return WS_EVENT_MORE;
    message->opcode = (enum ws_opcode)decoder->message_opcode;
    message->payload = whole ? bytes : decoder->message;
    message->bytes = whole ? count : decoder->message_bytes;
    decoder->message_opcode = 0;
    return WS_EVENT_MESSAGE;
}

/* RFC 6455, 7.4, and what IANA has registered since (1012 to 1014). */
static bool close_code_valid(unsigned code) {
    if (code >= 3000) return code < 5000;
    return (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014);
}

static enum ws_event take_close(struct ws_message *message) {
    if (message->bytes == 0) return WS_EVENT_CLOSE; /* its code is WS_CLOSE_NONE */
    unsigned code = (unsigned)(message->payload[0] << 8 | message->payload[1]);
    if (!close_code_valid(code)) return violation(message, "invalid close code");
    message->payload += 2;
    message->bytes -= 2;
    if (!utf8_valid(message->payload, message->bytes))
        return fail(message, WS_CLOSE_INVALID_DATA, "close reason is not UTF-8");
    message->code = (enum ws_close_code)code;
    return WS_EVENT_CLOSE;
}

static enum ws_event take_control(struct ws_decoder *decoder, uint8_t *bytes, size_t count,
                                  struct ws_message *message) {
    if (decoder->left > 0 || decoder->control_have > 0) {
        if (decoder->control == NULL) decoder->control = malloc(WS_CONTROL_BYTES);
        if (decoder->control == NULL) return WS_EVENT_NOMEM;
        if (count > 0) memcpy(decoder->control + decoder->control_have, bytes, count);
        decoder->control_have = (uint8_t)(decoder->control_have + count);
        bytes = decoder->control;
        count = decoder->control_have;
    }
    if (decoder->left > 0) return WS_EVENT_MORE;
    decoder->header_have = 0;
    message->opcode = (enum ws_opcode)decoder->opcode;
    message->payload = bytes;
    message->bytes = count;
    if (decoder->opcode == WS_CLOSE) return take_close(message);
    return decoder->opcode == WS_PING ? WS_EVENT_PING : WS_EVENT_PONG;
}

static enum ws_event take_payload(struct ws_decoder *decoder, uint8_t **at, const uint8_t *end,
                                  struct ws_message *message) {
    uint8_t *bytes = *at;
    size_t count = (size_t)(end - bytes);
    if (count > decoder->left) count = decoder->left;
    if (decoder->masked) ws_mask(bytes, count, decoder->mask, decoder->mask_at);
    decoder->mask_at = (uint8_t)((decoder->mask_at + count) & 3);
    decoder->left -= count;
    *at += count;
    if (is_control(decoder)) return take_control(decoder, bytes, count, message);
    return take_data(decoder, bytes, count, message);
}

/* The rest of a usual frame that is all there and needs no look at its text. */
static enum ws_event take_whole(struct ws_decoder *decoder, uint8_t **at,
                                struct ws_message *message) {
    message->opcode = (enum ws_opcode)decoder->message_opcode;
    message->payload = *at;
    message->bytes = decoder->left;
    ws_mask(*at, decoder->left, decoder->mask, 0);
    *at += decoder->left;
    decoder->left = 0;
    decoder->header_have = decoder->message_opcode = 0;
    return WS_EVENT_MESSAGE;
}

enum ws_event ws_decode(struct ws_decoder *decoder, uint8_t **at, uint8_t *end,
                        struct ws_message *message) {
    enum ws_event event = WS_EVENT_MORE;
    *message = (struct ws_message){0};
    ws_decoder_release(decoder);
    while (event == WS_EVENT_MORE) {
        if (!take_usual_header(decoder, at, end))
            event = take_header(decoder, at, end, message);
        else if ((size_t)(end - *at) >= decoder->left && !decoder->check_utf8)
            return take_whole(decoder, at, message);
        if (event != WS_EVENT_MORE || decoder->header_have < header_bytes(decoder)) return event;
        event = take_payload(decoder, at, end, message);
        if (event == WS_EVENT_MORE && *at == end) return event;
    }
    return event;
}
