#include "tickcastd/core_dump.h"

#include <stdbool.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED 1
#else
#define SANITIZED 0
#endif

static void set_limit(bool most) {
    struct rlimit limit;
    if (getrlimit(RLIMIT_CORE, &limit) < 0) return;
    limit.rlim_cur = most ? limit.rlim_max : 0;
    (void)setrlimit(RLIMIT_CORE, &limit);
}

void core_dump_forbid(void) {
    if (SANITIZED) return;
    set_limit(false);
    (void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
}

void core_dump_allow(void) {
    if (SANITIZED) return;
    set_limit(true);
    (void)prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
}
