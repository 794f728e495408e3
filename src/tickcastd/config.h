/* The configuration file: YAML whose names are those of settings_names(). One thread. */
#ifndef TICKCASTD_CONFIG_H
#define TICKCASTD_CONFIG_H

#include "tickcastd/settings.h"

#define CONFIG_MAX_BYTES (1024 * 1024) /**< a longer file is refused */

/** Reads the file settings->file. Every problem is reported with its line; after an error of YAML
 *  itself nothing else of the file can be read. */
void config_load(struct settings *settings, struct report *report);

/** The same for a text in memory. */
void config_read(struct settings *settings, const char *text, size_t bytes, struct report *report);

#endif
