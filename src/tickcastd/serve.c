#include "tickcastd/serve.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "tickcast/tickcast.h"
#include "tickcastd/logging.h"
#include "tickcastd/obstacle.h"
#include "tickcastd/opening.h"
#include "tickcastd/run_feeds.h"

#define SAME_SIGNAL_NS 50000000 /* nobody presses Ctrl-C twice within 50 ms */

/* A daemon from its start to its end. */
struct serving {
    const struct settings *settings;
    char **argv;
    enum serve_print print;
    bool quiet; /* the menu on the same terminal tells what the log would */
    struct logging logging;
    struct warnings warnings;
    struct opening opening;
};

static const char *reason(int result) {
    if (result != TICKCAST_ESYSTEM) return tickcast_strerror(result);
    return strerror(errno);
}

static int cannot_listen(struct serving *serving, uint32_t number, int result) {
    const struct listen_setting *setting = &serving->settings->listeners[number];
    char url[LISTEN_URL_BYTES], text[OBSTACLE_BYTES];
    const char *why = tickcast_strerror(result);
    if (result == TICKCAST_ESYSTEM)
        why = obstacle_text(serving->settings, number, errno, serving->argv, text);
    logging_say(&serving->logging, LOG_ERROR, "cannot listen on %s: %s",
                listen_url(setting, setting->port, url), why);
    return -1;
}

static int listen_all(struct tickcast_broker *broker, struct serving *serving) {
    for (uint32_t i = 0; i < serving->settings->listener_count; i++) {
        const struct listen_setting *setting = &serving->settings->listeners[i];
        const struct tickcast_certificate certificate = {setting->cert, setting->key};
        const struct tickcast_tls tls = {.certificates = &certificate, .certificate_count = 1};
        const struct tickcast_listener listener = {.host = setting->host,
                                                   .port = setting->port,
                                                   .unix_path = setting->unix_path,
                                                   .tls = setting->cert != NULL ? &tls : NULL};
        int number = tickcast_broker_listen(broker, &listener);
        if (number < 0) return cannot_listen(serving, i, number);
        uint16_t port = tickcast_broker_port(broker, number);
        char url[LISTEN_URL_BYTES];
        reach_add(&serving->opening.reach, setting, port);
        if (!serving->quiet)
            logging_say(&serving->logging, LOG_NOTICE, "listening on %s",
                        listen_url(setting, port, url));
    }
    return 0;
}

static void log_warnings(struct serving *serving) {
    for (uint32_t i = 0; i < serving->warnings.count; i++)
        logging_sink(&serving->logging, LOG_WARNING, serving->warnings.lines[i]);
}

static bool shows_bold(void) {
    const char *no_color = getenv("NO_COLOR"), *terminal = getenv("TERM");
    if (no_color != NULL && *no_color != '\0') return false;
    return isatty(STDOUT_FILENO) && (terminal == NULL || strcmp(terminal, "dumb") != 0);
}

static void say_ready(struct serving *serving) {
    if (serving->print != SERVE_SILENT) {
        opening_gather(&serving->opening, serving->settings, &serving->warnings, serving->argv);
        if (serving->print == SERVE_JSON)
            opening_print_json(&serving->opening, stdout);
        else
            opening_print(&serving->opening, shows_bold(), stdout);
        fflush(stdout); /* nobody may be listening there: the daemon serves all the same */
    }
    if (!serving->quiet) logging_plain(&serving->logging, "ready");
}

static void on_second_signal(int number) {
    (void)number;
    _exit(EXIT_FAILED);
}

static void stop_signals(sigset_t *set) {
    sigemptyset(set);
    sigaddset(set, SIGTERM);
    sigaddset(set, SIGINT);
}

/* The signals are blocked: one that came before is seen here. */
static void wait_for_signal(struct logging *logging) {
    sigset_t set;
    stop_signals(&set);
    int number = 0;
    while (sigwait(&set, &number) != 0) continue;
    /* timeout(1) and the like tell a process and then its group: that is one wish, not two */
    const struct timespec moment = {.tv_nsec = SAME_SIGNAL_NS};
    while (sigtimedwait(&set, NULL, &moment) > 0) continue;
    struct sigaction action = {.sa_handler = on_second_signal};
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGINT, &action, NULL);
    pthread_sigmask(SIG_UNBLOCK, &set, NULL);
    logging_say(logging, LOG_NOTICE, "stopping: %s", number == SIGTERM ? "SIGTERM" : "SIGINT");
}

/* The broker has begun to accept; the signals are blocked. */
static int run(struct tickcast_broker *broker, struct serving *serving) {
    struct running_feeds feeds;
    say_ready(serving); /* first, so that what feeds have to say stands below the menu */
    if (running_feeds_start(&feeds, broker, serving->settings) < 0) {
        logging_say(&serving->logging, LOG_ERROR, "cannot start a feed: %s", strerror(errno));
        return EXIT_FAILED;
    }
    wait_for_signal(&serving->logging);
    running_feeds_stop(&feeds);
    int result = tickcast_broker_stop(broker);
    if (result == TICKCAST_OK) return EXIT_GOOD;
    logging_say(&serving->logging, LOG_ERROR, "cannot stop: %s", reason(result));
    return EXIT_FAILED;
}

static int start(struct serving *serving) {
    struct tickcast_broker *broker;
    int result = tickcast_broker_new(&serving->settings->options, &broker);
    if (result != TICKCAST_OK) {
        logging_say(&serving->logging, LOG_ERROR, "cannot make the broker: %s", reason(result));
        return EXIT_FAILED;
    }
    int code = EXIT_FAILED;
    if (listen_all(broker, serving) == 0) {
        sigset_t set;
        stop_signals(&set);
        pthread_sigmask(SIG_BLOCK, &set, NULL);
        result = tickcast_broker_start(broker);
        if (result == TICKCAST_OK)
            code = run(broker, serving);
        else
            logging_say(&serving->logging, LOG_ERROR, "cannot start: %s", reason(result));
    }
    tickcast_broker_free(broker);
    return code;
}

int serve(struct settings *settings, enum serve_print print, char **argv) {
    struct serving serving = {.settings = settings, .argv = argv, .print = print};
    serving.quiet = print == SERVE_MENU && isatty(STDOUT_FILENO) && isatty(STDERR_FILENO);
    logging_init(&serving.logging, STDERR_FILENO, settings->options.log_level);
    settings->options.log = logging_sink;
    settings->options.log_arg = &serving.logging;
    signal(SIGPIPE, SIG_IGN);
    warnings_gather(settings, &serving.warnings);
    if (!serving.quiet) log_warnings(&serving);
    int code = start(&serving);
    if (code == EXIT_GOOD) logging_say(&serving.logging, LOG_NOTICE, "stopped");
    if (code != EXIT_GOOD && serving.quiet) log_warnings(&serving); /* there was no menu */
    warnings_free(&serving.warnings);
    return code;
}
