#include "base/host.h"

#include <inttypes.h>
#include <linux/capability.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

bool host_text(const char *name, char out[HOST_TEXT_BYTES]) {
    char path[128];
    snprintf(path, sizeof path, "/proc/sys/%s", name);
    FILE *file = fopen(path, "r");
    if (file == NULL) return false;
    size_t bytes = fread(out, 1, HOST_TEXT_BYTES - 1, file);
    bool whole = feof(file) != 0;
    fclose(file);
    out[bytes] = '\0';
    out[strcspn(out, "\n")] = '\0';
    return whole;
}

uint64_t host_number(const char *name, uint64_t otherwise) {
    char text[HOST_TEXT_BYTES];
    unsigned long long number;
    return host_text(name, text) && sscanf(text, "%llu", &number) == 1 ? number : otherwise;
}

/* Root in a container often may not. */
static bool root_may_raise(void) {
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3];
    return syscall(SYS_capget, &header, data) == 0 &&
           (data[CAP_TO_INDEX(CAP_SYS_RESOURCE)].effective & CAP_TO_MASK(CAP_SYS_RESOURCE));
}

void host_raise_files(uint64_t files, struct paste *paste) {
    struct paste sudo = {.used = 0};
    paste_sudo(&sudo);
    if (sudo.used == 0 && !root_may_raise()) return;
    if (files > host_number("fs/nr_open", UINT64_MAX))
        paste_raw(paste, "%ssysctl -w fs.nr_open=%" PRIu64 " && ", sudo.text, files);
    if (sudo.used > 0)
        paste_raw(paste, "sudo prlimit --pid $$ --nofile=%" PRIu64 ":%" PRIu64, files, files);
    else
        paste_raw(paste, "ulimit -n %" PRIu64, files);
}
