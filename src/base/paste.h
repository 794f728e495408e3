/* Commands to paste into a shell, as they stand. One thread. */
#ifndef BASE_PASTE_H
#define BASE_PASTE_H

#include <stdbool.h>
#include <stddef.h>

#define PASTE_BYTES 1024 /**< a longer command is none: pasting half of one does harm */

struct paste {
    char text[PASTE_BYTES]; /**< "" if it did not fit */
    size_t used;
    bool cut;
};

/** Appends text as it is. `paste` begins zeroed. */
void paste_raw(struct paste *paste, const char *format, ...) __attribute__((format(printf, 2, 3)));

/** Appends a blank, if something stands before it, and `word`, quoted where the shell needs it. */
void paste_word(struct paste *paste, const char *word);

/** Appends "sudo " unless this process is root. */
void paste_sudo(struct paste *paste);

/** Appends one of our programs: `name` if a file of that name is found through PATH; else the one
 *  beside this program, relative to the current directory where it is below it. */
void paste_program(struct paste *paste, const char *name);

/** The path of this program; false if the kernel does not tell. */
bool paste_self(char *out, size_t bytes);

#endif
