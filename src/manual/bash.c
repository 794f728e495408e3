/* Completion for bash, without the helpers of the package bash-completion. */
#include <string.h>

#include "feed/options.h"
#include "manual/completion.h"
#include "manual/options.h"

/* `=` is a word of its own there: --name=value is three. */
static const char words_of_line[] =
    "    local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} value=\n"
    "    COMPREPLY=()\n"
    "    if [[ $cur == = ]]; then\n"
    "        cur= value=yes\n"
    "    elif [[ $prev == = ]]; then\n"
    "        prev=${COMP_WORDS[COMP_CWORD-2]} value=yes\n"
    "    fi\n";

static void begin(const char *function, FILE *out) {
    fprintf(out, "# Made when tickcast was built, from the tables of the programs.\n%s() {\n%s",
            function, words_of_line);
}

static void end(const char *function, const char *program, FILE *out) {
    fprintf(out, "}\ncomplete -F %s %s\n", function, program);
}

static void put_feeds(FILE *out) {
    fputs("            local words=\n"
          "            compopt -o nospace 2>/dev/null\n"
          "            case $cur in\n",
          out);
    for (int type = 0; type < FEED_TYPES; type++) {
        char names[OPTIONS_TEXT_BYTES];
        fprintf(out, "            %s,*) words='%s' ;;\n", feed_type_names[type],
                options_of_feed(type, names));
    }
    fputs("            *) COMPREPLY=($(compgen -W '", out);
    for (int type = 0; type < FEED_TYPES; type++)
        fprintf(out, "%s%s", type > 0 ? " " : "", feed_type_names[type]);
    fputs("' -- \"$cur\")); return ;;\n"
          "            esac\n"
          "            COMPREPLY=($(compgen -P \"${cur%,*},\" -W \"$words\" -- \"${cur##*,}\"))\n"
          "            return ;;\n",
          out);
}

/* The options whose values are of one kind, as a pattern; false if there are none. */
static bool put_names(const struct program_option *options, size_t count, enum value_kind kind,
                      FILE *out) {
    bool any = false;
    for (size_t i = 0; i < count; i++) {
        if (value_kind(&options[i]) != kind) continue;
        fprintf(out, "%s%s", any ? "|" : "        ", options[i].name);
        if (strcmp(options[i].name, "--config") == 0) fputs("|-c", out);
        any = true;
    }
    if (any) fputs(")\n", out);
    return any;
}

static void put_words(const struct program_option *option, FILE *out) {
    char words[OPTIONS_TEXT_BYTES];
    if (value_kind(option) != VALUE_WORDS) return;
    fprintf(out, "        %s)\n            COMPREPLY=($(compgen -W '%s' -- \"$cur\")); return ;;\n",
            option->name, value_words(option, words));
}

/* Values of options, then names of options. */
static void put_options(const struct program_option *options, size_t count, FILE *out) {
    fputs("        case $prev in\n", out);
    if (put_names(options, count, VALUE_FREE, out)) fputs("            return ;;\n", out);
    if (put_names(options, count, VALUE_FILE, out))
        fputs("            compopt -o filenames 2>/dev/null\n"
              "            mapfile -t COMPREPLY < <(compgen -f -- \"$cur\")\n"
              "            return ;;\n",
              out);
    if (put_names(options, count, VALUE_FEED, out)) put_feeds(out);
    if (put_names(options, count, VALUE_SCENARIO, out))
        fputs("            COMPREPLY=($(compgen -W \"$(" COMPLETION_SCENARIOS ")\" -- \"$cur\"))\n"
              "            return ;;\n",
              out);
    for (size_t i = 0; i < count; i++) put_words(&options[i], out);
    fputs("        esac\n"
          "        [[ $value ]] && return\n"
          "        COMPREPLY=($(compgen -W '",
          out);
    for (size_t i = 0; i < count; i++) fprintf(out, "%s%s", i > 0 ? " " : "", options[i].name);
    fputs("' -- \"$cur\"))\n", out);
}

void bash_daemon(FILE *out) {
    struct program_option options[2 * OPTIONS_MAX];
    size_t count = options_of_flags(options);
    count += options_of_settings(options + count);
    begin("_tickcastd", out);
    put_options(options, count, out);
    end("_tickcastd", "tickcastd", out);
}

bool completion_of_files(const struct program_command *command) {
    return command->arguments != NULL && strncmp(command->arguments, "RESULT", 6) == 0;
}

static void put_commands(const struct program *program, FILE *out) {
    for (int number = 1; number < program->commands; number++)
        fprintf(out, "%s ", program->command(number).name);
}

static void put_command(const struct program *program, int number, FILE *out) {
    struct program_option options[OPTIONS_MAX];
    const struct program_command command = program->command(number);
    fprintf(out, "    %s)\n", command.name);
    put_options(options, program->options(number, options), out);
    if (completion_of_files(&command))
        fputs("        [[ $cur == -* ]] || mapfile -t COMPREPLY < <(compgen -f -- \"$cur\")\n",
              out);
    if (command.arguments != NULL && strcmp(command.arguments, "[NAME]") == 0)
        fputs("        [[ $cur == -* ]] ||\n"
              "            COMPREPLY=($(compgen -W \"$(" COMPLETION_SCENARIOS ")\" -- \"$cur\"))\n",
              out);
    fputs("        return ;;\n", out);
}

void bash_program(const struct program *program, FILE *out) {
    struct program_option options[OPTIONS_MAX];
    char function[64];
    snprintf(function, sizeof function, "_%s", program->name);
    begin(function, out);
    fputs("    local command=\n"
          "    ((COMP_CWORD > 1)) && command=${COMP_WORDS[1]}\n"
          "    case $command in\n",
          out);
    for (int number = 1; number < program->commands; number++) put_command(program, number, out);
    fputs("    help)\n        COMPREPLY=($(compgen -W '", out);
    put_commands(program, out);
    for (size_t i = 0; i < program->topic_count; i++) fprintf(out, "%s ", program->topics[i].name);
    fputs("' -- \"$cur\"))\n        return ;;\n    esac\n    local words='", out);
    put_commands(program, out);
    fputs("help'\n    [[ $cur == -* ]] && words='", out);
    size_t count = program->options(0, options);
    for (size_t i = 0; i < count; i++) fprintf(out, "%s%s", i > 0 ? " " : "", options[i].name);
    fputs("'\n    COMPREPLY=($(compgen -W \"$words\" -- \"$cur\"))\n", out);
    end(function, program->name, out);
}
