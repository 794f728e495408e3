/* What the stand-in does wrong, exactly. */
#ifndef STAND_IN_FAULTS_H
#define STAND_IN_FAULTS_H

#include <stdbool.h>
#include <stdint.h>

#define FAULT_ALL UINT32_MAX /* of every connection */

/* Each `every`-th delivery of subscriber `connection` (from 0, as they connected); 0: never. */
struct fault {
    uint32_t connection;
    uint64_t every;
};

struct faults {
    uint64_t delay_ns;                  /* each delivery is so late */
    uint64_t skew_ns;                   /* and that of subscriber k by k times this */
    uint64_t stall_ns;                  /* the whole server stops for so long */
    uint64_t stall_every;               /* in the middle of every so many messages; 0: never */
    struct fault lose, duplicate, swap; /* swap: with the delivery after it */
    struct fault close, garbage;        /* once, after so many deliveries */
    int refuse, refuse_publisher;       /* HTTP status of handshakes; 0: none */
    const char *body;                   /* of refusals */
    const char *banner;                 /* not HTTP, in place of a handshake */
    const char *error;                  /* answer to a subscribe, in place of the echo */
    bool silent;                        /* no answer to a subscribe */
    bool deaf;                          /* publishers are not read */
};

/* Exits with 2 and the list of options after a wrong command line. */
void faults_parse(int argc, char **argv, struct faults *faults);

bool fault_hits(const struct fault *fault, uint32_t connection, uint64_t delivery);
bool fault_hits_once(const struct fault *fault, uint32_t connection, uint64_t delivery);

#endif
