/*
 * Globs and streams: matching agrees with trying everything, is linear in time, and a stream's
 * elements together say what the stream says.
 *
 * Input: the pattern, a line feed, the text.
 */
#include <string.h>
#include <time.h>

#include "fuzz/allocations.h"
#include "fuzz/fuzz.h"
#include "fuzz/glob_reference.h"
#include "key/glob.h"
#include "key/stream.h"
#include "tickcast/messages.h"

#define MOST_SHIFT     64    /* characters before the text, to see whether the answer stays */
#define LONGER         16    /* times the text, to see whether time stays linear */
#define FREE_NS        20e6  /* for what is not the matching's */
#define TRIES          3     /* the machine does other things too */
#define NS_A_PAIR      400.0 /* for each character and byte of the pattern; measured: under 1 */
#define MOST_ITS_BYTES 96u   /* memory of a compiled pattern for each of its bytes */

struct text {
    const char *at;
    size_t bytes;
};

static bool matches(struct text pattern, struct text text) {
    struct glob *glob = glob_new(pattern.at, pattern.bytes);
    CHECK(glob != NULL);
    bool answer = glob_match(glob, text.at, text.bytes);
    if (glob_flaw(glob) != NULL) CHECK(!answer);
    glob_free(glob);
    return answer;
}

static void check_reference(struct text pattern, struct text text, bool answer) {
    if (pattern.bytes > GLOB_REFERENCE_BYTES || text.bytes > GLOB_REFERENCE_BYTES) return;
    enum glob_answer expected = glob_reference((const uint8_t *)pattern.at, pattern.bytes,
                                               (const uint8_t *)text.at, text.bytes);
    if (expected == GLOB_YES) CHECK(answer);
    if (expected == GLOB_NO) CHECK(!answer);
}

/* The same further behind in the text, across the words in which its places are kept. */
static void check_shifted(struct text pattern, struct text text, bool answer) {
    size_t shift = 1 + (pattern.bytes + text.bytes) % MOST_SHIFT;
    if (pattern.bytes + shift > GLOB_MAX_BYTES) return;
    char *ones = malloc(shift + pattern.bytes), *longer = malloc(shift + text.bytes);
    CHECK(ones != NULL && longer != NULL);
    memset(ones, '?', shift);
    memset(longer, 'x', shift);
    memcpy(ones + shift, pattern.at, pattern.bytes);
    memcpy(longer + shift, text.at, text.bytes);
    CHECK(matches((struct text){ones, shift + pattern.bytes},
                  (struct text){longer, shift + text.bytes}) == answer);
    free(ones);
    free(longer);
}

static double cpu_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

/* Backtracking would take the square, or worse, of the longer text. */
static void check_time(struct text pattern, struct text text) {
    size_t bytes = text.bytes * LONGER;
    char *longer = malloc(bytes + 1);
    struct glob *glob = glob_new(pattern.at, pattern.bytes);
    CHECK(longer != NULL && glob != NULL);
    for (size_t i = 0; i < LONGER && text.bytes > 0; i++)
        memcpy(longer + i * text.bytes, text.at, text.bytes);
    double limit = FREE_NS + NS_A_PAIR * (double)bytes * (double)(pattern.bytes + 1), took = limit;
    for (int i = 0; i < TRIES && took >= limit; i++) {
        double before = cpu_ns();
        (void)glob_match(glob, longer, bytes);
        took = cpu_ns() - before;
    }
    CHECK(took < limit);
    glob_free(glob);
    free(longer);
}

static void check_memory(struct text pattern) {
    bool failed = true;
    for (uint32_t nth = 1; failed; nth++) {
        allocations_begin(nth);
        struct glob *glob = glob_new(pattern.at, pattern.bytes);
        failed = allocations_end() != 0;
        CHECK(glob != NULL || failed);
        CHECK(allocations_bytes() <= MOST_ITS_BYTES * (pattern.bytes + 2));
        glob_free(glob);
        CHECK(allocations_held() == 0);
        allocations_begin(nth);
        (void)tickcast_stream_match(pattern.at, pattern.bytes, "a/b/c", 5);
        (void)allocations_end();
        CHECK(allocations_held() == 0);
    }
}

static size_t slashes(struct text text, size_t *places) {
    size_t count = 0;
    for (size_t i = 0; i < text.bytes; i++)
        if (text.at[i] == '/' && count++ < 2) places[count - 1] = i;
    return count;
}

static struct text part(struct text text, const size_t *cut, int which) {
    size_t begin = which == 0 ? 0 : cut[which - 1] + 1;
    size_t end = which == 2 ? text.bytes : cut[which];
    return (struct text){text.at + begin, end - begin};
}

/* As the index finds it: element by element. */
static void check_elements(struct text stream, struct text key, bool answer) {
    struct stream_shape shape;
    size_t cut[2];
    enum stream_kind kind = stream_shape(stream.at, stream.bytes, &shape);
    CHECK((kind != STREAM_INVALID) == (slashes(stream, cut) == 2));
    CHECK(tickcast_stream_valid(stream.at, stream.bytes) == (kind != STREAM_INVALID));
    CHECK(tickcast_stream_match(stream.at, stream.bytes, key.at, key.bytes) == answer);
    if (kind == STREAM_INVALID || kind == STREAM_CROSSING || slashes(key, cut) != 2) return;
    bool all = true, plain = true;
    for (int i = 0; i < 3; i++) {
        struct text element = part(stream, shape.cut, i), text = part(key, cut, i);
        bool same = element.bytes == text.bytes && memcmp(element.at, text.at, text.bytes) == 0;
        all = all && (shape.any[i] || (shape.glob[i] ? matches(element, text) : same));
        plain = plain && !shape.any[i] && !shape.glob[i];
    }
    CHECK(all == answer);
    CHECK(plain == (kind == STREAM_LITERAL));
}

static void check_too_long(struct text pattern) {
    static char longer[GLOB_MAX_BYTES + 1];
    if (pattern.bytes == 0) return;
    for (size_t i = 0; i < sizeof longer; i++) longer[i] = pattern.at[i % pattern.bytes];
    struct text text = {longer, sizeof longer};
    CHECK(!matches(text, text));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    const uint8_t *feed = size > 0 ? memchr(data, '\n', size) : NULL;
    size_t cut = feed != NULL ? (size_t)(feed - data) : size;
    size_t behind = feed != NULL ? cut + 1 : size;
    struct text pattern = {(char *)fuzz_copy(data, cut), cut};
    struct text text = {(char *)fuzz_copy(data + behind, size - behind), size - behind};
    bool answer = matches(pattern, text);
    check_reference(pattern, text, answer);
    check_shifted(pattern, text, answer);
    check_elements(pattern, text, answer);
    check_time(pattern, text);
    check_memory(pattern);
    check_too_long(pattern);
    fuzz_free((void *)pattern.at);
    fuzz_free((void *)text.at);
    return 0;
}
