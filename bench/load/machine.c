#include "load/machine.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#define VALUE_BYTES 256

/* The value of the first line that begins with `name`, without blanks and quotes around it; empty
 * if there is none. */
static void read_value(const char *path, const char *name, char separator,
                       char value[VALUE_BYTES]) {
    char line[1024];
    FILE *file = fopen(path, "r");
    *value = 0;
    while (file && !*value && fgets(line, sizeof line, file)) {
        char *at = strchr(line, separator);
        if (strncmp(line, name, strlen(name)) != 0 || !at) continue;
        at += 1 + strspn(at + 1, " \t\"");
        at[strcspn(at, "\"\n")] = 0;
        snprintf(value, VALUE_BYTES, "%.250s", at);
    }
    if (file) fclose(file);
}

json_t *machine_json(void) {
    struct utsname host;
    char cpu[VALUE_BYTES], os[VALUE_BYTES];
    double load = 0;
    if (uname(&host)) return NULL;
    read_value("/proc/cpuinfo", "model name", ':', cpu);
    read_value("/etc/os-release", "PRETTY_NAME", '=', os);
    if (getloadavg(&load, 1) != 1) load = 0;
    return json_pack("{s:s, s:s, s:I, s:I, s:s, s:s, s:f}", "host", host.nodename, "cpu",
                     *cpu ? cpu : host.machine, "cores", (json_int_t)sysconf(_SC_NPROCESSORS_ONLN),
                     "memory_bytes", (json_int_t)sysconf(_SC_PHYS_PAGES) * sysconf(_SC_PAGESIZE),
                     "kernel", host.release, "os", os, "load", load);
}
