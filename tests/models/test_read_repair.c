/* test_read_repair.c - background read repair as coded and as documented, and what a digest
 * mismatch waits for (Cassandra reference 4.1, 4.2; points 10 and 12 of its list). */
#include "models/data/cassandra/node.h"
#include "tests/support/cassandra_rig.h"
#include "tests/support/suite.h"

#define STALE "\"hinted_handoff_enabled\": false, "

/* Index of a replica of the key in the site: the last one, which a read there asks last. */
static guint last_in(const CassandraRig *rig, uint64_t key, guint site)
{
    return 31u - (guint)__builtin_clz(cassandra_rig_range(rig, key)->site_mask[site]);
}

/* A node of the site that holds no copy: its reads are all over the network. */
static guint stranger_in(const CassandraRig *rig, uint64_t key, guint site)
{
    guint node = site * 4;

    while (cassandra_rig_holds(rig, node, key)) {
        node++;
    }
    return node;
}

/* One local replica has missed the write of `key` and comes back; then all of its site read it. */
static CassandraRig *with_a_stale_replica(const char *settings, uint64_t key)
{
    CassandraRig *rig = cassandra_rig_new(3, settings);
    guint stale = cassandra_rig_range(rig, key)->replicas[last_in(rig, key, DC01)];

    rig_run(rig->rig, SIM_MIN);
    rig_down(rig->rig, cassandra_rig_host(stale), 30 * SIM_S);
    rig_run(rig->rig, SIM_S);
    cassandra_rig_write(rig, stranger_in(rig, key, DC01), key, CONSISTENCY_LOCAL_QUORUM);
    rig_run(rig->rig, 3 * SIM_MIN);
    ck_assert_int_eq(cassandra_rig_stored(rig, last_in(rig, key, DC01), key), 0);
    return rig;
}

/* Whether one LOCAL_ONE read by way of a node without a copy repaired the stale replica. */
static bool repairs(const char *settings)
{
    const uint64_t key = 5;
    g_autoptr(CassandraRig) rig = with_a_stale_replica(settings, key);
    guint node = stranger_in(rig, key, DC01);
    const ProbeAsked *asked = cassandra_rig_read(rig, node, key, CONSISTENCY_LOCAL_ONE);

    rig_run(rig->rig, SIM_S);
    ck_assert_uint_eq(cassandra_rig_code(asked), STORE_OK);
    ck_assert_uint_eq(cassandra_rig_counter(rig, node, "digest_mismatches"), 0);
    return cassandra_rig_stored(rig, last_in(rig, key, DC01), key) != 0;
}

#define ALWAYS STALE "\"dclocal_read_repair_chance\": 1"

/* Point 10: as coded it does not run with speculation on, and runs with NONE. */
START_TEST(background_repair_runs_only_without_speculation)
{
    ck_assert(!repairs(ALWAYS));
    ck_assert(!repairs(ALWAYS ", \"speculative_retry\": \"10ms\""));
    ck_assert(repairs(ALWAYS ", \"speculative_retry\": \"NONE\""));
}
END_TEST

START_TEST(as_documented_it_runs_with_speculation_too)
{
    ck_assert(repairs(ALWAYS ", \"background_rr\": \"as_documented\""));
    ck_assert(!repairs(STALE "\"dclocal_read_repair_chance\": 0, "
                             "\"background_rr\": \"as_documented\""));
}
END_TEST

/* The one more that is asked at once stands in another site: at LOCAL_* its answer does not count,
 * at ONE it does, and then the check runs. */
START_TEST(the_check_runs_when_the_speculative_replica_has_answered_and_counts)
{
    const uint64_t key = 5;
    const char *settings = ALWAYS ", \"speculative_retry\": \"ALWAYS\"";
    g_autoptr(CassandraRig) rig = with_a_stale_replica(settings, key);
    guint node = stranger_in(rig, key, DC01);

    cassandra_rig_read(rig, node, key, CONSISTENCY_LOCAL_ONE);
    rig_run(rig->rig, SIM_S);
    ck_assert_uint_eq(cassandra_rig_counter(rig, node, "background_repairs"), 0);
    cassandra_rig_read(rig, node, key, CONSISTENCY_ONE);
    rig_run(rig->rig, SIM_S);
    ck_assert_uint_eq(cassandra_rig_counter(rig, node, "background_repairs"), 1);
    ck_assert_int_ne(cassandra_rig_stored(rig, last_in(rig, key, DC01), key), 0);
}
END_TEST

/* Nobody waits: the read is answered before anything is repaired. read_repair_chance asks all
 * sites.
 */
START_TEST(a_global_chance_repairs_other_sites_behind_the_answer)
{
    const uint64_t key = 5;
    g_autoptr(CassandraRig) rig =
        cassandra_rig_new(4, STALE "\"dclocal_read_repair_chance\": 0, \"read_repair_chance\": 1, "
                                   "\"speculative_retry\": \"NONE\"");
    const ProbeAsked *asked;

    cassandra_rig_write_past(rig, DC03, 0, key);
    ck_assert_int_eq(cassandra_rig_stored(rig, last_in(rig, key, DC03), key), 0);
    cassandra_rig_read(rig, 0, key, CONSISTENCY_LOCAL_QUORUM);
    rig_run(rig->rig, SIM_S);
    ck_assert_uint_eq(cassandra_rig_counter(rig, 0, "background_repairs"), 0);
    asked = cassandra_rig_read(rig, 0, key, CONSISTENCY_ONE);
    rig_run(rig->rig, 20 * SIM_MS);
    ck_assert_uint_eq(cassandra_rig_code(asked), STORE_OK);
    rig_run(rig->rig, SIM_S);
    ck_assert_int_ne(cassandra_rig_stored(rig, last_in(rig, key, DC03), key), 0);
    ck_assert_uint_eq(cassandra_rig_counter(rig, 0, "background_repairs"), 1);
    ck_assert_uint_eq(cassandra_rig_counter(rig, 0, "repairs_sent"), 3);
}
END_TEST

/* Without faults nothing differs and nothing is repaired, whatever the chance. */
START_TEST(replicas_that_agree_are_left_alone)
{
    g_autoptr(CassandraRig) rig =
        cassandra_rig_new(5, "\"dclocal_read_repair_chance\": 1, \"speculative_retry\": \"NONE\"");

    for (uint64_t key = 1; key <= 50; key++) {
        cassandra_rig_write(rig, 0, key, CONSISTENCY_ALL);
    }
    rig_run(rig->rig, SIM_S);
    for (uint64_t key = 1; key <= 50; key++) {
        cassandra_rig_read(rig, 1, key, CONSISTENCY_LOCAL_QUORUM);
        rig_run(rig->rig, 10 * SIM_MS);
    }
    ck_assert_uint_eq(cassandra_rig_counter(rig, 1, "background_repairs"), 0);
    ck_assert_uint_eq(cassandra_rig_sum(rig, "repairs_sent"), 0);
}
END_TEST

/* Point 12: two more rounds, to the slowest of those that the first one asked. QUORUM from Miami
 * reads six of eleven: its own three and Montreal's, 44.3 ms there and back; so a mismatch takes
 * three times 44.3 ms, although two of the three rounds had their answers from home at once. */
START_TEST(a_mismatch_adds_two_rounds_to_the_slowest_that_was_asked)
{
    g_autoptr(CassandraRig) rig =
        cassandra_rig_new(6, CASSANDRA_NO_CPU ", " STALE "\"speculative_retry\": \"NONE\"");
    const ProbeAsked *first, *second;

    cassandra_rig_warm_snitch(rig, 4, 21);
    cassandra_rig_write_past(rig, DC01, 4, 21); /* Montreal misses it */
    first = cassandra_rig_read(rig, 4, 21, CONSISTENCY_QUORUM);
    rig_run(rig->rig, SIM_S);
    second = cassandra_rig_read(rig, 4, 21, CONSISTENCY_QUORUM);
    rig_run(rig->rig, SIM_S);
    ck_assert_uint_eq(cassandra_rig_code(first), STORE_OK);
    ck_assert_double_eq_tol((double)(first->ended - first->begun) / SIM_MS, 3 * 44.3, 2);
    ck_assert_double_eq_tol((double)(second->ended - second->begun) / SIM_MS, 44.3, 2);
    ck_assert_uint_eq(cassandra_rig_counter(rig, 4, "digest_mismatches"), 1);
}
END_TEST

/* ... and for all of them, as at ALL: one that dies in between lets the read time out, although the
 * level would have enough. It hears of one answer less than it needs. */
START_TEST(a_mismatch_waits_for_all_that_were_asked)
{
    g_autoptr(CassandraRig) rig =
        cassandra_rig_new(7, CASSANDRA_NO_CPU ", " STALE "\"speculative_retry\": \"NONE\"");
    const uint64_t key = 21;
    const ProbeAsked *asked;

    cassandra_rig_warm_snitch(rig, 4, key);
    cassandra_rig_write_past(rig, DC01, 4, key);
    asked = cassandra_rig_read(rig, 4, key, CONSISTENCY_QUORUM);
    rig_run(rig->rig, 40 * SIM_MS); /* Montreal has answered the digests */
    for (guint node = 0; node < 4; node++) {
        rig_down(rig->rig, cassandra_rig_host(node), SIM_NEVER);
    }
    rig_run(rig->rig, 10 * SIM_S);
    ck_assert_uint_eq(cassandra_rig_code(asked), STORE_TIMEOUT);
    ck_assert_uint_eq(asked->reply.count, 5);
    ck_assert_uint_eq(asked->reply.flags & STORE_NO_DATA, 0);
}
END_TEST

/* A read whose one data request meets a silent replica, while digests enough come. */
START_TEST(a_timeout_with_digests_enough_says_that_only_the_data_is_missing)
{
    g_autoptr(CassandraRig) rig =
        cassandra_rig_new(8, "\"dclocal_read_repair_chance\": 1, \"speculative_retry\": \"NONE\"");
    guint lacking = 0;

    rig_run(rig->rig, SIM_S);
    for (uint64_t key = 1; key <= 40; key++) {
        guint node = stranger_in(rig, key, DC01), silent;
        const RingRange *range = cassandra_rig_range(rig, key);
        const ProbeAsked *asked;

        silent = range->replicas[__builtin_ctz(range->site_mask[DC01])];
        if (silent != 0) {
            continue;
        }
        rig_down(rig->rig, cassandra_rig_host(silent), 6 * SIM_S);
        asked = cassandra_rig_read(rig, node, key, CONSISTENCY_LOCAL_QUORUM);
        rig_run(rig->rig, 5500 * SIM_MS);
        lacking += cassandra_rig_code(asked) == STORE_TIMEOUT &&
                           (asked->reply.flags & STORE_NO_DATA) != 0 && asked->reply.count == 2
                       ? 1
                       : 0;
        break;
    }
    ck_assert_uint_eq(lacking, 1);
}
END_TEST

/* Section 4.2: the stage has as many threads as the node has vCPUs. 40 repairs of 200 ms reach one
 * replica at once: two at a time, 20 of them within the 2 s of the write timeout; the others are
 * dropped, and their reads time out with one answer less than they needed. */
START_TEST(read_repairs_wait_for_as_many_threads_as_vcpus)
{
    g_autoptr(CassandraRig) rig = cassandra_rig_new(
        9, STALE "\"coordinator_cpu\": \"0s\", \"read_cpu\": \"0s\", \"write_cpu\": \"200ms\", "
                 "\"dclocal_read_repair_chance\": 0, \"speculative_retry\": \"NONE\"");
    const Cassandra *behind = (const Cassandra *)rig->nodes[1];
    const ProbeAsked *asked[40];
    guint count = 0, ok = 0, late = 0;

    rig_down(rig->rig, cassandra_rig_name(1), 19 * SIM_S);
    for (uint64_t key = 1; count < G_N_ELEMENTS(asked); key++) {
        if (cassandra_rig_holds(rig, 1, key)) {
            cassandra_rig_write(rig, 2, key, CONSISTENCY_LOCAL_QUORUM);
            rig_run(rig->rig, 450 * SIM_MS);
            count++;
        }
    }
    rig_run(rig->rig, 2 * SIM_MIN);
    count = 0;
    for (uint64_t key = 1; count < G_N_ELEMENTS(asked); key++) {
        if (cassandra_rig_holds(rig, 1, key)) {
            asked[count++] = cassandra_rig_read(rig, 0, key, CONSISTENCY_ALL);
        }
    }
    rig_run(rig->rig, SIM_S);
    ck_assert_uint_eq(behind->read_repair_stage.active, 2);
    ck_assert_uint_gt(behind->read_repair_stage.count, 20);
    rig_run(rig->rig, 9 * SIM_S);
    for (guint i = 0; i < count; i++) {
        ok += cassandra_rig_code(asked[i]) == STORE_OK;
        late += cassandra_rig_code(asked[i]) == STORE_TIMEOUT && asked[i]->reply.count == 10;
    }
    ck_assert_uint_eq(ok + late, count);
    ck_assert_uint_ge(ok, 16);
    ck_assert_uint_le(ok, 22);
    ck_assert_uint_ge(behind->read_repairs_dropped, 14);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("read repair");
    TCase *tests = tcase_create("read repair");

    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, background_repair_runs_only_without_speculation);
    tcase_add_test(tests, as_documented_it_runs_with_speculation_too);
    tcase_add_test(tests, the_check_runs_when_the_speculative_replica_has_answered_and_counts);
    tcase_add_test(tests, a_global_chance_repairs_other_sites_behind_the_answer);
    tcase_add_test(tests, replicas_that_agree_are_left_alone);
    tcase_add_test(tests, a_mismatch_adds_two_rounds_to_the_slowest_that_was_asked);
    tcase_add_test(tests, a_mismatch_waits_for_all_that_were_asked);
    tcase_add_test(tests, a_timeout_with_digests_enough_says_that_only_the_data_is_missing);
    tcase_add_test(tests, read_repairs_wait_for_as_many_threads_as_vcpus);
    suite_add_tcase(suite, tests);
    return suite;
}
