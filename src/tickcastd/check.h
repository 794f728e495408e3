/* What `tickcastd --check` prints: the settings that count and the memory they allow. */
#ifndef TICKCASTD_CHECK_H
#define TICKCASTD_CHECK_H

#include "tickcastd/settings.h"

/** For people. `settings` are complete. */
void check_print(const struct settings *settings, FILE *out);

/** The same as one JSON object: settings (name, value, number: in the unit of the table, bytes or
 *  milliseconds, now: what the broker takes where the value lets it choose, from), listeners (url,
 *  from), warnings, memory (name, bytes, how), memory_bytes (their sum), kernel_bytes. */
void check_print_json(const struct settings *settings, FILE *out);

#endif
