/* test_cassandra.c - the cluster as its users see it: levels, floors, faults of nodes and sites. */
#include "tests/support/cassandra_rig.h"
#include "tests/support/suite.h"

static double took_ms(const ProbeAsked *asked)
{
    ck_assert_uint_eq(asked->ends, 1);
    return (double)(asked->ended - asked->begun) / (double)SIM_MS;
}

START_TEST(what_was_written_is_read)
{
    g_autoptr(CassandraRig) rig = cassandra_rig_new(3, NULL);

    for (uint64_t key = 1; key <= 50; key++) {
        const ProbeAsked *written = cassandra_rig_write(rig, 0, key, CONSISTENCY_LOCAL_QUORUM);
        const ProbeAsked *read;

        rig_run(rig->rig, SIM_S);
        read = cassandra_rig_read(rig, 1, key, CONSISTENCY_LOCAL_QUORUM);
        rig_run(rig->rig, SIM_S);
        ck_assert_uint_eq(cassandra_rig_code(written), STORE_OK);
        ck_assert_uint_eq(cassandra_rig_code(read), STORE_OK);
        ck_assert_int_gt(written->reply.version, 0);
        ck_assert_int_eq(read->reply.version, written->reply.version);
    }
}
END_TEST

START_TEST(every_write_reaches_all_eleven_replicas)
{
    g_autoptr(CassandraRig) rig = cassandra_rig_new(3, NULL);

    for (uint64_t key = 1; key <= 100; key++) {
        cassandra_rig_write(rig, (guint)(key % 12), key, CONSISTENCY_LOCAL_QUORUM);
    }
    rig_run(rig->rig, SIM_S);
    ck_assert_uint_eq(cassandra_rig_sum(rig, "mutations"), 1100);
    rig_run(rig->rig, 10 * SIM_S);
    ck_assert_uint_eq(cassandra_rig_sum(rig, "hints_stored"), 0);
}
END_TEST

/* The sixth smallest round trip over the replicas, one hop inside the remote site for the copies
 * that a relay forwards, and the way from and to the driver. */
START_TEST(quorum_writes_take_the_network_floor)
{
    static const double floors[GOLDEN_SITES] = {44.3, 44.3, 92.6, 84.5, 104.6};
    g_autoptr(CassandraRig) rig = cassandra_rig_new(3, CASSANDRA_NO_CPU);

    for (guint site = 0; site < GOLDEN_SITES; site++) {
        for (uint64_t key = 1; key <= 20; key++) {
            const ProbeAsked *asked = cassandra_rig_write(rig, 4 * site, key, CONSISTENCY_QUORUM);

            rig_run(rig->rig, SIM_S);
            ck_assert_double_ge(took_ms(asked), floors[site] + 0.3);
            ck_assert_double_le(took_ms(asked), floors[site] + 0.3 + 0.15 + 0.2);
        }
    }
}
END_TEST

START_TEST(quorum_reads_take_the_network_floor)
{
    static const double floors[GOLDEN_SITES] = {44.3, 44.3, 92.6, 84.5, 104.6};
    g_autoptr(CassandraRig) rig = cassandra_rig_new(3, CASSANDRA_NO_CPU);

    for (guint site = 0; site < GOLDEN_SITES; site++) {
        const ProbeAsked *asked;

        cassandra_rig_warm_snitch(rig, 4 * site, 77);
        asked = cassandra_rig_read(rig, 4 * site, 77, CONSISTENCY_QUORUM);
        rig_run(rig->rig, SIM_S);
        ck_assert_double_ge(took_ms(asked), floors[site] + 0.3);
        ck_assert_double_le(took_ms(asked), floors[site] + 0.3 + 0.2);
    }
}
END_TEST

START_TEST(local_quorum_stays_within_the_site)
{
    g_autoptr(CassandraRig) rig = cassandra_rig_new(3, CASSANDRA_NO_CPU);

    for (uint64_t key = 1; key <= 20; key++) {
        const ProbeAsked *written = cassandra_rig_write(rig, 8, key, CONSISTENCY_LOCAL_QUORUM);
        const ProbeAsked *read = cassandra_rig_read(rig, 9, key, CONSISTENCY_LOCAL_QUORUM);

        rig_run(rig->rig, SIM_S);
        ck_assert_double_le(took_ms(written), 0.7);
        ck_assert_double_le(took_ms(read), 1.3);
    }
}
END_TEST

START_TEST(each_quorum_waits_for_the_farthest_site)
{
    static const double floors[GOLDEN_SITES] = {104.6, 123.3, 113.2, 98.9, 123.3};
    g_autoptr(CassandraRig) rig = cassandra_rig_new(3, CASSANDRA_NO_CPU);

    for (guint site = 0; site < GOLDEN_SITES; site++) {
        const ProbeAsked *asked = cassandra_rig_write(rig, 4 * site, 5, CONSISTENCY_EACH_QUORUM);

        rig_run(rig->rig, SIM_S);
        ck_assert_double_ge(took_ms(asked), floors[site] + 0.3);
        ck_assert_double_le(took_ms(asked), floors[site] + 0.3 + 0.15 + 0.35);
    }
}
END_TEST

/* Share of 400 keys whose write succeeds at once at a coordinator when the dead are known to be so.
 */
static double availability(CassandraRig *rig, guint coordinator, Consistency level)
{
    GPtrArray *asked = g_ptr_array_new();
    guint ok = 0;

    for (uint64_t key = 1; key <= 400; key++) {
        g_ptr_array_add(asked,
                        (void *)(uintptr_t)cassandra_rig_write(rig, coordinator, key, level));
    }
    rig_run(rig->rig, 5 * SIM_S);
    for (guint i = 0; i < asked->len; i++) {
        uint32_t code = cassandra_rig_code(asked->pdata[i]);

        ck_assert(code == STORE_OK || code == STORE_UNAVAILABLE);
        ok += code == STORE_OK ? 1 : 0;
    }
    g_ptr_array_free(asked, TRUE);
    return ok / 400.0;
}

/* The row "DC01-1,2" of the table; 400 keys stand for the key space: 3 standard errors are 0.075.
 */
START_TEST(two_dead_nodes_cost_what_the_table_says)
{
    g_autoptr(CassandraRig) rig = cassandra_rig_new(5, NULL);

    rig_down(rig->rig, cassandra_rig_name(0), SIM_NEVER);
    rig_down(rig->rig, cassandra_rig_name(1), SIM_NEVER);
    rig_run(rig->rig, 60 * SIM_S);
    ck_assert_double_eq(availability(rig, 2, CONSISTENCY_ONE), 1);
    ck_assert_double_eq(availability(rig, 2, CONSISTENCY_LOCAL_ONE), 1);
    ck_assert_double_eq_tol(availability(rig, 2, CONSISTENCY_LOCAL_QUORUM), .5821, 0.075);
    ck_assert_double_eq(availability(rig, 4, CONSISTENCY_LOCAL_QUORUM), 1);
    ck_assert_double_eq(availability(rig, 12, CONSISTENCY_LOCAL_QUORUM), 1);
    ck_assert_double_eq(availability(rig, 4, CONSISTENCY_QUORUM), 1);
    ck_assert_double_eq_tol(availability(rig, 4, CONSISTENCY_EACH_QUORUM), .5821, 0.075);
    ck_assert_double_eq(availability(rig, 4, CONSISTENCY_ALL), 0);
}
END_TEST

START_TEST(a_lost_site_costs_what_the_table_says)
{
    g_autoptr(CassandraRig) rig = cassandra_rig_new(5, NULL);

    for (guint node = 0; node < 4; node++) {
        rig_down(rig->rig, cassandra_rig_host(node), SIM_NEVER);
    }
    rig_run(rig->rig, 60 * SIM_S);
    ck_assert_double_eq(availability(rig, 4, CONSISTENCY_LOCAL_QUORUM), 1);
    ck_assert_double_eq(availability(rig, 8, CONSISTENCY_QUORUM), 1);
    ck_assert_double_eq(availability(rig, 8, CONSISTENCY_EACH_QUORUM), 0);
    ck_assert_double_eq(availability(rig, 8, CONSISTENCY_ONE), 1);
}
END_TEST

/* Before the conviction a write that needs the dead node runs into its timeout. */
START_TEST(silence_before_conviction_ends_in_timeouts)
{
    g_autoptr(CassandraRig) rig = cassandra_rig_new(5, NULL);
    const ProbeAsked *asked;

    rig_run(rig->rig, 30 * SIM_S);
    rig_down(rig->rig, cassandra_rig_host(16), SIM_NEVER);
    asked = cassandra_rig_write(rig, 0, 1, CONSISTENCY_ALL);
    for (uint64_t key = 1; !cassandra_rig_holds(rig, 16, key); key++) {
        rig_run(rig->rig, SIM_MS);
        asked = cassandra_rig_write(rig, 0, key + 1, CONSISTENCY_ALL);
    }
    rig_run(rig->rig, 3 * SIM_S);
    ck_assert_uint_eq(cassandra_rig_code(asked), STORE_TIMEOUT);
    ck_assert_double_eq_tol(took_ms(asked), 2000, 5);
}
END_TEST

/* The driver reads at ALL: data and ten digests that differ, full reads, repair. */
START_TEST(a_mismatch_repairs_before_it_answers)
{
    g_autoptr(CassandraRig) rig =
        cassandra_rig_new(9, CASSANDRA_NO_CPU ", \"hinted_handoff_enabled\": false");
    const ProbeAsked *written, *first, *second;

    written = cassandra_rig_write_past(rig, DC02, 0, 21);
    ck_assert_uint_eq(cassandra_rig_code(written), STORE_OK);
    first = cassandra_rig_read(rig, 4, 21, CONSISTENCY_ALL);
    rig_run(rig->rig, 5 * SIM_S);
    ck_assert_uint_eq(cassandra_rig_code(first), STORE_OK);
    ck_assert_int_eq(first->reply.version, written->reply.version);
    ck_assert_uint_eq(cassandra_rig_counter(rig, 4, "digest_mismatches"), 1);
    ck_assert_uint_eq(cassandra_rig_counter(rig, 4, "repairs_sent"), 3);
    ck_assert_double_ge(took_ms(first), 2 * 123.3);
    second = cassandra_rig_read(rig, 5, 21, CONSISTENCY_LOCAL_QUORUM);
    rig_run(rig->rig, 5 * SIM_S);
    ck_assert_int_eq(second->reply.version, written->reply.version);
    ck_assert_uint_eq(cassandra_rig_counter(rig, 5, "digest_mismatches"), 0);
}
END_TEST

START_TEST(local_quorum_elsewhere_reads_stale_without_hints)
{
    g_autoptr(CassandraRig) rig = cassandra_rig_new(9, "\"hinted_handoff_enabled\": false");
    const ProbeAsked *read;

    cassandra_rig_write_past(rig, DC02, 0, 21);
    read = cassandra_rig_read(rig, 4, 21, CONSISTENCY_LOCAL_QUORUM);
    rig_run(rig->rig, SIM_S);
    ck_assert_uint_eq(cassandra_rig_code(read), STORE_OK);
    ck_assert_int_eq(read->reply.version, 0);
}
END_TEST

/* A restarted node takes no statements before it has gossiped for 8 s, but serves its peers. */
START_TEST(a_restarted_node_opens_late)
{
    g_autoptr(CassandraRig) rig =
        cassandra_rig_new(9, "\"jvm_start\": \"5s\", \"commitlog_replay\": \"3s\"");
    const ProbeAsked *booting, *joining, *ready;

    rig_run(rig->rig, 10 * SIM_S);
    rig_down(rig->rig, cassandra_rig_name(0), SIM_S);
    rig_run(rig->rig, 8 * SIM_S);
    booting = cassandra_rig_write(rig, 0, 1, CONSISTENCY_ONE);
    rig_run(rig->rig, 8 * SIM_S);
    joining = cassandra_rig_write(rig, 0, 1, CONSISTENCY_ONE);
    rig_run(rig->rig, 2 * SIM_S);
    ready = cassandra_rig_write(rig, 0, 1, CONSISTENCY_LOCAL_QUORUM);
    rig_run(rig->rig, SIM_S);
    ck_assert_int_eq(booting->outcome, OUTCOME_FAILED);
    ck_assert_int_eq(joining->outcome, OUTCOME_FAILED);
    ck_assert_uint_eq(cassandra_rig_code(ready), STORE_OK);
}
END_TEST

/* The nearest replica is silent: the third one is asked after the threshold. */
START_TEST(speculation_saves_reads_of_a_silent_replica)
{
    g_autoptr(CassandraRig) rig =
        cassandra_rig_new(9, CASSANDRA_NO_CPU ", \"speculative_retry\": \"20ms\"");
    const RingRange *range = cassandra_rig_range(rig, 3);
    guint local[3], count = 0, coordinator = 0;
    const ProbeAsked *asked;

    for (guint i = 0; i < range->count; i++) {
        if (range->replicas[i] < 4) {
            local[count++] = range->replicas[i];
        }
    }
    while (cassandra_rig_holds(rig, coordinator, 3)) {
        coordinator++;
    }
    rig_down(rig->rig, cassandra_rig_name(local[0]), SIM_NEVER);
    asked = cassandra_rig_read(rig, coordinator, 3, CONSISTENCY_LOCAL_QUORUM);
    rig_run(rig->rig, SIM_S);
    ck_assert_uint_eq(cassandra_rig_code(asked), STORE_OK);
    ck_assert_double_ge(took_ms(asked), 20);
    ck_assert_double_le(took_ms(asked), 22);
    ck_assert_uint_eq(cassandra_rig_counter(rig, coordinator, "speculations"), 1);
}
END_TEST

START_TEST(without_speculation_a_silent_replica_costs_the_timeout)
{
    g_autoptr(CassandraRig) rig =
        cassandra_rig_new(9, CASSANDRA_NO_CPU ", \"speculative_retry\": \"NONE\"");
    const RingRange *range = cassandra_rig_range(rig, 3);
    guint first = 0, coordinator = 0;
    const ProbeAsked *asked;

    while (range->replicas[first] >= 4) {
        first++;
    }
    while (cassandra_rig_holds(rig, coordinator, 3)) {
        coordinator++;
    }
    rig_down(rig->rig, cassandra_rig_name(range->replicas[first]), SIM_NEVER);
    asked = cassandra_rig_read(rig, coordinator, 3, CONSISTENCY_LOCAL_QUORUM);
    rig_run(rig->rig, 6 * SIM_S);
    ck_assert_uint_eq(cassandra_rig_code(asked), STORE_TIMEOUT);
    ck_assert_double_eq_tol(took_ms(asked), 5000, 2);
}
END_TEST

/* 128 threads of a coordinator wait for a replica that is silent: all else there waits too. */
START_TEST(a_silent_replica_can_take_all_threads)
{
    g_autoptr(CassandraRig) rig =
        cassandra_rig_new(9, CASSANDRA_NO_CPU ", \"speculative_retry\": \"NONE\"");
    const ProbeAsked *last;
    guint sent = 0;

    rig_down(rig->rig, cassandra_rig_name(16), SIM_NEVER);
    for (uint64_t key = 1; sent < 128; key++) {
        if (cassandra_rig_holds(rig, 16, key)) {
            cassandra_rig_read(rig, 0, key, CONSISTENCY_ALL);
            sent++;
        }
    }
    last = cassandra_rig_read(rig, 0, 1, CONSISTENCY_ONE);
    rig_run(rig->rig, 6 * SIM_S);
    ck_assert_uint_eq(cassandra_rig_code(last), STORE_OK);
    ck_assert_double_ge(took_ms(last), 5000);
}
END_TEST

/* The same seed runs the same way, whatever else happens in the process. */
START_TEST(same_seed_runs_the_same_way)
{
    uint64_t prints[2];

    for (int i = 0; i < 2; i++) {
        g_autoptr(CassandraRig) rig = cassandra_rig_new(9, NULL);

        rig_down(rig->rig, cassandra_rig_host(9), 20 * SIM_S);
        for (uint64_t key = 1; key <= 300; key++) {
            cassandra_rig_write(rig, (guint)(key % 8), key % 40, CONSISTENCY_QUORUM);
            cassandra_rig_read(rig, (guint)(key % 8), key % 40, CONSISTENCY_QUORUM);
            rig_run(rig->rig, 200 * SIM_MS);
        }
        prints[i] = engine_fingerprint(rig->rig->engine);
    }
    ck_assert_uint_eq(prints[0], prints[1]);
}
END_TEST

/* Reference 2.5 with one site lost and convicted: six of what is left. */
START_TEST(quorum_writes_take_the_network_floor_of_what_is_left)
{
    static const double floors[GOLDEN_SITES][GOLDEN_SITES] = {
        {0, 92.6, 44.3, 44.3, 44.3}, {113.2, 0, 44.3, 44.3, 44.3},    {113.2, 92.6, 0, 92.6, 92.6},
        {98.9, 84.5, 98.9, 0, 84.5}, {123.3, 104.6, 123.3, 104.6, 0},
    };

    for (guint dead = 0; dead < GOLDEN_SITES; dead++) {
        g_autoptr(CassandraRig) rig = cassandra_rig_new(3, CASSANDRA_NO_CPU);

        for (guint node = 4 * dead; node < 4 * dead + 4; node++) {
            rig_down(rig->rig, cassandra_rig_host(node), SIM_NEVER);
        }
        rig_run(rig->rig, 30 * SIM_S);
        for (guint site = 0; site < GOLDEN_SITES; site++) {
            const ProbeAsked *asked;

            if (site == dead) {
                continue;
            }
            asked = cassandra_rig_write(rig, 4 * site, 5 + dead, CONSISTENCY_QUORUM);
            rig_run(rig->rig, SIM_S);
            ck_assert_uint_eq(cassandra_rig_code(asked), STORE_OK);
            ck_assert_double_ge(took_ms(asked), floors[site][dead] + 0.3);
            ck_assert_double_le(took_ms(asked), floors[site][dead] + 0.3 + 0.15 + 0.2);
        }
    }
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("cassandra");
    TCase *tests = tcase_create("cluster");

    tcase_add_test(tests, what_was_written_is_read);
    tcase_add_test(tests, every_write_reaches_all_eleven_replicas);
    tcase_add_test(tests, quorum_writes_take_the_network_floor);
    tcase_add_test(tests, quorum_reads_take_the_network_floor);
    tcase_add_test(tests, local_quorum_stays_within_the_site);
    tcase_add_test(tests, each_quorum_waits_for_the_farthest_site);
    tcase_add_test(tests, two_dead_nodes_cost_what_the_table_says);
    tcase_add_test(tests, a_lost_site_costs_what_the_table_says);
    tcase_add_test(tests, silence_before_conviction_ends_in_timeouts);
    tcase_add_test(tests, a_mismatch_repairs_before_it_answers);
    tcase_add_test(tests, local_quorum_elsewhere_reads_stale_without_hints);
    tcase_add_test(tests, a_restarted_node_opens_late);
    tcase_add_test(tests, speculation_saves_reads_of_a_silent_replica);
    tcase_add_test(tests, without_speculation_a_silent_replica_costs_the_timeout);
    tcase_add_test(tests, a_silent_replica_can_take_all_threads);
    tcase_add_test(tests, same_seed_runs_the_same_way);
    tcase_add_test(tests, quorum_writes_take_the_network_floor_of_what_is_left);
    suite_add_tcase(suite, tests);
    return suite;
}
