/*
 * What a service might try if somebody else ruled it. For each attempt a line: its name, and the
 * error or "done". Usage: attempts [NAME], one of them alone.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

static int memory_to_write_and_execute(void) {
    int rights = PROT_READ | PROT_WRITE | PROT_EXEC;
    return mmap(NULL, 4096, rights, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED ? -1 : 0;
}

static int written_memory_to_execute(void) {
    void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return page == MAP_FAILED ? -1 : mprotect(page, 4096, PROT_READ | PROT_EXEC);
}

static int open_socket(int family, int type) {
    int fd = socket(family, type, 0);
    return fd < 0 ? -1 : close(fd);
}

static int netlink_socket(void) {
    return open_socket(AF_NETLINK, SOCK_RAW);
}

static int packet_socket(void) {
    return open_socket(AF_PACKET, SOCK_RAW);
}

static int inet_socket(void) {
    return open_socket(AF_INET, SOCK_STREAM);
}

static int inet6_socket(void) {
    return open_socket(AF_INET6, SOCK_STREAM);
}

static int unix_socket(void) {
    return open_socket(AF_UNIX, SOCK_STREAM);
}

static int make_file(const char *path) {
    int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    return fd < 0 ? -1 : close(fd);
}

static int file_in_usr(void) {
    return make_file("/usr/bin/attempt");
}

static int file_in_etc(void) {
    return make_file("/etc/tickcast/attempt");
}

static int file_of_its_state(void) {
    return make_file("/var/lib/tickcast/attempt");
}

static int socket_folder(void) {
    return make_file("/run/tickcast/attempt");
}

static int others_private_file(void) {
    int fd = open("/etc/tickcast/private", O_RDONLY | O_CLOEXEC);
    return fd < 0 ? -1 : close(fd);
}

static int process_of_others(void) {
    return access("/proc/1", F_OK);
}

static int home_of_others(void) {
    return access("/root/.", F_OK);
}

static int temporary_files_of_others(void) {
    return access("/tmp/file", F_OK);
}

static int more_descriptors_than_a_million(void) {
    struct rlimit limit = {1048577, 1048577};
    return prlimit(0, RLIMIT_NOFILE, &limit, NULL);
}

static int kernel_setting(void) {
    int fd = open("/proc/sys/net/core/somaxconn", O_WRONLY | O_CLOEXEC);
    return fd < 0 ? -1 : close(fd);
}

static int user_namespace(void) {
    return (int)syscall(SYS_clone, 0x10000000 /* CLONE_NEWUSER */ | 17 /* SIGCHLD */, 0, 0, 0, 0);
}

static int set_an_alarm(void) { /* a system call that the unit does not list */
    return (int)alarm(0);
}

#define ATTEMPT(name)                                                                              \
    { #name, name }
static const struct {
    const char *name;
    int (*make)(void);
} attempts[] = {
    ATTEMPT(inet_socket),
    ATTEMPT(inet6_socket),
    ATTEMPT(unix_socket),
    ATTEMPT(file_of_its_state),
    ATTEMPT(socket_folder),
    ATTEMPT(memory_to_write_and_execute),
    ATTEMPT(written_memory_to_execute),
    ATTEMPT(netlink_socket),
    ATTEMPT(packet_socket),
    ATTEMPT(file_in_usr),
    ATTEMPT(file_in_etc),
    ATTEMPT(others_private_file),
    ATTEMPT(process_of_others),
    ATTEMPT(home_of_others),
    ATTEMPT(temporary_files_of_others),
    ATTEMPT(more_descriptors_than_a_million),
    ATTEMPT(kernel_setting),
    ATTEMPT(user_namespace),
    ATTEMPT(set_an_alarm),
};

int main(int argc, char **argv) {
    bool named = argc > 1;
    for (size_t i = 0; i < sizeof attempts / sizeof attempts[0]; i++) {
        if (named ? strcmp(argv[1], attempts[i].name) != 0 : attempts[i].make == set_an_alarm)
            continue;
        int result = attempts[i].make();
        if (attempts[i].make == user_namespace && result == 0) _exit(0); /* the child */
        printf("%s %s\n", attempts[i].name, result < 0 ? strerrorname_np(errno) : "done");
    }
    return 0;
}
