#include "broker/options.h"

#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

#include "base/memory.h"
#include "base/words.h"
#include "net/prefix.h"
#include "tickcast/tickcast.h"
#include "ws/origin.h"

#define FRAME_OVERHEAD_BYTES 128 /* of a frame beside key and data */

#define MEMBER_COUNT(name) name
#define MEMBER_SIZE(name)  name
#define MEMBER_TIME(name)  name##_ms
#define MEMBER_BOOL(name)  name
#define MEMBER_PEERS(name) name
/* clang-format off */
#define ROW(kind, name, standard, lowest, highest, sentence)                                       \
    {#name, OPTION_##kind, offsetof(struct tickcast_options, MEMBER_##kind(name)),                 \
     standard, lowest, highest, sentence},
/* clang-format on */

const struct option_row option_rows[OPTION_ROWS] = {TICKCAST_OPTIONS(ROW)};

/* clang-format off */
#define TEXT_ROW(name, value, allowed, sentence)                                                   \
    {#name, value, allowed, sentence, offsetof(struct tickcast_options, name)},
/* clang-format on */

const struct option_text_row option_text_rows[OPTION_TEXT_ROWS] = {TICKCAST_TEXT_OPTIONS(TEXT_ROW)};

const char *option_text_get(const struct tickcast_options *options,
                            enum option_text_number number) {
    return *(const char *const *)(const void *)((const char *)options +
                                                option_text_rows[number].at);
}

void option_text_set(struct tickcast_options *options, enum option_text_number number,
                     const char *text) {
    *(const char **)(void *)((char *)options + option_text_rows[number].at) = text;
}

/* What is wrong with a list, and with which item of it. */
static const char *list_wrong(enum option_text_number number, const char *list, const char **item,
                              size_t *item_bytes) {
    struct ws_text origin = {0};
    const char *wrong = NULL;
    if (number == OPTION_TEXT_AT_proxy_from) wrong = prefixes_wrong(list, item, item_bytes);
    if (number != OPTION_TEXT_AT_origins) return wrong;
    wrong = ws_origins_wrong(list, &origin);
    *item = origin.at;
    *item_bytes = origin.bytes;
    return wrong;
}

bool option_text_allows(enum option_text_number number, const char *text,
                        char why[OPTION_WHY_BYTES]) {
    const char *wrong = NULL, *item = "";
    size_t item_bytes = 0;
    if (text == NULL) return true;
    if (*text == '\0')
        wrong = "it is empty";
    else if (strlen(text) > TICKCAST_TEXT_BYTES)
        wrong = "it is longer than " WORDS_NUMBER(TICKCAST_TEXT_BYTES) " bytes";
    else
        wrong = list_wrong(number, text, &item, &item_bytes);
    if (wrong == NULL) return true;
    if (item_bytes > OPTION_WHY_BYTES / 2) item_bytes = OPTION_WHY_BYTES / 2;
    if (item_bytes > 0)
        snprintf(why, OPTION_WHY_BYTES, "'%.*s': %s", (int)item_bytes, item, wrong);
    else
        snprintf(why, OPTION_WHY_BYTES, "%s", wrong);
    return false;
}

uint64_t option_get(const struct tickcast_options *options, enum option_number number) {
    const void *field = (const char *)options + option_rows[number].at;
    switch (option_rows[number].kind) {
    case OPTION_SIZE:
        return *(const uint64_t *)field;
    case OPTION_BOOL:
        return *(const bool *)field;
    case OPTION_PEERS:
        return (uint64_t) * (const enum tickcast_peers *)field;
    case OPTION_COUNT:
    case OPTION_TIME:
        break;
    }
    return *(const uint32_t *)field;
}

void option_set(struct tickcast_options *options, enum option_number number, uint64_t value) {
    void *field = (char *)options + option_rows[number].at;
    switch (option_rows[number].kind) {
    case OPTION_SIZE:
        *(uint64_t *)field = value;
        break;
    case OPTION_BOOL:
        *(bool *)field = value != 0;
        break;
    case OPTION_PEERS:
        *(enum tickcast_peers *)field = (enum tickcast_peers)value;
        break;
    case OPTION_COUNT:
    case OPTION_TIME:
        *(uint32_t *)field = (uint32_t)value;
        break;
    }
}

bool option_zero_is_auto(enum option_number number) {
    return number == OPTION_AT_outbound_memory;
}

bool option_is_power_of_two(enum option_number number) {
    return number == OPTION_AT_ring_slots;
}

bool option_allows(enum option_number number, uint64_t value) {
    const struct option_row *row = &option_rows[number];
    if (value == 0 && option_zero_is_auto(number)) return true;
    if (value < row->lowest || value > row->highest) return false;
    return !option_is_power_of_two(number) || (value & (value - 1)) == 0;
}

void tickcast_options_init(struct tickcast_options *options) {
    memset(options, 0, sizeof *options);
    for (unsigned i = 0; i < OPTION_ROWS; i++) option_set(options, i, option_rows[i].standard);
    options->log_level = 2;
}

const char *tickcast_options_check(const struct tickcast_options *options) {
    for (unsigned i = 0; i < OPTION_ROWS; i++)
        if (!option_allows(i, option_get(options, i))) return option_rows[i].name;
    char why[OPTION_WHY_BYTES];
    for (unsigned i = 0; i < OPTION_TEXT_ROWS; i++)
        if (!option_text_allows(i, option_text_get(options, i), why))
            return option_text_rows[i].name;
    if (options->dead_time_ms <= options->ping_interval_ms) return "dead_time";
    return NULL;
}

static uint32_t cores(void) {
    cpu_set_t set;
    int count = sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : 1;
    return count > OPTIONS_WORKERS_MAX ? OPTIONS_WORKERS_MAX : (uint32_t)count;
}

static uint32_t connections_of_file_limit(void) {
    uint64_t highest = option_rows[OPTION_AT_max_connections].highest;
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) < 0) return 1024 - OPTIONS_SPARE_FILES;
    if (limit.rlim_cur <= OPTIONS_SPARE_FILES) return 1;
    uint64_t count = limit.rlim_cur - OPTIONS_SPARE_FILES;
    return (uint32_t)(count > highest ? highest : count);
}

void options_resolve(struct tickcast_options *options) {
    if (options->workers == 0) options->workers = cores();
    if (options->max_connections == 0) options->max_connections = connections_of_file_limit();
    if (options->outbound_memory == 0) {
        uint64_t lowest = option_rows[OPTION_AT_outbound_memory].lowest;
        uint64_t quarter = memory_available_bytes() / 4;
        options->outbound_memory = quarter > lowest ? quarter : lowest;
    }
}

uint64_t options_share(const struct tickcast_options *options, enum option_number budget) {
    uint64_t largest = options->max_payload + options->max_key_bytes + FRAME_OVERHEAD_BYTES;
    /* what subscribers send, and what it is answered with, comes on no ring */
    if (budget != OPTION_AT_ring_memory && options->max_message > largest)
        largest = options->max_message;
    uint64_t lowest = OPTIONS_SHARE_LARGEST * largest;
    uint64_t share = option_get(options, budget) / options->workers;
    return share > lowest ? share : lowest;
}

const char *tickcast_strerror(int result) {
    switch (result) {
    case TICKCAST_OK:
        return "no error";
    case TICKCAST_EAGAIN:
        return "a ring or the broker is full, try again";
    case TICKCAST_EINVAL:
        return "an argument is not allowed";
    case TICKCAST_ECLOSED:
        return "the broker or the connection is closed";
    case TICKCAST_ENOMEM:
        return "no memory";
    case TICKCAST_ESYSTEM:
        return "a system call failed";
    case TICKCAST_EDEADLK:
        return "called from a thread of the broker that the call would wait for";
    case TICKCAST_ETIMEDOUT:
        return "the time is over";
    case TICKCAST_ETLS:
        return "a certificate or key cannot be used";
    case TICKCAST_EREFUSED:
        return "the broker refused";
    default:
        return result > 0 ? "no error" : "unknown error";
    }
}

const char *tickcast_version(void) {
    return TICKCAST_VERSION;
}
