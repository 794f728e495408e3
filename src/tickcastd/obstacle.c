#include "tickcastd/obstacle.h"

#include <errno.h>
#include <limits.h>
#include <pwd.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/host.h"
#include "net/socket.h"
#include "tickcastd/again.h"
#include "tickcastd/owner.h"

#define PLACE_BYTES LISTEN_URL_BYTES
#define LOOPBACK    "127.0.0.1"

struct obstacle {
    const struct settings *settings;
    const struct listen_setting *listener;
    char **argv;
    int error;
    char *out;
    size_t used;
};

static void __attribute__((format(printf, 2, 3)))
tell(struct obstacle *obstacle, const char *format, ...) {
    size_t room = OBSTACLE_BYTES - obstacle->used;
    va_list args;
    va_start(args, format);
    int bytes = vsnprintf(obstacle->out + obstacle->used, room, format, args);
    va_end(args);
    if (bytes > 0) obstacle->used += (size_t)bytes < room ? (size_t)bytes : room - 1;
}

/* "; to PURPOSE run: COMMAND", whole or not at all. */
static void offer(struct obstacle *obstacle, const char *purpose, const struct paste *command) {
    size_t bytes = strlen(purpose) + strlen(command->text) + 16;
    if (command->used == 0 || command->cut || bytes > OBSTACLE_BYTES - obstacle->used) return;
    tell(obstacle, "; to %s run: %s", purpose, command->text);
}

static bool is_wanted(const struct settings *settings, unsigned port) {
    for (uint32_t i = 0; i < settings->listener_count; i++)
        if (settings->listeners[i].port == port) return true;
    return false;
}

/* A port at `host` from `first` on that is free now and that no other listener wants, 0 if none is
 * found. */
static uint16_t free_port(const struct obstacle *obstacle, const char *host, unsigned first) {
    for (unsigned port = first; port < first + OBSTACLE_PORTS && port <= UINT16_MAX; port++) {
        uint16_t bound;
        if (port != obstacle->listener->port && is_wanted(obstacle->settings, port)) continue;
        int fd = socket_listen(host, (uint16_t)port, 1, &bound);
        if (fd < 0) continue;
        close(fd);
        return bound;
    }
    return 0;
}

static void offer_place(struct obstacle *obstacle, const char *place) {
    struct paste command = {.used = 0};
    char where[ORIGIN_TEXT_BYTES];
    const struct origin *origin = &obstacle->listener->origin;
    if (again_elsewhere(obstacle->settings, obstacle->listener, obstacle->argv, place, &command))
        offer(obstacle, "listen elsewhere", &command);
    else
        tell(obstacle, "; to listen elsewhere, as at %s, change %s", place,
             origin_text(origin, obstacle->settings->file, where));
}

/* At `host`, at a port that is free. */
static void offer_port(struct obstacle *obstacle, const char *host, unsigned first) {
    char place[PLACE_BYTES];
    /* Who did not say where to listen did not say that others may be served either. */
    if (obstacle->listener->origin.source == FROM_DEFAULT) host = LOOPBACK;
    uint16_t port = free_port(obstacle, host, first);
    bool brackets = strchr(host, ':') != NULL;
    snprintf(place, sizeof place, "%s%s%s:%u", brackets ? "[" : "", host, brackets ? "]" : "",
             port);
    offer_place(obstacle, place);
}

static const char *user_name(uid_t uid, char out[OWNER_NAME_BYTES]) {
    const struct passwd *user = getpwuid(uid);
    snprintf(out, OWNER_NAME_BYTES, "%s", user != NULL ? user->pw_name : "");
    if (user == NULL) snprintf(out, OWNER_NAME_BYTES, "%u", uid);
    return out;
}

/* By whom, and how to end it, or to see it. */
static void tell_owner(struct obstacle *obstacle, const struct owner *owner) {
    struct paste command = {.used = 0};
    char user[OWNER_NAME_BYTES];
    if (owner->uid != geteuid() || owner->pid == 0) paste_sudo(&command);
    if (owner->pid > 0) {
        tell(obstacle, " by %s (pid %d)", owner->program, (int)owner->pid);
        paste_raw(&command, "kill %d", (int)owner->pid);
        offer(obstacle, "end it", &command);
    } else {
        tell(obstacle, " by a process of user %s", user_name(owner->uid, user));
        paste_raw(&command, "ss -ltnp 'sport = :%u'", obstacle->listener->port);
        offer(obstacle, "see which", &command);
    }
}

static void port_in_use(struct obstacle *obstacle) {
    const struct listen_setting *listener = obstacle->listener;
    struct owner owner;
    if (owner_of_port(listener->host, listener->port, &owner)) tell_owner(obstacle, &owner);
    offer_port(obstacle, listener->host, listener->port + 1U);
}

static void port_is_privileged(struct obstacle *obstacle) {
    struct paste command = {.used = 0};
    char self[PATH_MAX];
    tell(obstacle, ": ports below %llu need a privilege",
         (unsigned long long)host_number("net/ipv4/ip_unprivileged_port_start", 1024));
    if (paste_self(self, sizeof self)) {
        paste_sudo(&command);
        paste_raw(&command, "setcap cap_net_bind_service=+ep");
        paste_word(&command, self);
        offer(obstacle, "give it to tickcastd", &command);
    }
    offer_port(obstacle, obstacle->listener->host, LISTEN_PORT);
}

static void obstacle_of_port(struct obstacle *obstacle) {
    const struct listen_setting *listener = obstacle->listener;
    struct paste command = {.used = 0};
    switch (obstacle->error) {
    case EADDRINUSE:
        port_in_use(obstacle);
        break;
    case EACCES:
        port_is_privileged(obstacle);
        break;
    case EADDRNOTAVAIL:
        tell(obstacle, ": no interface of this host has this address");
        paste_raw(&command, "ip -brief address");
        offer(obstacle, "see those that it has", &command);
        offer_port(obstacle, LOOPBACK, listener->port);
        break;
    case ENOENT:
        obstacle->used = 0;
        tell(obstacle, "there is no host '%s'", listener->host);
        paste_raw(&command, "getent ahosts");
        paste_word(&command, listener->host);
        offer(obstacle, "see what the name stands for", &command);
        offer_port(obstacle, LOOPBACK, listener->port);
        break;
    default:
        break;
    }
}

static void path_in_use(struct obstacle *obstacle) {
    const char *path = obstacle->listener->unix_path;
    struct stat status;
    struct owner owner;
    char place[PLACE_BYTES];
    if (lstat(path, &status) == 0 && !S_ISSOCK(status.st_mode))
        tell(obstacle, ": it is a file, not a socket");
    else if (owner_of_path(path, &owner))
        tell_owner(obstacle, &owner);
    snprintf(place, sizeof place, "%s.2", path);
    if (strlen(place) < sizeof(((struct sockaddr_un *)0)->sun_path)) offer_place(obstacle, place);
}

static void obstacle_of_path(struct obstacle *obstacle) {
    const char *path = obstacle->listener->unix_path, *slash = strrchr(path, '/');
    char folder[PATH_MAX];
    snprintf(folder, sizeof folder, "%.*s", slash != NULL ? (int)(slash - path) + 1 : 1,
             slash != NULL ? path : ".");
    struct paste command = {.used = 0};
    switch (obstacle->error) {
    case EADDRINUSE:
        path_in_use(obstacle);
        break;
    case ENOENT:
        paste_raw(&command, "mkdir -p");
        paste_word(&command, folder);
        offer(obstacle, "make its folder", &command);
        break;
    case EACCES:
        paste_raw(&command, "ls -ld");
        paste_word(&command, folder);
        offer(obstacle, "see who may write there", &command);
        offer_place(obstacle, slash != NULL ? slash + 1 : path);
        break;
    default:
        break;
    }
}

const char *obstacle_text(const struct settings *settings, uint32_t number, int error, char **argv,
                          char out[OBSTACLE_BYTES]) {
    struct obstacle obstacle = {.settings = settings,
                                .listener = &settings->listeners[number],
                                .argv = argv,
                                .error = error,
                                .out = out};
    tell(&obstacle, "%s", strerror(error));
    if (obstacle.listener->unix_path != NULL)
        obstacle_of_path(&obstacle);
    else
        obstacle_of_port(&obstacle);
    return out;
}
