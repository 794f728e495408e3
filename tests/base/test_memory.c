#include "base/memory.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static char root[] = "/tmp/test_memory.XXXXXX";

static const char *in_root(const char *name) {
    static char path[PATH_MAX];
    snprintf(path, sizeof path, "%s/%s", root, name);
    return path;
}

static void make(void) {
    cr_assert(mkdtemp(root) != NULL);
}

static void clean(void) {
    char command[PATH_MAX];
    snprintf(command, sizeof command, "rm -rf %s", root);
    cr_assert(zero(int, system(command)));
}

static void put(const char *name, const char *text) {
    FILE *file = fopen(in_root(name), "w");
    cr_assert(file != NULL);
    fputs(text, file);
    fclose(file);
}

static uint64_t limit(void) {
    char cgroup[PATH_MAX];
    snprintf(cgroup, sizeof cgroup, "%s", in_root("cgroup"));
    return memory_cgroup_limit(cgroup, root);
}

TestSuite(memory, .init = make, .fini = clean);

Test(memory, without_control_groups_there_is_no_limit) {
    cr_assert(eq(u64, limit(), UINT64_MAX));
    put("cgroup", "nonsense\n0::/\n");
    cr_assert(eq(u64, limit(), UINT64_MAX));
}

Test(memory, the_smallest_limit_on_the_way_up_counts) {
    mkdir(in_root("a"), 0700);
    mkdir(in_root("a/b"), 0700);
    put("cgroup", "0::/a/b\n");
    put("a/b/memory.max", "max\n");
    cr_assert(eq(u64, limit(), UINT64_MAX));
    put("a/memory.max", "1073741824\n");
    cr_assert(eq(u64, limit(), 1073741824));
    put("a/b/memory.max", "4096\n");
    cr_assert(eq(u64, limit(), 4096));
}

Test(memory, version_1_groups_count_too) {
    mkdir(in_root("memory"), 0700);
    put("cgroup", "9:name=systemd:/\n4:memory:/not/visible/here\n0::/\n");
    put("memory/memory.limit_in_bytes", "2097152\n");
    cr_assert(eq(u64, limit(), 2097152));
}

Test(memory, this_machine_has_some) {
    cr_assert(gt(u64, memory_available_bytes(), 1 << 20));
}
