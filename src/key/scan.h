/* The lexical parts of a pattern that both globs and stream shapes need. */
#ifndef KEY_SCAN_H
#define KEY_SCAN_H

#include <stddef.h>

/** The offset of the ']' that closes the list or range whose '[' is at `text[at]`; `count` if none
 * does. A backslash takes the next byte with it. */
static inline size_t scan_list_end(const char *text, size_t count, size_t at) {
    for (size_t i = at + 1; i < count; i++) {
        if (text[i] == '\\')
            i++;
        else if (text[i] == ']')
            return i;
    }
    return count;
}

#endif
