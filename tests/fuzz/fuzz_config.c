/*
 * tickcastd's command line and configuration file, up to what --check prints. The input is
 * arguments, a line each, a zero byte, and the text of the file.
 */
#include <jansson.h>
#include <string.h>

#include "fuzz/fuzz.h"
#include "tickcastd/args.h"
#include "tickcastd/check.h"
#include "tickcastd/config.h"
#include "tickcastd/warnings.h"

#define ARGUMENTS 16

/* What is wrong with this host is not the input's. */
void __wrap_warnings_gather(const struct settings *settings, struct warnings *warnings);

void __wrap_warnings_gather(const struct settings *settings, struct warnings *warnings) {
    (void)settings;
    *warnings = (struct warnings){.count = 0};
}

/* What is written to a stream in memory. */
struct output {
    FILE *stream;
    char *text;
    size_t bytes;
};

static void output_open(struct output *output) {
    *output = (struct output){.text = NULL};
    output->stream = open_memstream(&output->text, &output->bytes);
    CHECK(output->stream != NULL);
}

static void read_arguments(struct fuzz_input *input, struct settings *settings,
                           struct problems *problems) {
    static char program[] = "tickcastd";
    char *argv[ARGUMENTS + 2] = {program};
    int argc = 1;
    while (fuzz_left(input) > 0 && *input->at != '\0' && argc <= ARGUMENTS) {
        const uint8_t *begin = input->at;
        while (input->at < input->end && *input->at != '\n' && *input->at != '\0') input->at++;
        size_t bytes = (size_t)(input->at - begin);
        argv[argc] = malloc(bytes + 1);
        CHECK(argv[argc] != NULL);
        memcpy(argv[argc], begin, bytes);
        argv[argc++][bytes] = '\0';
        if (input->at < input->end && *input->at == '\n') input->at++;
    }
    (void)fuzz_byte(input); /* the zero */
    struct args args;
    args_parse(argc, argv, &args, settings, problems);
    settings->file = NULL; /* it is the rest of the input */
    for (int i = 1; i < argc; i++) free(argv[i]);
}

/* At least as many as YAML sees, in any encoding; just as many in ASCII without \r. */
static unsigned long count_lines(const uint8_t *text, size_t bytes) {
    unsigned long lines = 0;
    bool ended = true;
    for (size_t i = 0; i < bytes; i++) {
        ended = memchr("\n\r\x85\xa8\xa9", text[i], 5) != NULL;
        lines += ended;
    }
    return lines + (!ended || lines == 0);
}

/* Each problem is one line fit for a terminal, and names a line of the file that exists. */
static void check_problems(const struct output *output, unsigned count, unsigned long lines) {
    unsigned told = 0;
    for (const char *at = output->text; *at != '\0'; told++) {
        const char *end = strchr(at, '\n');
        CHECK(end != NULL);
        for (const char *c = at; c < end; c++) CHECK((unsigned char)*c >= ' ' && *c != 0x7f);
        unsigned long line = 0;
        if (strncmp(at, "f:", 2) == 0) {
            char *after;
            line = strtoul(at + 2, &after, 10);
            CHECK(strncmp(after, ": ", 2) == 0);
            CHECK(line > 0 ? line <= lines : after == at + 2);
        } else {
            CHECK(strncmp(at, "command line: ", 14) == 0);
        }
        at = end + 1;
    }
    CHECK(told == count);
}

static json_t *checked(const struct settings *settings) {
    struct output output;
    output_open(&output);
    check_print_json(settings, output.stream);
    fclose(output.stream);
    json_t *all = json_loadb(output.text, output.bytes, 0, NULL);
    CHECK(all != NULL);
    free(output.text);
    return all;
}

/* --- a good configuration, written anew from what --check prints --- */

/* A text in double quotes, as YAML and JSON have in common. */
static void write_text(FILE *out, json_t *text) {
    char *quoted = json_dumps(text, JSON_ENCODE_ANY);
    CHECK(quoted != NULL);
    fputs(quoted, out);
    free(quoted);
}

static bool write_listener(FILE *out, json_t *listener) {
    json_t *url = json_object_get(listener, "url");
    const char *text = json_string_value(url);
    if (strncmp(text, "ws://", 5) != 0 && strncmp(text, "unix:", 5) != 0) return false;
    if (strchr(text, '\\') != NULL) return false; /* what cannot be printed is escaped */
    size_t bytes = strlen(text);
    json_t *place = *text == 'w' ? json_stringn(text + 5, bytes - 8) : json_incref(url);
    fputs("- ", out);
    write_text(out, place);
    fputc('\n', out);
    json_decref(place);
    return true;
}

static bool is_plain(const char *text) {
    return text == NULL || strpbrk(text, ", \t\\\r\n") == NULL;
}

/* What is separated by commas and blanks can be told apart again, and is not cut. */
static bool can_be_written(const struct feed_setting *feed, json_t *text) {
    const char *written = json_string_value(text);
    for (unsigned i = 0; i < feed_option_count; i++) {
        const void *field = (const char *)&feed->options + feed_option_rows[i].offset;
        if (feed_option_rows[i].kind == FEED_OPTION_TEXT && !is_plain(*(char *const *)field))
            return false;
        if (feed_option_rows[i].kind != FEED_OPTION_LIST) continue;
        const struct feed_list *list = field;
        for (size_t j = 0; j < list->count; j++)
            if (!is_plain(list->texts[j])) return false;
    }
    return strlen(written) < FEED_TEXT_BYTES - 2 && strpbrk(written, "\\") == NULL &&
           strstr(written, "...") == NULL;
}

/* A setting that is a text may be none, or be shown cut. */
static bool write_setting(FILE *out, const struct settings *settings, unsigned number,
                          json_t *item) {
    json_t *value = json_object_get(item, "value");
    if (setting_is_text(number)) {
        const char *text = option_text_get(&settings->options, number - SETTING_TEXTS);
        if (text == NULL) return true;
        if (strcmp(text, json_string_value(value)) != 0) return false;
    }
    fprintf(out, "%s: ", json_string_value(json_object_get(item, "name")));
    write_text(out, value);
    fputc('\n', out);
    return true;
}

/* False if it cannot be written in full. */
static bool write_again(FILE *out, const struct settings *settings, json_t *all) {
    size_t i;
    json_t *item;
    json_array_foreach(json_object_get(all, "settings"), i, item) {
        if (!write_setting(out, settings, (unsigned)i, item)) return false;
    }
    fputs("listen:\n", out);
    json_array_foreach(json_object_get(all, "listeners"), i, item) {
        if (!write_listener(out, item)) return false;
    }
    if (settings->feed_count > 0) fputs("feeds:\n", out);
    json_array_foreach(json_object_get(all, "feeds"), i, item) {
        json_t *text = json_object_get(item, "feed");
        if (!can_be_written(&settings->feeds[i], text)) return false;
        fputs("- ", out);
        write_text(out, text);
        fputc('\n', out);
    }
    return true;
}

/* Where it came from is another place. */
static void forget_origins(json_t *all) {
    static const char *const lists[] = {"settings", "listeners", "feeds"};
    for (int list = 0; list < 3; list++) {
        size_t i;
        json_t *item;
        json_array_foreach(json_object_get(all, lists[list]), i, item)
            json_object_del(item, "from");
    }
}

static void check_again(const struct settings *settings) {
    struct output file, told;
    struct settings again;
    json_t *all = checked(settings);
    output_open(&file);
    bool whole = write_again(file.stream, settings, all);
    fclose(file.stream);
    if (whole) {
        output_open(&told);
        struct problems problems = {.out = told.stream, .file = "f"};
        settings_init(&again);
        again.file = "f";
        config_read(&again, file.text, file.bytes, &problems);
        settings_complete(&again, &problems);
        fclose(told.stream);
        if (problems.count > 0) fprintf(stderr, "%s\n%s", file.text, told.text);
        CHECK(problems.count == 0);
        json_t *same = checked(&again);
        forget_origins(all);
        forget_origins(same);
        CHECK(json_equal(all, same));
        json_decref(same);
        settings_fini(&again);
        free(told.text);
    }
    free(file.text);
    json_decref(all);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count) {
    struct fuzz_input input = {bytes, bytes + count};
    struct output told;
    output_open(&told);
    struct problems problems = {.out = told.stream, .file = "f"};
    struct settings settings;
    settings_init(&settings);
    read_arguments(&input, &settings, &problems);
    settings.file = "f";
    size_t text_bytes = fuzz_left(&input);
    uint8_t *text = fuzz_copy(input.at, text_bytes);
    config_read(&settings, (const char *)text, text_bytes, &problems);
    settings_complete(&settings, &problems);
    fclose(told.stream);
    check_problems(&told, problems.count, count_lines(text, text_bytes));
    if (problems.count == 0) check_again(&settings);
    settings_fini(&settings);
    fuzz_free(text);
    free(told.text);
    return 0;
}
