/*
 * Files that others replace while the daemon runs: certificates and their keys. The kernel tells of
 * changes in their folders (inotify: a file is seldom written in place, and a name may be a link);
 * whether one of the files has changed is told by what its name leads to. They are also looked at
 * every WATCH_POLL_MS, for folders of which the kernel tells nothing (NFS, a link's other end). One
 * thread:
 *
 *     watch_init -> watch_add... -> (poll for watch_fd and watch_timeout_ms -> watch_changed)... ->
 * watch_fini
 */
#ifndef TICKCASTD_WATCH_H
#define TICKCASTD_WATCH_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

#define WATCH_POLL_MS   60000
#define WATCH_SETTLE_MS 1000 /**< a certificate and its key are replaced one after the other */
#define WATCH_LATE_MS   5000 /**< a folder that never rests is looked at so long after its first */

struct watched {
    const char *file;
    struct stat was; /**< zeros if there was no such file */
};

struct watch {
    int fd; /**< of inotify; -1 without */
    struct watched *files;
    uint32_t count;
    uint64_t look_ns;  /**< when to look next */
    uint64_t first_ns; /**< of the events since the last look, or 0 */
};

void watch_init(struct watch *watch);
void watch_fini(struct watch *watch);

/** `file` stays the caller's and in use. Ends the program without memory. */
void watch_add(struct watch *watch, const char *file);

/** To be polled for reading; -1 if there is none. */
static inline int watch_fd(const struct watch *watch) {
    return watch->fd;
}

/** How long to wait at most until watch_changed is called. */
int watch_timeout_ms(const struct watch *watch, uint64_t now_ns);

/** True if a file has changed since it was added or this was last true; told once all is quiet. */
bool watch_changed(struct watch *watch, uint64_t now_ns);

/** Takes all files as they are now: whoever reads them does so after this. */
void watch_look(struct watch *watch, uint64_t now_ns);

#endif
