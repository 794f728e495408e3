#include "cli/files.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define NEW_ENDING ".XXXXXX"

static int failed(const char *path, char *error) {
    snprintf(error, FILES_ERROR_BYTES, "%.400s cannot be written: %s", path, strerror(errno));
    return -1;
}

/* Ends a stream; a full disk may be told only then. */
static int end(FILE *out, int result) {
    int code = errno;
    if (fflush(out) != 0 && result == 0) {
        result = -1;
        code = errno;
    }
    if (out != stdout && fclose(out) != 0 && result == 0) return -1;
    errno = code;
    return result;
}

static bool is_special(const char *path) {
    struct stat about;
    return stat(path, &about) == 0 && !S_ISREG(about.st_mode);
}

static int write_beside(const char *path, int (*write)(void *arg, FILE *out), void *arg) {
    char beside[PATH_MAX];
    if (snprintf(beside, sizeof beside, "%s" NEW_ENDING, path) >= (int)sizeof beside) {
        errno = ENAMETOOLONG;
        return -1;
    }
    int fd = mkstemp(beside);
    FILE *out = fd >= 0 ? fdopen(fd, "w") : NULL;
    if (out == NULL) return -1;
    mode_t mask = umask(0);
    umask(mask);
    int result = fchmod(fd, 0666 & ~mask); /* as any new file has it */
    if (result == 0) result = write(arg, out);
    result = end(out, result);
    if (result == 0) result = rename(beside, path);
    int code = errno;
    if (result != 0) unlink(beside);
    errno = code;
    return result;
}

int file_write(const char *path, int (*write)(void *arg, FILE *out), void *arg, char *error) {
    if (strcmp(path, "-") == 0)
        return end(stdout, write(arg, stdout)) == 0 ? 0 : failed("standard output", error);
    if (!is_special(path)) return write_beside(path, write, arg) == 0 ? 0 : failed(path, error);
    FILE *out = fopen(path, "we");
    return out != NULL && end(out, write(arg, out)) == 0 ? 0 : failed(path, error);
}

bool file_may_write(const char *path, char *error) {
    char folder[PATH_MAX];
    if (strcmp(path, "-") == 0 || is_special(path)) {
        errno = EISDIR;
        struct stat about;
        bool directory = stat(path, &about) == 0 && S_ISDIR(about.st_mode);
        return directory ? failed(path, error) == 0 : true;
    }
    const char *slash = strrchr(path, '/');
    snprintf(folder, sizeof folder, "%.*s", slash != NULL ? (int)(slash - path) + 1 : 1,
             slash != NULL ? path : ".");
    return access(folder, W_OK | X_OK) == 0 || failed(path, error) == 0;
}
