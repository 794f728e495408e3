#include <msgpack.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/printable.h"
#include "key/glob.h"
#include "key/key.h"
#include "key/stream.h"
#include "proto/json.h"
#include "tickcast/commands.h"

#define ELEMENTS 3
#define PART     256 /* of a pattern or key in a message */
#define KEY_MAX  4096

struct part {
    const char *at;
    size_t bytes;
};

static const char *escape(struct part part, char out[PART]) {
    return printable(part.at, part.bytes, out, PART);
}

static bool matches(struct part pattern, struct part text) {
    struct glob *glob = glob_new(pattern.at, pattern.bytes);
    bool match = glob && glob_match(glob, text.at, text.bytes);
    glob_free(glob);
    return match;
}

static void print_flaw(struct part pattern, char *why, size_t room) {
    struct glob *glob = glob_new(pattern.at, pattern.bytes);
    const char *flaw = glob ? glob_flaw(glob) : "no memory";
    if (flaw) snprintf(why, room, "the pattern can never match: %s", flaw);
    glob_free(glob);
}

/* The three elements between the two '/' at `cut`. */
static void elements(struct part whole, const size_t cut[2], struct part out[ELEMENTS]) {
    out[0] = (struct part){whole.at, cut[0]};
    out[1] = (struct part){whole.at + cut[0] + 1, cut[1] - cut[0] - 1};
    out[2] = (struct part){whole.at + cut[1] + 1, whole.bytes - cut[1] - 1};
}

/* Names the first element that does not match. */
static void print_element(struct part stream, const struct stream_shape *shape, struct part key,
                          char *why, size_t room) {
    struct part patterns[ELEMENTS], texts[ELEMENTS];
    const char *first = memchr(key.at, '/', key.bytes);
    const char *last = memrchr(key.at, '/', key.bytes);
    elements(stream, shape->cut, patterns);
    elements(key, (size_t[]){(size_t)(first - key.at), (size_t)(last - key.at)}, texts);
    for (int i = 0; i < ELEMENTS; i++) {
        if (matches(patterns[i], texts[i])) continue;
        char pattern[PART], text[PART];
        bool only_case = patterns[i].bytes == texts[i].bytes &&
                         strncasecmp(patterns[i].at, texts[i].at, texts[i].bytes) == 0;
        snprintf(why, room, "element %d: %s does not match %s%s", i + 1,
                 escape(patterns[i], pattern), escape(texts[i], text),
                 only_case ? " (upper and lower case differ)" : "");
        return;
    }
}

/* Why `stream` does not select `key`. */
static void explain(struct part stream, const struct stream_shape *shape, struct part key,
                    const char *bad_key, char *why, size_t room) {
    if (bad_key)
        snprintf(why, room, "nothing can be published under this key: %s", bad_key);
    else
        print_flaw(stream, why, room);
    if (!*why && shape->kind != STREAM_CROSSING) print_element(stream, shape, key, why, room);
    if (!*why) snprintf(why, room, "the pattern as a whole (it has a / inside) does not match");
}

static void pack_text(msgpack_packer *packer, const char *name, const char *text, size_t bytes) {
    msgpack_pack_str(packer, strlen(name));
    msgpack_pack_str_body(packer, name, strlen(name));
    msgpack_pack_str(packer, bytes);
    msgpack_pack_str_body(packer, text, bytes);
}

/* By way of msgpack, whose JSON escapes whatever the arguments hold. */
static enum exit_code print_json(struct part stream, struct part key, bool match, const char *why,
                                 enum exit_code code) {
    static const char name[] = "match";
    msgpack_sbuffer buffer;
    msgpack_packer packer;
    msgpack_sbuffer_init(&buffer);
    msgpack_packer_init(&packer, &buffer, msgpack_sbuffer_write);
    msgpack_pack_map(&packer, 4);
    msgpack_pack_str(&packer, sizeof name - 1);
    msgpack_pack_str_body(&packer, name, sizeof name - 1);
    match ? msgpack_pack_true(&packer) : msgpack_pack_false(&packer);
    pack_text(&packer, "pattern", stream.at, stream.bytes);
    pack_text(&packer, "key", key.at, key.bytes);
    pack_text(&packer, "why", why, strlen(why));
    char *json = msgpack_to_json(buffer.data, buffer.size);
    msgpack_sbuffer_destroy(&buffer);
    if (json) puts(json);
    if (!json) fputs("tickcast check-stream: no memory\n", stderr);
    free(json);
    return json ? code : EXIT_FAILED;
}

enum exit_code check_stream_run(const struct cli *options) {
    struct part stream = {options->arguments[0], strlen(options->arguments[0])};
    struct part key = {options->arguments[1], strlen(options->arguments[1])};
    struct stream_shape shape;
    char stream_text[PART], key_text[PART], why[3 * PART] = "";
    escape(stream, stream_text);
    key.bytes = key_item_bytes(key.at, key.bytes);
    if (stream_shape(stream.at, stream.bytes, &shape) == STREAM_INVALID) {
        static const char rule[] = "it must have exactly two /";
        if (options->json) return print_json(stream, key, false, rule, EXIT_USAGE);
        fprintf(stderr, "tickcast check-stream: %s is an invalid stream: %s\n", stream_text, rule);
        return EXIT_USAGE;
    }
    escape(key, key_text);
    const char *bad_key = key_check(key.at, key.bytes, KEY_MAX);
    bool match = matches(stream, key);
    if (!match)
        explain(stream, &shape, key, bad_key, why, sizeof why);
    else if (bad_key)
        snprintf(why, sizeof why, "nothing can be published under this key: %s", bad_key);
    enum exit_code code = match ? EXIT_GOOD : EXIT_FAILED;
    if (options->json) return print_json(stream, key, match, why, code);
    if (match)
        printf("match: %s selects %s%s%s\n", stream_text, key_text, *why ? ", but " : "", why);
    else
        printf("no match: %s does not select %s: %s\n", stream_text, key_text, why);
    return code;
}
