/*
 * Whether the figures of a run may be believed: VALID, NOISY (they are worse than the server
 * deserves) or INVALID (they are not figures of what was asked for). Pure.
 */
#ifndef BENCH_LOAD_VERDICT_H
#define BENCH_LOAD_VERDICT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define VERDICT_REASONS    8
#define VERDICT_TEXT_BYTES 320

#define VERDICT_SLIP_US     1000 /**< p99 below: no matter */
#define VERDICT_SLIP_SHARE  0.25 /**< of the latency's p99: NOISY */
#define VERDICT_SLIP_BAD_US 10000
#define VERDICT_SLIP_BAD    0.50 /**< INVALID: what was sent was not the schedule */
#define VERDICT_LAG_US      1000
#define VERDICT_LAG_SHARE   0.50
#define VERDICT_BUSY        0.90
#define VERDICT_NOISE_SHARE 0.10
#define VERDICT_STOLEN      0.05
#define VERDICT_UNSENT      0.01 /**< of what was due */
#define VERDICT_SILENT_S    1    /**< before the end, though there was loss */
#define VERDICT_BEHIND_S    0.5  /**< after the end */
#define VERDICT_BEHIND      0.1  /**< of the duration */

/** Figures in us are below 0 where they are not known. */
struct verdict_facts {
    bool observed; /**< the load published nothing */
    bool open;     /**< by a schedule */
    uint64_t published, unsent, expected, received, lost, duplicated, reordered;
    double p99_us, slip_p99_us, lag_p99_us, noise_p99_us, stolen, busy;
    uint64_t readers, closed; /**< closed by the server */
    const char *closed_text;  /**< why, empty if none was */
    bool publisher_closed, server_gone;
    double duration_s;
    double behind_s; /**< deliveries came for so long after the end */
    double silent_s; /**< none came for so long before it */
    bool stopped;    /**< by a signal */
};

enum verdict { VERDICT_VALID, VERDICT_NOISY, VERDICT_INVALID };

struct verdict_reason {
    const char *code; /**< static */
    char text[VERDICT_TEXT_BYTES];
};

struct verdict_result {
    enum verdict verdict;
    bool empty; /**< there are no figures: they must not be shown as if there were */
    struct verdict_reason reasons[VERDICT_REASONS];
    size_t count;
};

void verdict_decide(const struct verdict_facts *facts, struct verdict_result *result);
const char *verdict_name(enum verdict verdict);

#endif
