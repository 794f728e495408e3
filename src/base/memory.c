#include "base/memory.h"

#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static uint64_t lesser(uint64_t a, uint64_t b) {
    return a < b ? a : b;
}

/* The file holds a number, or "max". */
static uint64_t read_limit(const char *path) {
    FILE *file = fopen(path, "re");
    if (file == NULL) return UINT64_MAX;
    uint64_t limit;
    if (fscanf(file, "%" SCNu64, &limit) != 1) limit = UINT64_MAX;
    fclose(file);
    return limit;
}

/* A container often sees its own group as the mount's root and not under the path that the kernel
 * tells, so all the way up is tried. */
static uint64_t limit_upwards(const char *root, char *group, const char *name) {
    uint64_t limit = UINT64_MAX;
    for (;;) {
        char path[2 * PATH_MAX];
        snprintf(path, sizeof path, "%s%s/%s", root, group, name);
        limit = lesser(limit, read_limit(path));
        char *slash = strrchr(group, '/');
        if (slash == NULL) return limit;
        *slash = '\0';
    }
}

uint64_t memory_cgroup_limit(const char *cgroup_file, const char *mount) {
    FILE *file = fopen(cgroup_file, "re");
    if (file == NULL) return UINT64_MAX;
    uint64_t limit = UINT64_MAX;
    char line[PATH_MAX];
    while (fgets(line, sizeof line, file) != NULL) {
        line[strcspn(line, "\n")] = '\0';
        char *controllers = strchr(line, ':');
        char *group = controllers != NULL ? strchr(controllers + 1, ':') : NULL;
        if (group == NULL) continue;
        *group++ = '\0';
        controllers++;
        char root[PATH_MAX];
        if (*controllers == '\0') {
            limit = lesser(limit, limit_upwards(mount, group, "memory.max"));
        } else if (strcmp(controllers, "memory") == 0) {
            snprintf(root, sizeof root, "%s/memory", mount);
            limit = lesser(limit, limit_upwards(root, group, "memory.limit_in_bytes"));
        }
    }
    fclose(file);
    return limit;
}

uint64_t memory_available_bytes(void) {
    long pages = sysconf(_SC_PHYS_PAGES), page_bytes = sysconf(_SC_PAGESIZE);
    uint64_t machine = pages > 0 && page_bytes > 0 ? (uint64_t)pages * (uint64_t)page_bytes : 0;
    return lesser(machine, memory_cgroup_limit("/proc/self/cgroup", "/sys/fs/cgroup"));
}
