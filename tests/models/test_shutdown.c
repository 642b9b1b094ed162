/* test_shutdown.c - a node that ends in good order, against one that falls. */
#include "tests/support/cassandra_rig.h"
#include "tests/support/suite.h"

#include "models/data/cassandra/node.h"

#define FAULT 77

/* 10 s of JVM start and, where there is something to replay, 20 s of replay. */
#define BOOT "\"jvm_start\": \"10s\", \"commitlog_replay\": \"20s\""

static void tell(CassandraRig *rig, guint node, Order order)
{
    Effect effect = EFFECT_NONE;

    effect.order = order;
    ck_assert(component_add_effect(rig->nodes[node], FAULT, effect));
}

static Cassandra *node_at(const CassandraRig *rig, guint node)
{
    return (Cassandra *)rig->nodes[node];
}

/* How many others believe it up. */
static guint count_believers(const CassandraRig *rig, guint node)
{
    guint count = 0;

    for (guint i = 0; i < GOLDEN_NODES; i++) {
        count += i != node && node_sees(node_at(rig, i), node) ? 1 : 0;
    }
    return count;
}

START_TEST(peers_hear_of_a_clean_stop_at_once)
{
    g_autoptr(CassandraRig) rig = cassandra_rig_new(3, BOOT);

    rig_run(rig->rig, SIM_MIN);
    ck_assert_uint_eq(count_believers(rig, 6), 19);
    tell(rig, 6, ORDER_STOP);
    rig_run(rig->rig, 200 * SIM_MS); /* the longest way takes 62 ms */
    ck_assert_uint_eq(count_believers(rig, 6), 0);
    ck_assert_uint_eq(cassandra_rig_sum(rig, "convictions"), 0);
}
END_TEST

/* 3.11.9 and later: heartbeats that were on their way do not bring it back. */
START_TEST(late_gossip_does_not_bring_a_stopped_node_back)
{
    g_autoptr(CassandraRig) rig = cassandra_rig_new(4, BOOT);

    rig_run(rig->rig, SIM_MIN);
    tell(rig, 6, ORDER_STOP);
    rig_run(rig->rig, 30 * SIM_S);
    ck_assert_uint_eq(count_believers(rig, 6), 0);
    ck_assert(!rig->nodes[6]->is_up);
}
END_TEST

START_TEST(the_process_ends_two_seconds_after_its_announcement)
{
    g_autoptr(CassandraRig) rig = cassandra_rig_new(5, BOOT);

    rig_run(rig->rig, SIM_MIN);
    tell(rig, 0, ORDER_STOP);
    rig_run(rig->rig, 1900 * SIM_MS);
    ck_assert(rig->nodes[0]->is_up);
    rig_run(rig->rig, 200 * SIM_MS);
    ck_assert(!rig->nodes[0]->is_up);
}
END_TEST

/* 10 s of JVM and 8 s until it settles; after a fall 20 s of replay come on top. */
START_TEST(after_a_clean_stop_nothing_is_replayed)
{
    g_autoptr(CassandraRig) rig = cassandra_rig_new(6, BOOT);

    rig_run(rig->rig, SIM_MIN);
    tell(rig, 2, ORDER_STOP);
    rig_run(rig->rig, 10 * SIM_S);
    component_remove_effect(rig->nodes[2], FAULT);
    rig_run(rig->rig, 17900 * SIM_MS);
    ck_assert_int_eq(node_at(rig, 2)->phase, NODE_JOINING);
    rig_run(rig->rig, 200 * SIM_MS);
    ck_assert_int_eq(node_at(rig, 2)->phase, NODE_READY);
    ck_assert_uint_eq(count_believers(rig, 2), 19);
    rig_down(rig->rig, cassandra_rig_name(2), SIM_S);
    rig_run(rig->rig, 38900 * SIM_MS);
    ck_assert_int_eq(node_at(rig, 2)->phase, NODE_JOINING);
    rig_run(rig->rig, 200 * SIM_MS);
    ck_assert_int_eq(node_at(rig, 2)->phase, NODE_READY);
}
END_TEST

/* Power fails right after the drain: under a periodic commit log that would lose what was written
 * since the last sync; a drained node has it on disk. */
START_TEST(a_drained_node_loses_nothing_to_a_power_failure)
{
    g_autoptr(CassandraRig) rig = cassandra_rig_new(
        7, BOOT ", \"commitlog_sync\": \"periodic\", \"commitlog_sync_period\": \"1h\"");
    uint64_t key = 1;

    for (; !cassandra_rig_holds(rig, 0, key); key++) {
    }
    rig_run(rig->rig, SIM_S);
    const RingRange *range = cassandra_rig_range(rig, key);
    guint other = range->replicas[range->replicas[0] == 0 ? 1 : 0];
    const ProbeAsked *asked = cassandra_rig_write(rig, 1, key, CONSISTENCY_ALL);

    rig_run(rig->rig, SIM_S);
    ck_assert_uint_eq(cassandra_rig_code(asked), STORE_OK);
    tell(rig, 0, ORDER_DRAIN);
    rig_run(rig->rig, 3 * SIM_S);
    ck_assert_int_eq(node_at(rig, 0)->phase, NODE_DRAINED);
    ck_assert(rig->nodes[0]->is_up);
    Effect power = EFFECT_NONE;

    power.down = power.unsynced_lost = true;
    component_add_effect(rig_find(rig->rig, cassandra_rig_host(0)), FAULT, power);
    component_add_effect(rig_find(rig->rig, cassandra_rig_host(other)), FAULT, power);
    ck_assert_uint_eq(cassandra_rig_counter(rig, 0, "writes_undone"), 0);
    ck_assert_uint_eq(cassandra_rig_counter(rig, other, "writes_undone"), 1);
}
END_TEST

START_TEST(a_drained_node_takes_no_statement_and_gets_hints)
{
    g_autoptr(CassandraRig) rig = cassandra_rig_new(8, BOOT);
    uint64_t key = 1;

    for (; !cassandra_rig_holds(rig, 0, key); key++) {
    }
    rig_run(rig->rig, SIM_MIN);
    tell(rig, 0, ORDER_DRAIN);
    rig_run(rig->rig, 5 * SIM_S);
    const ProbeAsked *done = cassandra_rig_write(rig, 1, key, CONSISTENCY_LOCAL_QUORUM);
    const ProbeAsked *asked = cassandra_rig_write(rig, 0, key, CONSISTENCY_ONE);

    rig_run(rig->rig, SIM_S);
    ck_assert_uint_eq(cassandra_rig_code(done), STORE_OK);
    ck_assert_uint_eq(cassandra_rig_counter(rig, 1, "hints_stored"), 1);
    ck_assert_int_ne(asked->outcome, OUTCOME_OK);
    component_remove_effect(rig->nodes[0], FAULT);
    rig_run(rig->rig, SIM_MIN);
    ck_assert_int_eq(node_at(rig, 0)->phase, NODE_READY);
    ck_assert_uint_eq(cassandra_rig_counter(rig, 1, "hints_replayed"), 1);
}
END_TEST

START_TEST(a_stop_that_is_lifted_early_is_a_restart)
{
    g_autoptr(CassandraRig) rig = cassandra_rig_new(9, BOOT);

    rig_run(rig->rig, SIM_MIN);
    tell(rig, 3, ORDER_STOP);
    rig_run(rig->rig, SIM_S);
    component_remove_effect(rig->nodes[3], FAULT);
    ck_assert_int_eq(node_at(rig, 3)->phase, NODE_BOOTING);
    rig_run(rig->rig, 50 * SIM_S);
    ck_assert_int_eq(node_at(rig, 3)->phase, NODE_READY);
    ck_assert_uint_eq(count_believers(rig, 3), 19);
}
END_TEST

/* What a coordinator is in the middle of when it is told to stop: its clients are cut off, and what
 * was begun goes on for the two seconds that are left. */
START_TEST(statements_that_were_begun_outlive_their_connections)
{
    static const Message statements[] = {
        {.op = MESSAGE_WRITE, .key = 1, .consistency = CONSISTENCY_QUORUM},
        {.op = MESSAGE_READ, .key = 2, .consistency = CONSISTENCY_QUORUM},
        {.op = MESSAGE_WRITE, .key = 3, .flags = STORE_CAS, .consistency = CONSISTENCY_QUORUM},
        {.op = MESSAGE_READ, .key = 4, .consistency = CONSISTENCY_SERIAL},
        {.op = MESSAGE_WRITE, .key = 5, .flags = STORE_COUNTER, .consistency = CONSISTENCY_QUORUM},
        {.op = MESSAGE_WRITE,
         .key = 6,
         .flags = STORE_BATCH,
         .count = 3,
         .consistency = CONSISTENCY_QUORUM},
    };

    for (guint order = ORDER_STOP; order <= ORDER_DRAIN; order++) {
        for (SimSpan into = 0; into <= 40 * SIM_MS; into += 10 * SIM_MS) {
            g_autoptr(CassandraRig) rig = cassandra_rig_new(3, BOOT);
            const ProbeAsked *asked[G_N_ELEMENTS(statements)];

            rig_run(rig->rig, 10 * SIM_S);
            for (guint i = 0; i < G_N_ELEMENTS(statements); i++) {
                asked[i] = cassandra_rig_ask(rig, 0, statements[i]);
            }
            rig_run(rig->rig, into + SIM_MS);
            tell(rig, 0, order);
            rig_run(rig->rig, SIM_MIN);
            for (guint i = 0; i < G_N_ELEMENTS(statements); i++) {
                ck_assert_uint_eq(asked[i]->ends, 1);
                ck_assert_int_ne(asked[i]->outcome, OUTCOME_OK);
            }
            for (guint i = 0; i < 11; i++) {
                ck_assert_int_gt(cassandra_rig_stored(rig, i, 1), 0);
            }
        }
    }
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("shutdown");
    TCase *tests = tcase_create("shutdown");

    suite_add_tcase(suite, tests);
    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, peers_hear_of_a_clean_stop_at_once);
    tcase_add_test(tests, late_gossip_does_not_bring_a_stopped_node_back);
    tcase_add_test(tests, the_process_ends_two_seconds_after_its_announcement);
    tcase_add_test(tests, after_a_clean_stop_nothing_is_replayed);
    tcase_add_test(tests, a_drained_node_loses_nothing_to_a_power_failure);
    tcase_add_test(tests, a_drained_node_takes_no_statement_and_gets_hints);
    tcase_add_test(tests, a_stop_that_is_lifted_early_is_a_restart);
    tcase_add_test(tests, statements_that_were_begun_outlive_their_connections);
    return suite;
}
