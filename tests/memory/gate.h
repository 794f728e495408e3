/* What of a broker's options decides who is let in; apart, since peers here are others. */
#ifndef TESTS_MEMORY_GATE_H
#define TESTS_MEMORY_GATE_H

#include <stdbool.h>

#include "tickcast/tickcast.h"

/** True if the broker has all of it: origins, balancers and both rates. */
bool gate_whole(const struct tickcast_broker *broker);

#endif
