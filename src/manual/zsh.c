/* Completion for zsh. */
#include <string.h>

#include "feed/options.h"
#include "manual/completion.h"
#include "manual/options.h"

/* Completes names of scenarios; defined in the script of the load tool. */
#define SCENARIOS "_tickcast-bench_scenarios"

/* A text inside '...' in which `special` characters are quoted for zsh's own functions. */
static void put(const char *text, const char *special, FILE *out) {
    for (; *text != '\0'; text++) {
        if (*text == '\'') {
            fputs("'\\''", out);
            continue;
        }
        if (strchr(special, *text) != NULL) fputc('\\', out);
        fputc(*text, out);
    }
}

/* One argument of _arguments. */
static void put_option(const struct program_option *option, FILE *out) {
    char words[OPTIONS_TEXT_BYTES];
    enum value_kind kind = value_kind(option);
    bool repeated = strstr(option->sentence, "may be repeated") != NULL;
    fputs(" \\\n        ", out);
    if (strcmp(option->name, "--config") == 0)
        fputs("'(-c --config)'{-c,--config=}'[", out);
    else
        fprintf(out, "'%s%s%s[", repeated ? "*" : "", option->name, kind != VALUE_NONE ? "=" : "");
    put(option->sentence, "[]\\", out);
    fputs("]", out);
    if (kind != VALUE_NONE) {
        fputs(":", out);
        put(option->value, ":\\", out);
        fputs(":", out);
    }
    if (kind == VALUE_FREE) fputs(" ", out);
    if (kind == VALUE_FILE) fputs("_files", out);
    if (kind == VALUE_FEED) fputs("_tickcastd_feed", out);
    if (kind == VALUE_SCENARIO) fputs(SCENARIOS, out);
    if (kind == VALUE_WORDS) fprintf(out, "(%s)", value_words(option, words));
    fputs("'", out);
}

static void put_options(const struct program_option *options, size_t count, FILE *out) {
    fputs("_arguments", out);
    for (size_t i = 0; i < count; i++) put_option(&options[i], out);
}

static void begin(const char *program, FILE *out) {
    fprintf(out,
            "#compdef %s\n# Made when tickcast was built, from the tables of the programs.\n\n",
            program);
}

static void put_feeds(FILE *out) {
    fputs("_tickcastd_feed() {\n    local -a names\n    case $PREFIX in\n", out);
    for (int type = 0; type < FEED_TYPES; type++) {
        char names[OPTIONS_TEXT_BYTES];
        fprintf(out, "    %s,*) names=(%s) ;;\n", feed_type_names[type],
                options_of_feed(type, names));
    }
    fputs("    *) compadd -S '' --", out);
    for (int type = 0; type < FEED_TYPES; type++) fprintf(out, " %s", feed_type_names[type]);
    fputs("; return ;;\n    esac\n    compset -P '*,'\n    compadd -S '' -- $names\n}\n\n", out);
}

void zsh_daemon(FILE *out) {
    struct program_option options[2 * OPTIONS_MAX];
    size_t count = options_of_flags(options);
    count += options_of_settings(options + count);
    begin("tickcastd", out);
    put_feeds(out);
    fputs("_tickcastd() {\n    ", out);
    put_options(options, count, out);
    fputs("\n}\n\n_tickcastd \"$@\"\n", out);
}

/* One element of an array that _describe takes. */
static void put_described(const char *name, const char *sentence, FILE *out) {
    fputs("        '", out);
    put(name, ":\\", out);
    fputs(":", out);
    put(sentence, "\\", out);
    fputs("'\n", out);
}

static void put_commands(const struct program *program, FILE *out) {
    for (int number = 1; number < program->commands; number++)
        put_described(program->command(number).name, program->command(number).sentence, out);
}

static void put_command(const struct program *program, int number, FILE *out) {
    struct program_option options[OPTIONS_MAX];
    const struct program_command command = program->command(number);
    fprintf(out, "    %s) ", command.name);
    put_options(options, program->options(number, options), out);
    if (completion_of_files(&command)) {
        fputs(" \\\n        '*:result:_files' ;;\n", out);
    } else if (strcmp(command.arguments, "[NAME]") == 0) {
        fputs(" \\\n        '1:scenario:" SCENARIOS "' ;;\n", out);
    } else {
        fputs(" \\\n        '*:", out);
        put(command.arguments, ":\\", out);
        fputs(": ' ;;\n", out);
    }
}

void zsh_program(const struct program *program, FILE *out) {
    struct program_option options[OPTIONS_MAX];
    begin(program->name, out);
    if (strcmp(program->name, "tickcast-bench") == 0)
        fputs(SCENARIOS "() {\n    compadd -- $(" COMPLETION_SCENARIOS ")\n}\n\n", out);
    fprintf(out, "_%s() {\n    local -a commands topics\n    commands=(\n", program->name);
    put_commands(program, out);
    put_described("help", "the options of a command, or a topic", out);
    fputs("    )\n    topics=(\n", out);
    put_commands(program, out);
    for (size_t i = 0; i < program->topic_count; i++)
        put_described(program->topics[i].name, program->topics[i].sentence, out);
    fputs("    )\n"
          "    if ((CURRENT == 2)) && [[ $PREFIX != -* ]]; then\n"
          "        _describe command commands\n"
          "        return\n"
          "    fi\n"
          "    local command=$words[2]\n"
          "    if ((CURRENT > 2)); then\n"
          "        shift words\n"
          "        ((CURRENT--))\n"
          "    fi\n"
          "    case $command in\n"
          "    help) _describe topic topics ;;\n",
          out);
    for (int number = 1; number < program->commands; number++) put_command(program, number, out);
    fputs("    *) ", out);
    put_options(options, program->options(0, options), out);
    fprintf(out, " ;;\n    esac\n}\n\n_%s \"$@\"\n", program->name);
}
