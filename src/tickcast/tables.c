#include "tickcast/tables.h"

enum {
    NONE = 1 << COMMAND_NONE,
    SUB = 1 << COMMAND_SUB,
    PUB = 1 << COMMAND_PUB,
    CHECK = 1 << COMMAND_CHECK_STREAM
};

const struct command_row command_rows[COMMAND_COUNT] = {
    [COMMAND_SUB] =
        {"sub", "STREAM...", "receive what streams select and print it",
         "A stream has three elements, as '*/1Min/OHLCV' (quote it for the shell). Each message is "
         "a line: the key, two blanks, the data as JSON. Ends with 0 after --count messages or at "
         "Ctrl-C, with 1 if the first connection fails or the server refuses.\n\n"
         "A connection that is lost is made again after 1 s, 2 s and so on up to 30 s, each time "
         "less up to a half at random; standard error tells it. Messages of the time between are "
         "not received.\n\n"
         "    tickcast sub '{AAPL,MSFT}/Tick/*'\n\n"
         "    tickcast sub --table '*/1Min/OHLCV'",
         1, CLI_MAX_ARGUMENTS},
    [COMMAND_PUB] =
        {"pub", "[KEY JSON]", "publish one message, or many from standard input",
         "Without KEY and JSON it reads standard input: lines of {\"key\": \"AAPL/Tick/TRADE\", "
         "\"data\": ...}, or with --csv a header line that names the columns and one row per "
         "message. Each column becomes a field of the data: integers and decimals as numbers, all "
         "else as text; or those of --columns under other names and as another type. A bad line is "
         "told and left out, and the exit code is 1; 0 means that the broker has taken every "
         "message.\n\n"
         "    tickcast pub AAPL/Tick/TRADE '{\"Price\": 226.05, \"Size\": 100}'\n\n"
         "    zcat trades.csv.gz | tickcast pub --csv '{symbol}/Tick/TRADE' \\\n"
         "        --columns Price=price:float,Size=size:int",
         0, 2},
    [COMMAND_CHECK_STREAM] =
        {"check-stream", "PATTERN KEY", "tell whether a stream selects a key",
         "Exit code: 0 it does, 1 it does not (and why), 2 it is not a stream.\n\n"
         "    tickcast check-stream '{AAPL,MSFT}/*/OHLCV' AAPL/1Min/OHLCV",
         2, 2},
};

const struct cli_option_row cli_option_rows[] = {
#define ROW(name, value, kind, field, commands, sentence)                                          \
    { name, value, sentence, CLI_##kind, offsetof(struct cli, field), commands }
    ROW("--url", "URL", TEXT, url, SUB | PUB,
        "ws://HOST:PORT[/PATH], wss://... or unix:///SOCKET (standard: " CLI_URL ")"),
    ROW("--ca", "FILE", TEXT, ca, SUB | PUB,
        "authorities that may sign the server's certificate, PEM (standard: the system's)"),
    ROW("--cert", "FILE", TEXT, cert, SUB | PUB,
        "the client's own certificate, PEM, for a server that asks for one; with --key"),
    ROW("--key", "FILE", TEXT, key, SUB | PUB, "the private key of --cert, PEM"),
    ROW("--timeout", "SECONDS", SECONDS, timeout_ms, SUB | PUB,
        "time to connect, and for the answer to a subscribe (standard: 10)"),
    ROW("--json", NULL, FLAG, json, SUB, "print each message as one JSON object a line"),
    ROW("--raw", NULL, FLAG, raw, SUB,
        "write the messages as received: msgpack, one after the other"),
    ROW("--table", NULL, FLAG, table, SUB,
        "show the last message of each key in a table: on a terminal in place, else every 10 s"),
    ROW("--no-reconnect", NULL, FLAG, no_reconnect, SUB, "end with 1 when the connection is lost"),
    ROW("--count", "N", COUNT, count, SUB, "end after N messages"),
    ROW("--csv", "TEMPLATE", TEXT, csv, PUB,
        "read CSV; the key of a row, with columns in braces: '{symbol}/Tick/TRADE'"),
    ROW("--columns", "LIST", TEXT, columns, PUB,
        "fields of the data, FIELD=COLUMN or FIELD=COLUMN:TYPE with int, float or text"),
    ROW("--strict", NULL, FLAG, strict, PUB, "end at the first bad line, with 1"),
    ROW("--ack", NULL, FLAG, ack, PUB,
        "ask for an answer to each message: the broker's errors then name the line"),
    ROW("--json", NULL, FLAG, json, PUB,
        "print the summary as JSON on standard output, also when the connection broke"),
    ROW("--json", NULL, FLAG, json, CHECK,
        "print the answer as JSON on standard output: match, pattern, key, why"),
    ROW("--json", NULL, FLAG, json, NONE, "with --version: print it as JSON"),
    ROW("--help", NULL, FLAG, help, ~0U, "print this help (also -h)"),
    ROW("--version", NULL, FLAG, version, ~0U, "print the version"),
#undef ROW
};
const size_t cli_option_count = sizeof cli_option_rows / sizeof *cli_option_rows;

const struct help_row cli_signals[] = {
    {"SIGINT, SIGTERM", "sub closes the connection and ends with 0; others end at once"},
    {NULL, NULL},
};

const struct help_row cli_environment[] = {
    {"NO_COLOR", "if it is set and not empty, nothing is shown in colour or bold"},
    {"TERM", "the same if it is dumb; a table is then not changed in place"},
    {"SSL_CERT_FILE, SSL_CERT_DIR",
     "where OpenSSL looks for the system's authorities, which count without --ca"},
    {NULL, NULL},
};
