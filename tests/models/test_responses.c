/* test_responses.c - the REQUEST_RESPONSE stage: answers of replicas count when a thread of the
 * coordinator has looked at them. */
#include "models/data/cassandra/node.h"
#include "tests/support/cassandra_rig.h"
#include "tests/support/suite.h"

#define STAGE "\"request_response_stage\": true"

static const Cassandra *node_at(const CassandraRig *rig, guint node)
{
    return (const Cassandra *)rig->nodes[node];
}

static SimSpan latency_of(CassandraRig *rig, uint64_t key, bool is_write)
{
    const ProbeAsked *asked = is_write ? cassandra_rig_write(rig, 0, key, CONSISTENCY_QUORUM)
                                       : cassandra_rig_read(rig, 0, key, CONSISTENCY_QUORUM);

    while (asked->ends == 0) {
        rig_run(rig->rig, 50 * SIM_MS);
    }
    ck_assert_uint_eq(cassandra_rig_code(asked), STORE_OK);
    return asked->ended - asked->begun;
}

/* Each costs 100 us in place of nothing: what was the sixth answer is looked at after those before
 * it, at most three of them by the same thread. */
START_TEST(an_idle_coordinator_looks_at_answers_as_they_come)
{
    g_autoptr(CassandraRig) off =
        cassandra_rig_new(3, CASSANDRA_NO_CPU ", \"dynamic_snitch\": false");
    g_autoptr(CassandraRig) on = cassandra_rig_new(
        3, "\"coordinator_cpu\": \"0s\", \"write_cpu\": \"0s\", \"read_cpu\": \"0s\", "
           "\"answer_cpu\": \"100us\", \"forward_cpu\": \"0s\", \"hint_cpu\": \"0s\", "
           "\"dclocal_read_repair_chance\": 0, \"dynamic_snitch\": false, " STAGE);

    for (uint64_t key = 1; key <= 20; key++) {
        SimSpan writes = latency_of(on, key, true) - latency_of(off, key, true);
        SimSpan reads = latency_of(on, key, false) - latency_of(off, key, false);

        ck_assert_int_ge(writes, 90 * SIM_US);
        ck_assert_int_le(writes, 310 * SIM_US);
        ck_assert_int_ge(reads, 90 * SIM_US);
        ck_assert_int_le(reads, 310 * SIM_US);
    }
    rig_run(on->rig, 5 * SIM_S);
    ck_assert_uint_ge(cassandra_rig_sum(on, "responses_taken"), 20 * (10 + 5));
    ck_assert_uint_eq(cassandra_rig_sum(on, "responses_dropped"), 0);
    ck_assert_uint_eq(cassandra_rig_sum(on, "hints_stored"), 0);
    ck_assert_uint_eq(cassandra_rig_sum(off, "responses_taken"), 0);
}
END_TEST

/* Five seconds for each answer, by two threads: replicas have the write, the client is told that
 * too few answered, and they get hints for what they have. */
START_TEST(a_coordinator_that_does_not_keep_up_hints_what_replicas_have)
{
    g_autoptr(CassandraRig) rig = cassandra_rig_new(4, "\"answer_cpu\": \"5s\", " STAGE);
    const ProbeAsked *asked = cassandra_rig_write(rig, 0, 5, CONSISTENCY_QUORUM);

    rig_run(rig->rig, 2500 * SIM_MS);
    ck_assert_uint_eq(cassandra_rig_code(asked), STORE_TIMEOUT);
    for (guint i = 0; i < 11; i++) {
        ck_assert_int_gt(cassandra_rig_stored(rig, i, 5), 0);
    }
    rig_run(rig->rig, SIM_S);
    ck_assert_uint_ge(cassandra_rig_counter(rig, 0, "hints_stored"), 10);
    ck_assert_uint_eq(node_at(rig, 0)->response_stage.active, 2);
    ck_assert_uint_ge(node_at(rig, 0)->response_stage.count, 8);
    rig_run(rig->rig, SIM_MIN);
    ck_assert_uint_gt(cassandra_rig_counter(rig, 0, "responses_dropped"), 0);
    ck_assert_uint_eq(node_at(rig, 0)->response_stage.active, 0);
    ck_assert_ptr_null(node_at(rig, 0)->writes.first);
}
END_TEST

/* Whatever falls while answers are looked at, nothing is left over. */
START_TEST(answers_that_nobody_waits_for_are_forgotten)
{
    g_autoptr(CassandraRig) rig = cassandra_rig_new(5, "\"answer_cpu\": \"3ms\", " STAGE);

    for (guint i = 0; i < 2000; i++) {
        guint node = i * 7 % 20;

        if (i % 100 == 50) {
            rig_down(rig->rig, cassandra_rig_name(i / 100 * 3 % 20), 20 * SIM_S);
        }
        cassandra_rig_write(rig, node, i * i % 97,
                            i % 2 == 0 ? CONSISTENCY_QUORUM : CONSISTENCY_ONE);
        cassandra_rig_read(rig, node, i % 97, i % 3 == 0 ? CONSISTENCY_ONE : CONSISTENCY_QUORUM);
        rig_run(rig->rig, 5 * SIM_MS);
    }
    rig_run(rig->rig, 2 * SIM_MIN);
    for (guint node = 0; node < GOLDEN_NODES; node++) {
        ck_assert_ptr_null(node_at(rig, node)->writes.first);
        ck_assert_ptr_null(node_at(rig, node)->reads.first);
        ck_assert_ptr_null(node_at(rig, node)->lingering_reads.first);
    }
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("responses");
    TCase *tests = tcase_create("responses");

    suite_add_tcase(suite, tests);
    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, an_idle_coordinator_looks_at_answers_as_they_come);
    tcase_add_test(tests, a_coordinator_that_does_not_keep_up_hints_what_replicas_have);
    tcase_add_test(tests, answers_that_nobody_waits_for_are_forgotten);
    return suite;
}
