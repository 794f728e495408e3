/*
 * The fan-out meter: N subscribers and a publisher in one thread. A closed loop: W messages go out
 * in one write; the next batch goes when every subscriber has received all of its share.
 *
 * To be much cheaper than the broker it counts bytes without copying them (MSG_TRUNC) and reads a
 * sample of the connections in full: each frame's header, key and number. Bytes missing or too many
 * anywhere are told as `lost` and `extra`; two bytes too many are one of the server's empty pings.
 * With TLS the others are counted by the headers of their records: only the sample is decrypted.
 *
 * In an open loop each message to one of the sample has its latency, from when it was to be
 * published.
 *
 * Against the yardstick (raw) there is no handshake: the control connection, which is the first, is
 * told what to send once, and then only to go.
 */
#ifndef BENCH_METER_H
#define BENCH_METER_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "histogram/histogram.h"
#include "kit/plan.h"

struct meter_options {
    struct plan_options plan;
    struct sockaddr_in address;
    bool tls;           /**< wss, with TLS 1.3 */
    bool raw;           /**< the peer is the yardstick */
    bool sleep;         /**< sleep in epoll_wait; else poll without sleeping while a batch is out */
    uint32_t read_each; /**< every n-th connection is read in full */
    int frozen_rcvbuf;  /**< SO_RCVBUF of the frozen connections */
    uint32_t rate;      /**< batches a second at most; 0: as fast as they are received */
    bool open;          /**< an open loop: batches go at their times, whatever has been received;
                           with a rate, and one set that all have */
    pid_t pid;          /**< of the broker; 0: its CPU time is not measured */
    int core;           /**< whose busy time is measured; -1: none */
};

struct meter_result {
    uint32_t window;
    uint64_t batches, messages, deliveries;
    uint64_t wall_ns, broker_ns, core_ns, client_ns;
    uint64_t lost, extra, broken;    /**< bytes; frames that are not what was published */
    uint64_t pings;                  /**< of the server, on connections that are only counted */
    uint64_t evicted;                /**< frozen connections that were closed or reset so far */
    const struct histogram *latency; /**< ns from the write of a batch until a subscriber has it
                                      * all; the meter's, until its next run */
};

struct meter;

/** Connects, upgrades and subscribes all. NULL after a line on stderr. */
struct meter *meter_new(const struct meter_options *options);
void meter_free(struct meter *meter);

/** Runs batches of `window` messages until `batches` (0: no limit) or `seconds` (0: no limit). 0,
 * or -1 if messages were lost, doubled or broken, or the publisher was answered; result says how
 * many. */
int meter_run(struct meter *meter, uint32_t window, uint64_t batches, double seconds,
              struct meter_result *result);

/** After a run: waits until `count` frozen connections have ended, at most `seconds`. Returns how
 * many have. The result of that run must still be there. */
uint64_t meter_wait_evicted(struct meter *meter, uint64_t count, double seconds);

#endif
