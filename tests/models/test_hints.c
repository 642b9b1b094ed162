/* test_hints.c - hints: when they are kept, when they are replayed, and how fast. */
#include "models/data/cassandra/node.h"
#include "tests/support/cassandra_rig.h"
#include "tests/support/suite.h"

static double pending(const CassandraRig *rig)
{
    double sum = 0;

    for (guint i = 0; i < GOLDEN_NODES; i++) {
        sum += rig_gauge(rig->rig, cassandra_rig_name(i), "hints_pending");
    }
    return sum;
}

static void write_keys(CassandraRig *rig, guint coordinator, uint64_t first, uint64_t count)
{
    for (uint64_t key = first; key < first + count; key++) {
        cassandra_rig_write(rig, coordinator, key, CONSISTENCY_LOCAL_QUORUM);
        rig_run(rig->rig, SIM_MS);
    }
}

static guint count_held(const CassandraRig *rig, guint node, uint64_t first, uint64_t count)
{
    guint held = 0;

    for (uint64_t key = first; key < first + count; key++) {
        held += cassandra_rig_holds(rig, node, key) ? 1 : 0;
    }
    return held;
}

/* A key that node 9 holds. */
static uint64_t key_of_node_9(const CassandraRig *rig)
{
    uint64_t key = 1;

    while (!cassandra_rig_holds(rig, 9, key)) {
        key++;
    }
    return key;
}

/* Where the replica of that key at node 9 stands in the store. */
static uint32_t index_of_node_9(const CassandraRig *rig)
{
    uint64_t key = key_of_node_9(rig);
    const Cluster *cluster = ((const Cassandra *)rig->nodes[0])->cluster;
    uint32_t slot = key_table_find(&cluster->keys, key)->index * cluster->slots_per_key;

    for (const uint16_t *replica = cassandra_rig_range(rig, key)->replicas; *replica != 9;
         replica++) {
        slot++;
    }
    return slot;
}

START_TEST(a_silent_replica_gets_its_hint_two_to_three_seconds_later)
{
    g_autoptr(CassandraRig) rig = cassandra_rig_new(6, NULL);

    rig_run(rig->rig, SIM_MIN);
    rig_down(rig->rig, cassandra_rig_host(9), SIM_NEVER);
    write_keys(rig, 0, 1, 40);
    rig_run(rig->rig, 2 * SIM_S - 45 * SIM_MS);
    ck_assert_double_eq(pending(rig), 0);
    rig_run(rig->rig, 1200 * SIM_MS);
    ck_assert_double_ge(pending(rig), count_held(rig, 9, 1, 40));
    ck_assert_uint_ge(rig_noted(rig->rig, "cassandra.hint-stored"), 1);
}
END_TEST

/* Each hint is one occurrence, those too that are lost with a keeper before they reach its disk. */
START_TEST(as_many_hints_are_told_as_are_stored)
{
    g_autoptr(CassandraRig) rig = cassandra_rig_new(6, NULL);

    rig_run(rig->rig, SIM_MIN);
    rig_down(rig->rig, cassandra_rig_host(9), SIM_NEVER);
    rig_run(rig->rig, 30 * SIM_S);
    write_keys(rig, 0, 1, 200);
    rig_down(rig->rig, cassandra_rig_host(0), SIM_NEVER);
    rig_run(rig->rig, 5 * SIM_S);
    ck_assert_uint_ge(cassandra_rig_sum(rig, "hints_lost"), 1);
    ck_assert_uint_ge(cassandra_rig_sum(rig, "hints_stored"), 100);
    ck_assert_uint_eq(rig_noted(rig->rig, "cassandra.hint-stored"),
                      cassandra_rig_sum(rig, "hints_stored"));
}
END_TEST

START_TEST(a_convicted_replica_gets_its_hint_at_once)
{
    g_autoptr(CassandraRig) rig = cassandra_rig_new(6, NULL);

    rig_run(rig->rig, SIM_MIN);
    rig_down(rig->rig, cassandra_rig_host(9), SIM_NEVER);
    rig_run(rig->rig, 30 * SIM_S);
    write_keys(rig, 0, 1, 40);
    ck_assert_double_eq(pending(rig), count_held(rig, 9, 1, 40));
}
END_TEST

/* The relay of a site forwards nothing when it is dead: its neighbours miss the write as well. */
START_TEST(a_dead_relay_costs_its_site_the_write)
{
    g_autoptr(CassandraRig) rig = cassandra_rig_new(6, NULL);
    guint expected = 0;

    rig_run(rig->rig, SIM_MIN);
    rig_down(rig->rig, cassandra_rig_host(9), SIM_NEVER);
    for (uint64_t key = 1; key <= 100; key++) {
        const RingRange *range = cassandra_rig_range(rig, key);
        guint relay = range->replicas[__builtin_ctz(range->site_mask[DC03])];

        expected += relay == 9 ? 3 : cassandra_rig_holds(rig, 9, key) ? 1 : 0;
    }
    write_keys(rig, 0, 1, 100);
    rig_run(rig->rig, 5 * SIM_S);
    ck_assert_double_eq(pending(rig), expected);
}
END_TEST

START_TEST(hints_bring_a_returned_node_up_to_date)
{
    g_autoptr(CassandraRig) rig = cassandra_rig_new(6, NULL);
    const ProbeAsked *asked[100];

    rig_run(rig->rig, SIM_MIN);
    rig_down(rig->rig, cassandra_rig_host(16), SIM_MIN);
    rig_run(rig->rig, 30 * SIM_S);
    write_keys(rig, 0, 1, 100);
    ck_assert_double_gt(pending(rig), 0);
    rig_run(rig->rig, 3 * SIM_MIN);
    ck_assert_double_eq(pending(rig), 0);
    for (uint64_t key = 1; key <= 100; key++) {
        asked[key - 1] = cassandra_rig_read(rig, 16, key, CONSISTENCY_LOCAL_ONE);
    }
    rig_run(rig->rig, SIM_S);
    for (int i = 0; i < 100; i++) {
        ck_assert_uint_eq(cassandra_rig_code(asked[i]), STORE_OK);
        ck_assert_int_gt(asked[i]->reply.version, 0);
    }
}
END_TEST

/* 1024 KiB/s divided by 19 other nodes: 55 188 B/s, or 138 hints of 400 bytes, from one sender. */
START_TEST(one_sender_replays_a_nineteenth_of_the_throttle)
{
    g_autoptr(CassandraRig) rig = cassandra_rig_new(
        6, CASSANDRA_NO_CPU ", \"jvm_start\": \"5s\", \"commitlog_replay\": \"2s\", "
                            "\"hints_flush_period\": \"1s\"");
    uint64_t before, after;

    rig_run(rig->rig, SIM_MIN);
    rig_down(rig->rig, cassandra_rig_host(9), 70 * SIM_S);
    rig_run(rig->rig, 30 * SIM_S);
    for (uint64_t key = 1; key <= 20000; key++) {
        cassandra_rig_write(rig, 0, key, CONSISTENCY_LOCAL_QUORUM);
        rig_run(rig->rig, 2 * SIM_MS);
    }
    ck_assert_double_gt(pending(rig), 12000);
    rig_run(rig->rig, 50 * SIM_S); /* host boot 10 s, start 7 s, trigger at most 20 s */
    before = cassandra_rig_counter(rig, 9, "mutations");
    rig_run(rig->rig, 30 * SIM_S);
    after = cassandra_rig_counter(rig, 9, "mutations");
    ck_assert_double_eq_tol((double)(after - before) / 30, 1048576 / 19.0 / 400, 0.03 * 138);
}
END_TEST

/* Nineteen senders, each at a nineteenth: 1024 KiB/s of hints of 400 bytes, within 3 %. */
START_TEST(nineteen_senders_replay_at_the_whole_throttle)
{
    enum { HINTS = 20000 };
    g_autoptr(CassandraRig) rig = cassandra_rig_new(6, CASSANDRA_NO_CPU);
    uint64_t before, after;
    uint32_t slot;

    cassandra_rig_write(rig, 0, key_of_node_9(rig), CONSISTENCY_ALL);
    rig_run(rig->rig, SIM_MIN);
    slot = index_of_node_9(rig);
    for (guint i = 0; i < GOLDEN_NODES; i++) {
        for (guint k = 0; i != 9 && k < HINTS; k++) {
            hints_store((Cassandra *)rig->nodes[i], 9, slot, 1);
        }
    }
    rig_run(rig->rig, 40 * SIM_S);
    before = cassandra_rig_counter(rig, 9, "mutations");
    rig_run(rig->rig, 30 * SIM_S);
    after = cassandra_rig_counter(rig, 9, "mutations");
    ck_assert_double_eq_tol((double)(after - before) / 30, 1048576 / 400.0, 0.03 * 2621);
}
END_TEST

/* Returned for longer than the window, nothing more is kept; the clock starts at the conviction. */
START_TEST(the_window_ends_the_keeping)
{
    g_autoptr(CassandraRig) rig = cassandra_rig_new(6, "\"max_hint_window\": \"1min\"");
    double inside;

    rig_run(rig->rig, SIM_MIN);
    rig_down(rig->rig, cassandra_rig_host(9), SIM_NEVER);
    rig_run(rig->rig, 75 * SIM_S);
    write_keys(rig, 0, 1, 40);
    inside = pending(rig);
    ck_assert_double_gt(inside, 0);
    rig_run(rig->rig, 15 * SIM_S);
    write_keys(rig, 0, 41, 40);
    rig_run(rig->rig, 5 * SIM_S);
    ck_assert_double_eq(pending(rig), inside);
}
END_TEST

/* The proof that the history has something to tell of `what`; NULL: there is none. */
static const char *find_proof(CassandraRig *rig, const char *what)
{
    History *history = world_history(rig->rig->world);

    rig->nodes[0]->kind->on_judge(rig->nodes[0]);
    for (guint i = 0; i < history_count_findings(history); i++) {
        if (strstr(history_finding(history, i)->proof, what) != NULL) {
            return history_finding(history, i)->proof;
        }
    }
    return NULL;
}

/* --- point 14 of the reference's list, 60 times as fast, or in real length with AWAY=full. With
 * users, in real length: scenarios/drills/cassandra/away-* ----------------------------------------
 */

#define WRITES 900

/* Outage, hint window and time between writes are so many times as long. */
static SimSpan scale(void)
{
    const char *form = getenv("AWAY");

    return form != NULL && strcmp(form, "full") == 0 ? 60 : 1;
}

/* Whether a replica of the key holds something else than another one. */
static bool differs(const CassandraRig *rig, uint64_t key)
{
    for (guint i = 1; i < 11; i++) {
        if (cassandra_rig_stored(rig, i, key) != cassandra_rig_stored(rig, 0, key)) {
            return true;
        }
    }
    return false;
}

static guint count_all_differing(const CassandraRig *rig)
{
    guint count = 0;

    for (uint64_t key = 1; key <= WRITES; key++) {
        count += differs(rig, key) ? 1 : 0;
    }
    return count;
}

/* Node 9 is killed for that long, a key is written each quarter of a second; `last_kept` is when
 * the last hint may be kept. All hints are delivered at the end. */
static CassandraRig *rig_away(SimSpan span, SimTime *written, SimTime *last_kept)
{
    g_autofree char *settings = g_strdup_printf(
        "\"max_hint_window\": \"%ds\", \"dclocal_read_repair_chance\": 0", (int)(180 * scale()));
    CassandraRig *rig = cassandra_rig_new(6, settings);
    SimTime looked_at = SIM_MIN + 160 * SIM_S * scale();

    rig_run(rig->rig, SIM_MIN);
    rig_down(rig->rig, cassandra_rig_host(9), span);
    for (uint64_t key = 1; key <= WRITES; key++) {
        written[key] = rig_now(rig->rig);
        cassandra_rig_write(rig, 0, key, CONSISTENCY_LOCAL_QUORUM);
        rig_run(rig->rig, 250 * SIM_MS * scale());
        if (rig_now(rig->rig) == looked_at) {
            *last_kept =
                ((Cassandra *)rig->nodes[0])->gossip.peers[9].down_since + 180 * SIM_S * scale();
        }
    }
    rig_run(rig->rig, 2 * SIM_MIN);
    ck_assert_double_eq(pending(rig), 0);
    return rig;
}

START_TEST(a_node_killed_for_less_than_the_hint_window_ends_up_equal)
{
    SimTime written[WRITES + 1], last_kept;
    SimSpan away = scale() == 1 ? 155 * SIM_S : 179 * SIM_MIN; /* and 20 to 30 s to boot */
    g_autoptr(CassandraRig) rig = rig_away(away, written, &last_kept);

    ck_assert_uint_gt(cassandra_rig_sum(rig, "hints_replayed"), WRITES / 3);
    ck_assert_uint_eq(count_all_differing(rig), 0);
}
END_TEST

START_TEST(beyond_the_hint_window_exactly_the_later_keys_differ_until_repair)
{
    SimTime written[WRITES + 1], last_kept;
    g_autoptr(CassandraRig) rig = rig_away(210 * SIM_S * scale(), written, &last_kept);
    SimTime back = SIM_MIN + 210 * SIM_S * scale();
    Effect repair = EFFECT_NONE;
    guint later = 0;

    for (uint64_t key = 1; key <= WRITES; key++) {
        bool is_late = written[key] > last_kept && written[key] < back;

        ck_assert_int_gt(ABS(written[key] - last_kept), 2 * SIM_MS);
        later += is_late && cassandra_rig_holds(rig, 9, key) ? 1 : 0;
        if (written[key] < back || written[key] > back + 40 * SIM_S) { /* not while it boots */
            ck_assert_int_eq(differs(rig, key), is_late && cassandra_rig_holds(rig, 9, key));
        }
    }
    ck_assert_uint_gt(later, 10);
    repair.order = ORDER_REPAIR;
    repair.order_about = "-full";
    component_add_effect(rig->nodes[9], 77, repair);
    rig_run(rig->rig, 10 * SIM_MIN);
    ck_assert_uint_eq(cassandra_rig_counter(rig, 9, "repairs_ended"), 1);
    ck_assert_uint_eq(count_all_differing(rig), 0);
}
END_TEST

/* The user that wrote it hears so. */
static void acknowledge(CassandraRig *rig, uint64_t key, const ProbeAsked *asked)
{
    UserRequest request = {.id = 1, .is_write = true, .is_ok = true, .attempts = 1};

    ck_assert_uint_eq(cassandra_rig_code(asked), STORE_OK);
    history_write_acked(world_history(rig->rig->world), key, asked->reply.version, asked->ended,
                        &request);
}

START_TEST(a_proof_says_that_the_window_was_over)
{
    g_autoptr(CassandraRig) rig = cassandra_rig_new(6, "\"max_hint_window\": \"1min\"");
    uint64_t key = key_of_node_9(rig);
    const ProbeAsked *asked;

    rig_run(rig->rig, SIM_MIN);
    rig_down(rig->rig, cassandra_rig_host(9), 2 * SIM_MIN);
    rig_run(rig->rig, 95 * SIM_S);
    asked = cassandra_rig_write(rig, 0, key, CONSISTENCY_LOCAL_QUORUM);
    rig_run(rig->rig, 2 * SIM_MIN);
    acknowledge(rig, key, asked);
    ck_assert(find_proof(rig, "DC03-db2 missed, and gets no hint of, version") != NULL);
}
END_TEST

START_TEST(a_proof_says_that_the_keeper_of_the_hint_died)
{
    g_autoptr(CassandraRig) rig = cassandra_rig_new(6, NULL);
    uint64_t key = key_of_node_9(rig);
    const ProbeAsked *asked;

    rig_run(rig->rig, SIM_MIN);
    rig_down(rig->rig, cassandra_rig_host(9), 2 * SIM_MIN);
    rig_run(rig->rig, 30 * SIM_S);
    asked = cassandra_rig_write(rig, 0, key, CONSISTENCY_LOCAL_QUORUM);
    rig_run(rig->rig, SIM_S);
    rig_down(rig->rig, cassandra_rig_name(0), SIM_S);
    rig_run(rig->rig, 3 * SIM_MIN);
    acknowledge(rig, key, asked);
    ck_assert(find_proof(rig, "DC03-db2 missed, and gets no hint of, version") != NULL);
}
END_TEST

/* What had not been flushed from the buffers dies with the coordinator. */
START_TEST(a_killed_coordinator_loses_what_it_had_not_flushed)
{
    g_autoptr(CassandraRig) rig = cassandra_rig_new(6, NULL);
    double flushed;

    rig_run(rig->rig, SIM_MIN);
    rig_down(rig->rig, cassandra_rig_host(9), SIM_NEVER);
    rig_run(rig->rig, 30 * SIM_S);
    write_keys(rig, 0, 1, 40);
    rig_run(rig->rig, 11 * SIM_S);
    flushed = pending(rig);
    write_keys(rig, 0, 41, 40);
    ck_assert_double_gt(pending(rig), flushed);
    rig_down(rig->rig, cassandra_rig_name(0), SIM_S);
    ck_assert_double_eq(pending(rig), flushed);
    ck_assert_uint_eq(cassandra_rig_counter(rig, 0, "hints_lost"), count_held(rig, 9, 41, 40));
}
END_TEST

START_TEST(nothing_is_kept_when_hints_are_off)
{
    g_autoptr(CassandraRig) rig = cassandra_rig_new(6, "\"hinted_handoff_enabled\": false");

    rig_run(rig->rig, SIM_MIN);
    rig_down(rig->rig, cassandra_rig_host(9), SIM_NEVER);
    write_keys(rig, 0, 1, 40);
    rig_run(rig->rig, SIM_MIN);
    write_keys(rig, 0, 41, 40);
    ck_assert_uint_eq(cassandra_rig_sum(rig, "hints_stored"), 0);
}
END_TEST

/* The cut is not noticed by gossip: every copy for the other side waits for its timeout. TCP brings
 * some of them, too. */
START_TEST(a_cut_without_conviction_hints_by_timeout_and_heals)
{
    g_autoptr(CassandraRig) rig = cassandra_rig_new(6, NULL);

    rig_run(rig->rig, SIM_MIN);
    cassandra_rig_cut(rig, DC01, DC02, 20 * SIM_S);
    write_keys(rig, 0, 1, 50);
    rig_run(rig->rig, 5 * SIM_S);
    ck_assert_double_eq(pending(rig), 150);
    ck_assert_uint_eq(cassandra_rig_sum(rig, "convictions"), 0);
    rig_run(rig->rig, 60 * SIM_S);
    ck_assert_double_eq(pending(rig), 0);
    for (uint64_t key = 1; key <= 50; key++) {
        for (guint i = 1; i < 11; i++) {
            ck_assert_int_ne(cassandra_rig_stored(rig, 0, key), 0);
            ck_assert_int_eq(cassandra_rig_stored(rig, i, key), cassandra_rig_stored(rig, 0, key));
        }
    }
}
END_TEST

/* The third hint of 16 MB fills a buffer: it is in a file at once, and outlives its process. */
START_TEST(a_full_buffer_is_written_at_once)
{
    g_autoptr(CassandraRig) rig = cassandra_rig_new(6, "\"mutation_size\": \"16MiB\"");
    uint64_t key = 0;

    rig_run(rig->rig, SIM_MIN);
    rig_down(rig->rig, cassandra_rig_host(9), SIM_NEVER);
    rig_run(rig->rig, 30 * SIM_S);
    for (guint i = 0; i < 3; i++) {
        do {
            key++;
        } while (!cassandra_rig_holds(rig, 9, key) || cassandra_rig_holds(rig, 0, key));
        cassandra_rig_write(rig, 0, key, CONSISTENCY_ONE);
    }
    rig_run(rig->rig, SIM_MS);
    ck_assert_uint_eq(cassandra_rig_counter(rig, 0, "hints_stored"), 3);
    rig_down(rig->rig, cassandra_rig_name(0), SIM_S);
    ck_assert_uint_eq(cassandra_rig_counter(rig, 0, "hints_lost"), 1);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("hints");
    TCase *tests = tcase_create("hints");

    tcase_set_timeout(tests, 300);
    tcase_add_test(tests, a_silent_replica_gets_its_hint_two_to_three_seconds_later);
    tcase_add_test(tests, as_many_hints_are_told_as_are_stored);
    tcase_add_test(tests, a_convicted_replica_gets_its_hint_at_once);
    tcase_add_test(tests, a_dead_relay_costs_its_site_the_write);
    tcase_add_test(tests, hints_bring_a_returned_node_up_to_date);
    tcase_add_test(tests, one_sender_replays_a_nineteenth_of_the_throttle);
    tcase_add_test(tests, nineteen_senders_replay_at_the_whole_throttle);
    tcase_add_test(tests, the_window_ends_the_keeping);
    tcase_add_test(tests, a_node_killed_for_less_than_the_hint_window_ends_up_equal);
    tcase_add_test(tests, beyond_the_hint_window_exactly_the_later_keys_differ_until_repair);
    tcase_add_test(tests, a_proof_says_that_the_window_was_over);
    tcase_add_test(tests, a_proof_says_that_the_keeper_of_the_hint_died);
    tcase_add_test(tests, a_killed_coordinator_loses_what_it_had_not_flushed);
    tcase_add_test(tests, nothing_is_kept_when_hints_are_off);
    tcase_add_test(tests, a_cut_without_conviction_hints_by_timeout_and_heals);
    tcase_add_test(tests, a_full_buffer_is_written_at_once);
    suite_add_tcase(suite, tests);
    return suite;
}
