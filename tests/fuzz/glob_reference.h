/* Globs matched by trying everything, with a budget: the documented grammar (CONTRACT.md, "Globs").
 */
#ifndef FUZZ_GLOB_REFERENCE_H
#define FUZZ_GLOB_REFERENCE_H

#include <stddef.h>
#include <stdint.h>

#define GLOB_REFERENCE_BYTES 64u /**< the longest pattern, and the longest text */

enum glob_answer {
    GLOB_NO,
    GLOB_YES,
    GLOB_OPEN,   /**< the grammar does not say */
    GLOB_UNKNOWN /**< too much to try */
};

enum glob_answer glob_reference(const uint8_t *pattern, size_t pattern_bytes, const uint8_t *text,
                                size_t text_bytes);

#endif
