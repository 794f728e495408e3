#include "tickcastd/serve.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "tickcast/tickcast.h"
#include "tickcastd/logging.h"
#include "tickcastd/notify.h"
#include "tickcastd/obstacle.h"
#include "tickcastd/opening.h"
#include "tickcastd/reload.h"
#include "tickcastd/run_feeds.h"
#include "tickcastd/signals.h"

/* A daemon from its start to its end. */
struct serving {
    const struct settings *settings;
    char **argv;
    enum serve_print print;
    bool quiet; /* the menu on the same terminal tells what the log would */
    struct logging logging;
    struct warnings warnings;
    struct opening opening;
    struct signals signals;
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
        struct tickcast_certificate certificates[TICKCAST_CERTIFICATES_MAX];
        struct tickcast_tls tls;
        if (setting->tls != NULL) tls = listen_tls(setting->tls, certificates);
        const struct tickcast_listener listener = {.host = setting->host,
                                                   .port = setting->port,
                                                   .unix_path = setting->unix_path,
                                                   .tls = setting->tls != NULL ? &tls : NULL};
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
    notify_manager("READY=1");
}

static const char *name_of(int signal_number) {
    return signal_number == SIGTERM  ? "SIGTERM"
           : signal_number == SIGINT ? "SIGINT"
                                     : "SIGHUP, its terminal is gone";
}

/* Serves until a signal asks for a stop; one that came since the start is seen here. */
static void wait_for_stop(struct serving *serving, struct reload *reload) {
    struct pollfd ready[] = {{.fd = signals_fd(&serving->signals), .events = POLLIN},
                             {.fd = reload_fd(reload), .events = POLLIN}};
    for (;;) {
        poll(ready, 2, reload_timeout_ms(reload));
        int number = signals_take(&serving->signals);
        if (signals_stops(&serving->signals, number)) {
            signals_stopping();
            notify_manager("STOPPING=1");
            logging_say(&serving->logging, LOG_NOTICE, "stopping: %s", name_of(number));
            return;
        }
        if (number == SIGHUP) {
            notify_manager("RELOADING=1");
            reload_now(reload, "SIGHUP");
            notify_manager("READY=1");
        }
        reload_turn(reload);
    }
}

/* The broker has begun to accept; the signals are blocked. */
static int run(struct tickcast_broker *broker, struct serving *serving) {
    struct running_feeds feeds;
    say_ready(serving); /* first, so that what feeds have to say stands below the menu */
    if (running_feeds_start(&feeds, broker, serving->settings) < 0) {
        logging_say(&serving->logging, LOG_ERROR, "cannot start a feed: %s", strerror(errno));
        return EXIT_FAILED;
    }
    struct reload reload;
    reload_init(&reload, broker, serving->settings, &serving->logging);
    wait_for_stop(serving, &reload);
    reload_fini(&reload);
    running_feeds_stop(&feeds);
    int result = tickcast_broker_stop(broker);
    if (result == TICKCAST_OK) return EXIT_GOOD;
    logging_say(&serving->logging, LOG_ERROR, "cannot stop: %s", reason(result));
    return EXIT_FAILED;
}

/* All listeners listen. */
static int start_and_run(struct tickcast_broker *broker, struct serving *serving) {
    if (signals_open(&serving->signals) < 0) {
        logging_say(&serving->logging, LOG_ERROR, "cannot wait for signals: %s", strerror(errno));
        return EXIT_FAILED;
    }
    int code = EXIT_FAILED, result = tickcast_broker_start(broker);
    if (result == TICKCAST_OK)
        code = run(broker, serving);
    else
        logging_say(&serving->logging, LOG_ERROR, "cannot start: %s", reason(result));
    signals_close(&serving->signals);
    return code;
}

static int start(struct serving *serving) {
    struct tickcast_broker *broker;
    int result = tickcast_broker_new(&serving->settings->options, &broker);
    if (result != TICKCAST_OK) {
        logging_say(&serving->logging, LOG_ERROR, "cannot make the broker: %s", reason(result));
        return EXIT_FAILED;
    }
    int code = listen_all(broker, serving) == 0 ? start_and_run(broker, serving) : EXIT_FAILED;
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
