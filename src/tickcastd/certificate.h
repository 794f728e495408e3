/* The certificate of a TLS listener: what people want to know of it. One thread. */
#ifndef TICKCASTD_CERTIFICATE_H
#define TICKCASTD_CERTIFICATE_H

#include <limits.h>

#include "tickcastd/warnings.h"

#define CERTIFICATE_NAME_BYTES  256 /**< room for one name; a longer one is left out */
#define CERTIFICATE_NAMES_BYTES 512 /**< room for all names; those beyond are left out */
#define CERTIFICATE_DATE_BYTES  32
#define CERTIFICATE_SOON_DAYS   14  /**< one that ends within them is warned of */
#define CERTIFICATE_DAYS        365 /**< of a new one */
#define CERTIFICATE_FILES       256 /**< files beside it that are looked at for its authority */

struct certificate {
    char names[CERTIFICATE_NAMES_BYTES];  /**< "localhost, 127.0.0.1" */
    char issuer[CERTIFICATE_NAME_BYTES];  /**< its common name, fit for a line */
    char from[CERTIFICATE_DATE_BYTES];    /**< "2026-11-24 21:13:39 UTC" */
    char until[CERTIFICATE_DATE_BYTES];   /**< the same */
    long long valid_since_s, valid_for_s; /**< below 0: not yet, and no more */
    bool self_signed;
};

/** Reads the first certificate of `file`; -1 if there is none that can be read. */
int certificate_read(const char *file, struct certificate *certificate);

/** A name under which clients of this host may connect to a listener on `host`: `host` itself if
 *  the certificate is for it, localhost if it is for that and `loopback`, else the first name.
 *  False if it has none. */
bool certificate_name(const char *file, const char *host, bool loopback,
                      char name[CERTIFICATE_NAME_BYTES]);

/** True if this host's authorities vouch for it. Reads all of them. */
bool certificate_is_trusted(const char *file);

/** The file that a client needs to trust it: itself, or that of an authority in its folder. False
 *  if there is none. */
bool certificate_authority(const char *file, char authority[PATH_MAX]);

/** Warns if it has expired, will soon, or is not valid yet. */
void certificate_warn(const char *file, const char *key, const struct warner *warner);

#endif
