/* A plain reading of RFC 6455 (section 5) over bytes that are all there: frame by frame, nothing in
 * pieces, nothing told early. */
#ifndef FUZZ_FRAME_REFERENCE_H
#define FUZZ_FRAME_REFERENCE_H

#include "fuzz/frame_trace.h"

/** Reads whole frames up to the first error or the first that is not whole. */
void frame_reference(const struct frame_setting *setting, const uint8_t *bytes, size_t count,
                     struct frame_trace *trace);

#endif
