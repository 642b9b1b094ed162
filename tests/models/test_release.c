/* test_release.c - defaults of later releases, and the age of requests by two clocks. */
#include "tests/support/cassandra_rig.h"
#include "tests/support/suite.h"

#include "models/data/cassandra/release.h"

static const Cassandra *node_of_release(CassandraRig *rig)
{
    return (const Cassandra *)rig->nodes[0];
}

START_TEST(a_later_release_changes_what_is_not_given)
{
    g_autoptr(CassandraRig) old = cassandra_rig_new(1, NULL);
    g_autoptr(CassandraRig) new = cassandra_rig_new(1, "\"release\": \"5.0\"");
    const Cassandra *before = node_of_release(old), *after = node_of_release(new);

    ck_assert_int_eq(before->num_tokens, 32);
    ck_assert_int_eq(before->relay, RELAY_FIRST);
    ck_assert(!before->cross_node_timeout);
    ck_assert_double_eq(before->stream_throughput_outbound, 25000000);
    ck_assert_int_eq(after->num_tokens, 16);
    ck_assert_int_eq(after->relay, RELAY_RANDOM);
    ck_assert(after->cross_node_timeout);
    ck_assert_double_eq(after->dclocal_read_repair_chance, 0);
    ck_assert_double_eq(after->stream_throughput_outbound, 24 * 1024 * 1024);
    ck_assert_double_eq(before->storage_settings.compaction_throughput, 16 * 1024 * 1024);
    ck_assert_double_eq(after->storage_settings.compaction_throughput, 64 * 1024 * 1024);
    ck_assert_double_eq(after->repair_settings.validation_rate, 64 * 1024 * 1024);
    ck_assert_double_eq(after->repair_settings.stream_rate, 24 * 1024 * 1024);
    ck_assert_double_eq(before->dynamic_snitch_badness_threshold, 0.1);
    ck_assert_double_eq(after->dynamic_snitch_badness_threshold, 1);
}
END_TEST

START_TEST(what_is_given_stays_whatever_the_release)
{
    g_autoptr(CassandraRig) rig =
        cassandra_rig_new(1, "\"release\": \"4.0\", \"num_tokens\": 32, \"relay\": \"first\", "
                             "\"cross_node_timeout\": false, \"dclocal_read_repair_chance\": 0.2, "
                             "\"storage\": {\"compaction_throughput\": \"8MiB/s\"}");
    const Cassandra *node = node_of_release(rig);

    ck_assert_int_eq(node->num_tokens, 32);
    ck_assert_int_eq(node->relay, RELAY_FIRST);
    ck_assert(!node->cross_node_timeout);
    ck_assert_double_eq(node->dclocal_read_repair_chance, 0.2);
    ck_assert_double_eq(node->storage_settings.compaction_throughput, 8 * 1024 * 1024);
    ck_assert_double_eq(node->stream_throughput_outbound, 25000000);
}
END_TEST

/* The clock of the coordinator is `behind`; a write at ALL; how many replicas dropped it. */
static uint64_t drops_with(const char *settings, SimSpan behind)
{
    g_autoptr(CassandraRig) rig = cassandra_rig_new(2, settings);
    Effect skew = EFFECT_NONE;

    rig_run(rig->rig, SIM_S);
    skew.clock_ahead = -behind;
    component_add_effect(rig_find(rig->rig, cassandra_rig_host(0)), 77, skew);
    cassandra_rig_write(rig, 0, 1, CONSISTENCY_ALL);
    rig_run(rig->rig, 5 * SIM_S);
    return cassandra_rig_sum(rig, "mutations_dropped");
}

START_TEST(with_cross_node_timeout_a_slow_clock_has_its_writes_dropped)
{
    guint others = 0;
    g_autoptr(CassandraRig) rig = cassandra_rig_new(2, NULL);

    for (guint i = 1; i < GOLDEN_NODES; i++) {
        others += cassandra_rig_holds(rig, i, 1) ? 1 : 0;
    }
    ck_assert_uint_eq(drops_with("\"cross_node_timeout\": true", 3 * SIM_S), others);
    ck_assert_uint_eq(drops_with("\"cross_node_timeout\": true", SIM_S), 0);
    ck_assert_uint_eq(drops_with("\"cross_node_timeout\": false", 3 * SIM_S), 0);
}
END_TEST

/* The same for reads, which may be five seconds old. */
static uint64_t read_drops_with(const char *settings, SimSpan behind)
{
    g_autoptr(CassandraRig) rig = cassandra_rig_new(2, settings);
    Effect skew = EFFECT_NONE;
    const ProbeAsked *asked;
    uint64_t drops;

    rig_run(rig->rig, SIM_S);
    skew.clock_ahead = -behind;
    component_add_effect(rig_find(rig->rig, cassandra_rig_host(0)), 77, skew);
    asked = cassandra_rig_read(rig, 0, 1, CONSISTENCY_ALL);
    rig_run(rig->rig, 7 * SIM_S);
    drops = cassandra_rig_sum(rig, "reads_dropped");
    ck_assert_uint_eq(cassandra_rig_code(asked), drops == 0 ? STORE_OK : STORE_TIMEOUT);
    return drops;
}

START_TEST(with_cross_node_timeout_a_slow_clock_has_its_reads_dropped)
{
    uint64_t drops = read_drops_with("\"cross_node_timeout\": true", 6 * SIM_S);

    ck_assert_uint_ge(drops, 10); /* of eleven, but its own */
    ck_assert_uint_le(drops, 11);
    ck_assert_uint_eq(read_drops_with("\"cross_node_timeout\": true", 4 * SIM_S), 0);
    ck_assert_uint_eq(read_drops_with("\"cross_node_timeout\": false", 6 * SIM_S), 0);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("release");
    TCase *tests = tcase_create("release");

    suite_add_tcase(suite, tests);
    tcase_add_test(tests, a_later_release_changes_what_is_not_given);
    tcase_add_test(tests, what_is_given_stays_whatever_the_release);
    tcase_add_test(tests, with_cross_node_timeout_a_slow_clock_has_its_writes_dropped);
    tcase_add_test(tests, with_cross_node_timeout_a_slow_clock_has_its_reads_dropped);
    return suite;
}
