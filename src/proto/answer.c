/* Answers to publications (publish.h). */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/error.h"
#include "proto/publish.h"

static uint8_t *answer_json(struct proto_text id, const char *error, size_t *count) {
    json_t *text = error != NULL ? json_string(error) : NULL;
    char *quoted = text != NULL ? json_dumps(text, JSON_ENCODE_ANY) : NULL;
    json_decref(text);
    if (error != NULL && quoted == NULL) {
        /* the text quotes bytes of the message that are not UTF-8 */
        quoted = strdup("\"the message is not valid\"");
        if (quoted == NULL) return NULL;
    }
    char *made = NULL;
    int bytes;
    if (error == NULL)
        bytes = asprintf(&made, "{\"ack\":%.*s}", (int)id.bytes, id.at);
    else if (id.bytes == 0)
        bytes = asprintf(&made, "{\"error\":%s}", quoted);
    else
        bytes = asprintf(&made, "{\"error\":%s,\"id\":%.*s}", quoted, (int)id.bytes, id.at);
    free(quoted);
    if (bytes < 0) return NULL;
    *count = (size_t)bytes;
    return (uint8_t *)made;
}

static uint8_t *answer_msgpack(struct proto_text id, const char *error, size_t *count) {
    size_t text_bytes = error != NULL ? strlen(error) : 0;
    uint8_t *made = malloc(ERROR_HEAD_BYTES + text_bytes + 4 + id.bytes);
    if (made == NULL) return NULL;
    if (error == NULL) {
        memcpy(made,
               "\x81\xa3"
               "ack",
               5);
        memcpy(made + 5, id.at, id.bytes);
        *count = 5 + id.bytes;
        return made;
    }
    size_t bytes = error_encode(error, text_bytes, made);
    if (id.bytes > 0) {
        made[0] = 0x82;
        memcpy(made + bytes, "\xa2id", 3);
        memcpy(made + bytes + 3, id.at, id.bytes);
        bytes += 3 + id.bytes;
    }
    *count = bytes;
    return made;
}

uint8_t *publish_answer(enum publish_encoding encoding, struct proto_text id, const char *error,
                        size_t *count) {
    return encoding == PUBLISH_JSON ? answer_json(id, error, count)
                                    : answer_msgpack(id, error, count);
}
