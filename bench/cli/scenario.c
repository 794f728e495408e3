#include "cli/scenario.h"

#include <dirent.h>
#include <err.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "base/nearest.h"
#include "base/paste.h"
#include "base/words.h"

#define FOLDER  "/../share/tickcast/scenarios"
#define ENDING  ".yaml"
#define ALLOWED "allowed are lines `NAME: VALUE` only"

static char *copy_of(const char *text) {
    char *copy = strdup(text);
    if (copy == NULL) err(1, "no memory");
    return copy;
}

static bool folder_of(char out[PATH_MAX]) {
    if (!paste_self(out, PATH_MAX)) return false;
    char *slash = strrchr(out, '/');
    if (slash == NULL || (size_t)(slash - out) + sizeof FOLDER > PATH_MAX) return false;
    memcpy(slash, FOLDER, sizeof FOLDER);
    return true;
}

static int compare_names(const void *a, const void *b) {
    return strcmp(*(char *const *)a, *(char *const *)b);
}

char **scenario_names(void) {
    char folder[PATH_MAX];
    char **names = calloc(SCENARIO_NAMES_MAX + 1, sizeof *names);
    if (names == NULL) err(1, "no memory");
    DIR *open = folder_of(folder) ? opendir(folder) : NULL;
    size_t count = 0;
    for (struct dirent *entry; open != NULL && (entry = readdir(open)) != NULL;) {
        size_t bytes = strlen(entry->d_name), ending = strlen(ENDING);
        if (bytes <= ending || strcmp(entry->d_name + bytes - ending, ENDING) != 0) continue;
        if (count == SCENARIO_NAMES_MAX) break;
        names[count] = copy_of(entry->d_name);
        names[count++][bytes - ending] = '\0';
    }
    if (open != NULL) closedir(open);
    qsort(names, count, sizeof *names, compare_names);
    return names;
}

void scenario_names_free(char **names) {
    for (char **name = names; *name != NULL; name++) free(*name);
    free(names);
}

bool scenario_find(const char *name, char path[PATH_MAX], char error[LOAD_TEXT_BYTES]) {
    char folder[PATH_MAX], list[LOAD_TEXT_BYTES / 2];
    if (strpbrk(name, "/.") != NULL) {
        if (snprintf(path, PATH_MAX, "%s", name) < PATH_MAX) return true;
        snprintf(error, LOAD_TEXT_BYTES, "the path of the scenario is too long");
        return false;
    }
    char **names = scenario_names();
    bool found = false;
    for (char **known = names; *known != NULL && !found; known++) found = !strcmp(*known, name);
    if (found && folder_of(folder))
        found = snprintf(path, PATH_MAX, "%s/%s" ENDING, folder, name) < PATH_MAX;
    if (!found) {
        const char *meant = nearest(name, (const char *const *)names);
        *list = '\0';
        words_join((const char *const *)names, list, sizeof list);
        snprintf(error, LOAD_TEXT_BYTES, "'%.64s': allowed is %s%sthe path of a file%s%s%s", name,
                 list, *list != '\0' ? ", or " : "", meant != NULL ? "; did you mean '" : "",
                 meant != NULL ? meant : "", meant != NULL ? "'?" : "");
    }
    scenario_names_free(names);
    return found;
}

struct file {
    yaml_parser_t parser;
    const char *text;
    struct load_options *options;
    struct problems *problems;
    unsigned lines[LOAD_OPTION_COUNT]; /* where each was set; 0: not yet */
    unsigned description_line;
    char *description;
};

static void complain(struct file *file, const yaml_mark_t *mark, const char *name,
                     const char *sentence) {
    struct origin origin = {FROM_FILE, (unsigned)mark->line + 1};
    problems_add(file->problems, &origin, name, "%s", sentence);
}

/* A character that is not UTF-8 has an offset only. */
static unsigned line_of_error(const struct file *file) {
    const yaml_parser_t *parser = &file->parser;
    if (parser->error != YAML_READER_ERROR) return (unsigned)parser->problem_mark.line + 1;
    unsigned line = 1;
    const char *end = file->text + parser->problem_offset;
    for (const char *at = file->text; (at = memchr(at, '\n', (size_t)(end - at))); at++) line++;
    return line;
}

static bool next(struct file *file, yaml_event_t *event) {
    if (yaml_parser_parse(&file->parser, event)) return true;
    struct origin origin = {FROM_FILE, line_of_error(file)};
    const char *problem = file->parser.problem;
    problems_add(file->problems, &origin, NULL, "not YAML: %s",
                 problem != NULL ? problem : "no memory");
    return false;
}

/* The text of a scalar that has no zero byte in it; else NULL. */
static const char *scalar(const yaml_event_t *event) {
    if (event->type != YAML_SCALAR_EVENT) return NULL;
    const char *text = (const char *)event->data.scalar.value;
    return strlen(text) == event->data.scalar.length ? text : NULL;
}

/* Reads on to the end of a list or map that has begun. */
static bool skip(struct file *file, const yaml_event_t *begun) {
    int depth = begun->type == YAML_SEQUENCE_START_EVENT || begun->type == YAML_MAPPING_START_EVENT;
    while (depth > 0) {
        yaml_event_t event;
        if (!next(file, &event)) return false;
        depth += event.type == YAML_SEQUENCE_START_EVENT || event.type == YAML_MAPPING_START_EVENT;
        depth -= event.type == YAML_SEQUENCE_END_EVENT || event.type == YAML_MAPPING_END_EVENT;
        yaml_event_delete(&event);
    }
    return true;
}

static void set(struct file *file, const char *name, const yaml_event_t *key, const char *value) {
    struct origin origin = {FROM_FILE, (unsigned)key->start_mark.line + 1};
    int number = load_option_find(name);
    bool describes = strcmp(name, "description") == 0;
    if (number < 0 && !describes) {
        char shown[PROBLEMS_VALUE_BYTES];
        const char *meant = load_option_nearest(name);
        problems_add(file->problems, &origin, problems_shown(name, shown), "unknown name%s%s%s",
                     meant != NULL ? "; did you mean '" : "", meant != NULL ? meant : "",
                     meant != NULL ? "'?" : "");
        return;
    }
    unsigned *line = describes ? &file->description_line : &file->lines[number];
    if (*line != 0) {
        problems_add(file->problems, &origin, name, "was set already in line %u", *line);
        return;
    }
    *line = origin.line;
    char allowed[LOAD_TEXT_BYTES] = "a text";
    if (!describes) load_option_allowed(&load_option_rows[number], allowed);
    if (value == NULL)
        problems_add(file->problems, &origin, name, "is not one value: allowed is %s", allowed);
    else if (describes)
        file->description = copy_of(value);
    else
        load_options_set(file->options, (unsigned)number, value, &origin, file->problems);
}

/* The value of `key`, and what stands in it. */
static bool read_value(struct file *file, const yaml_event_t *key) {
    yaml_event_t value;
    const char *name = scalar(key);
    if (!next(file, &value)) return false;
    if (name == NULL)
        complain(file, &key->start_mark, NULL, ALLOWED);
    else
        set(file, name, key, scalar(&value));
    bool good = skip(file, &value);
    yaml_event_delete(&value);
    return good;
}

static void read_map(struct file *file) {
    for (bool more = true; more;) {
        yaml_event_t key;
        if (!next(file, &key)) return;
        more = key.type != YAML_MAPPING_END_EVENT;
        if (more) more = skip(file, &key) && read_value(file, &key);
        yaml_event_delete(&key);
    }
}

static void read_events(struct file *file) {
    yaml_event_t event;
    bool map = false;
    for (yaml_event_type_t type = YAML_NO_EVENT; type != YAML_STREAM_END_EVENT;) {
        if (!next(file, &event)) return;
        type = event.type;
        if (type == YAML_DOCUMENT_START_EVENT && map) {
            complain(file, &event.start_mark, NULL, "a second document; one is allowed");
            type = YAML_STREAM_END_EVENT;
        } else if (type == YAML_MAPPING_START_EVENT) {
            map = true;
            read_map(file);
            if (file->parser.error != YAML_NO_ERROR) type = YAML_STREAM_END_EVENT;
        } else if (type == YAML_SCALAR_EVENT || type == YAML_SEQUENCE_START_EVENT) {
            complain(file, &event.start_mark, NULL, ALLOWED);
            map = true;
            type = YAML_STREAM_END_EVENT;
        }
        yaml_event_delete(&event);
    }
    const struct origin whole = {FROM_FILE, 0};
    if (!map) problems_add(file->problems, &whole, NULL, "is empty: " ALLOWED);
}

void scenario_read(const char *text, size_t bytes, struct load_options *options,
                   struct problems *problems, char **description) {
    struct file file = {.text = text, .options = options, .problems = problems};
    if (!yaml_parser_initialize(&file.parser)) err(1, "no memory");
    yaml_parser_set_input_string(&file.parser, (const unsigned char *)text, bytes);
    read_events(&file);
    yaml_parser_delete(&file.parser);
    if (description != NULL)
        *description = file.description;
    else
        free(file.description);
}

void scenario_load(const char *path, struct load_options *options, struct problems *problems,
                   char **description) {
    const struct origin whole = {FROM_FILE, 0};
    char *text = malloc(SCENARIO_BYTES_MAX + 1);
    if (text == NULL) err(1, "no memory");
    problems->file = path;
    if (description != NULL) *description = NULL;
    FILE *open = fopen(path, "re");
    size_t bytes = open != NULL ? fread(text, 1, SCENARIO_BYTES_MAX + 1, open) : 0;
    if (open == NULL || ferror(open))
        problems_add(problems, &whole, NULL, "cannot be read: %s", strerror(errno));
    else if (bytes > SCENARIO_BYTES_MAX)
        problems_add(problems, &whole, NULL, "is longer than %d bytes", SCENARIO_BYTES_MAX);
    else
        scenario_read(text, bytes, options, problems, description);
    if (open != NULL) fclose(open);
    free(text);
}
