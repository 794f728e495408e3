/* A folder with the certificates that scripts/gen-certs makes. */
#ifndef TESTS_NET_CERTS_H
#define TESTS_NET_CERTS_H

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static inline void make_certs(char folder[64]) {
    char command[512];
    strcpy(folder, "/tmp/tickcast-tls-XXXXXX");
    cr_assert(mkdtemp(folder) != NULL);
    snprintf(command, sizeof command, "%s/scripts/gen-certs %s", TICKCAST_SOURCE_DIR, folder);
    cr_assert(system(command) == 0);
}

static inline void remove_certs(const char *folder) {
    char command[128];
    snprintf(command, sizeof command, "rm -r %s", folder);
    cr_assert(system(command) == 0);
}

#endif
