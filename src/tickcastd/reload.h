/*
 * Certificates while the daemon runs: they are read again when their files change and when it is
 * asked for (SIGHUP), and once a day those that end soon are warned of. One thread.
 */
#ifndef TICKCASTD_RELOAD_H
#define TICKCASTD_RELOAD_H

#include "tickcast/tickcast.h"
#include "tickcastd/logging.h"
#include "tickcastd/settings.h"
#include "tickcastd/watch.h"

#define RELOAD_WARN_S (24 * 3600) /**< between two warnings of the same certificate */

struct reload {
    struct tickcast_broker *broker;
    const struct settings *settings; /**< its listeners have the numbers of the broker's */
    struct logging *logging;
    struct watch watch;
    uint64_t warn_ns; /**< when to warn again */
};

/** All listeners listen. */
void reload_init(struct reload *reload, struct tickcast_broker *broker,
                 const struct settings *settings, struct logging *logging);
void reload_fini(struct reload *reload);

/** To be polled for reading (-1: nothing), and how long at most, until reload_turn is called. */
int reload_fd(const struct reload *reload);
int reload_timeout_ms(const struct reload *reload);

/** Reads again what has changed, and warns when it is time for that. */
void reload_turn(struct reload *reload);

/** Reads all certificates again; `why` is for the log. */
void reload_now(struct reload *reload, const char *why);

#endif
