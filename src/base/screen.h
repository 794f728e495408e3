/*
 * A text of some lines that is written again in the same place. Written with plain ANSI sequences,
 * not with ncurses: that would switch to a screen of its own and take the last text away with it
 * at the end, and what is needed of a terminal here (cursor up, erase, hide the cursor) is the same
 * on every one. Where the output is no terminal, or TERM is dumb, texts follow each other and no
 * sequence is written.
 *
 * While a text stands on a terminal the cursor is hidden and what is typed is not echoed (it would
 * move the text); Ctrl-C and Ctrl-Z still make their signals. Whoever ends or stops the process
 * must call screen_leave first. One screen a process; one thread.
 */
#ifndef BASE_SCREEN_H
#define BASE_SCREEN_H

#include <stdbool.h>
#include <stdio.h>
#include <termios.h>

struct screen {
    FILE *out;
    bool terminal, colour;
    int lines, columns; /**< for texts; 0: as many as they have */
    /* of screen.c */
    bool entered, quiet;
    struct termios before;
    char *shown; /* NULL: nothing, or it was destroyed */
};

/** Looks at the output and the environment; writes nothing. */
void screen_init(struct screen *screen, FILE *out);

/** Shows `text`, whose lines end with '\n' and fit, and flushes; errors stay in `out`. Takes
 * `text`, which is on the heap. What did not change is not written. */
void screen_show(struct screen *screen, char *text);

/** Reads the terminal's size anew; the next text is written whole, on an empty screen if it has
 * changed. */
void screen_resize(struct screen *screen);

/** Gives the terminal back; the text stays. screen_show may follow, and writes below. */
void screen_leave(struct screen *screen);

/** Leaves and frees. */
void screen_fini(struct screen *screen);

#endif
