#include "key/glob.h"
#include "key/stream.h"
#include "tickcast/messages.h"

bool tickcast_stream_valid(const char *stream, size_t stream_bytes) {
    struct stream_shape shape;
    return stream_shape(stream, stream_bytes, &shape) != STREAM_INVALID;
}

bool tickcast_stream_match(const char *stream, size_t stream_bytes, const char *key,
                           size_t key_bytes) {
    struct glob *glob = glob_new(stream, stream_bytes);
    if (glob == NULL) return false;
    bool match = glob_match(glob, key, key_bytes);
    glob_free(glob);
    return match;
}
