#include "cli/live.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "base/clock.h"
#include "result/values.h"

#define LINE_NS   (5 * NS_PER_S) /* between lines where each stays */
#define BAR       24             /* columns */
#define FIGURES   7
#define TIME_TEXT 64

void live_init(struct live *live, FILE *out, bool quiet) {
    *live = (struct live){.quiet = quiet};
    pthread_mutex_init(&live->lock, NULL);
    screen_init(&live->screen, out);
}

void live_title(struct live *live, const char *title) {
    snprintf(live->title, sizeof live->title, "%s", title);
    live->told_ns = 0;
}

/* Figures as people read them. */
struct shown {
    char published[VALUE_TEXT_BYTES], received[VALUE_TEXT_BYTES], lost[VALUE_TEXT_BYTES];
    char p50[VALUE_TEXT_BYTES], p99[VALUE_TEXT_BYTES], max[VALUE_TEXT_BYTES];
    char skew[VALUE_TEXT_BYTES], time[TIME_TEXT];
};

static void put_time(double us, char *text) {
    if (us < 0)
        snprintf(text, VALUE_TEXT_BYTES, "unknown");
    else
        value_text(us, VALUE_US, text);
}

static void put_figures(const struct load_progress *progress, struct shown *shown) {
    value_text(round(progress->published_per_s), VALUE_PER_S, shown->published);
    value_text(round(progress->received_per_s), VALUE_PER_S, shown->received);
    value_text((double)progress->lost, VALUE_COUNT, shown->lost);
    put_time(progress->p50_us, shown->p50);
    put_time(progress->p99_us, shown->p99);
    put_time(progress->max_us, shown->max);
    put_time(progress->skew_p99_us, shown->skew);
    if (progress->of_s > 0)
        snprintf(shown->time, sizeof shown->time, "%.0f s of %.0f s", progress->at_s,
                 progress->of_s);
    else
        snprintf(shown->time, sizeof shown->time, "%.0f s", progress->at_s);
}

static void draw(struct live *live, const struct load_progress *progress,
                 const struct shown *shown) {
    char bar[BAR + 1] = "", *text;
    double part = progress->of_s > 0 ? progress->at_s / progress->of_s : 0;
    int full = (int)(BAR * fmin(part, 1));
    if (progress->of_s > 0) {
        memset(bar, '-', BAR);
        memset(bar, '#', (size_t)full);
    }
    int columns = live->screen.columns;
    int bytes = asprintf(&text,
                         "%.*s\n"
                         "  %-12s %-18s %s\n"
                         "  connections  %" PRIu32 "\n"
                         "  published    %-18s received  %s\n"
                         "  latency      p50 %-14s p99 %-14s max %s\n"
                         "  skew         p99 %-14s lost      %s\n",
                         columns, live->title, progress->phase, shown->time,
                         live->stopping ? "stopping; again to give up" : bar, progress->connections,
                         shown->published, shown->received, shown->p50, shown->p99, shown->max,
                         shown->skew, shown->lost);
    if (bytes >= 0) screen_show(&live->screen, text);
}

static void print(struct live *live, const struct load_progress *progress,
                  const struct shown *shown) {
    fprintf(live->screen.out,
            "%s%s %s: %" PRIu32 " connections, %s published, %s received, p50 %s, p99 %s, max %s, "
            "skew p99 %s, lost %s\n",
            live->stopping ? "stopping, " : "", progress->phase, shown->time, progress->connections,
            shown->published, shown->received, shown->p50, shown->p99, shown->max, shown->skew,
            shown->lost);
    fflush(live->screen.out);
}

void live_show(void *arg, const struct load_progress *progress) {
    struct live *live = arg;
    struct shown shown;
    if (live->quiet) return;
    put_figures(progress, &shown);
    pthread_mutex_lock(&live->lock);
    uint64_t now_ns = clock_now_ns();
    if (live->screen.terminal) {
        draw(live, progress, &shown);
    } else if (live->told_ns == 0) { /* the first line only says that something happens */
        fprintf(live->screen.out, "%s\n", live->title);
        live->told_ns = now_ns;
    } else if (now_ns - live->told_ns >= LINE_NS) {
        print(live, progress, &shown);
        live->told_ns = now_ns;
    }
    pthread_mutex_unlock(&live->lock);
}

void live_say(struct live *live, const char *sentence) {
    pthread_mutex_lock(&live->lock);
    screen_leave(&live->screen);
    fprintf(live->screen.out, "%s\n", sentence);
    fflush(live->screen.out);
    pthread_mutex_unlock(&live->lock);
}

void live_stopping(struct live *live) {
    pthread_mutex_lock(&live->lock);
    live->stopping = true;
    if (!live->screen.terminal && !live->quiet)
        fputs("stopping; what was measured is the result; again to give up\n", live->screen.out);
    pthread_mutex_unlock(&live->lock);
}

void live_leave(struct live *live) {
    pthread_mutex_lock(&live->lock);
    screen_leave(&live->screen);
    pthread_mutex_unlock(&live->lock);
}

void live_fini(struct live *live) {
    screen_fini(&live->screen);
    pthread_mutex_destroy(&live->lock);
}
