#include "manual/options.h"

#include <assert.h>
#include <string.h>

#include "cli/args.h"
#include "feed/options.h"
#include "tickcast/tickcast.h"
#include "tickcastd/args.h"

enum value_kind value_kind(const struct program_option *option) {
    const char *value = option->value;
    if (*value == '\0') return VALUE_NONE;
    if (strcmp(value, "FILE") == 0 || strcmp(value, "PATH") == 0) return VALUE_FILE;
    if (strncmp(value, "TYPE[", 5) == 0) return VALUE_FEED;
    if (strcmp(value, "NAME") == 0) return VALUE_SCENARIO;
    return strchr(value, '|') != NULL ? VALUE_WORDS : VALUE_FREE;
}

const char *value_words(const struct program_option *option, char out[OPTIONS_TEXT_BYTES]) {
    snprintf(out, OPTIONS_TEXT_BYTES, "%s", option->value);
    for (char *c = out; *c != '\0'; c++)
        if (*c == '|') *c = ' ';
    return out;
}

static void fill(struct program_option *out, const char *name, const char *value,
                 const char *sentence) {
    snprintf(out->name, sizeof out->name, "--%s", name);
    snprintf(out->value, sizeof out->value, "%s", value);
    snprintf(out->sentence, sizeof out->sentence, "%s", sentence);
}

size_t options_of_flags(struct program_option out[OPTIONS_MAX]) {
    size_t count = 0;
#define FILL(name, value, sentence) fill(&out[count++], name, value, sentence);
    ARGS_FLAGS(FILL)
#undef FILL
    return count;
}

size_t options_of_settings(struct program_option out[OPTIONS_MAX]) {
    struct tickcast_options standard;
    tickcast_options_init(&standard);
    for (unsigned i = 0; i < SETTING_COUNT; i++) {
        char flag[SETTINGS_TEXT_BYTES], value[SETTINGS_TEXT_BYTES], sentence[OPTIONS_TEXT_BYTES];
        snprintf(sentence, sizeof sentence, "%s (default: %s)", setting_sentence(i),
                 setting_text(&standard, i, value));
        fill(&out[i], setting_flag(i, flag), setting_value(i, value), sentence);
    }
    return SETTING_COUNT;
}

size_t options_of_command(enum command command, struct program_option out[OPTIONS_MAX]) {
    size_t count = 0;
    for (size_t i = 0; i < cli_option_count; i++) {
        const struct cli_option_row *row = &cli_option_rows[i];
        if (!(row->commands & 1U << command)) continue;
        assert(count < OPTIONS_MAX);
        fill(&out[count++], row->name + strlen("--"), row->value != NULL ? row->value : "",
             row->sentence);
    }
    return count;
}

size_t options_of_bench(int command, struct program_option out[OPTIONS_MAX]) {
    size_t count = 0;
    for (size_t i = 0; i < bench_option_count; i++) {
        const struct bench_option_row *row = &bench_option_rows[i];
        if (row->commands & 1U << command)
            fill(&out[count++], row->name + strlen("--"), row->value != NULL ? row->value : "",
                 row->sentence);
    }
    return count;
}

size_t options_of_load(struct program_option out[OPTIONS_MAX]) {
    for (size_t i = 0; i < LOAD_OPTION_COUNT; i++) {
        const struct load_option_row *row = &load_option_rows[i];
        char flag[LOAD_TEXT_BYTES], value[LOAD_TEXT_BYTES], sentence[OPTIONS_TEXT_BYTES];
        fill(&out[i], load_option_flag(row, flag), load_option_value(row, value),
             load_option_sentence(row, sentence, sizeof sentence));
    }
    return LOAD_OPTION_COUNT;
}

const char *options_of_feed(int type, char out[OPTIONS_TEXT_BYTES]) {
    size_t used = 0;
    *out = '\0';
    for (size_t i = 0; i < feed_option_count && used < OPTIONS_TEXT_BYTES; i++)
        if (feed_option_rows[i].types & 1U << type)
            used += (size_t)snprintf(out + used, OPTIONS_TEXT_BYTES - used,
                                     "%s%s=", used > 0 ? " " : "", feed_option_rows[i].name);
    return out;
}
