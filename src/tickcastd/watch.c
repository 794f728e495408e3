#include "tickcastd/watch.h"

#include <err.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "base/clock.h"

#define EVENTS                                                                                     \
    (IN_CREATE | IN_MOVED_TO | IN_CLOSE_WRITE | IN_DELETE | IN_ATTRIB | IN_MOVED_FROM | IN_ONLYDIR)

void watch_init(struct watch *watch) {
    *watch = (struct watch){.fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC)};
    watch->look_ns = clock_now_ns() + WATCH_POLL_MS * NS_PER_MS;
}

void watch_fini(struct watch *watch) {
    if (watch->fd >= 0) close(watch->fd);
    free(watch->files);
}

static struct stat state_of(const char *file) {
    struct stat now;
    return stat(file, &now) == 0 ? now : (struct stat){.st_ino = 0};
}

static bool same(const struct stat *a, const struct stat *b) {
    return a->st_dev == b->st_dev && a->st_ino == b->st_ino && a->st_size == b->st_size &&
           a->st_mtim.tv_sec == b->st_mtim.tv_sec && a->st_mtim.tv_nsec == b->st_mtim.tv_nsec &&
           a->st_ctim.tv_sec == b->st_ctim.tv_sec && a->st_ctim.tv_nsec == b->st_ctim.tv_nsec;
}

void watch_add(struct watch *watch, const char *file) {
    struct watched *more = reallocarray(watch->files, watch->count + 1, sizeof watch->files[0]);
    if (more == NULL) err(1, "no memory");
    watch->files = more;
    watch->files[watch->count++] = (struct watched){file, state_of(file)};
    const char *slash = strrchr(file, '/');
    char folder[PATH_MAX] = ".";
    size_t bytes = slash != NULL ? (size_t)(slash - file) + 1 : 0;
    if (bytes > 0 && bytes < sizeof folder) memcpy(folder, file, bytes), folder[bytes] = '\0';
    if (watch->fd >= 0) (void)inotify_add_watch(watch->fd, folder, EVENTS); /* else: the poll */
}

int watch_timeout_ms(const struct watch *watch, uint64_t now_ns) {
    if (now_ns >= watch->look_ns) return 0;
    return (int)((watch->look_ns - now_ns) / NS_PER_MS) + 1;
}

/* Takes what the kernel tells; what it is about tells the next look. */
static bool take_events(struct watch *watch) {
    char events[4096];
    bool any = false;
    while (watch->fd >= 0 && read(watch->fd, events, sizeof events) > 0) any = true;
    return any;
}

static void wait_for_quiet(struct watch *watch, uint64_t now_ns) {
    if (watch->first_ns == 0) watch->first_ns = now_ns;
    uint64_t quiet_ns = now_ns + WATCH_SETTLE_MS * NS_PER_MS;
    uint64_t late_ns = watch->first_ns + WATCH_LATE_MS * NS_PER_MS;
    watch->look_ns = quiet_ns < late_ns ? quiet_ns : late_ns;
}

static bool look(struct watch *watch, uint64_t now_ns) {
    bool changed = false;
    for (uint32_t i = 0; i < watch->count; i++) {
        struct stat now = state_of(watch->files[i].file);
        if (!same(&now, &watch->files[i].was)) changed = true;
        watch->files[i].was = now;
    }
    watch->first_ns = 0;
    watch->look_ns = now_ns + WATCH_POLL_MS * NS_PER_MS;
    return changed;
}

bool watch_changed(struct watch *watch, uint64_t now_ns) {
    if (take_events(watch)) wait_for_quiet(watch, now_ns);
    return now_ns >= watch->look_ns && look(watch, now_ns);
}

void watch_look(struct watch *watch, uint64_t now_ns) {
    (void)take_events(watch);
    (void)look(watch, now_ns);
}
