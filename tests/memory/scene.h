/* What the acts share: a broker, who is connected to it, and what it owes them. */
#ifndef TESTS_MEMORY_SCENE_H
#define TESTS_MEMORY_SCENE_H

#include "peer.h"
#include "tickcast/tickcast.h"

#define SCENE_PEERS 4

struct scene {
    struct tickcast_broker *broker;
    struct tickcast_options options;
    struct peer_target target;
    struct tickcast_listener listener; /**< of the broker */
    struct peer peers[SCENE_PEERS];
};

enum act_broker {
    ACT_FRESH, /**< a broker for each run */
    ACT_KEPT,  /**< one for all of them */
    ACT_OWN,   /**< `run` makes it */
};

/** One thing that a broker does. Allocations fail in `run` only. Each call either gets what the
 * broker owes it, or finds its connection ended. */
struct act {
    const char *name;
    void (*prepare)(struct scene *scene); /**< or NULL */
    void (*run)(struct scene *scene);
    enum act_broker broker;
    bool of_tls; /**< nothing for a plain listener */
    bool loads;  /**< with TLS: certificates, which takes OpenSSL 12,000 allocations */
};

extern const struct act acts[];
extern const unsigned acts_count;

/** Makes and starts the scene's broker; its allocations may fail. False: cleanly, all is released.
 */
bool scene_start(struct scene *scene);
/** Stops and frees it. */
void scene_stop(struct scene *scene);

/** Every peer leaves; then waits until the broker has nothing left of anybody. */
void scene_settle(struct scene *scene);

/** Subscribes, in place of what the peer was subscribed to, and reads the echo. */
bool scene_subscribe(struct peer *peer, const char *const *streams, size_t count);

/** Pushes from the host; true if it is to be delivered: only memory may lack. */
bool scene_push(const struct scene *scene, const char *key, const void *data, size_t bytes);
/** Reads a payload, which is to be this one. */
bool scene_receive(struct peer *peer, const char *key, const void *data, size_t bytes);

/** A newcomer gets what everybody gets. */
void scene_serves(struct scene *scene);

#endif
