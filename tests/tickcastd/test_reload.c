/* When a daemon warns of its certificates. The clock is the test's: it shows whole days later. */
#include "tickcastd/reload.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "../net/issue.h"
#include "base/clock.h"

static uint64_t later_s;

int __real_clock_gettime(clockid_t clock, struct timespec *now);
int __wrap_clock_gettime(clockid_t clock, struct timespec *now);
int __wrap_clock_gettime(clockid_t clock, struct timespec *now) {
    int result = __real_clock_gettime(clock, now);
    if (clock == CLOCK_MONOTONIC) now->tv_sec += (time_t)later_s;
    return result;
}

/* Lines of the log that tell of a certificate's end. */
static int warnings_in(FILE *log) {
    char line[LOGGING_LINE_BYTES + 64];
    int count = 0;
    rewind(log);
    while (fgets(line, sizeof line, log) != NULL)
        count += strstr(line, " expires in 8 days") != NULL;
    return count;
}

Test(reload, a_certificate_that_ends_soon_is_warned_of_once_a_day) {
    char folder[ISSUE_FOLDER_BYTES], cert[ISSUE_PATH_BYTES], key[ISSUE_PATH_BYTES];
    struct logging logging;
    struct reload reload;
    FILE *log = tmpfile();
    issue_folder(folder);
    issue_cert(folder,
               (struct issue){.name = "a", .subject = "a", .until_s = 9 * ISSUE_DAY_S - 3600});
    issue_path(folder, "a", "pem", cert);
    issue_path(folder, "a", "key", key);
    struct listen_tls tls = {.count = 1, .certificates = {{.cert = cert, .key = key}}};
    struct listen_setting listener = {.tls = &tls};
    const struct settings settings = {.listeners = &listener, .listener_count = 1};
    logging_init(&logging, fileno(log), 2);
    reload_init(&reload, NULL, &settings, &logging);
    static const struct {
        uint64_t later_s;
        int warnings;
    } rows[] = {{0, 0}, /* the daemon has told of it before it served */
                {RELOAD_WARN_S - 60, 0},
                {RELOAD_WARN_S, 1},
                {RELOAD_WARN_S + 60, 1},
                {2 * RELOAD_WARN_S - 60, 1},
                {2 * RELOAD_WARN_S + 60, 2}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        later_s = rows[i].later_s;
        reload_turn(&reload);
        cr_expect_eq(warnings_in(log), rows[i].warnings, "after %lu s", rows[i].later_s);
        cr_expect(reload_timeout_ms(&reload) <= WATCH_POLL_MS + 1,
                  "it is called again before long");
    }
    reload_fini(&reload);
    fclose(log);
    issue_remove(folder);
}
