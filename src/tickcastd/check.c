#include "tickcastd/check.h"

#include <inttypes.h>
#include <jansson.h>

#include "tickcast/tickcast.h"
#include "tickcastd/estimate.h"
#include "tickcastd/json_text.h"
#include "tickcastd/warnings.h"

#define HUMAN_BYTES 32

/* A size for the eye: "1.5 GiB". */
static const char *human(uint64_t bytes, char out[HUMAN_BYTES]) {
    static const char *const units[] = {"B", "KiB", "MiB", "GiB", "TiB", "PiB"};
    double size = (double)bytes;
    int unit = 0;
    for (; size >= 1024 && unit < 5; unit++) size /= 1024;
    snprintf(out, HUMAN_BYTES, "%.*f %s", unit == 0 ? 0 : 1, size, units[unit]);
    return out;
}

static bool has_tls(const struct settings *settings) {
    for (uint32_t i = 0; i < settings->listener_count; i++)
        if (settings->listeners[i].tls != NULL) return true;
    return false;
}

static void make_estimate(const struct settings *settings, const struct tickcast_options *resolved,
                          struct estimate *estimate) {
    bool json = false;
    for (uint32_t i = 0; i < settings->feed_count; i++) {
        const struct feed_options *feed = &settings->feeds[i].options;
        if (feed->type == FEED_STDIN && feed->format == FEED_FORMAT_JSON) json = true;
    }
    estimate_memory(resolved, has_tls(settings), settings->feed_count, json, estimate);
}

static bool broker_chooses(const struct settings *settings, unsigned number,
                           const struct tickcast_options *resolved) {
    if (number >= OPTION_ROWS) return false;
    return option_get(&settings->options, number) != option_get(resolved, number);
}

static void print_setting(const struct settings *settings, unsigned number,
                          const struct tickcast_options *resolved, FILE *out) {
    char value[SETTINGS_TEXT_BYTES], chosen[SETTINGS_TEXT_BYTES], place[ORIGIN_TEXT_BYTES];
    char both[2 * SETTINGS_TEXT_BYTES];
    setting_text(&settings->options, number, value);
    if (broker_chooses(settings, number, resolved))
        snprintf(both, sizeof both, "%s (now %s)", value, setting_text(resolved, number, chosen));
    else
        snprintf(both, sizeof both, "%s", value);
    fprintf(out, "  %-21s %-24s %s\n", setting_name(number), both,
            origin_text(&settings->origins[number], settings->file, place));
}

static void print_listener(const struct settings *settings, uint32_t number, FILE *out) {
    const struct listen_setting *listener = &settings->listeners[number];
    char url[LISTEN_URL_BYTES], place[ORIGIN_TEXT_BYTES];
    fprintf(out, "  %-46s %s\n", listen_url(listener, listener->port, url),
            origin_text(&listener->origin, settings->file, place));
}

static void print_feed(const struct settings *settings, uint32_t number, FILE *out) {
    const struct feed_setting *feed = &settings->feeds[number];
    char text[FEED_TEXT_BYTES], place[ORIGIN_TEXT_BYTES];
    fprintf(out, "  %-46s %s\n", feed_setting_text(feed, text),
            origin_text(&feed->origin, settings->file, place));
}

static void print_memory(const struct estimate *estimate, FILE *out) {
    char size[HUMAN_BYTES];
    fputs("memory at worst\n", out);
    for (uint32_t i = 0; i < estimate->count; i++) {
        const struct estimate_row *row = &estimate->rows[i];
        fprintf(out, "  %-21s %10s   %s\n", row->name, human(row->bytes, size), row->how);
    }
    fprintf(out, "  %-21s %10s   %" PRIu64 " bytes\n", "sum", human(estimate->total_bytes, size),
            estimate->total_bytes);
    fprintf(out, "  %-21s %10s   not yet sent (notsent_lowat), not part of the sum\n",
            "beside, in the kernel", human(estimate->kernel_bytes, size));
}

void check_print(const struct settings *settings, FILE *out) {
    struct tickcast_options resolved = settings->options;
    options_resolve(&resolved);
    fputs("settings\n", out);
    for (unsigned i = 0; i < SETTING_COUNT; i++) print_setting(settings, i, &resolved, out);
    fputs("listeners\n", out);
    for (uint32_t i = 0; i < settings->listener_count; i++) print_listener(settings, i, out);
    if (settings->feed_count > 0) fputs("feeds\n", out);
    for (uint32_t i = 0; i < settings->feed_count; i++) print_feed(settings, i, out);
    struct estimate estimate;
    make_estimate(settings, &resolved, &estimate);
    print_memory(&estimate, out);
    struct warnings warnings;
    warnings_gather(settings, &warnings);
    for (uint32_t i = 0; i < warnings.count; i++) fprintf(out, "warning: %s\n", warnings.lines[i]);
    warnings_free(&warnings);
}

static json_t *json_of_settings(const struct settings *settings,
                                const struct tickcast_options *resolved) {
    json_t *list = json_array();
    for (unsigned i = 0; i < SETTING_COUNT; i++) {
        char value[SETTINGS_TEXT_BYTES], place[ORIGIN_TEXT_BYTES];
        json_t *item = json_object();
        json_object_set_new(item, "name", json_string(setting_name(i)));
        json_object_set_new(item, "value", json_string(setting_text(&settings->options, i, value)));
        if (i < OPTION_ROWS)
            json_object_set_new(item, "number",
                                json_integer((json_int_t)option_get(&settings->options, i)));
        if (broker_chooses(settings, i, resolved))
            json_object_set_new(item, "now", json_integer((json_int_t)option_get(resolved, i)));
        json_object_set_new(item, "from",
                            json_text(origin_text(&settings->origins[i], settings->file, place)));
        json_array_append_new(list, item);
    }
    return list;
}

static json_t *json_of_listeners(const struct settings *settings) {
    json_t *list = json_array();
    for (uint32_t i = 0; i < settings->listener_count; i++) {
        const struct listen_setting *listener = &settings->listeners[i];
        char url[LISTEN_URL_BYTES], place[ORIGIN_TEXT_BYTES];
        json_array_append_new(
            list,
            json_pack("{s:o, s:o}", "url", json_text(listen_url(listener, listener->port, url)),
                      "from", json_text(origin_text(&listener->origin, settings->file, place))));
    }
    return list;
}

static json_t *json_of_feeds(const struct settings *settings) {
    json_t *list = json_array();
    for (uint32_t i = 0; i < settings->feed_count; i++) {
        const struct feed_setting *feed = &settings->feeds[i];
        char text[FEED_TEXT_BYTES], place[ORIGIN_TEXT_BYTES];
        json_array_append_new(
            list, json_pack("{s:s, s:o, s:o}", "type", feed_type_names[feed->options.type], "feed",
                            json_text(feed_setting_text(feed, text)), "from",
                            json_text(origin_text(&feed->origin, settings->file, place))));
    }
    return list;
}

static json_t *json_of_warnings(const struct settings *settings) {
    json_t *list = json_array();
    struct warnings warnings;
    warnings_gather(settings, &warnings);
    for (uint32_t i = 0; i < warnings.count; i++)
        json_array_append_new(list, json_text(warnings.lines[i]));
    warnings_free(&warnings);
    return list;
}

void check_print_json(const struct settings *settings, FILE *out) {
    struct tickcast_options resolved = settings->options;
    options_resolve(&resolved);
    struct estimate estimate;
    make_estimate(settings, &resolved, &estimate);
    json_t *memory = json_array();
    for (uint32_t i = 0; i < estimate.count; i++)
        json_array_append_new(memory, json_pack("{s:s, s:I, s:s}", "name", estimate.rows[i].name,
                                                "bytes", (json_int_t)estimate.rows[i].bytes, "how",
                                                estimate.rows[i].how));
    json_t *all = json_pack(
        "{s:o, s:o, s:o, s:o, s:o, s:I, s:I}", "settings", json_of_settings(settings, &resolved),
        "listeners", json_of_listeners(settings), "feeds", json_of_feeds(settings), "warnings",
        json_of_warnings(settings), "memory", memory, "memory_bytes",
        (json_int_t)estimate.total_bytes, "kernel_bytes", (json_int_t)estimate.kernel_bytes);
    json_dumpf(all, out, JSON_INDENT(2));
    fputc('\n', out);
    json_decref(all);
}
