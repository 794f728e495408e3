#include "tickcastd/serve.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "tickcast/tickcast.h"
#include "tickcastd/logging.h"
#include "tickcastd/run_feeds.h"

static const char *reason(int result) {
    if (result != TICKCAST_ESYSTEM) return tickcast_strerror(result);
    return errno == ENOENT ? "there is no such host or path" : strerror(errno);
}

static int listen_all(struct tickcast_broker *broker, const struct settings *settings,
                      struct logging *logging) {
    for (uint32_t i = 0; i < settings->listener_count; i++) {
        const struct listen_setting *setting = &settings->listeners[i];
        const struct tickcast_listener listener = {.host = setting->host,
                                                   .port = setting->port,
                                                   .unix_path = setting->unix_path,
                                                   .cert_file = setting->cert,
                                                   .key_file = setting->key};
        int number = tickcast_broker_listen(broker, &listener);
        char url[LISTEN_URL_BYTES];
        if (number < 0) {
            const char *why = reason(number);
            logging_say(logging, LOG_ERROR, "cannot listen on %s: %s",
                        listen_url(setting, setting->port, url), why);
            return -1;
        }
        logging_say(logging, LOG_NOTICE, "listening on %s",
                    listen_url(setting, tickcast_broker_port(broker, number), url));
    }
    return 0;
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
    struct sigaction action = {.sa_handler = on_second_signal};
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGINT, &action, NULL);
    pthread_sigmask(SIG_UNBLOCK, &set, NULL);
    logging_say(logging, LOG_NOTICE, "stopping: %s", number == SIGTERM ? "SIGTERM" : "SIGINT");
}

static int start_and_wait(struct tickcast_broker *broker, const struct settings *settings,
                          struct logging *logging) {
    if (listen_all(broker, settings, logging) < 0) return EXIT_FAILED;
    sigset_t set;
    stop_signals(&set);
    pthread_sigmask(SIG_BLOCK, &set, NULL);
    int result = tickcast_broker_start(broker);
    if (result != TICKCAST_OK) {
        logging_say(logging, LOG_ERROR, "cannot start: %s", reason(result));
        return EXIT_FAILED;
    }
    struct running_feeds feeds;
    if (running_feeds_start(&feeds, broker, settings) < 0) {
        logging_say(logging, LOG_ERROR, "cannot start a feed: %s", strerror(errno));
        return EXIT_FAILED;
    }
    logging_plain(logging, "ready");
    wait_for_signal(logging);
    running_feeds_stop(&feeds);
    result = tickcast_broker_stop(broker);
    if (result == TICKCAST_OK) return EXIT_GOOD;
    logging_say(logging, LOG_ERROR, "cannot stop: %s", reason(result));
    return EXIT_FAILED;
}

static void log_warning(void *logging, const char *sentence) {
    logging_sink(logging, LOG_WARNING, sentence);
}

int serve(struct settings *settings) {
    struct logging logging;
    logging_init(&logging, STDERR_FILENO, settings->options.log_level);
    settings->options.log = logging_sink;
    settings->options.log_arg = &logging;
    signal(SIGPIPE, SIG_IGN);
    settings_warn(settings, log_warning, &logging);
    struct tickcast_broker *broker;
    int result = tickcast_broker_new(&settings->options, &broker);
    if (result != TICKCAST_OK) {
        logging_say(&logging, LOG_ERROR, "cannot make the broker: %s", reason(result));
        return EXIT_FAILED;
    }
    int code = start_and_wait(broker, settings, &logging);
    tickcast_broker_free(broker);
    if (code == EXIT_GOOD) logging_say(&logging, LOG_NOTICE, "stopped");
    return code;
}
