#include "tickcastd/watch.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"

#define FILE_BYTES 128

/* A folder with a file "cert" that is watched; what the clock shows is up to the test. */
struct stage {
    char folder[FILE_BYTES - 32], file[FILE_BYTES], other[FILE_BYTES];
    struct watch watch;
    uint64_t now_ns;
};

static void write_file(const char *name, const char *text) {
    FILE *out = fopen(name, "w");
    cr_assert(out != NULL);
    fputs(text, out);
    fclose(out);
}

static void stage_open(struct stage *stage) {
    snprintf(stage->folder, sizeof stage->folder, "/tmp/tickcast-watch-XXXXXX");
    cr_assert(mkdtemp(stage->folder) != NULL);
    snprintf(stage->file, FILE_BYTES, "%s/cert", stage->folder);
    snprintf(stage->other, FILE_BYTES, "%s/other", stage->folder);
    write_file(stage->file, "old");
    watch_init(&stage->watch);
    cr_assert(watch_fd(&stage->watch) >= 0);
    watch_add(&stage->watch, stage->file);
    stage->now_ns = clock_now_ns();
}

static void stage_close(struct stage *stage) {
    watch_fini(&stage->watch);
    unlink(stage->file);
    unlink(stage->other);
    rmdir(stage->folder);
}

/* The kernel tells of something. */
static void await_event(struct stage *stage) {
    struct pollfd ready = {.fd = watch_fd(&stage->watch), .events = POLLIN};
    cr_assert(poll(&ready, 1, 10000) == 1);
}

static bool changed_after_ms(struct stage *stage, uint64_t ms) {
    stage->now_ns += ms * NS_PER_MS;
    return watch_changed(&stage->watch, stage->now_ns);
}

Test(watch, a_file_that_is_replaced_is_told_once_when_all_is_quiet) {
    struct stage stage;
    stage_open(&stage);
    write_file(stage.other, "new");
    cr_assert(rename(stage.other, stage.file) == 0);
    await_event(&stage);
    cr_expect(not(changed_after_ms(&stage, 0)));
    cr_expect(not(changed_after_ms(&stage, WATCH_SETTLE_MS - 1)));
    cr_expect(changed_after_ms(&stage, 1));
    cr_expect(not(changed_after_ms(&stage, 2 * WATCH_SETTLE_MS)));
    stage_close(&stage);
}

Test(watch, a_file_that_is_written_in_place_is_told) {
    struct stage stage;
    stage_open(&stage);
    write_file(stage.file, "longer than before");
    await_event(&stage);
    cr_expect(not(changed_after_ms(&stage, 0)));
    cr_expect(changed_after_ms(&stage, WATCH_SETTLE_MS));
    stage_close(&stage);
}

/* A file of the same length and time that comes from another folder, as a tool that unpacks does
 * it: the kernel tells of nothing but its arrival. */
Test(watch, a_file_that_is_moved_here_is_told) {
    char elsewhere[FILE_BYTES];
    struct stage stage;
    struct stat was;
    stage_open(&stage);
    snprintf(elsewhere, sizeof elsewhere, "%s-elsewhere", stage.folder);
    write_file(elsewhere, "new"); /* as long as "old" */
    cr_assert(stat(stage.file, &was) == 0);
    cr_assert(utimensat(AT_FDCWD, elsewhere, (struct timespec[]){was.st_atim, was.st_mtim}, 0) ==
              0);
    cr_assert(rename(elsewhere, stage.file) == 0);
    await_event(&stage);
    cr_expect(not(changed_after_ms(&stage, 0)));
    cr_expect(changed_after_ms(&stage, WATCH_SETTLE_MS));
    cr_assert(rename(stage.file, elsewhere) == 0);
    await_event(&stage);
    cr_expect(not(changed_after_ms(&stage, 0)));
    cr_expect(changed_after_ms(&stage, WATCH_SETTLE_MS), "it is gone");
    unlink(elsewhere);
    stage_close(&stage);
}

Test(watch, a_link_that_appears_is_told) {
    struct stage stage;
    stage_open(&stage);
    write_file(stage.other, "other");
    cr_assert(unlink(stage.file) == 0);
    watch_look(&stage.watch, stage.now_ns);
    cr_assert(symlink("other", stage.file) == 0);
    await_event(&stage);
    cr_expect(not(changed_after_ms(&stage, 0)));
    cr_expect(changed_after_ms(&stage, WATCH_SETTLE_MS));
    stage_close(&stage);
}

Test(watch, a_file_that_may_be_read_now_is_told) {
    struct stage stage;
    stage_open(&stage);
    cr_assert(chmod(stage.file, 0640) == 0);
    await_event(&stage);
    cr_expect(not(changed_after_ms(&stage, 0)));
    cr_expect(changed_after_ms(&stage, WATCH_SETTLE_MS));
    stage_close(&stage);
}

Test(watch, other_files_of_the_folder_are_not) {
    struct stage stage;
    stage_open(&stage);
    write_file(stage.other, "other");
    await_event(&stage);
    cr_expect(not(changed_after_ms(&stage, 0)));
    cr_expect(not(changed_after_ms(&stage, WATCH_SETTLE_MS)));
    stage_close(&stage);
}

Test(watch, a_folder_that_never_rests_is_looked_at_all_the_same) {
    struct stage stage;
    stage_open(&stage);
    write_file(stage.file, "new text");
    bool told = false;
    uint64_t passed_ms = 0;
    for (; !told && passed_ms < 2 * WATCH_LATE_MS; passed_ms += WATCH_SETTLE_MS / 2) {
        write_file(stage.other, "again");
        await_event(&stage);
        told = changed_after_ms(&stage, WATCH_SETTLE_MS / 2);
    }
    cr_expect(told);
    cr_expect(passed_ms > WATCH_SETTLE_MS && passed_ms <= WATCH_LATE_MS + WATCH_SETTLE_MS);
    stage_close(&stage);
}

Test(watch, what_the_kernel_does_not_tell_of_is_found_by_looking) {
    char target[FILE_BYTES];
    struct stage stage;
    stage_open(&stage);
    snprintf(target, sizeof target, "/tmp/tickcast-watch-target-%d", getpid());
    write_file(target, "old");
    cr_assert(unlink(stage.file) == 0 && symlink(target, stage.file) == 0);
    watch_look(&stage.watch, stage.now_ns);
    write_file(target, "new text"); /* in another folder */
    cr_expect(eq(int, watch_timeout_ms(&stage.watch, stage.now_ns), WATCH_POLL_MS + 1));
    cr_expect(not(changed_after_ms(&stage, WATCH_POLL_MS - 1)));
    cr_expect(changed_after_ms(&stage, 1));
    unlink(target);
    stage_close(&stage);
}

Test(watch, a_file_that_goes_and_comes_back_is_told) {
    struct stage stage;
    stage_open(&stage);
    unlink(stage.file);
    await_event(&stage);
    cr_expect(not(changed_after_ms(&stage, 0)));
    cr_expect(changed_after_ms(&stage, WATCH_SETTLE_MS));
    write_file(stage.file, "old");
    await_event(&stage);
    cr_expect(not(changed_after_ms(&stage, 0)));
    cr_expect(changed_after_ms(&stage, WATCH_SETTLE_MS));
    stage_close(&stage);
}
