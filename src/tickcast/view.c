#include "tickcast/view.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"

#define DRAW_NS   (100 * NS_PER_MS) /* nobody reads faster */
#define PRINT_NS  (10 * NS_PER_S)   /* where each table stays */
#define SAMPLE_NS NS_PER_S
#define HEAD_ROOM 2048 /* URL, numbers and state */

int view_init(struct view *view, const char *url, FILE *out) {
    *view = (struct view){.url = url, .table = table_new()};
    screen_init(&view->screen, out);
    view->sample_ns = clock_now_ns();
    if (!view->screen.terminal) view->drawn_ns = view->sample_ns; /* the first in 10 s */
    return view->table ? 0 : -1;
}

void view_put(struct view *view, const struct tickcast_payload *payload) {
    if (view->rate == 0 && view->messages == view->sample) view->sample_ns = clock_now_ns();
    view->messages++;
    view->changed = true;
    table_put(view->table, payload); /* without memory it is counted as left out */
}

void view_left_out(struct view *view) {
    table_left_out(view->table);
    view->changed = true;
}

void view_state(struct view *view, const char *state) {
    snprintf(view->state, sizeof view->state, "%s", state);
    if (view->screen.terminal) view->changed = true; /* elsewhere stderr tells it */
}

uint64_t view_due_ns(const struct view *view) {
    if (!view->screen.terminal) return view->changed ? view->drawn_ns + PRINT_NS : UINT64_MAX;
    uint64_t draw_ns = view->changed ? view->drawn_ns + DRAW_NS : UINT64_MAX;
    bool counting = view->rate > 0 || view->messages != view->sample;
    uint64_t sample_ns = counting ? view->sample_ns + SAMPLE_NS : UINT64_MAX;
    return draw_ns < sample_ns ? draw_ns : sample_ns;
}

static void sample(struct view *view, uint64_t now_ns) {
    uint64_t passed_ns = now_ns - view->sample_ns;
    if (passed_ns < SAMPLE_NS) return;
    double rate = (double)(view->messages - view->sample) * (double)NS_PER_S / (double)passed_ns;
    view->rate = (uint64_t)(rate + 0.999); /* a slow one is not none */
    view->sample = view->messages;
    view->sample_ns = now_ns;
}

static void draw(struct view *view, uint64_t now_ns) {
    char head[HEAD_ROOM];
    struct screen *screen = &view->screen;
    sample(view, now_ns);
    snprintf(head, sizeof head, "%s  %" PRIu64 " messages  %" PRIu64 "/s  %s", view->url,
             view->messages, view->rate, view->state);
    const struct table_style style = {head, screen->lines, screen->columns, screen->colour};
    char *text = table_text(view->table, &style);
    if (text) screen_show(screen, text);
    view->changed = false;
    view->drawn_ns = now_ns;
}

void view_draw(struct view *view) {
    uint64_t now_ns = clock_now_ns();
    if (now_ns >= view_due_ns(view)) draw(view, now_ns);
}

void view_resize(struct view *view) {
    screen_resize(&view->screen);
    if (view->screen.terminal) draw(view, clock_now_ns());
}

void view_pause(struct view *view) {
    screen_leave(&view->screen);
}

void view_fini(struct view *view) {
    bool seen = view->messages > 0 || view->screen.shown;
    if (view->changed && seen) draw(view, clock_now_ns());
    screen_fini(&view->screen);
    table_free(view->table);
    view->table = NULL;
}
