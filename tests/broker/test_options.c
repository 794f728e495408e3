#include "broker/options.h"
#include "tickcast/tickcast.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <string.h>
#include <sys/resource.h>

static struct tickcast_options standard(void) {
    struct tickcast_options options;
    memset(&options, 0xee, sizeof options);
    tickcast_options_init(&options);
    return options;
}

#define CHECK(options) tickcast_options_check(&(options))

Test(options, defaults_are_those_of_the_table_and_allowed) {
    struct tickcast_options options = standard();
    cr_assert(CHECK(options) == NULL);
    cr_assert(eq(u32, options.max_streams, 4096));
    cr_assert(eq(u64, options.slow_memory, 16 * TICKCAST_MIB));
    cr_assert(eq(u32, options.slow_time_ms, 10000));
    cr_assert(options.subscribers_from == TICKCAST_PEERS_ANY);
    cr_assert(options.publishers_from == TICKCAST_PEERS_LOOPBACK);
    cr_assert(not(options.strict_utf8));
    cr_assert(options.log == NULL);
    cr_assert(eq(int, options.log_level, 2));
    for (unsigned i = 0; i < OPTION_ROWS; i++)
        cr_expect(eq(u64, option_get(&options, i), option_rows[i].standard), "%s",
                  option_rows[i].name);
}

Test(options, every_option_is_refused_outside_its_range_and_named) {
    for (unsigned i = 0; i < OPTION_ROWS; i++) {
        const struct option_row *row = &option_rows[i];
        if (row->kind == OPTION_BOOL) continue;
        struct tickcast_options options = standard();
        option_set(&options, i, row->highest + 1);
        cr_expect(eq(str, (char *)CHECK(options), (char *)row->name));
        if (row->lowest == 0) continue;
        option_set(&options, i, row->lowest - 1);
        cr_expect(eq(str, (char *)CHECK(options), (char *)row->name));
    }
}

Test(options, the_ends_of_each_range_are_allowed) {
    for (unsigned i = 0; i < OPTION_ROWS; i++) {
        cr_expect(option_allows(i, option_rows[i].lowest), "%s", option_rows[i].name);
        cr_expect(option_allows(i, option_rows[i].highest), "%s", option_rows[i].name);
    }
}

Test(options, a_text_that_is_empty_or_too_long_is_refused_and_named) {
    char text[TICKCAST_TEXT_BYTES + 2];
    memset(text, 'a', sizeof text);
    text[sizeof text - 1] = '\0';
    for (unsigned i = 0; i < OPTION_TEXT_ROWS; i++) {
        struct tickcast_options options = standard();
        cr_expect(option_text_get(&options, i) == NULL);
        option_text_set(&options, i, text);
        cr_expect(eq(str, (char *)CHECK(options), (char *)option_text_rows[i].name));
        option_text_set(&options, i, "");
        cr_expect(eq(str, (char *)CHECK(options), (char *)option_text_rows[i].name));
    }
    struct tickcast_options options = standard();
    options.tls_ticket_file = text + 1; /* the longest */
    cr_assert(CHECK(options) == NULL);
}

Test(options, ring_slots_is_a_power_of_two) {
    struct tickcast_options options = standard();
    options.ring_slots = 4095;
    cr_assert(eq(str, (char *)CHECK(options), "ring_slots"));
    options.ring_slots = 64;
    cr_assert(CHECK(options) == NULL);
}

Test(options, outbound_memory_may_be_left_to_the_broker) {
    struct tickcast_options options = standard();
    options.outbound_memory = 0;
    cr_assert(CHECK(options) == NULL);
    options.outbound_memory = 1;
    cr_assert(eq(str, (char *)CHECK(options), "outbound_memory"));
}

Test(options, dead_time_is_above_ping_interval) {
    struct tickcast_options options = standard();
    options.dead_time_ms = options.ping_interval_ms;
    cr_assert(eq(str, (char *)CHECK(options), "dead_time"));
    options.dead_time_ms++;
    cr_assert(CHECK(options) == NULL);
}

Test(options, resolve_fills_what_the_broker_chooses) {
    struct tickcast_options options = standard();
    struct rlimit limit;
    cr_assert(zero(int, getrlimit(RLIMIT_NOFILE, &limit)));
    limit.rlim_cur = 500;
    cr_assert(zero(int, setrlimit(RLIMIT_NOFILE, &limit)));
    options_resolve(&options);
    cr_assert(ge(u32, options.workers, 1));
    cr_assert(le(u32, options.workers, OPTIONS_WORKERS_MAX));
    cr_assert(eq(u32, options.max_connections, 500 - OPTIONS_SPARE_FILES));
    cr_assert(ge(u64, options.outbound_memory, TICKCAST_MIB));
    cr_assert(CHECK(options) == NULL);
}

Test(options, resolve_leaves_what_was_set) {
    struct tickcast_options options = standard();
    options.workers = 7;
    options.max_connections = 9;
    options.outbound_memory = 5 * TICKCAST_MIB;
    options_resolve(&options);
    cr_assert(eq(u32, options.workers, 7));
    cr_assert(eq(u32, options.max_connections, 9));
    cr_assert(eq(u64, options.outbound_memory, 5 * TICKCAST_MIB));
}

Test(options, a_share_is_equal_but_holds_four_of_the_largest) {
    struct tickcast_options options = standard();
    options.workers = 4;
    options.ring_memory = options.inbound_memory = 64 * TICKCAST_MIB;
    options.outbound_memory = TICKCAST_MIB;
    cr_assert(eq(u64, options_share(&options, OPTION_AT_ring_memory), 16 * TICKCAST_MIB));
    cr_assert(gt(u64, options_share(&options, OPTION_AT_outbound_memory), 4 * options.max_payload));
    options.max_message = 16 * TICKCAST_MIB;
    cr_assert(eq(u64, options_share(&options, OPTION_AT_outbound_memory), 64 * TICKCAST_MIB));
    cr_assert(eq(u64, options_share(&options, OPTION_AT_inbound_memory), 64 * TICKCAST_MIB));
    cr_assert(eq(u64, options_share(&options, OPTION_AT_ring_memory), 16 * TICKCAST_MIB));
}

Test(options, every_result_has_its_own_sentence) {
    for (int i = TICKCAST_ETLS; i <= TICKCAST_OK; i++)
        for (int j = TICKCAST_ETLS; j < i; j++)
            cr_expect(ne(str, (char *)tickcast_strerror(i), (char *)tickcast_strerror(j)));
    cr_assert(eq(str, (char *)tickcast_strerror(-99), "unknown error"));
    cr_assert(eq(str, (char *)tickcast_version(), TICKCAST_VERSION));
}
