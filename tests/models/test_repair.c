/* test_repair.c - anti-entropy repair (Cassandra reference 7.1 and 7.2): what it brings together,
 * what it costs, and that it keeps deleted rows from returning. */
#include "models/data/cassandra/node.h"
#include "models/data/cassandra/repair.h"
#include "sim/world/version.h"
#include "tests/support/cassandra_rig.h"
#include "tests/support/suite.h"

#define APART                                                                                      \
    "\"data_size\": \"0B\", \"hinted_handoff_enabled\": false, \"dclocal_read_repair_chance\": 0"
#define SLOW_DISKS ", \"row_size\": \"64KiB\", \"repair\": { \"validation_rate\": \"1MiB/s\" }"

static Cassandra *node_at(const CassandraRig *rig, guint node)
{
    return (Cassandra *)rig->nodes[node];
}

static void write_keys(CassandraRig *rig, guint count)
{
    for (guint key = 1; key <= count; key++) {
        cassandra_rig_write(rig, key % 8, key, CONSISTENCY_LOCAL_ONE);
        rig_run(rig->rig, 2 * SIM_MS);
    }
    rig_run(rig->rig, 5 * SIM_S);
}

static guint count_differing(const CassandraRig *rig, guint count)
{
    guint differing = 0;

    for (guint key = 1; key <= count; key++) {
        bool is_same = true;

        for (guint i = 1; i < 11; i++) {
            is_same =
                is_same && cassandra_rig_stored(rig, i, key) == cassandra_rig_stored(rig, 0, key);
        }
        differing += is_same ? 0 : 1;
    }
    return differing;
}

/* Writes that node 9 misses. */
static CassandraRig *rig_apart(const char *settings, guint count)
{
    CassandraRig *rig = cassandra_rig_new(3, settings);

    rig_run(rig->rig, SIM_S);
    write_keys(rig, count);
    rig_down(rig->rig, cassandra_rig_name(9), 20 * SIM_S);
    rig_run(rig->rig, SIM_S);
    write_keys(rig, count / 4);
    rig_run(rig->rig, SIM_MIN);
    ck_assert_uint_gt(count_differing(rig, count), count / 8);
    return rig;
}

START_TEST(a_repair_of_one_node_makes_all_replicas_of_its_ranges_agree)
{
    enum { KEYS = 400 };
    g_autoptr(CassandraRig) rig =
        rig_apart(APART ", \"repair\": { \"primary_range\": false }", KEYS);

    ck_assert(repair_begin(node_at(rig, 9)));
    ck_assert(!repair_begin(node_at(rig, 9)));
    rig_run(rig->rig, 5 * SIM_MIN);
    ck_assert_uint_eq(cassandra_rig_counter(rig, 9, "repairs_ended"), 1);
    ck_assert_uint_eq(count_differing(rig, KEYS), 0);
    ck_assert_uint_ge(cassandra_rig_counter(rig, 9, "repair_rows_streamed"),
                      cassandra_rig_counter(rig, 9, "repair_rows_differing"));
}
END_TEST

/* -pr repairs a range at the one node that comes first in it: every node of every data centre has
 * to run it. */
START_TEST(primary_ranges_need_a_run_on_every_node)
{
    enum { KEYS = 400 };
    g_autoptr(CassandraRig) rig = rig_apart(APART, KEYS);

    for (guint node = 0; node < 12; node++) {
        repair_begin(node_at(rig, node));
        rig_run(rig->rig, SIM_MIN);
    }
    ck_assert_uint_gt(count_differing(rig, KEYS), 0);
    for (guint node = 12; node < 20; node++) {
        repair_begin(node_at(rig, node));
        rig_run(rig->rig, SIM_MIN);
    }
    ck_assert_uint_eq(cassandra_rig_sum(rig, "repairs_ended"), 20);
    ck_assert_uint_eq(count_differing(rig, KEYS), 0);
}
END_TEST

/* Equal replicas send nothing. */
START_TEST(a_repair_of_what_agrees_streams_nothing)
{
    g_autoptr(CassandraRig) rig = cassandra_rig_new(3, APART);

    rig_run(rig->rig, SIM_S);
    write_keys(rig, 300);
    repair_begin(node_at(rig, 0));
    rig_run(rig->rig, 2 * SIM_MIN);
    ck_assert_uint_eq(cassandra_rig_counter(rig, 0, "repairs_ended"), 1);
    ck_assert_uint_gt(cassandra_rig_counter(rig, 0, "repair_ranges"), 5);
    ck_assert_uint_eq(cassandra_rig_sum(rig, "repair_rows_streamed"), 0);
}
END_TEST

/* A leaf is sent whole, and by each of ten pairs: more rows travel than differ. One replica that
 * misses a row has ten others to differ from. */
START_TEST(leaves_are_streamed_whole_between_every_pair)
{
    enum { KEYS = 3000 };
    g_autoptr(CassandraRig) rig =
        rig_apart(APART ", \"repair\": { \"primary_range\": false }", KEYS);
    uint64_t differing, streamed;

    repair_begin(node_at(rig, 9));
    rig_run(rig->rig, 10 * SIM_MIN);
    differing = cassandra_rig_counter(rig, 9, "repair_rows_differing");
    streamed = cassandra_rig_counter(rig, 9, "repair_rows_streamed");
    ck_assert_uint_eq(differing % 10, 0);
    /* both ways, and about half a row more each way that shares the leaf */
    ck_assert_double_ge((double)streamed / (double)differing, 2.2);
    ck_assert_double_le((double)streamed / (double)differing, 4);
}
END_TEST

/* "Endpoint not alive": the ranges of a dead participant fail, the others are repaired. */
START_TEST(a_dead_participant_fails_its_ranges_only)
{
    enum { KEYS = 400 };
    g_autoptr(CassandraRig) rig =
        rig_apart(APART ", \"repair\": { \"primary_range\": false }", KEYS);
    guint before = count_differing(rig, KEYS), after;

    rig_down(rig->rig, cassandra_rig_name(5), SIM_NEVER);
    rig_run(rig->rig, SIM_MIN);
    repair_begin(node_at(rig, 9));
    rig_run(rig->rig, 5 * SIM_MIN);
    ck_assert_uint_eq(cassandra_rig_counter(rig, 9, "repairs_failed"), 1);
    ck_assert_uint_gt(cassandra_rig_counter(rig, 9, "repair_ranges_failed"), 0);
    after = count_differing(rig, KEYS);
    ck_assert_uint_lt(after, before);
    ck_assert_uint_gt(after, 0);
}
END_TEST

/* Two participants fall while they validate, one for long and one for so short that it is back
 * before anybody has convicted it: the repair ends all the same. */
START_TEST(a_participant_that_falls_under_way_does_not_stop_the_repair)
{
    g_autoptr(CassandraRig) rig = rig_apart(
        APART ", \"repair\": { \"primary_range\": false, \"validation_rate\": \"16KiB/s\" }", 400);

    repair_begin(node_at(rig, 9));
    rig_run(rig->rig, SIM_S);
    rig_down(rig->rig, cassandra_rig_name(2), SIM_S);
    rig_down(rig->rig, cassandra_rig_name(6), SIM_MIN);
    rig_run(rig->rig, 10 * SIM_MIN);
    ck_assert_uint_eq(cassandra_rig_counter(rig, 9, "repairs_failed"), 1);
    ck_assert(repair_begin(node_at(rig, 9)));
    rig_run(rig->rig, 10 * SIM_MIN);
    ck_assert_uint_eq(cassandra_rig_counter(rig, 9, "repairs_ended"), 1);
}
END_TEST

/* Every replica reads all it holds of a range: at 1 MiB/s about as long as its data takes. */
START_TEST(validation_takes_as_long_as_reading_all_data)
{
    enum { KEYS = 300 };
    g_autoptr(CassandraRig) rig = cassandra_rig_new(3, APART SLOW_DISKS);
    guint own = 0;
    SimTime begun;

    rig_run(rig->rig, SIM_S);
    write_keys(rig, KEYS);
    for (guint key = 1; key <= KEYS; key++) {
        own += cassandra_rig_range(rig, key)->replicas[0] == 3 ? 1 : 0;
    }
    ck_assert_uint_gt(own, 5);
    begun = rig_now(rig->rig);
    repair_begin(node_at(rig, 3));
    while (cassandra_rig_counter(rig, 3, "repairs_ended") == 0) {
        rig_run(rig->rig, 10 * SIM_MS);
    }
    /* 64 KiB a row at 1 MiB/s: 62.5 ms each, and two ocean crossings of 120 ms for each range */
    ck_assert_double_ge(sim_span_to_s(rig_now(rig->rig) - begun), own * 0.0625);
    ck_assert_double_le(sim_span_to_s(rig_now(rig->rig) - begun), own * (0.0625 + 0.3));
}
END_TEST

/* Test list 15: a node misses a delete for longer than the grace of its tombstone. With a repair in
 * between it stays deleted. (test_tombstones.c has the same without.) */
static bool row_returns(bool repairs)
{
    g_autoptr(CassandraRig) rig = cassandra_rig_new(
        3, APART ", \"gc_grace_seconds\": \"120s\", \"tombstone_compaction\": \"5s\", "
                 "\"repair\": { \"primary_range\": false }");
    const RingRange *range = cassandra_rig_range(rig, 9);
    guint node = range->replicas[__builtin_ctz(range->site_mask[DC01])];
    Message delete = {.op = MESSAGE_WRITE,
                      .flags = STORE_DELETE,
                      .key = 9,
                      .consistency = CONSISTENCY_LOCAL_QUORUM};
    const ProbeAsked *read;

    rig_run(rig->rig, SIM_S);
    cassandra_rig_write(rig, 4, 9, CONSISTENCY_ALL);
    rig_run(rig->rig, 15 * SIM_S);
    rig_down(rig->rig, cassandra_rig_name(node), 10 * SIM_S);
    rig_run(rig->rig, SIM_S);
    cassandra_rig_ask(rig, 4, delete);
    rig_run(rig->rig, 50 * SIM_S);
    if (repairs) {
        repair_begin(node_at(rig, 4));
        repair_begin(node_at(rig, node));
    }
    rig_run(rig->rig, 2 * SIM_MIN);
    read = cassandra_rig_read(rig, 4, 9, CONSISTENCY_ALL);
    rig_run(rig->rig, 5 * SIM_S);
    ck_assert_uint_eq(cassandra_rig_code(read), STORE_OK);
    return read->reply.version != 0 && !version_is_delete(read->reply.version);
}

START_TEST(a_deleted_row_returns_without_a_repair_within_its_grace_and_not_with_one)
{
    ck_assert(row_returns(false));
    ck_assert(!row_returns(true));
}
END_TEST

/* Nodes take turns: of twenty one begins every twentieth of the interval. */
START_TEST(repairs_on_a_timer_take_turns)
{
    g_autoptr(CassandraRig) rig =
        cassandra_rig_new(3, APART ", \"repair\": { \"interval\": \"20min\" }");

    rig_run(rig->rig, SIM_S);
    write_keys(rig, 200);
    rig_run(rig->rig, 10 * SIM_MIN + 20 * SIM_S);
    ck_assert_uint_eq(cassandra_rig_sum(rig, "repairs_ended"), 10);
    ck_assert_uint_eq(cassandra_rig_counter(rig, 9, "repairs_ended"), 1);
    ck_assert_uint_eq(cassandra_rig_counter(rig, 10, "repairs_ended"), 0);
    ck_assert_uint_eq(cassandra_rig_sum(rig, "repairs_skipped"), 0);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("repair");
    TCase *tests = tcase_create("repair");

    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, a_repair_of_one_node_makes_all_replicas_of_its_ranges_agree);
    tcase_add_test(tests, primary_ranges_need_a_run_on_every_node);
    tcase_add_test(tests, a_repair_of_what_agrees_streams_nothing);
    tcase_add_test(tests, leaves_are_streamed_whole_between_every_pair);
    tcase_add_test(tests, a_dead_participant_fails_its_ranges_only);
    tcase_add_test(tests, a_participant_that_falls_under_way_does_not_stop_the_repair);
    tcase_add_test(tests, validation_takes_as_long_as_reading_all_data);
    tcase_add_test(tests, a_deleted_row_returns_without_a_repair_within_its_grace_and_not_with_one);
    tcase_add_test(tests, repairs_on_a_timer_take_turns);
    suite_add_tcase(suite, tests);
    return suite;
}
