#include "tickcastd/estimate.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#include "net/rates.h"

static void __attribute__((format(printf, 4, 5)))
add(struct estimate *estimate, const char *name, uint64_t bytes, const char *how, ...) {
    struct estimate_row *row = &estimate->rows[estimate->count++];
    row->name = name;
    row->bytes = bytes;
    va_list args;
    va_start(args, how);
    vsnprintf(row->how, sizeof row->how, how, args);
    va_end(args);
    estimate->total_bytes += bytes;
}

static void add_budget(struct estimate *estimate, const struct tickcast_options *options,
                       enum option_number budget) {
    uint64_t share = options_share(options, budget);
    add(estimate, option_rows[budget].name, options->workers * share,
        "%u workers, %" PRIu64 " bytes each", options->workers, share);
}

static void add_rates(struct estimate *estimate, const struct tickcast_options *options) {
    const int tables = (options->connection_rate > 0) + (options->handshake_rate > 0);
    if (tables == 0) return;
    add(estimate, "rates of addresses", (uint64_t)tables * RATES_ADDRESSES * ESTIMATE_ADDRESS_BYTES,
        "%d of %d addresses, %d bytes each", tables, RATES_ADDRESSES, ESTIMATE_ADDRESS_BYTES);
}

/* The largest allowed values make some 2^57 bytes: nothing here overflows. */
void estimate_memory(const struct tickcast_options *options, bool tls, uint32_t feeds, bool json,
                     struct estimate *estimate) {
    const uint64_t workers = options->workers, connections = options->max_connections;
    const uint64_t key_bytes = ESTIMATE_CACHED_KEY_BYTES + options->max_key_bytes;
    /* the text is in the set and in the pattern */
    const uint64_t stream_bytes =
        ESTIMATE_SUBSCRIPTION_BYTES + ESTIMATE_PATTERN_BYTES + 2 * options->max_stream_bytes;

    *estimate = (struct estimate){.kernel_bytes = connections * options->notsent_lowat};
    add(estimate, "process", ESTIMATE_PROCESS_BYTES, "once");
    add(estimate, "workers", workers * ESTIMATE_WORKER_BYTES, "%" PRIu64 " of %" PRIu64 " bytes",
        workers, ESTIMATE_WORKER_BYTES);
    add(estimate, "ring slots", workers * options->ring_slots * ESTIMATE_RING_SLOT_BYTES,
        "%" PRIu64 " rings of %u slots of %d bytes", workers, options->ring_slots,
        ESTIMATE_RING_SLOT_BYTES);
    add_budget(estimate, options, OPTION_AT_ring_memory);
    add_budget(estimate, options, OPTION_AT_outbound_memory);
    add_budget(estimate, options, OPTION_AT_inbound_memory);
    add(estimate, "key caches", workers * options->max_cached_keys * key_bytes,
        "%" PRIu64 " workers, %u keys of %" PRIu64 " bytes", workers, options->max_cached_keys,
        key_bytes);
    add(estimate, "subscriptions", workers * options->max_subscriptions * stream_bytes,
        "%" PRIu64 " workers, %u streams of %" PRIu64 " bytes", workers, options->max_subscriptions,
        stream_bytes);
    add(estimate, "connections", connections * (ESTIMATE_CONNECTION_BYTES + ESTIMATE_GROUP_BYTES),
        "%" PRIu64 " of %d bytes, with a set of streams each", connections,
        ESTIMATE_CONNECTION_BYTES + ESTIMATE_GROUP_BYTES);
    add_rates(estimate, options);
    if (feeds > 0)
        add(estimate, "feeds", feeds * ESTIMATE_FEED_BYTES, "%u of %" PRIu64 " bytes", feeds,
            ESTIMATE_FEED_BYTES);
    if (json)
        add(estimate, "JSON lines", ESTIMATE_JSON_LINES_BYTES, "the longest one on standard input");
    if (!tls) return;
    add(estimate, "TLS sessions", connections * ESTIMATE_TLS_BYTES,
        "%" PRIu64 " of %" PRIu64 " bytes", connections, ESTIMATE_TLS_BYTES);
    uint64_t handshakes = workers * options->max_handshakes;
    if (handshakes > connections) handshakes = connections;
    add(estimate, "TLS handshakes", handshakes * ESTIMATE_TLS_HANDSHAKE_BYTES,
        "%" PRIu64 " at once, %" PRIu64 " bytes more each", handshakes,
        ESTIMATE_TLS_HANDSHAKE_BYTES);
}
