/* libtickcast(3). */
#include <string.h>

#include "broker/options.h"
#include "manual/header.h"
#include "manual/pages.h"
#include "tickcast/tickcast.h"
#include "tickcastd/settings.h"

#define TEXT_BYTES 512

/* The fields that the table of options makes. */
static void put_options(struct roff *page) {
    static const char *const types[] = {
        [OPTION_COUNT] = "uint32_t",
        [OPTION_SIZE] = "uint64_t",
        [OPTION_TIME] = "uint32_t",
        [OPTION_BOOL] = "bool",
        [OPTION_PEERS] = "enum tickcast_peers",
    };
    struct tickcast_options standard;
    tickcast_options_init(&standard);
    for (unsigned i = 0; i < OPTION_ROWS; i++) {
        const struct option_row *row = &option_rows[i];
        char name[TEXT_BYTES], text[TEXT_BYTES];
        char value[SETTINGS_TEXT_BYTES], allowed[SETTINGS_TEXT_BYTES];
        snprintf(name, sizeof name, "%s %s%s", types[row->kind], row->name,
                 row->kind == OPTION_TIME ? "_ms" : "");
        snprintf(text, sizeof text, "%s. Allowed: %s. Default: %s", row->sentence,
                 setting_allowed(i, allowed), setting_text(&standard, i, value));
        roff_item(page, name, "", text);
    }
}

/* And that of the options that are texts. */
static void put_text_options(struct roff *page) {
    for (unsigned i = 0; i < OPTION_TEXT_ROWS; i++) {
        const struct option_text_row *row = &option_text_rows[i];
        char name[TEXT_BYTES], text[TEXT_BYTES];
        snprintf(name, sizeof name, "const char *%s", row->name);
        snprintf(text, sizeof text, "%s. Allowed: NULL, or %s. Default: NULL", row->sentence,
                 row->allowed);
        roff_item(page, name, "", text);
    }
}

static void put_stats(struct roff *page) {
#define PUT(name, sentence) roff_item(page, "uint64_t " #name, "", sentence);
    TICKCAST_STATS(PUT)
#undef PUT
}

static void put_ends(struct roff *page) {
#define PUT(name, NAME, code, level, sentence)                                                     \
    roff_item(page, "uint64_t ended_" #name, "", sentence);
    TICKCAST_ENDS(PUT)
#undef PUT
}

static void put_refusals(struct roff *page) {
#define PUT(name, NAME, sentence) roff_item(page, "uint64_t refused_" #name, "", sentence);
    TICKCAST_REFUSALS(PUT)
#undef PUT
}

static void put_members(struct roff *page, const char *body) {
    struct header_member member;
    while (header_member_next(&body, &member)) {
        if (strncmp(member.declaration, "TICKCAST_OPTIONS(", 17) == 0)
            put_options(page);
        else if (strncmp(member.declaration, "TICKCAST_TEXT_OPTIONS(", 22) == 0)
            put_text_options(page);
        else if (strncmp(member.declaration, "TICKCAST_STATS(", 15) == 0)
            put_stats(page);
        else if (strncmp(member.declaration, "TICKCAST_ENDS(", 14) == 0)
            put_ends(page);
        else if (strncmp(member.declaration, "TICKCAST_REFUSALS(", 18) == 0)
            put_refusals(page);
        else
            roff_item(page, member.declaration, "", member.comment);
        header_member_free(&member);
    }
}

/* A table is shown where it makes the members of a struct. */
static bool is_table(const char *declaration) {
    return *declaration == '#' && strstr(declaration, "(X)") != NULL;
}

static void put_item(struct roff *page, const struct header_item *item) {
    char line[TEXT_BYTES];
    bool is_prototype = item->body == NULL && *item->declaration != '#';
    if (is_table(item->declaration)) return;
    snprintf(line, sizeof line, "%s%s", item->declaration, is_prototype ? ";" : "");
    roff_line(page, line, "");
    roff_indent(page);
    roff_text(page, item->comment);
    if (item->body != NULL) put_members(page, item->body);
    roff_outdent(page);
}

static void put_header(struct roff *page, const char *name) {
    struct header header;
    struct header_item item;
    char title[TEXT_BYTES];
    const char *slash = strrchr(name, '/');
    snprintf(title, sizeof title, "<tickcast/%s>", slash != NULL ? slash + 1 : name);
    roff_section(page, title);
    header_open(&header, name);
    roff_text(page, header.about);
    while (header_next(&header, &item)) {
        put_item(page, &item);
        header_item_free(&item);
    }
    header_close(&header);
}

void page_library(struct roff *page, const char *example, const char *const *headers) {
    static const char *const more[] = {"tickcastd(8)", "tickcast(1)", "tickcast.yml(5)", NULL};
    roff_begin(page, "libtickcast", 3, "a broker of market data inside a program");
    roff_section(page, "SYNOPSIS");
    roff_line(page, "#include <tickcast/tickcast.h>", "");
    roff_line(page, "cc program.c $(pkg-config --cflags --libs tickcast)", "");
    for (; *headers != NULL; headers++) put_header(page, *headers);
    roff_section(page, "EXAMPLES");
    roff_text(page, "A program with a broker inside, which publishes a bar every 10 ms:");
    roff_file(page, example);
    roff_see_also(page, more);
}
