/* tickcast(1). */
#include "manual/options.h"
#include "manual/pages.h"
#include "manual/roff.h"
#include "tickcast/topics.h"

static void put_command(enum command command, struct roff *page) {
    struct program_option options[OPTIONS_MAX];
    size_t count = options_of_command(command, options);
    if (command) {
        const struct command_row *row = &command_rows[command];
        roff_subsection(page, row->name);
        roff_line(page, row->name, row->arguments);
        roff_text(page, row->sentence);
        roff_text(page, row->details);
    }
    for (size_t i = 0; i < count; i++)
        roff_item(page, options[i].name, options[i].value, options[i].sentence);
}

static void put_topic(const struct topic *topic, struct roff *page) {
    roff_subsection(page, topic->name);
    roff_text(page, topic->sentence);
    if (*topic->text != '\0') {
        roff_text(page, topic->text);
    }
    if (topic->rows != NULL) roff_rows(page, topic->rows);
}

void page_commands(struct roff *page) {
    static const char *const more[] = {"tickcastd(8)", "tickcast.yml(5)", "libtickcast(3)",
                                       "tickcast-bench(1)", NULL};
    roff_begin(page, "tickcast", 1, "the command line of the tickcast broker");
    roff_section(page, "SYNOPSIS");
    for (size_t i = COMMAND_SUB; i < COMMAND_COUNT; i++) {
        char usage[OPTIONS_TEXT_BYTES];
        snprintf(usage, sizeof usage, "%s [OPTION...] %s", command_rows[i].name,
                 command_rows[i].arguments);
        roff_line(page, "tickcast", usage);
    }
    roff_line(page, "tickcast", "help [TOPIC]");
    roff_section(page, "DESCRIPTION");
    roff_text(page,
              "`tickcast` subscribes to and publishes on a broker, `tickcastd`(8) or MarketStore. "
              "Options stand before, between or after the arguments of a command; -- ends them.");
    roff_section(page, "OPTIONS");
    roff_text(page, "Without a command:");
    put_command(COMMAND_NONE, page);
    roff_section(page, "COMMANDS");
    for (int command = COMMAND_SUB; command < COMMAND_COUNT; command++)
        put_command((enum command)command, page);
    roff_subsection(page, "help");
    roff_line(page, "help", "[TOPIC]");
    roff_text(page, "print the options of a command, or one of the topics below");
    roff_section(page, "TOPICS");
    for (size_t i = 0; i < topic_count; i++) put_topic(&topics[i], page);
    roff_section(page, "EXIT STATUS");
    roff_rows(page, exit_code_rows);
    roff_section(page, "ENVIRONMENT");
    roff_rows(page, cli_environment);
    roff_section(page, "SIGNALS");
    roff_rows(page, cli_signals);
    roff_section(page, "EXAMPLES");
    roff_text(page, "What two symbols do:\n\n"
                    "    tickcast sub '{AAPL,MSFT}/Tick/*'\n\n"
                    "One message:\n\n"
                    "    tickcast pub AAPL/Tick/TRADE '{\"Price\": 226.05, \"Size\": 100}'\n\n"
                    "A file of rows, each a message:\n\n"
                    "    zcat trades.csv.gz | tickcast pub --csv '{symbol}/Tick/TRADE'");
    roff_see_also(page, more);
}
