/* The word that was probably meant. Pure. */
#ifndef BASE_NEAREST_H
#define BASE_NEAREST_H

/** The one of `names` (up to a NULL) that `text` is a misspelling of: at most a third of its bytes
 *  differ, or one. NULL if there is none. */
const char *nearest(const char *text, const char *const *names);

#endif
