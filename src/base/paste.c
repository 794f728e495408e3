#include "base/paste.h"

#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PLAIN                                                                                      \
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"                               \
    "@%+=:,./_-"

static void give_up(struct paste *paste) {
    paste->cut = true;
    paste->text[0] = '\0';
}

void paste_raw(struct paste *paste, const char *format, ...) {
    if (paste->cut) return;
    size_t room = sizeof paste->text - paste->used;
    va_list args;
    va_start(args, format);
    int bytes = vsnprintf(paste->text + paste->used, room, format, args);
    va_end(args);
    if (bytes < 0 || (size_t)bytes >= room)
        give_up(paste);
    else
        paste->used += (size_t)bytes;
}

void paste_word(struct paste *paste, const char *word) {
    if (paste->used > 0 && paste->text[paste->used - 1] != ' ') paste_raw(paste, " ");
    if (*word != '\0' && word[strspn(word, PLAIN)] == '\0') {
        paste_raw(paste, "%s", word);
        return;
    }
    paste_raw(paste, "'");
    for (; *word != '\0'; word++) {
        if (*word == '\'')
            paste_raw(paste, "'\\''");
        else if ((unsigned char)*word < ' ' || *word == 0x7f)
            give_up(paste); /* it would not survive a line of a log or a terminal */
        else
            paste_raw(paste, "%c", *word);
    }
    paste_raw(paste, "'");
}

void paste_sudo(struct paste *paste) {
    if (geteuid() != 0) paste_raw(paste, "sudo ");
}

bool paste_self(char *out, size_t bytes) {
    ssize_t got = readlink("/proc/self/exe", out, bytes - 1);
    if (got <= 0) return false;
    out[got] = '\0';
    return true;
}

static bool in_path(const char *name) {
    const char *at = getenv("PATH");
    char file[PATH_MAX];
    while (at != NULL && *at != '\0') {
        size_t bytes = strcspn(at, ":");
        int written = snprintf(file, sizeof file, "%.*s/%s", (int)bytes, at, name);
        if (bytes > 0 && written < (int)sizeof file && access(file, X_OK) == 0) return true;
        at += bytes + (at[bytes] == ':' ? 1 : 0);
    }
    return false;
}

void paste_program(struct paste *paste, const char *name) {
    char self[PATH_MAX], beside[2 * PATH_MAX], here[PATH_MAX];
    if (in_path(name) || !paste_self(self, sizeof self)) {
        paste_word(paste, name);
        return;
    }
    char *slash = strrchr(self, '/');
    if (slash != NULL) *slash = '\0';
    snprintf(beside, sizeof beside, "%s/%s", self, name);
    const char *shown = beside;
    if (getcwd(here, sizeof here) != NULL) {
        size_t bytes = strlen(here);
        if (strncmp(beside, here, bytes) == 0 && beside[bytes] == '/') shown = beside + bytes + 1;
    }
    /* without a slash the shell would look for it in PATH */
    char relative[2 * PATH_MAX + 2];
    snprintf(relative, sizeof relative, "%s%s", strchr(shown, '/') != NULL ? "" : "./", shown);
    paste_word(paste, relative);
}
