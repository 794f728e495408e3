/* Under which addresses clients reach a listener. One thread. */
#ifndef TICKCASTD_REACH_H
#define TICKCASTD_REACH_H

#include <net/if.h>

#include "tickcastd/settings.h"

#define REACH_MAX 16 /**< addresses that are told; a screen holds no more beside the rest */

struct reach_url {
    const struct listen_setting *listener;
    char url[LISTEN_URL_BYTES];  /**< as `tickcast --url` takes it: ws://HOST:PORT/ws, wss://... or
                                      unix:///PATH */
    char host[LISTEN_URL_BYTES]; /**< without brackets; "" for a path */
    char interface[IF_NAMESIZE]; /**< where the listener is on all addresses, else "" */
    uint16_t port;
    bool local; /**< its clients count as this host: loopback or a Unix socket */
};

struct reach {
    struct reach_url urls[REACH_MAX];
    uint32_t count;
    uint32_t more; /**< not told */
};

/** Adds the addresses of `listener`, which is bound to `port`. All addresses (0.0.0.0, [::]) are
 *  those of the interfaces that are up, but for link-local ones, which need an interface. */
void reach_add(struct reach *reach, const struct listen_setting *listener, uint16_t port);

#endif
