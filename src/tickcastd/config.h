/* The configuration file: YAML whose names are those of settings_names(). One thread. */
#ifndef TICKCASTD_CONFIG_H
#define TICKCASTD_CONFIG_H

#include "tickcastd/settings.h"

#define CONFIG_MAX_BYTES  (1024 * 1024) /**< a longer file is refused */
#define CONFIG_TRIES      16            /**< lines left out to read what stands before an error */
#define CONFIG_DEPTH      16  /**< maps and lists within each other: libyaml takes quadratic time */
#define CONFIG_ANCHORS    256 /**< the same for anchors */
#define CONFIG_DIRECTIVES 16  /**< and for %TAG directives, which nothing here needs */

/** Reads the file settings->file. Every problem is reported with its line; where the YAML itself
 *  is wrong that and what stands before it. */
void config_load(struct settings *settings, struct problems *problems);

/** The same for a text in memory. */
void config_read(struct settings *settings, const char *text, size_t bytes,
                 struct problems *problems);

#endif
