#include <string.h>
#include <strings.h>

#include "peer/kinds.h"

const struct peer *const peers[] = {&peer_tickcast, &peer_nats,  &peer_nats_tcp, &peer_mqtt,
                                    &peer_mqtt_tcp, &peer_redis, &peer_raw,      NULL};

/* Is `scheme` one of the words of `list`? */
static bool listed(const char *list, const char *scheme, size_t bytes) {
    while (*list) {
        size_t word = strcspn(list, " ");
        if (word == bytes && !strncasecmp(list, scheme, bytes)) return true;
        list += word + strspn(list + word, " ");
    }
    return false;
}

const struct peer *peer_find(const char *url) {
    const char *end = strstr(url, "://");
    for (size_t i = 0; end && peers[i]; i++)
        if (listed(peers[i]->schemes, url, (size_t)(end - url))) return peers[i];
    return NULL;
}
