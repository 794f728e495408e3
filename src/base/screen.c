#include "base/screen.h"

#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define CURSOR_HIDE   "\x1b[?25l"
#define CURSOR_SHOW   "\x1b[?25h"
#define WRAP_OFF      "\x1b[?7l" /* a character that is wider than we think stays in its line */
#define WRAP_ON       "\x1b[?7h"
#define ERASE_LINE    "\x1b[K" /* from the cursor on */
#define ERASE_BELOW   "\x1b[J"
#define HOME          "\x1b[H"
#define USUAL_LINES   24 /* where the terminal does not tell */
#define USUAL_COLUMNS 80

static bool is_set(const char *name) {
    const char *value = getenv(name);
    return value && *value;
}

static void read_size(struct screen *screen) {
    struct winsize size;
    if (ioctl(fileno(screen->out), TIOCGWINSZ, &size) || size.ws_row == 0 || size.ws_col == 0)
        size = (struct winsize){.ws_row = USUAL_LINES, .ws_col = USUAL_COLUMNS};
    screen->lines = size.ws_row > 1 ? size.ws_row - 1 : 1; /* the cursor stands below */
    screen->columns = size.ws_col;
}

void screen_init(struct screen *screen, FILE *out) {
    const char *term = getenv("TERM");
    *screen = (struct screen){.out = out};
    screen->terminal = isatty(fileno(out)) && term && *term && strcmp(term, "dumb") != 0;
    screen->colour = screen->terminal && !is_set("NO_COLOR");
    if (screen->terminal) read_size(screen);
}

/* Echo may only be set by the job in front: another one would be stopped for it. */
static void enter(struct screen *screen) {
    screen->entered = true;
    fputs(CURSOR_HIDE, screen->out);
    int fd = fileno(screen->out);
    if (tcgetpgrp(fd) != getpgrp() || tcgetattr(fd, &screen->before)) return;
    struct termios quiet = screen->before;
    quiet.c_lflag &= ~(tcflag_t)ECHO;
    screen->quiet = tcsetattr(fd, TCSANOW, &quiet) == 0;
}

static size_t count_lines(const char *text) {
    size_t count = 0;
    for (; (text = strchr(text, '\n')); text++) count++;
    return count;
}

/* Writes the lines that differ from those of `old` in the same place. */
static void write_lines(FILE *out, const char *text, const char *old) {
    for (const char *end; (end = strchr(text, '\n')); text = end + 1) {
        size_t bytes = (size_t)(end - text) + 1;
        const char *old_end = old ? strchr(old, '\n') : NULL;
        bool same = old_end && (size_t)(old_end - old) + 1 == bytes && !memcmp(old, text, bytes);
        if (!same) fprintf(out, "%.*s" ERASE_LINE, (int)bytes - 1, text);
        fputs("\r\n", out);
        old = old_end ? old_end + 1 : NULL;
    }
}

static void redraw(struct screen *screen, const char *text) {
    FILE *out = screen->out;
    size_t lines = screen->shown ? count_lines(screen->shown) : 0;
    if (!screen->entered) enter(screen);
    fputs("\r" WRAP_OFF, out);
    if (lines > 0) fprintf(out, "\x1b[%zuA", lines);
    write_lines(out, text, screen->shown);
    fputs(ERASE_BELOW WRAP_ON, out);
}

void screen_show(struct screen *screen, char *text) {
    bool same = screen->shown && strcmp(screen->shown, text) == 0;
    if (!same && screen->terminal) redraw(screen, text);
    if (!same && !screen->terminal) fprintf(screen->out, "%s%s", screen->shown ? "\n" : "", text);
    fflush(screen->out);
    free(screen->shown);
    screen->shown = text;
}

/* A terminal may break or join the lines that stand there, each in its own way: where they begin is
 * then unknown. */
void screen_resize(struct screen *screen) {
    int lines = screen->lines, columns = screen->columns;
    if (!screen->terminal) return;
    read_size(screen);
    if (lines == screen->lines && columns == screen->columns) return;
    if (screen->shown) fputs(HOME ERASE_BELOW, screen->out);
    free(screen->shown);
    screen->shown = NULL;
}

void screen_leave(struct screen *screen) {
    if (!screen->entered) return;
    fputs(CURSOR_SHOW, screen->out);
    fflush(screen->out);
    if (screen->quiet) tcsetattr(fileno(screen->out), TCSANOW, &screen->before);
    screen->entered = screen->quiet = false;
    free(screen->shown);
    screen->shown = NULL;
}

void screen_fini(struct screen *screen) {
    screen_leave(screen);
    free(screen->shown);
    screen->shown = NULL;
}
