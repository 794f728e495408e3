#include "shard/gate.h"

#include <stdlib.h>
#include <string.h>

bool gate_init(struct gate *gate, const struct tickcast_options *options) {
    if (options->origins != NULL && (gate->origins = strdup(options->origins)) == NULL)
        return false;
    if (options->proxy_from != NULL && (gate->proxies = prefixes_new(options->proxy_from)) == NULL)
        return false;
    return true;
}

void gate_fini(struct gate *gate) {
    free(gate->origins);
    prefixes_free(gate->proxies);
}
