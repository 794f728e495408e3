/*
 * The messages of the MarketStore stream contract, for programs that publish or subscribe
 * themselves, and the rule by which a stream selects keys. Pure functions: no state, any thread.
 */
#ifndef TICKCAST_MESSAGES_H
#define TICKCAST_MESSAGES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifndef TICKCAST_API
#define TICKCAST_API __attribute__((visibility("default")))
#endif

#ifdef __cplusplus
extern "C" {
#endif

/** True if `stream` may be subscribed: its text has exactly two '/'. */
TICKCAST_API bool tickcast_stream_valid(const char *stream, size_t stream_bytes);

/** True if `stream` (a glob, see the README) selects `key`. Compiles the glob each time: for tests
 *  and tools. False also for what does not compile. */
TICKCAST_API bool tickcast_stream_match(const char *stream, size_t stream_bytes, const char *key,
                                        size_t key_bytes);

/** Bytes that tickcast_payload_encode writes for these lengths. */
TICKCAST_API size_t tickcast_payload_size(size_t key_bytes, size_t data_bytes);

/** Payload: writes the msgpack map {"key": key, "data": data} to `out`, which holds
 *  tickcast_payload_size bytes; `data` is one msgpack object. Returns the bytes written. */
TICKCAST_API size_t tickcast_payload_encode(const char *key, size_t key_bytes, const void *data,
                                            size_t data_bytes, void *out);

/** What a subscriber receives. Pointers into the decoded bytes. */
struct tickcast_payload {
    const char *key;
    size_t key_bytes;
    const void *data; /**< one msgpack object */
    size_t data_bytes;
};

/** Reads a payload, fields in any order. 0, or -1 if the bytes are not a payload. */
TICKCAST_API int tickcast_payload_decode(const void *bytes, size_t count,
                                         struct tickcast_payload *payload);

/** SubscribeMessage: writes {"streams": [...]} for `count` C strings to *out, which the caller
 * frees with free(). Returns the bytes, 0 without memory. */
TICKCAST_API size_t tickcast_subscribe_encode(const char *const *streams, size_t count, void **out);

/** ErrorMessage: reads {"error": text}. 0 with the text (not terminated, inside `bytes`), or -1 if
 *  the bytes are not an error message. */
TICKCAST_API int tickcast_error_decode(const void *bytes, size_t count, const char **text,
                                       size_t *text_bytes);

#ifdef __cplusplus
}
#endif

#endif
