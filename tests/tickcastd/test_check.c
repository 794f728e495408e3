#include "tickcastd/check.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "tickcastd/config.h"
#include "tickcastd/estimate.h"
#include "tickcastd/help.h"

static struct settings settings;

static void read_yaml(const char *yaml) {
    struct problems problems = {.out = stderr, .file = "f"};
    settings_init(&settings);
    settings.file = "f";
    config_read(&settings, yaml, strlen(yaml), &problems);
    settings_complete(&settings, &problems);
    cr_assert(eq(u32, problems.count, 0));
}

/* What a printing function prints; heap. */
static char *printed(void (*print)(const struct settings *settings, FILE *out)) {
    char *text = NULL;
    size_t bytes = 0;
    FILE *out = open_memstream(&text, &bytes);
    print(&settings, out);
    fclose(out);
    return text;
}

static const char yaml[] = "workers: 4\n"
                           "max_connections: 1000\n"
                           "outbound_memory: 1GiB\n"
                           "listen: 127.0.0.1:6000\n"
                           "feeds: [{type: sim, rate: 5}]\n";

Test(check, settings_are_printed_with_where_they_came_from) {
    read_yaml(yaml);
    char *text = printed(check_print);
    cr_expect(strstr(text, "  workers               4                        f:1\n") != NULL);
    cr_expect(strstr(text, "  slow_memory           16MiB                    default\n") != NULL);
    cr_expect(strstr(text, "  ws://127.0.0.1:6000/ws") != NULL);
    cr_expect(strstr(text, "feeds\n  sim,rate=5 ") != NULL);
    cr_expect(strstr(text, "\n  sum ") != NULL);
    free(text);
    settings_fini(&settings);
}

Test(check, the_sum_in_json_is_that_of_the_items) {
    read_yaml(yaml);
    char *text = printed(check_print_json);
    json_t *all = json_loads(text, 0, NULL);
    cr_assert(all != NULL);
    json_int_t sum = 0;
    size_t at;
    json_t *row;
    json_array_foreach(json_object_get(all, "memory"), at, row) {
        sum += json_integer_value(json_object_get(row, "bytes"));
    }
    cr_expect(eq(i64, json_integer_value(json_object_get(all, "memory_bytes")), sum));
    cr_expect(eq(sz, json_array_size(json_object_get(all, "settings")), SETTING_COUNT));
    cr_expect(eq(sz, json_array_size(json_object_get(all, "listeners")), 1));
    cr_expect(eq(sz, json_array_size(json_object_get(all, "feeds")), 1));
    json_decref(all);
    free(text);
    settings_fini(&settings);
}

Test(check, names_that_are_not_utf8_stay_in_the_json) {
    read_yaml("listen: 127.0.0.1:6000\n");
    settings.file = "caf\xe9.yml";
    char *text = printed(check_print_json);
    json_t *all = json_loads(text, 0, NULL);
    json_t *listener = json_array_get(json_object_get(all, "listeners"), 0);
    cr_assert(
        eq(str, (char *)json_string_value(json_object_get(listener, "from")), "caf\\xe9.yml:1"));
    json_decref(all);
    free(text);
    settings_fini(&settings);
}

static uint64_t row_bytes(const struct estimate *estimate, const char *name) {
    for (uint32_t i = 0; i < estimate->count; i++)
        if (strcmp(estimate->rows[i].name, name) == 0) return estimate->rows[i].bytes;
    return 0;
}

Test(check, the_estimate_follows_the_options) {
    read_yaml(yaml);
    struct estimate plain, tls;
    options_resolve(&settings.options);
    estimate_memory(&settings.options, false, 0, false, &plain);
    estimate_memory(&settings.options, true, 0, false, &tls);
    cr_expect(eq(u64, row_bytes(&plain, "outbound_memory"), TICKCAST_GIB));
    cr_expect(eq(u64, row_bytes(&plain, "TLS sessions"), 0));
    cr_expect(eq(u64, tls.total_bytes - plain.total_bytes,
                 1000 * (ESTIMATE_TLS_BYTES + ESTIMATE_TLS_HANDSHAKE_BYTES)));
    settings.options.ring_slots *= 2;
    struct estimate more;
    estimate_memory(&settings.options, false, 0, false, &more);
    cr_expect(eq(u64, more.total_bytes - plain.total_bytes,
                 (uint64_t)4 * 4096 * ESTIMATE_RING_SLOT_BYTES));
    estimate_memory(&settings.options, false, 3, true, &plain);
    cr_expect(eq(u64, plain.total_bytes - more.total_bytes,
                 3 * ESTIMATE_FEED_BYTES + ESTIMATE_JSON_LINES_BYTES));
    settings_fini(&settings);
}

Test(check, the_largest_options_do_not_overflow_the_sum) {
    read_yaml(yaml);
    for (unsigned i = 0; i < OPTION_ROWS; i++)
        option_set(&settings.options, i, option_rows[i].highest);
    struct estimate estimate;
    estimate_memory(&settings.options, true, FEED_MAX, true, &estimate);
    uint64_t sum = 0;
    for (uint32_t i = 0; i < estimate.count; i++) {
        cr_expect(lt(u64, estimate.rows[i].bytes, UINT64_C(1) << 58));
        sum += estimate.rows[i].bytes;
    }
    cr_expect(eq(u64, estimate.total_bytes, sum));
    cr_expect(le(u32, estimate.count, ESTIMATE_ROWS));
    settings_fini(&settings);
}

static void append_line(void *out, const char *sentence) {
    fprintf(out, "%s\n", sentence);
}

static void print_warnings(const struct settings *of, FILE *out) {
    settings_warn(of, append_line, out);
}

Test(check, defaults_warn_of_nothing) {
    read_yaml("outbound_memory: 1GiB\nworkers: 1\n");
    char *text = printed(print_warnings);
    cr_expect(eq(str, text, ""));
    free(text);
    settings_fini(&settings);
}

Test(check, odd_combinations_are_told) {
    read_yaml("workers: 2\nring_memory: 1MiB\noutbound_memory: 64MiB\nslow_memory: 40MiB\n"
              "slow_time: 2min\nmax_subscriptions: 5\n");
    char *text = printed(print_warnings);
    cr_expect(strstr(text, "ring_memory 1MiB is raised to ") != NULL);
    cr_expect(strstr(text, "slow_memory is more than a worker's part") != NULL);
    cr_expect(strstr(text, "slow_time is more than dead_time") != NULL);
    cr_expect(strstr(text, "max_streams is more than max_subscriptions") != NULL);
    free(text);
    settings_fini(&settings);
}

#define REFERENCE_BEGIN "<!-- tickcastd --help-config -->\n"
#define REFERENCE_END   "<!-- end of --help-config -->\n"

static void print_reference(const struct settings *of, FILE *out) {
    (void)of;
    help_print_config(out);
}

/* A whole file; heap, NULL if there is none. */
static char *file_text(const char *path) {
    FILE *file = fopen(path, "r");
    if (file == NULL) return NULL;
    char *text = calloc(1, 1 << 20);
    size_t bytes = fread(text, 1, (1 << 20) - 1, file);
    text[bytes] = '\0';
    fclose(file);
    return text;
}

Test(check, the_reference_in_the_readme_is_that_of_the_tables) {
    char *readme = file_text(SOURCE_DIR "/README.md");
    if (readme == NULL) cr_skip_test("there is no README.md");
    char *begin = strstr(readme, REFERENCE_BEGIN);
    cr_assert(begin != NULL, "README.md lacks the line %s", REFERENCE_BEGIN);
    begin += strlen(REFERENCE_BEGIN);
    char *end = strstr(begin, REFERENCE_END);
    cr_assert(end != NULL, "README.md lacks the line %s", REFERENCE_END);
    *end = '\0';
    char *reference = printed(print_reference);
    cr_assert(eq(str, begin, reference));
    free(reference);
    free(readme);
}
