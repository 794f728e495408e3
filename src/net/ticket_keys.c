#include "net/ticket_keys.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <openssl/crypto.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/printable.h"
#include "tickcast/tickcast.h"

#define FORM       "tickcast-tickets" /* the first bytes of the file; another form, another name */
#define FORM_BYTES (sizeof FORM - 1)
#define FILE_BYTES (FORM_BYTES + sizeof(struct ticket_keys))
#define NAME_BYTES 256 /* of a file's name in an error */
#define NEW        ".new"

static int fail(int result, const char *file, const char *what, char error[TLS_ERROR_BYTES]) {
    char name[NAME_BYTES];
    int kept = errno;
    printable(file, strlen(file), name, sizeof name);
    snprintf(error, TLS_ERROR_BYTES, "tls_ticket_file %s %s", name, what);
    errno = kept;
    return result;
}

static int fail_system(const char *file, const char *what, char error[TLS_ERROR_BYTES]) {
    char text[128];
    snprintf(text, sizeof text, "cannot be %s: %s", what, strerror(errno));
    return fail(TICKCAST_ESYSTEM, file, text, error);
}

/* What is wrong with an open file; NULL if nothing is. */
static const char *refusal(int fd) {
    struct stat status;
    if (fstat(fd, &status) < 0) return "cannot be looked at";
    if (!S_ISREG(status.st_mode)) return "is not a regular file";
    if (status.st_uid != geteuid()) return "belongs to another user";
    if ((status.st_mode & (S_IRWXG | S_IRWXO)) != 0)
        return "can be read by others, who could read all sessions: remove it, or chmod 600 it if "
               "they have not";
    if (status.st_size != (off_t)FILE_BYTES) return "is no file of ticket keys (its size is wrong)";
    return NULL;
}

static int read_open(int fd, const char *file, struct ticket_keys *keys,
                     char error[TLS_ERROR_BYTES]) {
    unsigned char bytes[FILE_BYTES];
    const char *refused = refusal(fd);
    if (refused != NULL) return fail(TICKCAST_ETLS, file, refused, error);
    if (read(fd, bytes, FILE_BYTES) != (ssize_t)FILE_BYTES) return fail_system(file, "read", error);
    bool good = memcmp(bytes, FORM, FORM_BYTES) == 0;
    if (good) memcpy(keys, bytes + FORM_BYTES, sizeof *keys);
    OPENSSL_cleanse(bytes, sizeof bytes);
    return good ? 0
                : fail(TICKCAST_ETLS, file, "is no file of ticket keys (it begins otherwise)",
                       error);
}

int ticket_keys_read(const char *file, struct ticket_keys *keys, char error[TLS_ERROR_BYTES]) {
    /* not to wait for a writer, should it be a pipe */
    int fd = open(file, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0 && errno == ENOENT) return 1;
    if (fd < 0 && errno == ELOOP) return fail(TICKCAST_ETLS, file, "is a symbolic link", error);
    if (fd < 0) return fail_system(file, "read", error);
    int result = read_open(fd, file, keys, error);
    close(fd);
    return result;
}

static bool write_new(const char *path, const struct ticket_keys *keys) {
    unsigned char bytes[FILE_BYTES];
    (void)unlink(path); /* what a crash has left */
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, S_IRUSR | S_IWUSR);
    if (fd < 0) return false;
    memcpy(bytes, FORM, FORM_BYTES);
    memcpy(bytes + FORM_BYTES, keys, sizeof *keys);
    ssize_t written = write(fd, bytes, FILE_BYTES);
    if (written >= 0 && written < (ssize_t)FILE_BYTES) errno = ENOSPC;
    OPENSSL_cleanse(bytes, sizeof bytes);
    bool good = written == (ssize_t)FILE_BYTES && fsync(fd) == 0;
    int error = errno;
    close(fd);
    if (!good) unlink(path);
    errno = error;
    return good;
}

/* Makes a rename in the folder of `file` last. */
static void sync_folder(const char *file) {
    char folder[PATH_MAX];
    const char *slash = strrchr(file, '/');
    int bytes = slash != NULL ? (int)(slash - file) + 1 : 0;
    snprintf(folder, sizeof folder, "%.*s", bytes, file);
    int fd = open(bytes > 0 ? folder : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) return;
    (void)fsync(fd); /* without it a crash of the machine may leave the old file */
    close(fd);
}

int ticket_keys_write(const char *file, const struct ticket_keys *keys,
                      char error[TLS_ERROR_BYTES]) {
    char path[PATH_MAX];
    if ((size_t)snprintf(path, sizeof path, "%s" NEW, file) >= sizeof path) {
        errno = ENAMETOOLONG;
        return fail_system(file, "written", error);
    }
    if (!write_new(path, keys) || rename(path, file) < 0)
        return fail_system(file, "written", error);
    sync_folder(file);
    return 0;
}
