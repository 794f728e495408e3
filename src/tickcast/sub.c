#include <errno.h>
#include <locale.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/printable.h"
#include "proto/json.h"
#include "tickcast/commands.h"
#include "tickcast/subscriber.h"
#include "tickcast/view.h"

#define OUTPUT_BYTES (256 * 1024)
#define KEY_TEXT     4096
#define LINE_BYTES   (SUBSCRIBER_WHY_BYTES + 64)

struct sub {
    const struct cli *options;
    const char *url;
    struct subscriber subscriber;
    struct view view; /* with --table */
    uint64_t received;
    bool loud;  /* stderr may be written while the subscription lives */
    bool ended; /* for a reason of the subscriber's */
};

static enum exit_code complain(const char *text) {
    fflush(stdout);
    char shown[COMPLAINT_BYTES];
    fprintf(stderr, "tickcast sub: %s\n", printable(text, strlen(text), shown, sizeof shown));
    return EXIT_FAILED;
}

/* Tells how the connection is: above the table, and on stderr where that does not spoil it. */
static void tell(struct sub *sub, const char *state, const char *line) {
    if (sub->options->table) view_state(&sub->view, state);
    if (line && sub->loud) complain(line);
}

static void tell_connected(struct sub *sub) {
    char line[LINE_BYTES];
    double away_s = (double)sub->subscriber.away_ns / (double)NS_PER_S;
    if (away_s > 0)
        snprintf(line, sizeof line, "connected again after %.1f s", away_s);
    else
        snprintf(line, sizeof line, "connected to %s", sub->url);
    tell(sub, "connected", away_s > 0 || isatty(STDERR_FILENO) ? line : NULL);
}

static void tell_lost(struct sub *sub) {
    const struct subscriber *subscriber = &sub->subscriber;
    char state[LINE_BYTES], line[LINE_BYTES];
    const char *why = subscriber->why; /* it may begin with the URL, which is said already */
    size_t bytes = strlen(sub->url);
    double wait_s = (double)subscriber->wait_ms / 1000;
    const char *what = subscriber->attempt == 1 ? "lost: " : "";
    snprintf(line, sizeof line, "%s%s; again in %.1f s", what, why, wait_s);
    if (strncmp(why, sub->url, bytes) == 0 && strncmp(why + bytes, ": ", 2) == 0) why += bytes + 2;
    snprintf(state, sizeof state, "lost, again in %.1f s: %s", wait_s, why);
    tell(sub, state, line);
}

static void print_payload(const struct sub *sub) {
    const struct client_message *message = &sub->subscriber.message;
    const struct tickcast_payload *payload = &sub->subscriber.payload;
    if (sub->options->raw) {
        fwrite(message->bytes, 1, message->count, stdout);
        return;
    }
    bool whole = sub->options->json;
    char *json = whole ? msgpack_to_json(message->bytes, message->count)
                       : msgpack_to_json(payload->data, payload->data_bytes);
    if (!whole) {
        char key[KEY_TEXT]; /* for a terminal */
        fputs(printable(payload->key, payload->key_bytes, key, sizeof key), stdout);
        fputs("  ", stdout);
    }
    puts(json ? json : "null");
    free(json);
}

/* True as long as more is wanted. */
static bool take_payload(struct sub *sub, enum exit_code *code) {
    if (sub->options->table)
        view_put(&sub->view, &sub->subscriber.payload);
    else
        print_payload(sub);
    if (ferror(stdout)) *code = EXIT_FAILED;
    return !ferror(stdout) && ++sub->received != sub->options->count;
}

static void leave_out(struct sub *sub) {
    char line[LINE_BYTES];
    if (sub->options->table) view_left_out(&sub->view);
    if (!sub->loud) return;
    snprintf(line, sizeof line, "left out a message of %zu bytes that is not a payload",
             sub->subscriber.message.count);
    complain(line);
}

/* Stops as the terminal asks, which gets its cursor back meanwhile. */
static void stop_for_now(struct sub *sub) {
    view_pause(&sub->view);
    raise(SIGSTOP);
    view_resize(&sub->view);
}

/* True as long as no signal ends the work. */
static bool take_signal(struct sub *sub) {
    struct signalfd_siginfo signal;
    if (read(sub->subscriber.watch_fd, &signal, sizeof signal) != sizeof signal) return true;
    if (signal.ssi_signo == SIGWINCH)
        view_resize(&sub->view);
    else if (signal.ssi_signo == SIGTSTP)
        stop_for_now(sub);
    else
        return false;
    return true;
}

/* What is next; output is kept back only while there is more to read at once. */
static enum subscriber_event next(struct sub *sub) {
    uint64_t until_ns = SUBSCRIBER_NEVER;
    if (sub->options->table) {
        view_draw(&sub->view);
        until_ns = view_due_ns(&sub->view);
        return subscriber_next(&sub->subscriber, until_ns);
    }
    enum subscriber_event event = subscriber_next(&sub->subscriber, 0);
    if (event != SUBSCRIBER_IDLE) return event;
    fflush(stdout);
    return subscriber_next(&sub->subscriber, until_ns);
}

static enum exit_code receive(struct sub *sub) {
    enum exit_code code = EXIT_GOOD;
    for (;;) {
        switch (next(sub)) {
        case SUBSCRIBER_PAYLOAD:
            if (!take_payload(sub, &code)) return code;
            break;
        case SUBSCRIBER_CONNECTED:
            tell_connected(sub);
            break;
        case SUBSCRIBER_LOST:
            tell_lost(sub);
            break;
        case SUBSCRIBER_LEFT_OUT:
            leave_out(sub);
            break;
        case SUBSCRIBER_WATCHED:
            if (!take_signal(sub)) return EXIT_GOOD;
            break;
        case SUBSCRIBER_IDLE:
            break;
        case SUBSCRIBER_ENDED:
            sub->ended = true;
            return EXIT_FAILED;
        }
    }
}

/* From here on the ending signals are events to close on; before, they end the process at once. A
 * terminal that was taken is to be given back, whatever ends or stops us. */
static int catch_signals(bool terminal) {
    static const int always[] = {SIGINT, SIGTERM}, taken[] = {SIGHUP, SIGQUIT, SIGTSTP, SIGWINCH};
    sigset_t caught;
    sigemptyset(&caught);
    for (size_t i = 0; i < sizeof always / sizeof *always; i++) sigaddset(&caught, always[i]);
    for (size_t i = 0; terminal && i < sizeof taken / sizeof *taken; i++)
        sigaddset(&caught, taken[i]);
    sigprocmask(SIG_BLOCK, &caught, NULL);
    return signalfd(-1, &caught, SFD_CLOEXEC | SFD_NONBLOCK);
}

static enum exit_code run(struct sub *sub) {
    bool table = sub->options->table;
    if (table && view_init(&sub->view, sub->url, stdout)) return complain("no memory");
    bool terminal = table && sub->view.screen.terminal;
    sub->loud = !terminal || !isatty(STDERR_FILENO);
    sub->subscriber.watch_fd = catch_signals(terminal);
    enum exit_code code = sub->subscriber.watch_fd < 0 ? complain(strerror(errno)) : receive(sub);
    if (!table) return code;
    view_state(&sub->view, "ended");
    view_fini(&sub->view);
    return code;
}

enum exit_code sub_run(const struct cli *options) {
    struct sub sub = {.options = options, .url = options->url ? options->url : CLI_URL};
    const struct client_options wanted = {
        .url = sub.url,
        .files = {options->ca, options->cert, options->key},
        .timeout_ms = (int)options->timeout_ms,
    };
    setvbuf(stdout, NULL, _IOFBF, OUTPUT_BYTES);
    setlocale(LC_CTYPE, "C.UTF-8"); /* how wide characters are */
    sub.ended = subscriber_start(&sub.subscriber, &wanted, (const char *const *)options->arguments,
                                 (size_t)options->argument_count, !options->no_reconnect) != 0;
    enum exit_code code = sub.ended ? EXIT_FAILED : run(&sub);
    if (sub.ended) complain(sub.subscriber.why);
    subscriber_end(&sub.subscriber);
    if (sub.subscriber.watch_fd >= 0) close(sub.subscriber.watch_fd);
    if (fflush(stdout) == 0 && !ferror(stdout)) return code;
    if (errno != EPIPE) complain("cannot write to standard output");
    return EXIT_FAILED;
}
