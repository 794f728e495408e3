/* JSON of texts that need not be UTF-8, as the names of files. Pure. */
#ifndef TICKCASTD_JSON_TEXT_H
#define TICKCASTD_JSON_TEXT_H

#include <jansson.h>

/** A JSON string; of bytes that are not UTF-8 what printable() makes of them. NULL without memory.
 */
json_t *json_text(const char *text);

#endif
