#include "base/nearest.h"

#include <string.h>

#define NEAREST_BYTES 64 /* longer words are not compared */

static size_t least(size_t a, size_t b) {
    return a < b ? a : b;
}

/* Insertions, deletions, replacements and exchanges of neighbours from `a` to `b`; both are at most
 * NEAREST_BYTES long. */
static size_t distance(const char *a, const char *b) {
    size_t rows[3][NEAREST_BYTES + 1];
    size_t a_bytes = strlen(a), b_bytes = strlen(b);
    for (size_t j = 0; j <= b_bytes; j++) rows[0][j] = j;
    for (size_t i = 1; i <= a_bytes; i++) {
        size_t *now = rows[i % 3], *last = rows[(i + 2) % 3], *before = rows[(i + 1) % 3];
        now[0] = i;
        for (size_t j = 1; j <= b_bytes; j++) {
            size_t replaced = last[j - 1] + (a[i - 1] != b[j - 1]);
            now[j] = least(replaced, least(last[j], now[j - 1]) + 1);
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                now[j] = least(now[j], before[j - 2] + 1);
        }
    }
    return rows[a_bytes % 3][b_bytes];
}

const char *nearest(const char *text, const char *const *names) {
    size_t bytes = strlen(text);
    if (bytes > NEAREST_BYTES) return NULL;
    size_t best = 1 + bytes / 3; /* one more than the typing errors that are forgiven */
    if (best < 2) best = 2;
    const char *best_name = NULL;
    for (; *names != NULL; names++) {
        if (strlen(*names) > NEAREST_BYTES) continue;
        size_t now = distance(text, *names);
        if (now >= best) continue;
        best = now;
        best_name = *names;
    }
    return best_name;
}
