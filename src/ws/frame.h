/*
 * Frames of RFC 6455 (section 5): a decoder that takes bytes in any pieces and gives whole
 * messages, and writers of frame headers. No I/O.
 *
 * The decoder unmasks inside the bytes it is given. A message that lies in one frame and in one
 * piece is not copied; otherwise it is collected in a buffer that grows up to `max_message` and is
 * freed when the message has been taken, so an idle connection holds none.
 */
#ifndef WS_FRAME_H
#define WS_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum ws_opcode {
    WS_CONTINUATION = 0,
    WS_TEXT = 1,
    WS_BINARY = 2,
    WS_CLOSE = 8,
    WS_PING = 9,
    WS_PONG = 10
};

#define WS_CONTROL_BYTES 125 /**< longest payload of a control frame */
#define WS_REASON_BYTES  123 /**< longest reason of a close frame */
#define WS_HEADER_BYTES  14  /**< longest header, mask included */

enum ws_close_code {
    WS_CLOSE_NONE = 0, /**< a close frame without a code */
    WS_CLOSE_NORMAL = 1000,
    WS_CLOSE_GOING_AWAY = 1001,
    WS_CLOSE_PROTOCOL = 1002,
    WS_CLOSE_INVALID_DATA = 1007,
    WS_CLOSE_POLICY = 1008,
    WS_CLOSE_TOO_BIG = 1009,
};

/** What ws_decode found. */
enum ws_event {
    WS_EVENT_MORE,    /**< all bytes are taken; more are needed */
    WS_EVENT_MESSAGE, /**< a TEXT or BINARY message is complete */
    WS_EVENT_PING,
    WS_EVENT_PONG,
    WS_EVENT_CLOSE, /**< `code` is the peer's, WS_CLOSE_NONE without one; payload: the reason */
    WS_EVENT_ERROR, /**< close with `code`; `reason` says why; decode no more */
    WS_EVENT_NOMEM, /**< no memory for the message; decode no more */
};

struct ws_message {
    enum ws_opcode opcode;
    uint8_t *payload; /**< valid until the next call */
    size_t bytes;
    enum ws_close_code code;
    const char *reason; /**< static; with WS_EVENT_ERROR */
};

struct ws_decoder {
    uint64_t max_message;   /**< settable between messages */
    uint32_t max_fragments; /**< frames of one message (1008 above); settable between messages; 0,
                               as after ws_decoder_init: any number */
    bool masked;     /**< true at a server: frames must be masked; at a client they must not */
    bool check_utf8; /**< TEXT must be UTF-8 (1007), told at the first bad byte */
    /* what follows belongs to the decoder */
    bool fin;
    uint8_t header[WS_HEADER_BYTES], header_have, opcode, mask_at, message_opcode;
    uint8_t control_have;
    uint32_t utf8_state, fragments;
    uint8_t mask[4];
    uint64_t left;    /**< payload bytes of the current frame that have not come yet */
    uint8_t *message; /**< collected bytes */
    size_t message_bytes, message_room;
    uint8_t *control; /**< a control frame in pieces: WS_CONTROL_BYTES, only while needed */
};

/** Initialises a decoder. No allocation. */
void ws_decoder_init(struct ws_decoder *decoder, bool masked, bool check_utf8,
                     uint64_t max_message);
/** Frees what it has collected. */
void ws_decoder_fini(struct ws_decoder *decoder);

/** Takes bytes from *at (it may be `end`) until something is complete. Errors are told as early as
 *  they are certain: a length above the limit before its payload. Call again until it says
 *  WS_EVENT_MORE: that call frees what was held for the message before it. */
enum ws_event ws_decode(struct ws_decoder *decoder, uint8_t **at, uint8_t *end,
                        struct ws_message *message);

/** The same before that call: the message is not needed any more. */
void ws_decoder_release(struct ws_decoder *decoder);

/** Memory that the decoder holds for an unfinished message. */
size_t ws_decoder_memory(const struct ws_decoder *decoder);

/** True in the middle of a message or frame (more bytes of it must come). */
bool ws_decoder_busy(const struct ws_decoder *decoder);

/** Writes the header of an unmasked, unfragmented frame to `out` (10 bytes suffice). Returns its
 *  bytes: 2, 4 or 10. */
size_t ws_header_write(enum ws_opcode opcode, uint64_t payload_bytes, uint8_t *out);

/** Bytes of the whole unmasked frame that begins at `frame` (its header must be there). */
uint64_t ws_frame_bytes(const uint8_t *frame);

/** Writes a close frame (header and payload, at most 127 bytes) to `out`; WS_CLOSE_NONE: an empty
 *  one. The reason is cut to WS_REASON_BYTES at a character. Returns its bytes. */
size_t ws_close_write(enum ws_close_code code, const char *reason, uint8_t *out);

/** Client side: writes a masked frame's header; `mask` becomes part of it. Returns its bytes. */
size_t ws_header_write_masked(enum ws_opcode opcode, uint64_t payload_bytes, const uint8_t mask[4],
                              uint8_t *out);
/** XORs `bytes` with `mask` beginning at its byte `phase` (0 to 3); 8 bytes at a time. */
void ws_mask(uint8_t *bytes, size_t count, const uint8_t mask[4], unsigned phase);

#endif
