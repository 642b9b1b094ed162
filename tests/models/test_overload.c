/* test_overload.c - what a coordinator refuses or slows down when it or its replicas do not keep
 * up: hints in progress, data centres without hints, back-pressure on writes. */
#include "models/data/cassandra/native_transport.h"
#include "models/data/cassandra/node.h"
#include "tests/support/cassandra_rig.h"
#include "tests/support/suite.h"

static const Cassandra *node_at(const CassandraRig *rig, guint node)
{
    return (const Cassandra *)rig->nodes[node];
}

/* --- hints --------------------------------------------------------------------------------------
 */

#define DEAD 9
#define SLOW_HINTS "\"concurrent_writes\": 1, \"hint_cpu\": \"1s\""

/* Writes of keys that a node which all believe down holds, each second a hint: how many of them
 * are refused as Overloaded. */
static guint refused_of(const char *settings, guint count, uint64_t *kept)
{
    g_autoptr(CassandraRig) rig = cassandra_rig_new(5, settings);
    g_autofree const ProbeAsked **asked = g_new0(const ProbeAsked *, count);
    uint64_t key = 0;
    guint refused = 0;

    rig_down(rig->rig, cassandra_rig_host(DEAD), SIM_NEVER);
    rig_run(rig->rig, 40 * SIM_S);
    for (guint i = 0; i < count; i++) {
        do {
            key++;
        } while (!cassandra_rig_holds(rig, DEAD, key) || cassandra_rig_holds(rig, 0, key));
        asked[i] = cassandra_rig_write(rig, 0, key, CONSISTENCY_LOCAL_ONE);
        rig_run(rig->rig, 10 * SIM_MS);
    }
    rig_run(rig->rig, SIM_S);
    for (guint i = 0; i < count; i++) {
        ck_assert_uint_eq(asked[i]->ends, 1);
        refused += cassandra_rig_code(asked[i]) == STORE_OVERLOADED ? 1 : 0;
    }
    ck_assert_uint_eq(cassandra_rig_counter(rig, 0, "hints_overloaded"), refused);
    *kept = cassandra_rig_counter(rig, 0, "hints_stored");
    return refused;
}

/* 128 for each of two vCPUs may be in progress, and so one more is taken. Some of them are kept
 * while the writes come: a second each. */
START_TEST(writes_are_refused_as_designed_while_too_many_hints_are_in_progress)
{
    uint64_t kept;
    guint refused = refused_of(SLOW_HINTS ", \"hint_overload\": \"as_designed\"", 300, &kept);

    ck_assert_uint_ge(kept, 2);
    ck_assert_uint_le(kept, 5);
    ck_assert_uint_ge(refused, 300 - 257 - (guint)kept);
    ck_assert_uint_le(refused, 300 - 257);
}
END_TEST

/* The count of a target is always a fresh zero there. */
START_TEST(as_coded_no_number_of_hints_refuses_a_write)
{
    uint64_t kept;

    ck_assert_uint_eq(refused_of(SLOW_HINTS, 300, &kept), 0);
    ck_assert_uint_eq(kept, 300);
}
END_TEST

START_TEST(hints_in_progress_are_lost_with_their_process)
{
    g_autoptr(CassandraRig) rig =
        cassandra_rig_new(5, SLOW_HINTS ", \"hint_overload\": \"as_designed\"");

    rig_down(rig->rig, cassandra_rig_host(DEAD), SIM_NEVER);
    rig_run(rig->rig, 40 * SIM_S);
    for (uint64_t key = 1; key <= 40; key++) {
        cassandra_rig_write(rig, 0, key, CONSISTENCY_LOCAL_ONE);
    }
    rig_run(rig->rig, 500 * SIM_MS);
    rig_down(rig->rig, cassandra_rig_name(0), SIM_S);
    rig_run(rig->rig, 5 * SIM_MIN);
    ck_assert_uint_ge(cassandra_rig_counter(rig, 0, "hints_lost"), 10);
    ck_assert_uint_eq(node_at(rig, 0)->mutation_stage.active, 0);
    ck_assert_uint_eq(node_at(rig, 0)->cluster->hints_dropped,
                      cassandra_rig_counter(rig, 0, "hints_lost"));
}
END_TEST

START_TEST(a_data_centre_without_hints_gets_none)
{
    g_autoptr(CassandraRig) rig =
        cassandra_rig_new(5, "\"hinted_handoff_disabled_datacenters\": [\"DC03\"]");
    uint64_t for_dc02 = 0;

    rig_down(rig->rig, cassandra_rig_host(DEAD), SIM_NEVER); /* in DC03 */
    rig_down(rig->rig, cassandra_rig_host(5), SIM_NEVER);    /* in DC02 */
    rig_run(rig->rig, 40 * SIM_S);
    for (uint64_t key = 1; key <= 100; key++) {
        cassandra_rig_write(rig, 0, key, CONSISTENCY_LOCAL_QUORUM);
        for_dc02 += cassandra_rig_holds(rig, 5, key) ? 1 : 0;
    }
    rig_run(rig->rig, 5 * SIM_S);
    ck_assert_uint_eq(cassandra_rig_sum(rig, "hints_stored"), for_dc02);
    ck_assert_uint_gt(node_at(rig, 0)->cluster->hints_dropped, 0);
}
END_TEST

/* --- back-pressure ------------------------------------------------------------------------------
 */

START_TEST(a_sliding_rate_counts_its_window)
{
    SlidingRate rate = {0};

    ck_assert_double_eq(sliding_rate_per_s(&rate, 10 * SIM_S, 2 * SIM_S), 0);
    for (int i = 0; i < 100; i++) { /* 50 a second from 10 s to 12 s */
        sliding_rate_add(&rate, 10 * SIM_S + i * 20 * SIM_MS, 2 * SIM_S);
    }
    ck_assert_double_eq_tol(sliding_rate_per_s(&rate, 12 * SIM_S - 1, 2 * SIM_S), 50, 0.1);
    ck_assert_double_eq_tol(sliding_rate_per_s(&rate, 10 * SIM_S + 199 * SIM_MS, 2 * SIM_S), 10,
                            0.1); /* over a second at least; what comes later is not yet there */
    ck_assert_double_eq(sliding_rate_per_s(&rate, 15 * SIM_S, 2 * SIM_S), 0);
}
END_TEST

START_TEST(a_limit_lets_a_second_pass_at_once_and_then_its_rate)
{
    RateLimit limit = {0};
    SimSpan wait = 0;

    ck_assert_int_eq(rate_limit_wait(&limit, SIM_S, SIM_S), 0); /* none */
    rate_limit_set(&limit, 100, SIM_S);
    for (int i = 0; i < 100; i++) {
        ck_assert_int_eq(rate_limit_wait(&limit, SIM_S, SIM_S), 0);
    }
    for (int i = 0; i < 50; i++) {
        wait = rate_limit_wait(&limit, SIM_S, SIM_S);
    }
    ck_assert_int_eq(wait, 490 * SIM_MS);
    ck_assert_int_eq(rate_limit_wait(&limit, 100 * SIM_MS, SIM_S), 100 * SIM_MS); /* takes none */
    ck_assert_int_eq(rate_limit_wait(&limit, SIM_S, SIM_S), 500 * SIM_MS);
    rate_limit_set(&limit, 0, SIM_S);
    ck_assert_int_eq(rate_limit_wait(&limit, SIM_S, SIM_S), 0);
}
END_TEST

static void write_often(CassandraRig *rig, guint writes)
{
    for (guint i = 0; i < writes; i++) {
        cassandra_rig_write(rig, 0, 1, CONSISTENCY_LOCAL_ONE);
        rig_run(rig->rig, SIM_MS);
    }
}

/* 1,000 writes a second for 12 s of one key, so all to the same replicas (limits are looked at anew
 * once a window for each set of them), while the way to DC03 is cut every other half second: of 500
 * copies that are written into a cut 222 fit into the socket's buffer and arrive in time, the
 * others are lost. The looks at even seconds find answers at both ends of their window. */
static void write_over_a_bad_link(CassandraRig *rig)
{
    rig_run(rig->rig, 10 * SIM_S);
    write_often(rig, 200);
    for (guint second = 0; second < 12; second++) {
        cassandra_rig_cut(rig, DC01, DC03, SIM_S / 2);
        write_often(rig, 1000);
    }
    rig_run(rig->rig, 10 * SIM_S);
}

#define PRESSURE "\"back_pressure_enabled\": true, \"native_transport_max_threads\": 1000"

START_TEST(at_SLOW_writes_wait_for_the_replica_that_answers_too_few)
{
    g_autoptr(CassandraRig) rig =
        cassandra_rig_new(5, PRESSURE ", \"back_pressure_strategy\": {\"flow\": \"SLOW\"}");
    const Histogram *pacing = node_at(rig, 0)->pacing;

    write_over_a_bad_link(rig);
    ck_assert_uint_gt(cassandra_rig_counter(rig, 0, "writes_paced"), 500);
    ck_assert_int_lt(histogram_max(pacing), 2 * SIM_S);
    ck_assert_uint_eq(cassandra_rig_counter(rig, 0, "write_timeouts"), 0);
    ck_assert_uint_eq(node_at(rig, 0)->requests.active, 0);
}
END_TEST

/* The others answer all, and are not limited. */
START_TEST(at_FAST_writes_go_as_fast_as_the_fastest_replica_takes_them)
{
    g_autoptr(CassandraRig) rig = cassandra_rig_new(5, PRESSURE);

    write_over_a_bad_link(rig);
    ck_assert_uint_eq(cassandra_rig_counter(rig, 0, "writes_paced"), 0);
}
END_TEST

START_TEST(without_trouble_or_without_its_switch_nothing_waits)
{
    g_autoptr(CassandraRig) off = cassandra_rig_new(5, NULL);
    g_autoptr(CassandraRig) on =
        cassandra_rig_new(5, PRESSURE ", \"back_pressure_strategy\": {\"flow\": \"SLOW\"}");

    write_over_a_bad_link(off);
    ck_assert_uint_eq(cassandra_rig_counter(off, 0, "writes_paced"), 0);
    for (guint i = 0; i < 1000; i++) {
        cassandra_rig_write(on, 0, 1, CONSISTENCY_LOCAL_ONE);
        rig_run(on->rig, 5 * SIM_MS);
    }
    ck_assert_uint_eq(cassandra_rig_counter(on, 0, "writes_paced"), 0);
}
END_TEST

/* --- what clients ask at once -------------------------------------------------------------------
 */

/* Asks node 0 ten times at once: how many are refused. */
static guint refused_to(CassandraRig *rig, guint driver)
{
    const ProbeAsked *asked[10];
    guint refused = 0;

    for (guint i = 0; i < G_N_ELEMENTS(asked); i++) {
        Message message = {.op = MESSAGE_WRITE,
                           .size_bytes = 100,
                           .key = 1 + i,
                           .consistency = CONSISTENCY_LOCAL_ONE};

        asked[i] = probe_call(rig->drivers[driver], rig->nodes[0], &message, SIM_MIN);
    }
    rig_run(rig->rig, 500 * SIM_MS);
    for (guint i = 0; i < G_N_ELEMENTS(asked); i++) {
        refused += asked[i]->ends == 1 && cassandra_rig_code(asked[i]) == STORE_OVERLOADED ? 1 : 0;
    }
    return refused;
}

/* 500 bytes are five statements: the sixth of one address is refused, and another address has room
 * of its own, until the first ones are answered. */
START_TEST(one_client_is_refused_where_it_takes_more_than_its_share)
{
    g_autoptr(CassandraRig) rig =
        cassandra_rig_new(5, "\"native_transport_max_threads\": 1, \"coordinator_cpu\": \"1s\", "
                             "\"native_transport_max_concurrent_requests_per_ip\": \"500B\", "
                             "\"throw_on_overload\": true");

    ck_assert_uint_eq(refused_to(rig, DC01), 5);
    ck_assert_uint_eq(refused_to(rig, DC01), 10);
    ck_assert_uint_eq(refused_to(rig, DC02), 5);
    rig_run(rig->rig, SIM_MIN);
    ck_assert_uint_eq(refused_to(rig, DC01), 5);
}
END_TEST

/* 3.11.4: any number waits, 128 of them in memory. */
START_TEST(before_3_11_5_any_number_waits_and_128_of_them_in_memory)
{
    g_autoptr(CassandraRig) rig =
        cassandra_rig_new(5, "\"native_transport_max_threads\": 1, \"coordinator_cpu\": \"1s\", "
                             "\"max_queued_native_transport_requests\": 128, "
                             "\"native_transport_max_concurrent_requests\": \"1KiB\", "
                             "\"throw_on_overload\": true");

    for (guint i = 0; i < 20; i++) {
        ck_assert_uint_eq(refused_to(rig, DC01), 0);
    }
    ck_assert_uint_gt(node_at(rig, 0)->requests.count, 180);
    ck_assert_uint_eq(native_transport_waiting(node_at(rig, 0)), 128);
}
END_TEST

/* --- what comes too late -------------------------------------------------------------------------
 */

/* One thread, three seconds a write: of six own parts two begin at once on the two vCPUs, and those
 * that wait for the thread do so for too long. They count as dropped and are done all the same. */
START_TEST(the_own_part_of_a_write_counts_as_dropped_and_is_done_all_the_same)
{
    g_autoptr(CassandraRig) rig =
        cassandra_rig_new(5, "\"concurrent_writes\": 1, \"write_cpu\": \"3s\"");
    uint64_t keys[6], key = 0;

    for (guint i = 0; i < G_N_ELEMENTS(keys); i++) {
        do {
            key++;
        } while (!cassandra_rig_holds(rig, 0, key));
        keys[i] = key;
        cassandra_rig_write(rig, 0, key, CONSISTENCY_ONE);
    }
    rig_run(rig->rig, SIM_MIN);
    ck_assert_uint_ge(cassandra_rig_counter(rig, 0, "mutations_dropped"), 2);
    ck_assert_uint_eq(cassandra_rig_counter(rig, 0, "mutations"), G_N_ELEMENTS(keys));
    for (guint i = 0; i < G_N_ELEMENTS(keys); i++) {
        guint index = 0;

        while (cassandra_rig_range(rig, keys[i])->replicas[index] != 0) {
            index++;
        }
        ck_assert_int_gt(cassandra_rig_stored(rig, index, keys[i]), 0);
    }
}
END_TEST

/* As many increments as a leader has threads are under way; the third is too old when one is free.
 */
START_TEST(increments_that_wait_for_too_long_are_dropped)
{
    g_autoptr(CassandraRig) rig = cassandra_rig_new(
        5, "\"concurrent_counter_writes\": 1, \"read_cpu\": \"4s\", \"write_cpu\": \"1s\"");
    uint64_t key = 1;

    while (!cassandra_rig_holds(rig, 0, key)) {
        key++;
    }
    for (guint i = 0; i < 12; i++) { /* leaders are drawn among three */
        cassandra_rig_ask(rig, 0,
                          (Message){.op = MESSAGE_WRITE,
                                    .flags = STORE_COUNTER,
                                    .key = key,
                                    .consistency = CONSISTENCY_ONE});
    }
    rig_run(rig->rig, SIM_MIN);
    ck_assert_uint_ge(cassandra_rig_sum(rig, "increments_led"), 3);
    ck_assert_uint_gt(cassandra_rig_sum(rig, "counters_dropped"), 0);
    ck_assert_uint_eq(
        cassandra_rig_sum(rig, "increments_led") + cassandra_rig_sum(rig, "counters_dropped"), 12);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("overload");
    TCase *tests = tcase_create("overload");

    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, writes_are_refused_as_designed_while_too_many_hints_are_in_progress);
    tcase_add_test(tests, as_coded_no_number_of_hints_refuses_a_write);
    tcase_add_test(tests, hints_in_progress_are_lost_with_their_process);
    tcase_add_test(tests, a_data_centre_without_hints_gets_none);
    tcase_add_test(tests, a_sliding_rate_counts_its_window);
    tcase_add_test(tests, a_limit_lets_a_second_pass_at_once_and_then_its_rate);
    tcase_add_test(tests, at_SLOW_writes_wait_for_the_replica_that_answers_too_few);
    tcase_add_test(tests, at_FAST_writes_go_as_fast_as_the_fastest_replica_takes_them);
    tcase_add_test(tests, without_trouble_or_without_its_switch_nothing_waits);
    tcase_add_test(tests, one_client_is_refused_where_it_takes_more_than_its_share);
    tcase_add_test(tests, before_3_11_5_any_number_waits_and_128_of_them_in_memory);
    tcase_add_test(tests, the_own_part_of_a_write_counts_as_dropped_and_is_done_all_the_same);
    tcase_add_test(tests, increments_that_wait_for_too_long_are_dropped);
    suite_add_tcase(suite, tests);
    return suite;
}
