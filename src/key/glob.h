/*
 * Globs: the documented grammar of gobwas/glob with '/' as separator (CONTRACT.md's "Globs" in the
 * README). Compiled once; matching takes time linear in the pattern and in the text, with a small
 * factor whatever both are (a step of the pattern is taken at 64 characters of the text at once),
 * allocates nothing and never fails.
 */
#ifndef KEY_GLOB_H
#define KEY_GLOB_H

#include <stdbool.h>
#include <stddef.h>

struct glob;

#define GLOB_MAX_BYTES 4096u /**< a longer pattern never matches */

/** Compiles `text`; any bytes are accepted, what is not a glob by the grammar never matches.
 *  Returns NULL without memory only. Free with glob_free. Linear in the pattern, in time and
 *  memory. */
struct glob *glob_new(const char *text, size_t text_bytes);
void glob_free(struct glob *glob);

/** True if the whole of `text` matches. */
bool glob_match(const struct glob *glob, const char *text, size_t text_bytes);

/** Why the pattern can never match (static text: "a [ is not closed"), NULL if it can. */
const char *glob_flaw(const struct glob *glob);

#endif
