/*
 * Runs when tickcast is built:
 *
 *     tickcast_manual FOLDER EXAMPLE.c HEADER.h...
 *
 * writes the manual and the completions of the shells to FOLDER, as they are installed below share.
 */
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "manual/completion.h"
#include "manual/pages.h"

#define PATH_BYTES 4096

/* A file below `folder` whose folders are made. */
static FILE *create(const char *folder, const char *name) {
    char path[PATH_BYTES];
    if (snprintf(path, sizeof path, "%s/%s", folder, name) >= PATH_BYTES)
        errx(1, "%s: the path is too long", folder);
    for (char *slash = strchr(path + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        mkdir(path, 0777); /* one that cannot be made is seen below */
        *slash = '/';
    }
    FILE *out = fopen(path, "w");
    if (out == NULL) err(1, "%s", path);
    return out;
}

static void done(FILE *out, const char *name) {
    if (ferror(out) | fclose(out)) err(1, "%s", name);
}

static void write_page(const char *folder, const char *name, void (*write)(struct roff *page)) {
    struct roff page = {.out = create(folder, name)};
    write(&page);
    done(page.out, name);
}

static void write_completion(const char *folder, const char *name, void (*write)(FILE *out)) {
    FILE *out = create(folder, name);
    write(out);
    done(out, name);
}

/* The completions of a program with commands. */
static void write_completions(const char *folder, const struct program *program) {
    char name[PATH_BYTES];
    snprintf(name, sizeof name, "bash-completion/completions/%s", program->name);
    FILE *out = create(folder, name);
    bash_program(program, out);
    done(out, name);
    snprintf(name, sizeof name, "zsh/site-functions/_%s", program->name);
    out = create(folder, name);
    zsh_program(program, out);
    done(out, name);
}

static void write_library(const char *folder, const char *example, char **headers) {
    static const char name[] = "man/man3/libtickcast.3";
    struct roff page = {.out = create(folder, name)};
    page_library(&page, example, (const char *const *)headers);
    done(page.out, name);
}

int main(int argc, char **argv) {
    if (argc < 4) errx(2, "usage: tickcast_manual FOLDER EXAMPLE.c HEADER.h...");
    const char *folder = argv[1];
    write_page(folder, "man/man8/tickcastd.8", page_daemon);
    write_page(folder, "man/man5/tickcast.yml.5", page_configuration);
    write_page(folder, "man/man1/tickcast.1", page_commands);
    write_page(folder, "man/man1/tickcast-bench.1", page_bench);
    write_page(folder, "man/man7/tickcast-bench.7", page_bench_numbers);
    write_library(folder, argv[2], argv + 3);
    write_completion(folder, "bash-completion/completions/tickcastd", bash_daemon);
    write_completion(folder, "zsh/site-functions/_tickcastd", zsh_daemon);
    const struct program commands = program_tickcast(), bench = program_bench();
    write_completions(folder, &commands);
    write_completions(folder, &bench);
    return EXIT_SUCCESS;
}
