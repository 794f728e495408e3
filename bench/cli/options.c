#include "cli/options.h"

#include <ctype.h>
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/nearest.h"
#include "base/words.h"
#include "cli/amount.h"

#define MAX_WORDS  8
#define NONE       "none"
#define WORD_BYTES 128

#define ROW(kind, group, name, field, standard, least, most, sentence, reason)                     \
    {LOAD_##kind,                                                                                  \
     LOAD_##group,                                                                                 \
     #name,                                                                                        \
     offsetof(struct load_config, field),                                                          \
     sizeof(((struct load_config *)0)->field),                                                     \
     standard,                                                                                     \
     least,                                                                                        \
     most,                                                                                         \
     sentence,                                                                                     \
     reason},
const struct load_option_row load_option_rows[LOAD_OPTION_COUNT] = {LOAD_OPTIONS(ROW)};
#undef ROW

const char *const load_group_titles[LOAD_GROUPS] = {
    [LOAD_SERVER] = "whom: the server and its connections",
    [LOAD_STREAMS] = "who wants what",
    [LOAD_MESSAGES] = "what is published, and when",
    [LOAD_END] = "when it ends",
    [LOAD_DISTURBANCE] = "what else happens",
    [LOAD_SWEEP] = "looking for a limit",
    [LOAD_WATCH] = "what is watched beside it",
};

static const enum amount_kind amounts[] = {
    [LOAD_COUNT] = AMOUNT_COUNT, [LOAD_NUMBER] = AMOUNT_NUMBER, [LOAD_SHARE] = AMOUNT_SHARE,
    [LOAD_TIME] = AMOUNT_TIME,   [LOAD_MICROS] = AMOUNT_TIME,   [LOAD_BYTES] = AMOUNT_BYTES,
    [LOAD_PID] = AMOUNT_COUNT,   [LOAD_CORE] = AMOUNT_COUNT,
};

static bool is_amount(const struct load_option_row *row) {
    return row->kind <= LOAD_CORE;
}

/* The words of a row up to a NULL; they are in `room`. */
static void split_words(const struct load_option_row *row, char room[WORD_BYTES],
                        const char *words[MAX_WORDS + 1]) {
    size_t count = 0;
    snprintf(room, WORD_BYTES, "%s", row->kind == LOAD_FLAG ? "false true" : row->least);
    for (char *save, *word = strtok_r(room, " ", &save); word != NULL && count < MAX_WORDS;
         word = strtok_r(NULL, " ", &save))
        words[count++] = word;
    words[count] = NULL;
}

const char *load_option_flag(const struct load_option_row *row, char out[LOAD_TEXT_BYTES]) {
    snprintf(out, LOAD_TEXT_BYTES, "%s", row->name);
    for (char *c = out; *c != '\0'; c++)
        if (*c == '_') *c = '-';
    return out;
}

const char *load_option_value(const struct load_option_row *row, char out[LOAD_TEXT_BYTES]) {
    static const char *const values[] = {
        [LOAD_COUNT] = "N",         [LOAD_NUMBER] = "NUMBER", [LOAD_SHARE] = "SHARE",
        [LOAD_TIME] = "TIME",       [LOAD_MICROS] = "TIME",   [LOAD_BYTES] = "SIZE",
        [LOAD_PID] = "PID",         [LOAD_CORE] = "CORE",     [LOAD_WORD] = NULL,
        [LOAD_FLAG] = "false|true", [LOAD_TEXT] = "TEXT",     [LOAD_FILE] = "FILE",
    };
    snprintf(out, LOAD_TEXT_BYTES, "%s",
             values[row->kind] != NULL ? values[row->kind] : row->least);
    for (char *c = out; *c != '\0'; c++)
        if (*c == ' ') *c = '|';
    return out;
}

const char *load_option_allowed(const struct load_option_row *row, char out[LOAD_TEXT_BYTES]) {
    char room[WORD_BYTES];
    const char *words[MAX_WORDS + 1];
    if (row->kind == LOAD_WORD || row->kind == LOAD_FLAG) {
        split_words(row, room, words);
        return words_join(words, out, LOAD_TEXT_BYTES);
    }
    const char *why = row->reason;
    const char *open = *why != '\0' ? " (" : "", *close = *why != '\0' ? ")" : "";
    if (is_amount(row)) {
        enum amount_kind kind = amounts[row->kind];
        snprintf(out, LOAD_TEXT_BYTES, "%s%s from %s to %s%s%s%s%s",
                 row->kind == LOAD_CORE ? NONE " or " : "", amount_name(kind), row->least,
                 row->most, amount_units(kind), open, why, close);
    } else {
        snprintf(out, LOAD_TEXT_BYTES, "%s of %s to %s bytes%s%s%s",
                 row->kind == LOAD_FILE ? "the name of a file" : "a text", row->least, row->most,
                 open, why, close);
    }
    return out;
}

const char *load_option_sentence(const struct load_option_row *row, char *out, size_t bytes) {
    bool standard = *row->standard != '\0';
    snprintf(out, bytes, "%s%s%s%s", row->sentence, standard ? " (default: " : "", row->standard,
             standard ? ")" : "");
    return out;
}

int load_option_find(const char *name) {
    for (int i = 0; i < LOAD_OPTION_COUNT; i++)
        if (strcmp(load_option_rows[i].name, name) == 0) return i;
    return -1;
}

const char *load_option_nearest(const char *name) {
    const char *names[LOAD_OPTION_COUNT + 1];
    for (int i = 0; i < LOAD_OPTION_COUNT; i++) names[i] = load_option_rows[i].name;
    names[LOAD_OPTION_COUNT] = NULL;
    return nearest(name, names);
}

static bool read_amount(const struct load_option_row *row, const char *text, void *field) {
    enum amount_kind kind = amounts[row->kind];
    struct amount value, least, most;
    if (row->kind == LOAD_CORE && strcmp(text, NONE) == 0) {
        *(int *)field = -1;
        return true;
    }
    if (!amount_read(kind, text, &value) || !amount_read(kind, row->least, &least) ||
        !amount_read(kind, row->most, &most) || !amount_at_most(kind, &least, &value) ||
        !amount_at_most(kind, &value, &most))
        return false;
    if (row->kind == LOAD_PID || row->kind == LOAD_CORE)
        *(int *)field = (int)value.whole;
    else if (kind != AMOUNT_COUNT && kind != AMOUNT_BYTES)
        *(double *)field = row->kind == LOAD_MICROS ? value.real * 1e6 : value.real;
    else if (row->bytes == sizeof(uint32_t))
        *(uint32_t *)field = (uint32_t)value.whole;
    else
        *(uint64_t *)field = value.whole;
    return true;
}

static bool read_word(const struct load_option_row *row, const char *text, void *field) {
    char room[WORD_BYTES];
    const char *words[MAX_WORDS + 1];
    split_words(row, room, words);
    for (int i = 0; words[i] != NULL; i++) {
        if (strcmp(words[i], text) != 0) continue;
        if (row->kind == LOAD_FLAG)
            *(bool *)field = i == 1;
        else
            *(int *)field = i; /* an enum */
        return true;
    }
    return false;
}

static bool read_text(struct load_options *options, unsigned number, const char *text,
                      void *field) {
    const struct load_option_row *row = &load_option_rows[number];
    size_t bytes = strlen(text);
    if (bytes < strtoul(row->least, NULL, 10) || bytes > strtoul(row->most, NULL, 10)) return false;
    char *copy = strdup(text);
    if (copy == NULL) err(1, "no memory");
    free(options->texts[number]);
    options->texts[number] = copy;
    *(const char **)field = copy;
    return true;
}

static bool read_value(struct load_options *options, unsigned number, const char *text) {
    const struct load_option_row *row = &load_option_rows[number];
    void *field = (char *)&options->config + row->offset;
    if (is_amount(row)) return read_amount(row, text, field);
    if (row->kind == LOAD_WORD || row->kind == LOAD_FLAG) return read_word(row, text, field);
    return read_text(options, number, text, field);
}

/* What was probably meant, or NULL. */
static const char *suggest(const struct load_option_row *row, const char *text,
                           char out[WORD_BYTES]) {
    char room[WORD_BYTES];
    const char *words[MAX_WORDS + 1];
    if (is_amount(row)) return amount_suggest(amounts[row->kind], text, out) ? out : NULL;
    if (row->kind != LOAD_WORD && row->kind != LOAD_FLAG) return NULL;
    split_words(row, room, words);
    const char *meant = nearest(text, words);
    if (meant != NULL) snprintf(out, WORD_BYTES, "%s", meant);
    return meant != NULL ? out : NULL;
}

void load_options_init(struct load_options *options) {
    *options = (struct load_options){.config = {.url = NULL}};
    for (unsigned i = 0; i < LOAD_OPTION_COUNT; i++)
        if (*load_option_rows[i].standard != '\0')
            read_value(options, i, load_option_rows[i].standard); /* a test reads them all */
}

void load_options_fini(struct load_options *options) {
    for (unsigned i = 0; i < LOAD_OPTION_COUNT; i++) free(options->texts[i]);
    *options = (struct load_options){.config = {.url = NULL}};
}

void load_options_set(struct load_options *options, unsigned number, const char *text,
                      const struct origin *origin, struct problems *problems) {
    const struct load_option_row *row = &load_option_rows[number];
    struct load_options tried = {.config = options->config};
    bool good;
    if (origin->source < options->origins[number].source) { /* looked at all the same */
        good = read_value(&tried, number, text);
        free(tried.texts[number]);
    } else {
        good = read_value(options, number, text);
        options->origins[number] = *origin;
    }
    if (good) return;
    char allowed[LOAD_TEXT_BYTES], meant[WORD_BYTES];
    problems_value(problems, origin, row->name, text, load_option_allowed(row, allowed),
                   suggest(row, text, meant));
}

static json_t *value_json(const struct load_option_row *row, const void *field) {
    char room[WORD_BYTES];
    const char *words[MAX_WORDS + 1];
    switch (row->kind) {
    case LOAD_TEXT:
    case LOAD_FILE:
        return *(const char *const *)field != NULL ? json_string(*(const char *const *)field)
                                                   : json_null();
    case LOAD_FLAG:
        return json_boolean(*(const bool *)field);
    case LOAD_WORD:
        split_words(row, room, words);
        return json_string(words[*(const int *)field]);
    case LOAD_CORE:
        if (*(const int *)field < 0) return json_string(NONE);
        return json_integer(*(const int *)field);
    case LOAD_PID:
        return json_integer(*(const int *)field);
    case LOAD_COUNT:
    case LOAD_BYTES:
        return json_integer(row->bytes == sizeof(uint32_t)
                                ? (json_int_t) * (const uint32_t *)field
                                : (json_int_t) * (const uint64_t *)field);
    case LOAD_MICROS:
        return json_real(*(const double *)field / 1e6);
    default:
        return json_real(*(const double *)field);
    }
}

json_t *load_options_json(const struct load_config *config) {
    json_t *object = json_object();
    for (unsigned i = 0; object != NULL && i < LOAD_OPTION_COUNT; i++) {
        const struct load_option_row *row = &load_option_rows[i];
        if (json_object_set_new(object, row->name,
                                value_json(row, (const char *)config + row->offset)) == 0)
            continue;
        json_decref(object);
        object = NULL;
    }
    return object;
}
