/* test_gc.c - collections of a node's heap (Cassandra reference 9.3): how often, how long, and what
 * a heap that is too full does. */
#include "models/data/cassandra/node.h"
#include "tests/support/cassandra_rig.h"
#include "tests/support/suite.h"

#define MIB (1024.0 * 1024.0)
/* Eden of 4 GiB and 2 vCPUs: 8 parts of 10 of 200 MiB. */
#define EDEN (0.8 * 200 * MIB)

static const Cassandra *node_at(const CassandraRig *rig, guint node)
{
    return (const Cassandra *)rig->nodes[node];
}

/* `per_s` writes a second at node 0 for so many seconds. */
static void write_for(CassandraRig *rig, guint per_s, guint seconds)
{
    for (guint i = 0; i < per_s * seconds; i++) {
        cassandra_rig_write(rig, 0, 1 + i % 50, CONSISTENCY_ONE);
        rig_run(rig->rig, SIM_S / per_s);
    }
}

START_TEST(without_its_switch_nothing_collects)
{
    g_autoptr(CassandraRig) rig = cassandra_rig_new(1, "\"gc\": {\"coordinator_write\": \"16MB\"}");

    write_for(rig, 20, 20);
    ck_assert_ptr_null(node_at(rig, 0)->gc);
    ck_assert_uint_eq(cassandra_rig_sum(rig, "gc_collections"), 0);
}
END_TEST

/* 20 writes a second of 16 MB at their coordinator fill 160 MiB each 0.52 s; the others allocate
 * nothing. */
START_TEST(a_young_collection_comes_each_time_that_eden_is_full)
{
    g_autoptr(CassandraRig) rig = cassandra_rig_new(
        2, "\"gc\": {\"modelled\": true, \"coordinator_write\": \"16MB\", \"replica_write\": "
           "\"0B\", \"promotion\": \"0\"}");
    double expected = 20 * 30 * 16e6 / EDEN;

    write_for(rig, 20, 30);
    ck_assert_double_eq_tol((double)cassandra_rig_counter(rig, 0, "gc_collections"), expected,
                            0.05 * expected);
    ck_assert_uint_eq(cassandra_rig_sum(rig, "gc_collections"),
                      cassandra_rig_counter(rig, 0, "gc_collections"));
    ck_assert_uint_eq(cassandra_rig_sum(rig, "gc_full_collections"), 0);
    ck_assert_uint_eq(cassandra_rig_sum(rig, "gc_cycles"), 0);
}
END_TEST

/* Each stop lasts 100 ms here: a write that comes in one waits for its end. */
START_TEST(who_asks_in_a_pause_waits_for_its_end)
{
    g_autoptr(CassandraRig) rig = cassandra_rig_new(
        3, CASSANDRA_NO_CPU ", \"gc\": {\"modelled\": true, \"coordinator_write\": \"16MB\", "
                            "\"replica_write\": \"0B\", \"young_pause\": \"100ms\"}");
    guint waited = 0;

    for (guint i = 0; i < 600; i++) {
        const ProbeAsked *asked = cassandra_rig_write(rig, 0, 1 + i % 50, CONSISTENCY_ONE);

        rig_run(rig->rig, 50 * SIM_MS);
        waited += asked->ends == 0 || asked->ended - asked->begun > 10 * SIM_MS ? 1 : 0;
    }
    /* Of each pause of 100 ms two of the writes 50 ms apart meet it. */
    ck_assert_uint_ge(waited, (guint)cassandra_rig_counter(rig, 0, "gc_collections"));
    ck_assert_uint_le(waited, 3 * (guint)cassandra_rig_counter(rig, 0, "gc_collections"));
    ck_assert_uint_gt(waited, 50);
}
END_TEST

/* Old generation 824 MiB, of which 150 and the memtables live; 8 % of eden are promoted each time:
 * a cycle at 75 % frees them, and no full collection is needed. */
START_TEST(a_concurrent_cycle_begins_at_its_occupancy)
{
    g_autoptr(CassandraRig) rig = cassandra_rig_new(
        4, "\"gc\": {\"modelled\": true, \"coordinator_write\": \"16MB\", \"replica_write\": "
           "\"0B\", \"promotion\": \"0.08\"}");
    double live = 150 * MIB + 1024 * MIB / 24, old = (1024 - 200) * MIB;
    double collections = (0.75 * old - live) / (0.08 * EDEN);

    write_for(rig, 20, 15);
    ck_assert_double_lt((double)cassandra_rig_counter(rig, 0, "gc_collections"), collections);
    ck_assert_uint_eq(cassandra_rig_counter(rig, 0, "gc_cycles"), 0);
    write_for(rig, 20, 30);
    ck_assert_uint_eq(cassandra_rig_counter(rig, 0, "gc_cycles"), 2);
    ck_assert_uint_eq(cassandra_rig_counter(rig, 0, "gc_full_collections"), 0);
}
END_TEST

/* What lives leaves no room for what is promoted: each collection is a full one of 1 to 1.5 s. */
START_TEST(a_heap_that_is_nearly_full_collects_back_to_back)
{
    g_autoptr(CassandraRig) rig = cassandra_rig_new(
        5, "\"gc\": {\"modelled\": true, \"coordinator_write\": \"16MB\", \"replica_write\": "
           "\"0B\", \"live\": \"850MiB\"}");
    const Cassandra *node = node_at(rig, 0);
    guint late = 0;

    for (guint i = 0; i < 20 * 20; i++) {
        const ProbeAsked *asked = cassandra_rig_write(rig, 0, 1 + i % 50, CONSISTENCY_ONE);

        rig_run(rig->rig, 50 * SIM_MS);
        late += asked->ends == 0 ? 1 : 0;
    }
    ck_assert_uint_ge(cassandra_rig_counter(rig, 0, "gc_full_collections"), 10);
    ck_assert_uint_eq(cassandra_rig_counter(rig, 0, "gc_full_collections"), node->gc_collections);
    ck_assert_uint_gt(late, 200);
    ck_assert_uint_eq(node->out_of_memory, 0);
}
END_TEST

START_TEST(a_heap_that_is_too_small_ends_the_process)
{
    g_autoptr(CassandraRig) rig = cassandra_rig_new(
        6, "\"gc\": {\"modelled\": true, \"coordinator_write\": \"16MB\", \"replica_write\": "
           "\"0B\", \"live\": \"1000MiB\"}");

    write_for(rig, 20, 5);
    ck_assert_uint_eq(cassandra_rig_counter(rig, 0, "out_of_memory"), 1);
    ck_assert(!rig->nodes[0]->is_up);
    ck_assert(rig->nodes[1]->is_up);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("gc");
    TCase *tests = tcase_create("gc");

    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, without_its_switch_nothing_collects);
    tcase_add_test(tests, a_young_collection_comes_each_time_that_eden_is_full);
    tcase_add_test(tests, who_asks_in_a_pause_waits_for_its_end);
    tcase_add_test(tests, a_concurrent_cycle_begins_at_its_occupancy);
    tcase_add_test(tests, a_heap_that_is_nearly_full_collects_back_to_back);
    tcase_add_test(tests, a_heap_that_is_too_small_ends_the_process);
    suite_add_tcase(suite, tests);
    return suite;
}
