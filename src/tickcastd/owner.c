#include "tickcastd/owner.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/printable.h"

#define ROW_BYTES    512
#define LINK_BYTES   64
#define HEX_BYTES    33
#define STATE_LISTEN 0x0A

/* An address as /proc/net/tcp and tcp6 write it: each 32 bits of the wire in the order of the host.
 * "" for a name. */
static void hex_of(const char *host, char hex[HEX_BYTES]) {
    uint32_t words[4];
    hex[0] = '\0';
    int count = inet_pton(AF_INET, host, words) == 1    ? 1
                : inet_pton(AF_INET6, host, words) == 1 ? 4
                                                        : 0;
    for (int i = 0; i < count; i++) snprintf(hex + (size_t)i * 8, 9, "%08X", words[i]);
}

static bool is_any(const char *hex) {
    return hex[strspn(hex, "0")] == '\0';
}

/* Looks for the inode of a socket that is in the way in one table. */
static bool scan_table(const char *table, const char *hex, uint16_t port, unsigned long *inode,
                       uid_t *uid) {
    FILE *file = fopen(table, "r");
    if (file == NULL) return false;
    char row[ROW_BYTES], address[HEX_BYTES];
    bool found = false;
    while (fgets(row, sizeof row, file) != NULL) {
        unsigned at, state, user;
        unsigned long number;
        if (sscanf(row, " %*u: %32[0-9A-F]:%x %*[0-9A-F:] %x %*s %*s %*s %u %*u %lu", address, &at,
                   &state, &user, &number) != 5)
            continue;
        if (at != port || number == 0 || (found && state != STATE_LISTEN)) continue;
        if (!is_any(hex) && !is_any(address) && strcmp(hex, address) != 0) continue;
        *inode = number;
        *uid = user;
        found = true;
        if (state == STATE_LISTEN) break;
    }
    fclose(file);
    return found;
}

static void name_program(struct owner *owner) {
    char path[64], name[OWNER_NAME_BYTES] = "";
    snprintf(path, sizeof path, "/proc/%d/comm", (int)owner->pid);
    FILE *file = fopen(path, "r");
    if (file != NULL && fgets(name, sizeof name, file) == NULL) *name = '\0';
    if (file != NULL) fclose(file);
    printable(name, strcspn(name, "\n"), owner->program, sizeof owner->program);
}

static bool has_link(pid_t pid, const char *wanted) {
    char folder[64], link[LINK_BYTES];
    snprintf(folder, sizeof folder, "/proc/%d/fd", (int)pid);
    DIR *entries = opendir(folder);
    if (entries == NULL) return false;
    const struct dirent *entry;
    bool found = false;
    while (!found && (entry = readdir(entries)) != NULL) {
        ssize_t bytes = readlinkat(dirfd(entries), entry->d_name, link, sizeof link - 1);
        if (bytes <= 0) continue;
        link[bytes] = '\0';
        found = strcmp(link, wanted) == 0;
    }
    closedir(entries);
    return found;
}

static pid_t process_with(unsigned long inode) {
    char wanted[LINK_BYTES];
    snprintf(wanted, sizeof wanted, "socket:[%lu]", inode);
    DIR *entries = opendir("/proc");
    const struct dirent *entry;
    pid_t found = 0;
    while (entries != NULL && found == 0 && (entry = readdir(entries)) != NULL) {
        pid_t pid = (pid_t)strtol(entry->d_name, NULL, 10);
        if (pid > 0 && has_link(pid, wanted)) found = pid;
    }
    if (entries != NULL) closedir(entries);
    return found;
}

bool owner_of_port(const char *host, uint16_t port, struct owner *owner) {
    char hex[HEX_BYTES];
    unsigned long inode;
    hex_of(host, hex);
    *owner = (struct owner){.pid = 0};
    if (!scan_table("/proc/net/tcp", hex, port, &inode, &owner->uid) &&
        !scan_table("/proc/net/tcp6", hex, port, &inode, &owner->uid))
        return false;
    owner->pid = process_with(inode);
    if (owner->pid > 0) name_program(owner);
    return true;
}

bool owner_of_path(const char *path, struct owner *owner) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (strlen(path) >= sizeof address.sun_path) return false;
    memcpy(address.sun_path, path, strlen(path) + 1);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    struct ucred who;
    socklen_t bytes = sizeof who;
    bool found = fd >= 0 && connect(fd, (struct sockaddr *)&address, sizeof address) == 0 &&
                 getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &bytes) == 0 && who.pid > 0;
    if (fd >= 0) close(fd);
    if (!found) return false;
    *owner = (struct owner){.pid = who.pid, .uid = who.uid};
    name_program(owner);
    return true;
}
