/* test_connections.c - what a cut leaves behind on the connections between nodes, by times counted
 * by hand. From DC01 to DC02 and back it is 44.3 ms: a segment is sent again after 244.3 ms (the
 * loss probe is no sooner), and then at 488.6, 977.2, 1,954.4, 3,908.8, 7,817.6 and 15,635.2 ms,
 * each wait being twice the one before from the second on. */
#include "models/data/cassandra/connections.h"

#include "models/data/cassandra/node.h"
#include "tests/support/cassandra_rig.h"
#include "tests/support/suite.h"

#define QUIET                                                                                      \
    CASSANDRA_NO_CPU ", \"hinted_handoff_enabled\": false, \"speculative_retry\": \"NONE\""
#define KEY 21
#define HERE 0  /* DC01-db1 */
#define THERE 4 /* DC02-db1 */
#define RTO_US INT64_C(244300)
#define ROUND_TRIP_US INT64_C(44300)
#define SITE_US 800 /* hops within sites: driver, relay, and back */
#define LINE_US 5   /* the bytes themselves */

static Cassandra *node_at(const CassandraRig *rig, guint node)
{
    return (Cassandra *)rig->nodes[node];
}

static int64_t took_us(const ProbeAsked *asked)
{
    ck_assert_uint_eq(asked->ends, 1);
    return (asked->ended - asked->begun) / SIM_US;
}

static void run_us(CassandraRig *rig, int64_t us)
{
    rig_run(rig->rig, us * SIM_US);
}

/* How many replicas of the key at DC02 hold something. */
static guint count_stored(const CassandraRig *rig)
{
    const RingRange *range = cassandra_rig_range(rig, KEY);
    guint count = 0;

    for (guint i = 0; i < range->count; i++) {
        count += range->replicas[i] / 4 == DC02 && cassandra_rig_stored(rig, i, KEY) != 0 ? 1 : 0;
    }
    return count;
}

/* 0.3 s are over before the second try. */
START_TEST(a_write_survives_a_cut_shorter_than_its_timeout)
{
    g_autoptr(CassandraRig) rig = cassandra_rig_new(9, QUIET);
    const ProbeAsked *asked;

    cassandra_rig_cut(rig, DC01, DC02, 300 * SIM_MS);
    asked = cassandra_rig_write(rig, HERE, KEY, CONSISTENCY_ALL);
    run_us(rig, 3 * SIM_S / SIM_US);
    ck_assert_uint_eq(cassandra_rig_code(asked), STORE_OK);
    ck_assert_int_ge(took_us(asked), 2 * RTO_US + ROUND_TRIP_US);
    ck_assert_int_le(took_us(asked), 2 * RTO_US + ROUND_TRIP_US + 2 * SITE_US);
}
END_TEST

/* A cut of 10 s: the tries at 7.8 s and at 15.6 s. What is written in between waits for the latter,
 * the cut being over or not. */
START_TEST(after_a_cut_nothing_flows_before_the_next_try)
{
    g_autoptr(CassandraRig) rig = cassandra_rig_new(9, QUIET);
    const ProbeAsked *first, *late, *last;
    const int64_t try_us = RTO_US << 6;

    cassandra_rig_cut(rig, DC01, DC02, 10 * SIM_S);
    first = cassandra_rig_write(rig, HERE, KEY, CONSISTENCY_ALL);
    run_us(rig, 12000000);
    ck_assert_uint_eq(cassandra_rig_code(first), STORE_TIMEOUT);
    late = cassandra_rig_write(rig, HERE, KEY, CONSISTENCY_ALL);
    run_us(rig, 2500000);
    ck_assert_uint_eq(cassandra_rig_code(late), STORE_TIMEOUT);
    ck_assert_uint_eq(count_stored(rig), 0);
    last = cassandra_rig_write(rig, HERE, KEY, CONSISTENCY_ALL);
    run_us(rig, 3000000);
    ck_assert_uint_eq(cassandra_rig_code(last), STORE_OK);
    ck_assert_int_ge(took_us(last), try_us - 14500000 + ROUND_TRIP_US);
    ck_assert_int_le(took_us(last), try_us - 14500000 + ROUND_TRIP_US + 2 * SITE_US);
    ck_assert_uint_eq(count_stored(rig), 3);
}
END_TEST

/* The copy of the write that timed out arrives with that try, one way later. */
START_TEST(what_was_written_into_a_cut_arrives_after_it)
{
    g_autoptr(CassandraRig) rig = cassandra_rig_new(9, QUIET);
    const int64_t there_us = (RTO_US << 6) + ROUND_TRIP_US / 2;

    cassandra_rig_cut(rig, DC01, DC02, 10 * SIM_S);
    cassandra_rig_write(rig, HERE, KEY, CONSISTENCY_LOCAL_QUORUM);
    run_us(rig, there_us - SITE_US);
    ck_assert_uint_eq(count_stored(rig), 0);
    run_us(rig, 3 * SITE_US);
    ck_assert_uint_eq(count_stored(rig), 3);
    ck_assert_uint_ge(cassandra_rig_counter(rig, HERE, "connections_stalled"), 1);
}
END_TEST

/* Other peers of the same node are not behind. */
START_TEST(a_stalled_connection_holds_up_no_other)
{
    g_autoptr(CassandraRig) rig = cassandra_rig_new(9, QUIET);
    const ProbeAsked *asked;

    cassandra_rig_cut(rig, DC01, DC02, 10 * SIM_S);
    cassandra_rig_write(rig, HERE, KEY, CONSISTENCY_LOCAL_QUORUM);
    run_us(rig, 11000000);
    asked = cassandra_rig_write(rig, HERE, KEY, CONSISTENCY_TWO);
    run_us(rig, 1000000);
    ck_assert_uint_eq(cassandra_rig_code(asked), STORE_OK);
    ck_assert_int_le(took_us(asked), SITE_US);
    ck_assert_int_ne(
        connections_arrival(node_at(rig, HERE), node_at(rig, 8), 100, CONNECTION_SMALL), SIM_NEVER);
}
END_TEST

static SimTime arrival(const CassandraRig *rig, ConnectionUse use)
{
    return connections_arrival(node_at(rig, HERE), node_at(rig, THERE), 100, use);
}

static void expect_arrival(const CassandraRig *rig, int64_t in_us)
{
    SimTime at = arrival(rig, CONNECTION_SMALL);
    int64_t us;

    ck_assert_int_ne(at, SIM_NEVER);
    us = (at - engine_now(node_at(rig, HERE)->engine)) / SIM_US;
    ck_assert_int_ge(us, in_us);
    ck_assert_int_le(us, in_us + LINE_US);
}

/* Closed by the mark DOWN, and opened again: SYNs at 0, 1, 3, 7, 15 and 31 s, then the handshake of
 * versions, then the message. */
START_TEST(a_closed_connection_comes_back_with_a_syn)
{
    g_autoptr(CassandraRig) rig = cassandra_rig_new(9, QUIET);

    cassandra_rig_cut(rig, DC01, DC02, 20 * SIM_S);
    run_us(rig, 1000000);
    ck_assert_int_eq(arrival(rig, CONNECTION_SMALL), SIM_NEVER);
    connections_reset(node_at(rig, HERE), THERE);
    ck_assert_int_eq(arrival(rig, CONNECTION_SMALL), SIM_NEVER); /* the first SYN */
    run_us(rig, 24000000);
    expect_arrival(rig, 31000000 - 24000000 + 2 * ROUND_TRIP_US + ROUND_TRIP_US / 2);
    run_us(rig, 7000000);
    expect_arrival(rig, ROUND_TRIP_US / 2);
}
END_TEST

/* After the SYN at 63 s the kernel sends none, and gives up at 127 s: until then all is dropped. */
START_TEST(a_cut_longer_than_all_syns_lasts_until_the_kernel_gives_up)
{
    g_autoptr(CassandraRig) rig = cassandra_rig_new(9, QUIET);

    cassandra_rig_cut(rig, DC01, DC02, 70 * SIM_S);
    ck_assert_int_eq(arrival(rig, CONNECTION_SMALL), SIM_NEVER);
    connections_reset(node_at(rig, HERE), THERE);
    ck_assert_int_eq(arrival(rig, CONNECTION_SMALL), SIM_NEVER);
    run_us(rig, 126900000);
    ck_assert_int_eq(arrival(rig, CONNECTION_SMALL), SIM_NEVER);
    run_us(rig, 200000);
    expect_arrival(rig, ROUND_TRIP_US / 2);
}
END_TEST

/* With nothing sent into it, a cut leaves nothing behind. */
START_TEST(a_closed_connection_that_nobody_asked_for_opens_at_once)
{
    g_autoptr(CassandraRig) rig = cassandra_rig_new(9, QUIET);

    cassandra_rig_cut(rig, DC01, DC02, 20 * SIM_S);
    ck_assert_int_eq(arrival(rig, CONNECTION_SMALL), SIM_NEVER);
    connections_reset(node_at(rig, HERE), THERE);
    run_us(rig, 20100000);
    expect_arrival(rig, ROUND_TRIP_US / 2);
}
END_TEST

static void count_lost(void *subject, uint64_t detail)
{
    *(guint *)subject += (guint)detail;
}

START_TEST(the_kernel_keeps_no_more_than_its_buffer)
{
    g_autoptr(CassandraRig) rig = cassandra_rig_new(9, QUIET);
    guint kept = 0, lost = 0;
    KeptMessage message = {.subject = &lost, .detail = 1, .size_bytes = 1000, .lost = count_lost};

    ck_assert(!connections_keep(node_at(rig, HERE), node_at(rig, THERE), &message,
                                CONNECTION_SMALL)); /* nothing was refused */
    cassandra_rig_cut(rig, DC01, DC02, 20 * SIM_S);
    ck_assert_int_eq(arrival(rig, CONNECTION_SMALL), SIM_NEVER);
    while (connections_keep(node_at(rig, HERE), node_at(rig, THERE), &message, CONNECTION_SMALL)) {
        kept++;
    }
    ck_assert_uint_eq(kept, 87);
    connections_reset(node_at(rig, HERE), THERE);
    ck_assert_uint_eq(lost, 87);
}
END_TEST

/* The site is marked down after some 21 s, and what waits for it is gone with the connection. */
START_TEST(the_mark_down_loses_what_waits)
{
    g_autoptr(CassandraRig) rig = cassandra_rig_new(9, QUIET);

    rig_run(rig->rig, SIM_MIN);
    cassandra_rig_cut_off(rig, DC02, 28 * SIM_S);
    cassandra_rig_write(rig, HERE, KEY, CONSISTENCY_LOCAL_QUORUM);
    rig_run(rig->rig, 5 * SIM_MIN);
    ck_assert_uint_gt(cassandra_rig_counter(rig, HERE, "convictions"), 0);
    ck_assert_uint_eq(count_stored(rig), 0);
}
END_TEST

/* Whoever ends, receiver or sender, takes along what waits; the others live on. */
START_TEST(a_process_that_ends_loses_what_waits)
{
    for (guint who = 0; who < 2; who++) {
        g_autoptr(CassandraRig) rig = cassandra_rig_new(9, QUIET);
        const ProbeAsked *asked;

        cassandra_rig_cut(rig, DC01, DC02, 10 * SIM_S);
        cassandra_rig_write(rig, HERE, KEY, CONSISTENCY_LOCAL_QUORUM);
        run_us(rig, 3000000);
        for (guint i = 0; i < 4; i++) {
            rig_down(rig->rig, cassandra_rig_name(who * 4 + i), SIM_S);
        }
        rig_run(rig->rig, 2 * SIM_MIN);
        ck_assert_uint_eq(count_stored(rig), 0);
        asked = cassandra_rig_write(rig, HERE, KEY, CONSISTENCY_ALL);
        run_us(rig, 3000000);
        ck_assert_uint_eq(cassandra_rig_code(asked), STORE_OK);
    }
}
END_TEST

/* Acknowledgements wait as well: the way back is cut while they are made. */
START_TEST(an_acknowledgement_that_meets_a_cut_arrives_after_it)
{
    g_autoptr(CassandraRig) rig = cassandra_rig_new(9, QUIET);
    const ProbeAsked *asked;

    asked = cassandra_rig_write(rig, HERE, KEY, CONSISTENCY_ALL);
    run_us(rig, ROUND_TRIP_US / 4);
    rig_down(rig->rig, "link@DC02-DC01", 300 * SIM_MS);
    run_us(rig, 2500000);
    ck_assert_uint_eq(cassandra_rig_code(asked), STORE_OK);
    ck_assert_int_ge(took_us(asked), 2 * RTO_US + ROUND_TRIP_US);
    ck_assert_int_le(took_us(asked), 2 * RTO_US + ROUND_TRIP_US + 2 * SITE_US);
}
END_TEST

/* When the last of all nodes sees all others up again, after a site was cut off for `cut`. */
static SimSpan all_up_after(uint64_t seed, SimSpan cut)
{
    g_autoptr(CassandraRig) rig = cassandra_rig_new(seed, NULL);

    rig_run(rig->rig, SIM_MIN);
    cassandra_rig_cut_off(rig, DC01, cut);
    rig_run(rig->rig, cut);
    for (SimSpan after = 0;; after += 100 * SIM_MS) {
        double down = 0;

        for (guint i = 0; i < GOLDEN_NODES; i++) {
            down += rig_gauge(rig->rig, cassandra_rig_name(i), "nodes_down");
        }
        if (down == 0) {
            return after;
        }
        rig_run(rig->rig, 100 * SIM_MS);
    }
}

/* The SYNs of the pairs began some 21 to 60 s after the cut: the last of 128 of them is found late
 * in its gap of 32 or 64 s, and none later than that. */
START_TEST(after_a_long_cut_the_last_pair_waits_for_a_syn)
{
    SimSpan after = all_up_after(8, 2 * SIM_MIN);

    ck_assert_int_ge(after, 15 * SIM_S);
    ck_assert_int_le(after, 70 * SIM_S);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("connections");
    TCase *tests = tcase_create("connections");

    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, a_write_survives_a_cut_shorter_than_its_timeout);
    tcase_add_test(tests, after_a_cut_nothing_flows_before_the_next_try);
    tcase_add_test(tests, what_was_written_into_a_cut_arrives_after_it);
    tcase_add_test(tests, a_stalled_connection_holds_up_no_other);
    tcase_add_test(tests, a_closed_connection_comes_back_with_a_syn);
    tcase_add_test(tests, a_cut_longer_than_all_syns_lasts_until_the_kernel_gives_up);
    tcase_add_test(tests, a_closed_connection_that_nobody_asked_for_opens_at_once);
    tcase_add_test(tests, the_kernel_keeps_no_more_than_its_buffer);
    tcase_add_test(tests, the_mark_down_loses_what_waits);
    tcase_add_test(tests, a_process_that_ends_loses_what_waits);
    tcase_add_test(tests, an_acknowledgement_that_meets_a_cut_arrives_after_it);
    tcase_add_test(tests, after_a_long_cut_the_last_pair_waits_for_a_syn);
    suite_add_tcase(suite, tests);
    return suite;
}
