#include <time.h>

#include "cli/outputs.h"
#include "load/machine.h"
#include "peer/peer.h"
#include "result/read.h"

static const char *kind_of(const struct load_config *config) {
    if (config->publisher == LOAD_PUBLISHER_NONE) return "observed";
    return config->window > 0 ? "closed" : "open";
}

json_t *outputs_failure(const struct load_config *config, const char *reason) {
    char started[sizeof "2000-01-01T00:00:00Z"];
    const struct peer *peer = peer_find(config->url);
    time_t now = time(NULL);
    struct tm parts;
    strftime(started, sizeof started, "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&now, &parts));
    return json_pack("{s:i, s:s, s:[{s:s, s:s}], s:s, s:s, s:s, s:s, s:s, s:f,"
                     " s:n, s:i, s:n, s:n, s:n, s:n, s:n, s:n, s:n, s:n, s:f,"
                     " s:{s:s, s:i, s:f}, s:[], s:{s:i, s:[], s:i, s:i}, s:{s:n, s:n, s:n},"
                     " s:n, s:n, s:n, s:{}, s:o, s:{}, s:s}",
                     "tickcast_bench", RESULT_FORMAT, "verdict", "INVALID", "reasons", "code",
                     "no_run", "text", reason, "scenario", config->scenario, "url", config->url,
                     "peer", peer != NULL ? peer->name : "", "version", TICKCAST_VERSION, "started",
                     started, "duration_s", 0.0, "expected", "received", 0, "lost", "duplicated",
                     "reordered", "excused", "latency_us", "latency_uncorrected_us", "skew_us",
                     "cpu_ns_per_delivery", "deliveries_per_s", 0.0, "load", "kind",
                     kind_of(config), "connections", 0, "published_per_s", 0.0, "series", "clients",
                     "count", 0, "rank", "rank_outliers", 0, "always_late", 0, "setup",
                     "connect_us", "tls_us", "echo_us", "published", "server", "floor",
                     "histograms", "machine", machine_json(), "config", "command", "");
}
