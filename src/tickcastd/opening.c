#include "tickcastd/opening.h"

#include <inttypes.h>
#include <string.h>
#include <sys/resource.h>

#include "base/host.h"
#include "tickcast/tickcast.h"
#include "tickcastd/again.h"
#include "tickcastd/environment.h"

static uint64_t file_limit(void) {
    struct rlimit limit;
    return getrlimit(RLIMIT_NOFILE, &limit) == 0 ? limit.rlim_cur : 0;
}

/* By its file limit: that is raised, and the broker takes what there is. */
static void limit_of_files(struct opening *opening, uint64_t files) {
    uint64_t more = files * 2 > ENVIRONMENT_FILES ? files * 2 : ENVIRONMENT_FILES;
    if (opening->connections == option_rows[OPTION_AT_max_connections].highest) {
        snprintf(opening->why, sizeof opening->why, "the most that tickcastd holds");
        return;
    }
    snprintf(opening->why, sizeof opening->why,
             "the file limit %" PRIu64 " less %d files for the broker itself", files,
             OPTIONS_SPARE_FILES);
    host_raise_files(more, &opening->raise);
    if (opening->raise.used == 0) opening->no_raise = HOST_NO_RAISE;
}

/* More is asked for than there are files: those decide, and a warning tells the cure. */
static void limit_of_few_files(struct opening *opening, uint32_t allowed, uint64_t files) {
    snprintf(opening->why, sizeof opening->why,
             "the file limit %" PRIu64 " allows no more of the %u of max_connections", files,
             opening->connections);
    opening->connections = allowed;
}

static void limit_of_setting(struct opening *opening, uint64_t files, char **argv) {
    const struct settings *settings = opening->settings;
    uint64_t highest = option_rows[OPTION_AT_max_connections].highest;
    uint64_t more = 2 * (uint64_t)opening->connections;
    char place[ORIGIN_TEXT_BYTES], flag[32];
    snprintf(opening->why, sizeof opening->why, "max_connections, from %s",
             origin_text(&settings->origins[OPTION_AT_max_connections], settings->file, place));
    if (more > highest) return;
    snprintf(flag, sizeof flag, "--max-connections=%" PRIu64, more);
    if (more + OPTIONS_SPARE_FILES > files) {
        host_raise_files(more + OPTIONS_SPARE_FILES, &opening->raise);
        if (opening->raise.used == 0) return; /* the warning tells why */
        paste_raw(&opening->raise, " && ");
    }
    again_with(argv, flag, &opening->raise);
}

void opening_gather(struct opening *opening, const struct settings *settings,
                    const struct warnings *warnings, char **argv) {
    struct tickcast_options options = settings->options;
    options_resolve(&options);
    opening->settings = settings;
    opening->warnings = warnings;
    opening->connections = options.max_connections;
    const uint32_t allowed = environment_connections();
    if (settings->options.max_connections > allowed)
        limit_of_few_files(opening, allowed, file_limit());
    else if (settings->options.max_connections == 0)
        limit_of_files(opening, file_limit());
    else
        limit_of_setting(opening, file_limit(), argv);
    if (options.subscribers_from != TICKCAST_PEERS_ANY)
        again_with(argv, "--subscribers-from=any", &opening->serve_others);
    if (options.publishers_from != TICKCAST_PEERS_ANY)
        again_with(argv, "--publishers-from=any", &opening->let_others_publish);
    next_commands(&opening->reach, &options, argv, opening->next);
}
