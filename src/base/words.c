#include "base/words.h"

#include <stdio.h>

const char *words_join(const char *const *words, char *out, size_t bytes) {
    size_t used = 0;
    for (; *words != NULL && used < bytes; words++) {
        const char *before = used == 0 ? "" : words[1] == NULL ? " or " : ", ";
        used += (size_t)snprintf(out + used, bytes - used, "%s%s", before, *words);
    }
    return out;
}
