/* test_repair_order.c - repairs that an operator asks for (Cassandra reference 7.1): full and
 * incremental, of primary ranges, and what refuses them. */
#include "models/data/cassandra/node.h"
#include "models/data/cassandra/repair.h"
#include "tests/support/cassandra_rig.h"
#include "tests/support/suite.h"

#define FAULT 77
#define KEYS 300
#define QUIET                                                                                      \
    "\"data_size\": \"0B\", \"hinted_handoff_enabled\": false, \"dclocal_read_repair_chance\": 0"

static Cassandra *node_at(const CassandraRig *rig, guint node)
{
    return (Cassandra *)rig->nodes[node];
}

static void order(CassandraRig *rig, guint node, const char *how)
{
    Effect effect = EFFECT_NONE;

    effect.order = ORDER_REPAIR;
    effect.order_about = how;
    component_add_effect(rig->nodes[node], FAULT, effect);
    component_remove_effect(rig->nodes[node], FAULT);
}

static void write_keys(CassandraRig *rig, guint first)
{
    for (guint key = first; key < first + KEYS; key++) {
        cassandra_rig_write(rig, key % 8, key, CONSISTENCY_LOCAL_ONE);
        rig_run(rig->rig, 2 * SIM_MS);
    }
    rig_run(rig->rig, 5 * SIM_S);
}

static guint count_differing(const CassandraRig *rig)
{
    guint differing = 0;

    for (guint key = 1; key <= KEYS; key++) {
        guint same = 1;

        while (same < 11 &&
               cassandra_rig_stored(rig, same, key) == cassandra_rig_stored(rig, 0, key)) {
            same++;
        }
        differing += same < 11 ? 1 : 0;
    }
    return differing;
}

/* Node 9 misses what is written while it is away. */
static void lose_some(CassandraRig *rig)
{
    rig_down(rig->rig, cassandra_rig_name(9), 20 * SIM_S);
    rig_run(rig->rig, SIM_S);
    write_keys(rig, 1);
    rig_run(rig->rig, SIM_MIN);
    ck_assert_uint_gt(count_differing(rig), KEYS / 8);
}

/* How long the repair that is ordered now takes, in seconds. */
static double repair_takes(CassandraRig *rig, guint node, const char *how)
{
    SimTime begun = rig_now(rig->rig);
    uint64_t before = cassandra_rig_counter(rig, node, "repairs_ended");

    order(rig, node, how);
    while (cassandra_rig_counter(rig, node, "repairs_ended") == before) {
        rig_run(rig->rig, 100 * SIM_MS);
        ck_assert_int_lt(rig_now(rig->rig) - begun, SIM_HOUR);
    }
    return sim_span_to_s(rig_now(rig->rig) - begun);
}

START_TEST(an_ordered_repair_makes_the_replicas_of_a_node_agree)
{
    static const char *const how[] = {"", "-full"};

    for (guint i = 0; i < 2; i++) {
        g_autoptr(CassandraRig) rig = cassandra_rig_new(3, QUIET);

        rig_run(rig->rig, SIM_S);
        lose_some(rig);
        repair_takes(rig, 9, how[i]);
        ck_assert_uint_eq(count_differing(rig), 0);
        ck_assert_uint_eq(rig_noted(rig->rig, "cassandra.repair-ended"), 1);
    }
}
END_TEST

/* Its own part of the ranges only: what another node leads stays apart. */
START_TEST(primary_ranges_alone_leave_the_rest_apart)
{
    g_autoptr(CassandraRig) rig = cassandra_rig_new(3, QUIET);
    uint64_t ranges;

    rig_run(rig->rig, SIM_S);
    lose_some(rig);
    repair_takes(rig, 9, "-pr");
    ranges = cassandra_rig_counter(rig, 9, "repair_ranges");
    ck_assert_uint_gt(count_differing(rig), 0);
    repair_takes(rig, 9, "-full");
    ck_assert_uint_gt(cassandra_rig_counter(rig, 9, "repair_ranges"), 4 * ranges);
    ck_assert_uint_eq(count_differing(rig), 0);
}
END_TEST

/* 64 KiB a row at 1 MiB/s: what has been repaired is not read again, unless -full says so. */
START_TEST(a_second_incremental_repair_reads_only_what_is_new)
{
    g_autoptr(CassandraRig) rig = cassandra_rig_new(
        3, QUIET ", \"row_size\": \"64KiB\", \"repair\": { \"validation_rate\": \"1MiB/s\" }");
    double first, second, full;

    rig_run(rig->rig, SIM_S);
    write_keys(rig, 1);
    first = repair_takes(rig, 9, "");
    second = repair_takes(rig, 9, "");
    full = repair_takes(rig, 9, "-full");
    ck_assert_double_lt(second, first - 5);
    ck_assert_double_eq_tol(full, first, 0.1 * first);
    lose_some(rig);
    repair_takes(rig, 9, "");
    ck_assert_uint_eq(count_differing(rig), 0);
}
END_TEST

/* What was there before the run is read once by incremental repairs, and each time by full ones. */
START_TEST(data_from_before_the_run_are_validated_too)
{
    g_autoptr(CassandraRig) rig = cassandra_rig_new(
        3, "\"data_size\": \"1GiB\", \"repair\": { \"stream_rate\": \"25MB/s\" }");
    double owns, first;

    rig_run(rig->rig, SIM_S);
    owns = ring_owns(node_at(rig, 9)->cluster->ring, 9);
    first = repair_takes(rig, 9, "-full");
    /* at 16 MiB/s, and for each of some 480 ranges two ways across an ocean */
    ck_assert_double_ge(first, owns * 1024 / 16);
    ck_assert_double_ge(repair_takes(rig, 9, ""), owns * 1024 / 16);
    ck_assert_double_lt(repair_takes(rig, 9, ""), first - 0.9 * owns * 1024 / 16);
}
END_TEST

START_TEST(a_repair_is_refused_while_one_of_the_same_ranges_runs)
{
    g_autoptr(CassandraRig) rig = cassandra_rig_new(3, "\"data_size\": \"1GiB\"");

    rig_run(rig->rig, SIM_S);
    order(rig, 9, "-full");
    rig_run(rig->rig, SIM_S);
    order(rig, 9, "");
    order(rig, 0, "");
    ck_assert_uint_eq(cassandra_rig_counter(rig, 9, "repairs_skipped"), 1);
    ck_assert_uint_eq(cassandra_rig_counter(rig, 0, "repairs_skipped"), 1);
    ck_assert_uint_eq(rig_noted(rig->rig, "cassandra.repair-ended"), 2);
}
END_TEST

/* No range has two nodes that come first. */
START_TEST(repairs_of_primary_ranges_run_side_by_side)
{
    g_autoptr(CassandraRig) rig = cassandra_rig_new(3, QUIET);

    rig_run(rig->rig, SIM_S);
    lose_some(rig);
    for (guint i = 0; i < GOLDEN_NODES; i++) {
        order(rig, i, "-pr");
    }
    rig_run(rig->rig, 5 * SIM_MIN);
    ck_assert_uint_eq(cassandra_rig_sum(rig, "repairs_skipped"), 0);
    ck_assert_uint_eq(cassandra_rig_sum(rig, "repairs_ended"), GOLDEN_NODES);
    ck_assert_uint_eq(count_differing(rig), 0);
}
END_TEST

START_TEST(who_is_no_member_repairs_nothing)
{
    g_autoptr(CassandraRig) rig = cassandra_rig_new_planned(3, QUIET, 3, ORDER_JOIN, NULL);

    rig_run(rig->rig, 10 * SIM_S);
    order(rig, 3, "");
    ck_assert_uint_eq(cassandra_rig_counter(rig, 3, "repairs_skipped"), 1);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("repair orders");
    TCase *tests = tcase_create("repair orders");

    suite_add_tcase(suite, tests);
    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, an_ordered_repair_makes_the_replicas_of_a_node_agree);
    tcase_add_test(tests, primary_ranges_alone_leave_the_rest_apart);
    tcase_add_test(tests, a_second_incremental_repair_reads_only_what_is_new);
    tcase_add_test(tests, data_from_before_the_run_are_validated_too);
    tcase_add_test(tests, a_repair_is_refused_while_one_of_the_same_ranges_runs);
    tcase_add_test(tests, repairs_of_primary_ranges_run_side_by_side);
    tcase_add_test(tests, who_is_no_member_repairs_nothing);
    return suite;
}
