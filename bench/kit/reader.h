/*
 * Reads all frames of one subscriber and checks them: BINARY, of the length that the plan says, a
 * key of its set, numbers that rise. Answers pings. One thread.
 */
#ifndef BENCH_READER_H
#define BENCH_READER_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "kit/client.h"
#include "kit/plan.h"

struct reader;

/** NULL without memory. `plan` must outlive it. */
struct reader *reader_new(const struct plan *plan, uint32_t connection);
void reader_free(struct reader *reader);

/** Takes `count` bytes that came on `client`. Returns how many of them belong to payloads' frames;
 * adds frames that are not as expected to *broken. */
ssize_t reader_take(struct reader *reader, struct client *client, const uint8_t *bytes,
                    size_t count, uint64_t *broken);

#endif
