#include "gate.h"

#include "broker/broker.h"

bool gate_whole(const struct tickcast_broker *broker) {
    const struct gate *gate = &broker->shared.gate;
    return gate->origins != NULL && gate->proxies != NULL && gate->connections != NULL &&
           gate->handshakes != NULL;
}
