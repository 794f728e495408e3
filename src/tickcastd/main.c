/* tickcastd: reads its configuration, runs a broker and stops it when it is told to. */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/log.h"
#include "tickcast/tickcast.h"
#include "tickcastd/args.h"
#include "tickcastd/check.h"
#include "tickcastd/config.h"
#include "tickcastd/help.h"
#include "tickcastd/logging.h"
#include "tickcastd/run_feeds.h"

enum exit_code { EXIT_GOOD = 0, EXIT_FAILED = 1, EXIT_USAGE = 2, EXIT_CONFIG = 78 };

static void raise_file_limit(void) {
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) < 0) return;
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
}

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

static int serve(struct tickcast_broker *broker, const struct settings *settings,
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

static int run(struct settings *settings) {
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
    int code = serve(broker, settings, &logging);
    tickcast_broker_free(broker);
    if (code == EXIT_GOOD) logging_say(&logging, LOG_NOTICE, "stopped");
    return code;
}

static int print_what_was_asked(const struct args *args) {
    if (args->help)
        help_print(stdout);
    else if (args->help_config)
        help_print_config(stdout);
    else
        printf("tickcastd %s\n", tickcast_version());
    return fflush(stdout) == 0 ? EXIT_GOOD : EXIT_FAILED;
}

static int configured(const struct args *args, struct settings *settings, struct report *report) {
    report->file = settings->file;
    if (settings->file != NULL) config_load(settings, report);
    settings_complete(settings, report);
    if (report->count > 0) return EXIT_CONFIG;
    raise_file_limit();
    if (!args->check) return run(settings);
    if (args->json)
        check_print_json(settings, stdout);
    else
        check_print(settings, stdout);
    return fflush(stdout) == 0 ? EXIT_GOOD : EXIT_FAILED;
}

int main(int argc, char **argv) {
    struct report report = {.out = stderr};
    struct settings settings;
    struct args args;
    settings_init(&settings);
    args_parse(argc, argv, &args, &settings, &report);
    int code;
    if (report.count > 0) {
        fputs("see tickcastd --help\n", stderr);
        code = EXIT_USAGE;
    } else if (args.help || args.help_config || args.version) {
        code = print_what_was_asked(&args);
    } else {
        code = configured(&args, &settings, &report);
    }
    settings_fini(&settings);
    return code;
}
