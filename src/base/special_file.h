/* Files that are none, in place of those that settings name. Any thread. */
#ifndef BASE_SPECIAL_FILE_H
#define BASE_SPECIAL_FILE_H

#include <stdbool.h>

/** True if `file` is a pipe, a folder, a device or the like, which must not be opened: a pipe makes
 * its reader wait for a writer. False if there is none: who opens it is told why. */
bool special_file(const char *file);

#endif
