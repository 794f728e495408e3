/* How long to wait before the next attempt: twice as long each time, and never quite the same, so
 * that all who lost one server do not come back at one moment. Pure. */
#ifndef TICKCAST_CLI_BACKOFF_H
#define TICKCAST_CLI_BACKOFF_H

#include <stdint.h>

#define BACKOFF_FIRST_MS 1000
#define BACKOFF_MOST_MS  30000

/** Milliseconds before attempt `attempt` (from 0): `random` chooses between a half and the whole of
 * 1 s, 2 s, 4 s up to 30 s. */
static inline uint64_t backoff_ms(unsigned attempt, uint64_t random) {
    uint64_t whole = attempt < 5 ? (uint64_t)BACKOFF_FIRST_MS << attempt : BACKOFF_MOST_MS;
    return whole / 2 + random % (whole - whole / 2 + 1);
}

#endif
