/* How much memory there is. */
#ifndef BASE_MEMORY_H
#define BASE_MEMORY_H

#include <stdint.h>

/** Memory that this process may use, in bytes: that of the machine, or less where its control group
 *  (version 1 or 2, or one above it) has a limit. Reads /proc and /sys; any thread. */
uint64_t memory_available_bytes(void);

/** The smallest limit of the control group that `cgroup_file` (as /proc/self/cgroup) names and of
 *  those above it, as mounted under `mount`; UINT64_MAX without one. */
uint64_t memory_cgroup_limit(const char *cgroup_file, const char *mount);

#endif
