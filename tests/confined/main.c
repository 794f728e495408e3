/*
 * Usage: confined UNIT PROGRAM [ARGUMENT]...
 * Runs a program under the system calls that SystemCallFilter= of a unit allows. One that it does
 * not allow ends the program with SIGSYS, and a line on standard error names it.
 *
 * The filter hands such a call to a watcher, a process that the program does not know of: SIGSYS
 * alone would not tell which call it was.
 */
#include <err.h>
#include <errno.h>
#include <poll.h>
#include <seccomp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define SETTING "SystemCallFilter="
#define NOT_YET (-1) /* in place of the number of a descriptor */
#define TAKEN   (-2)

/* Allows the calls of one line; the number of them. */
static int allow_line(scmp_filter_ctx filter, char *names) {
    int count = 0;
    for (char *name = strtok(names, " \n"); name != NULL; name = strtok(NULL, " \n"), count++) {
        int call = seccomp_syscall_resolve_name(name);
        if (call == __NR_SCMP_ERROR) errx(2, "there is no system call %s", name);
        int failed = seccomp_rule_add(filter, SCMP_ACT_ALLOW, call, 0);
        if (failed) errx(2, "cannot allow %s: %s", name, strerror(-failed));
    }
    return count;
}

static void allow(scmp_filter_ctx filter, const char *unit) {
    char line[4096];
    int count = 0;
    FILE *file = fopen(unit, "r");
    if (file == NULL) err(2, "%s", unit);
    while (fgets(line, sizeof line, file) != NULL)
        if (strncmp(line, SETTING, strlen(SETTING)) == 0)
            count += allow_line(filter, line + strlen(SETTING));
    fclose(file);
    if (count == 0) errx(2, "%s has no " SETTING, unit);
}

/* The descriptor that the program has for notices. It tells its number by memory that both share:
 * any system call might be one that is not allowed. */
static int take_notices(pid_t program, _Atomic int *number) {
    int pidfd = (int)syscall(SYS_pidfd_open, program, 0);
    if (pidfd < 0) err(2, "pidfd_open");
    struct pollfd ended = {.fd = pidfd, .events = POLLIN};
    while (*number == NOT_YET)
        if (poll(&ended, 1, 1) != 0) exit(2); /* it has told why */
    int notices = (int)syscall(SYS_pidfd_getfd, pidfd, *number, 0);
    if (notices < 0) err(2, "pidfd_getfd");
    *number = TAKEN;
    return notices;
}

/* Until the program has ended, or has made a call that is not allowed. */
static void watch(int notices, const char *program) {
    struct pollfd readable = {.fd = notices, .events = POLLIN};
    struct seccomp_notif *notice;
    struct seccomp_notif_resp *answer;
    if (seccomp_notify_alloc(&notice, &answer)) errx(2, "no memory");
    while (poll(&readable, 1, -1) == 1 && (readable.revents & POLLIN)) {
        if (seccomp_notify_receive(notices, notice)) continue; /* it was killed meanwhile */
        char *name = seccomp_syscall_resolve_num_arch(SCMP_ARCH_NATIVE, notice->data.nr);
        fprintf(stderr,
                "confined: %s made the system call %s (%d), which the unit does not allow\n",
                program, name != NULL ? name : "?", notice->data.nr);
        kill((pid_t)notice->pid, SIGSYS);
        return;
    }
}

/* A child of nobody, so that the program has no child that it did not make. */
static void start_watcher(const char *program, _Atomic int *number) {
    pid_t self = getpid(), child = fork();
    if (child < 0) err(2, "fork");
    if (child > 0) {
        waitpid(child, NULL, 0);
        return;
    }
    if (setsid() < 0 || fork() != 0) _exit(0);
    close(STDIN_FILENO);
    close(STDOUT_FILENO);
    watch(take_notices(self, number), program);
    _exit(0);
}

int main(int argc, char **argv) {
    if (argc < 3) errx(2, "usage: confined UNIT PROGRAM [ARGUMENT]...");
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_NOTIFY);
    if (filter == NULL) errx(2, "cannot make a filter");
    allow(filter, argv[1]);
    _Atomic int *number =
        mmap(NULL, sizeof *number, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (number == MAP_FAILED) err(2, "mmap");
    *number = NOT_YET;
    start_watcher(argv[2], number);
    int failed = seccomp_load(filter);
    if (failed) errx(2, "cannot load the filter: %s", strerror(-failed));
    *number = seccomp_notify_fd(filter);
    while (*number != TAKEN) continue; /* the exec closes it */
    execv(argv[2], argv + 2);
    err(2, "%s", argv[2]);
}
