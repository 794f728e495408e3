#include "tickcast/topics.h"

#include <string.h>

#include "tickcast/tables.h"

static const struct help_row globs[] = {
    {"*", "any characters but /, also none"},
    {"**", "the same, and / too"},
    {"?", "one character but /"},
    {"[abc], [a-z]", "one character of a list or of one range"},
    {"[!abc], [!a-z]", "one character that is not in it"},
    {"{AAPL,MSFT}", "one of these, each a pattern; they may nest"},
    {"\\", "takes the next character as it is"},
    {NULL, NULL},
};

static const struct help_row closings[] = {
    {"1000", "a client has closed, and is answered with its own code"},
    {"1001", "the broker stops"},
    {"1002", "a violation of RFC 6455"},
    {"1007", "TEXT that is not UTF-8, with strict_utf8; or a close reason that is not"},
    {"1008",
     "a reader was evicted: slow_memory, slow_time or a budget of memory; or a message came "
     "in more than max_fragments frames"},
    {"1009", "a message longer than max_message, or on /publish than max_payload and 1 KiB"},
    {NULL, NULL},
};

static const struct help_row jsons[] = {
    {"sub", "each message is an object with key and data"},
    {"pub", "the summary"},
    {"check-stream", "match, pattern, key, why"},
    {"--version", "name and version"},
    {"tickcastd", "what the menu of a start without a file tells; with --check the settings that "
                  "count"},
    {NULL, NULL},
};

const struct topic topics[] = {
    {"streams", "patterns that select keys",
     "A stream is a pattern for keys: three elements with two / between them, in each of which * "
     "and others stand for something else. Upper and lower case differ. Quote it for the "
     "shell.\n\n"
     "    tickcast sub '{AAPL,MSFT}/Tick/*'\n\n"
     "A subscription is a list of streams; a message that several of them select comes once. The "
     "command check-stream tells whether a stream selects a key, and if not, why:\n\n"
     "    tickcast check-stream '{AAPL,MSFT}/*/OHLCV' AAPL/1Min/OHLCV\n\n"
     "A stream has exactly two /, also counting those inside braces. One that can never match, as "
     "with an open bracket, may be subscribed all the same.",
     globs},
    {"keys", "what messages are published under",
     "A key is SYMBOL/TIMEFRAME/ATTRIBUTE, as AAPL/1Min/OHLCV or AAPL/Tick/TRADE: exactly three "
     "elements, none of them empty, at most max_key_bytes (256) of UTF-8, without control "
     "characters and without * ? [ ] { } \\. A : and what follows it are cut off first, so that "
     "MarketStore's AAPL/1Min/OHLCV:Symbol/Timeframe/AttributeGroup is AAPL/1Min/OHLCV.\n\n"
     "The messages of one key reach all subscribers in one order, whoever published them. The "
     "data of a message is any msgpack object, and passes through byte for byte.",
     NULL},
    {"subscribing", "what a subscriber sends and receives",
     "A client connects to the WebSocket /ws and sends a msgpack map with the field streams, a "
     "list of texts. The answer is the same map, or a map with the field error, and then the old "
     "list stays. Messages are maps with key and data. Another request replaces the list; one "
     "without streams changes nothing. There is no sign-on: access goes by address, by "
     "subscribers_from.\n\n"
     "    tickcast sub '{AAPL,MSFT}/Tick/*'\n\n"
     "A reader that does not keep up costs the others nothing: when it is slow_memory (16MiB) "
     "behind, or takes nothing for slow_time (10s), it is evicted with code 1008. These are the "
     "codes with which connections are closed:",
     closings},
    {"publishing", "who may publish, and how",
     "Publishers connect to the WebSocket /publish and send maps with key and data, as BINARY "
     "msgpack or as TEXT JSON. With an id (text, number or boolean) the answer is {\"ack\": id} "
     "once the message is on its way to every subscriber; a bad message is answered "
     "{\"error\": text} and is not delivered, and the connection stays open. When the broker is "
     "full it stops reading: nothing is dropped.\n\n"
     "    tickcast pub AAPL/Tick/TRADE '{\"Price\": 226.05, \"Size\": 100}'\n\n"
     "Publishing changes prices. Until the configuration says `publishers_from: any`, only this "
     "host and Unix sockets may, and no request with an Origin or forwarding header, since a page "
     "in a browser on this host comes from here too. Others get 403 and the line to set.\n\n"
     "Publishers on other machines, on a private address:\n\n"
     "    listen: [192.0.2.1:5993]\n"
     "    publishers_from: any",
     NULL},
    {"feeds", "what the daemon publishes by itself",
     "A feed is a source of data inside tickcastd, on a thread of its own: sim is an invented "
     "market, replay reads the rows of a file, stdin reads messages. One that fails says why, is "
     "run again later and leaves the rest alone.\n\n"
     "    tickcastd --demo\n\n"
     "In the configuration feeds are a list of maps; on the command line it is "
     "--feed TYPE,NAME=VALUE. tickcastd --help and tickcast.yml(5) have all their options.",
     NULL},
    {"tls", "listeners and clients that speak TLS",
     "A listener with a certificate and its key speaks TLS, beside others that do not:\n\n"
     "    listen:\n"
     "      - 0.0.0.0:5993\n"
     "      - {address: 0.0.0.0:5994, cert: certs/server.pem, key: certs/server.key}\n"
     "      - unix:tickcast.sock\n\n"
     "On the command line it is --listen-tls HOST --cert FILE --key FILE; port 5994 where none is "
     "named. Both files are PEM; the certificate comes first, then those that lead to its "
     "authority. Further ones, for other names, are `certificates`, a list of maps with cert and "
     "key: a client gets the one of the host name it asks for (SNI), else the first. TLS is 1.3, "
     "or "
     "1.2 with ECDHE and AEAD ciphers.\n\n"
     "The files are read again when they change and on SIGHUP. One that is bad is refused, and the "
     "log says which and why: new clients then get what was served before. Certificates that end "
     "within 14 days are warned of at the start, when they are read again and once a day.\n\n"
     "With `client_ca` (PEM) clients need a certificate of that authority; with `client_auth: "
     "optional` those that have none come in too. Clients resume sessions without another full "
     "handshake; with tls_ticket_file also after a restart.\n\n"
     "For a try-out, "
     "scripts/gen-certs in the source makes an authority and a certificate of localhost. Clients "
     "use wss:// and must trust the authority, with --ca where the system does not:\n\n"
     "    tickcast sub --url wss://localhost:5994 --ca certs/ca.pem '*/*/*'",
     NULL},
    {"limits", "what is bounded, and by which setting",
     "Whatever could grow has a limit, which is a setting of tickcastd. Of one connection: "
     "max_streams (4096), max_glob_streams (256), max_crossing_streams (16), max_stream_bytes "
     "(256), max_message (256KiB), slow_memory (16MiB), slow_time (10s), message_rate (20) and "
     "message_burst (100). Of one address, in a second: connection_rate and handshake_rate (0: no "
     "limit). Of one message: "
     "max_key_bytes (256), max_payload (1MiB), max_fragments (4096). Of all together: "
     "max_connections (0: the file limit less 64), outbound_memory (0: a quarter of the memory),"
     " inbound_memory (64MiB), ring_memory (64MiB). Of one worker: max_subscriptions (1000000), "
     "max_cached_keys (1000000).\n\n"
     "A subscription that is over a limit is answered with an error that names it, and what was "
     "subscribed stays; a message that is too long ends its connection with 1009; one above "
     "message_rate, against which a request of many streams counts several times, waits for its "
     "turn. "
     "The settings "
     "that count, where each came from, and the memory that can be "
     "needed at worst:\n\n"
     "    tickcastd -c tickcast.yml --check\n\n"
     "tickcastd raises its file limit to what it is allowed. Where that, somaxconn or the range of "
     "ports is too small, it says so with the command that cures it.",
     NULL},
    {"marketstore", "coming from MarketStore",
     "Clients of MarketStore's streams change the host name and nothing else: port 5993, path /ws "
     "and every byte are the same. tickcast streams only; it stores nothing and answers no "
     "queries. A MarketStore that goes on writing can be relayed, here to a tickcastd on port "
     "5994:\n\n"
     "    tickcastd --listen 0.0.0.0:5994\n\n"
     "    tickcast sub --json '*/*/*' | tickcast pub --url ws://127.0.0.1:5994\n\n"
     "tickcastd reads listen_port as MarketStore does; stop_grace_period is stop_timeout, and the "
     "log_level info is notice. Where the answers differ from MarketStore's, README.md says how.",
     NULL},
    {"json", "what --json prints, and JSON to msgpack",
     "With --json a command prints one JSON value a line on standard output, for programs; what "
     "goes wrong is told on standard error, as without it.\n\n"
     "msgpack that JSON has no form for: bin is base64 text, NaN and infinities are null, ext is "
     "{\"ext\": type, \"data\": base64}, a map key that is no text is its JSON as text, and bytes "
     "that are not UTF-8 become U+FFFD. A float keeps a point (1.0), an integer has none. In the "
     "other direction integers become integers, other numbers float64; an integer outside 64 bits "
     "with sign and a field that is there twice are errors.",
     jsons},
    {"environment", "variables that change what tickcast does", "", cli_environment},
    {"exit-codes", "what the programs end with",
     "check-stream ends with 0 if the stream selects the key, with 1 if it does not, and with 2 if "
     "it is no stream. All others:",
     exit_code_rows},
};
const size_t topic_count = sizeof topics / sizeof *topics;

const struct topic *topic_find(const char *name) {
    for (size_t i = 0; i < topic_count; i++)
        if (strcmp(topics[i].name, name) == 0) return &topics[i];
    return NULL;
}

void topic_print(const struct topic *topic, FILE *out) {
    fprintf(out, "%s: %s\n\n", topic->name, topic->sentence);
    help_text(topic->text, out);
    if (topic->rows == NULL) return;
    if (*topic->text != '\0') fputc('\n', out);
    help_rows(topic->rows, out);
}
