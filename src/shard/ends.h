/* The rows of tickcast/ends.h by number. */
#ifndef SHARD_ENDS_H
#define SHARD_ENDS_H

#include "tickcast/ends.h"

#define CONN_END_NAME(name, NAME, code, level, sentence) END_##NAME,
enum conn_end { TICKCAST_ENDS(CONN_END_NAME) END_COUNT };
#undef CONN_END_NAME

#define REFUSAL_NAME(name, NAME, sentence) REFUSED_##NAME,
enum refused { TICKCAST_REFUSALS(REFUSAL_NAME) REFUSED_COUNT };
#undef REFUSAL_NAME

#endif
