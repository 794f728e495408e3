/*
 * Help on a terminal. Its texts are paragraphs with an empty line between them; lines that begin
 * with four blanks (examples) are shown as they are. One thread for a stream.
 */
#ifndef BASE_HELP_H
#define BASE_HELP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#define HELP_WIDTH       100 /**< columns */
#define HELP_ITEM_COLUMN 24  /**< where the sentence of an item begins */

/** A name with its sentence; tables end with a row without a name. */
struct help_row {
    const char *name, *sentence;
};

/** The exit codes of all programs. */
extern const struct help_row exit_code_rows[];

/** A piece of a text: one paragraph, or the lines of an example without their four blanks. */
struct help_block {
    const char *at; /**< in the text */
    size_t bytes;   /**< without the last newline */
    bool example;   /**< each line begins with four blanks */
};

/** Takes the next piece off the front of *text; false at its end. */
bool help_next(const char **text, struct help_block *block);

/** Prints a text, its paragraphs wrapped. */
void help_text(const char *text, FILE *out);

/** Prints a name and, in its column, a wrapped sentence. */
void help_item(const char *name, const char *sentence, FILE *out);

/** Prints the rows of a table. */
void help_rows(const struct help_row *rows, FILE *out);

#endif
