/* test_coordinator.c - coordinators: relays, timestamps, refusals, and that nothing is left behind
 * whatever fails. */
#include "models/data/cassandra/node.h"
#include "sim/world/version.h"
#include "tests/support/cassandra_rig.h"
#include "tests/support/suite.h"

static Cassandra *node_at(const CassandraRig *rig, guint node)
{
    return (Cassandra *)rig->nodes[node];
}

static int64_t version_at(const CassandraRig *rig, guint index, uint64_t key)
{
    const Cluster *cluster = node_at(rig, 0)->cluster;
    const KeyEntry *entry = key_table_find(&cluster->keys, key);

    ck_assert_ptr_nonnull(entry);
    return store_get(&cluster->store, entry->index * cluster->slots_per_key + index);
}

START_TEST(unavailable_is_answered_at_once_and_writes_nothing)
{
    g_autoptr(CassandraRig) rig = cassandra_rig_new(2, CASSANDRA_NO_CPU);
    const ProbeAsked *asked;

    for (guint node = 16; node < 20; node++) {
        rig_down(rig->rig, cassandra_rig_host(node), SIM_NEVER);
    }
    rig_run(rig->rig, SIM_MIN);
    asked = cassandra_rig_write(rig, 0, 9, CONSISTENCY_ALL);
    rig_run(rig->rig, SIM_S);
    ck_assert_uint_eq(cassandra_rig_code(asked), STORE_UNAVAILABLE);
    ck_assert_int_lt(asked->ended - asked->begun, SIM_MS);
    ck_assert_uint_eq(cassandra_rig_sum(rig, "mutations"), 0);
    ck_assert_uint_eq(cassandra_rig_sum(rig, "hints_stored"), 0);
}
END_TEST

/* A dead relay takes its two neighbours' copies with it, another dead replica only its own: 3 hints
 * or 1 for each key that the dead node holds. */
static double hints_per_key_of_a_dead_node(const char *settings, double *expected)
{
    enum { WRITES = 600 };
    g_autoptr(CassandraRig) rig = cassandra_rig_new(2, settings);
    guint held = 0, first = 0;

    rig_run(rig->rig, SIM_MIN);
    rig_down(rig->rig, cassandra_rig_host(9), SIM_NEVER);
    for (uint64_t key = 1; key <= WRITES; key++) {
        const RingRange *range = cassandra_rig_range(rig, key);

        held += cassandra_rig_holds(rig, 9, key) ? 1 : 0;
        first += range->replicas[__builtin_ctz(range->site_mask[DC03])] == 9 ? 1 : 0;
        cassandra_rig_write(rig, 0, key, CONSISTENCY_LOCAL_ONE);
        rig_run(rig->rig, 5 * SIM_MS);
    }
    rig_run(rig->rig, 5 * SIM_S);
    *expected = (held + 2.0 * first) / held;
    return (double)cassandra_rig_sum(rig, "hints_stored") / held;
}

START_TEST(the_relay_is_the_first_in_ring_order)
{
    double expected, seen = hints_per_key_of_a_dead_node(NULL, &expected);

    ck_assert_double_eq(seen, expected);
}
END_TEST

/* One key in three: 5/3 hints a key, with a standard error of 0.045. */
START_TEST(the_relay_can_be_drawn)
{
    double expected, seen = hints_per_key_of_a_dead_node("\"relay\": \"random\"", &expected);

    ck_assert_double_eq_tol(seen, 5 / 3.0, 0.14);
}
END_TEST

START_TEST(at_any_a_hint_is_enough)
{
    g_autoptr(CassandraRig) rig = cassandra_rig_new(2, NULL);
    const RingRange *range = cassandra_rig_range(rig, 9);
    guint coordinator = 0;
    const ProbeAsked *any, *one;

    while (cassandra_rig_holds(rig, coordinator, 9)) {
        coordinator++;
    }
    for (guint i = 0; i < range->count; i++) {
        rig_down(rig->rig, cassandra_rig_name(range->replicas[i]), SIM_NEVER);
    }
    rig_run(rig->rig, SIM_MIN);
    any = cassandra_rig_write(rig, coordinator, 9, CONSISTENCY_ANY);
    one = cassandra_rig_write(rig, coordinator, 9, CONSISTENCY_ONE);
    rig_run(rig->rig, SIM_S);
    ck_assert_uint_eq(cassandra_rig_code(any), STORE_OK);
    ck_assert_uint_eq(cassandra_rig_code(one), STORE_UNAVAILABLE);
    ck_assert_uint_eq(cassandra_rig_counter(rig, coordinator, "hints_stored"), 11);
}
END_TEST

START_TEST(timestamps_rise_on_a_node_and_differ_between_nodes)
{
    g_autoptr(CassandraRig) rig = cassandra_rig_new(2, NULL);
    int64_t last = 0;

    rig_run(rig->rig, SIM_S);
    for (int i = 0; i < 1000; i++) {
        int64_t version = node_timestamp(node_at(rig, 3));

        ck_assert_int_gt(version, last);
        ck_assert_int_eq(version % (2 * VERSION_WRITERS), 3);
        last = version;
    }
}
END_TEST

/* A clock that runs ahead wins over later writes: the newest timestamp wins, not the last write. */
START_TEST(a_clock_ahead_hides_later_writes)
{
    g_autoptr(CassandraRig) rig = cassandra_rig_new(2, NULL);
    Effect ahead = {.clock_ahead = 10 * SIM_S, .slowdown = 1, .load_factor = 1};
    const ProbeAsked *early, *late, *read;

    rig_run(rig->rig, SIM_S);
    rig_effect(rig->rig, cassandra_rig_name(0), ahead, SIM_NEVER);
    early = cassandra_rig_write(rig, 0, 5, CONSISTENCY_QUORUM);
    rig_run(rig->rig, SIM_S);
    late = cassandra_rig_write(rig, 1, 5, CONSISTENCY_QUORUM);
    rig_run(rig->rig, SIM_S);
    read = cassandra_rig_read(rig, 2, 5, CONSISTENCY_QUORUM);
    rig_run(rig->rig, SIM_S);
    ck_assert_uint_eq(cassandra_rig_code(late), STORE_OK);
    ck_assert_int_eq(read->reply.version, early->reply.version);
}
END_TEST

/* --- under faults -------------------------------------------------------------------------------
 */

enum { KEYS = 60 };

typedef struct Chaos {
    CassandraRig *rig;
    GPtrArray *written; /* ProbeAsked, of all writes */
    GArray *keys;       /* uint64_t, of the same */
    Rng rng;
} Chaos;

static void hurt(Chaos *chaos)
{
    guint node = (guint)rng_below(&chaos->rng, GOLDEN_NODES);
    SimSpan span = (SimSpan)rng_below(&chaos->rng, 40 * SIM_S) + SIM_S;
    Effect paused = {.paused = true, .slowdown = 1, .load_factor = 1};
    guint a = (guint)rng_below(&chaos->rng, GOLDEN_SITES);

    switch (rng_below(&chaos->rng, 4)) {
    case 0:
        rig_down(chaos->rig->rig, cassandra_rig_name(node), span);
        break;
    case 1:
        rig_effect(chaos->rig->rig, cassandra_rig_name(node), paused, span);
        break;
    case 2:
        cassandra_rig_cut(chaos->rig, a, (a + 1) % GOLDEN_SITES, span);
        break;
    default:
        rig_down(chaos->rig->rig, cassandra_rig_host(node), span);
        break;
    }
}

static void make_trouble(Chaos *chaos, SimSpan span)
{
    static const Consistency levels[] = {
        CONSISTENCY_ONE,       CONSISTENCY_TWO,          CONSISTENCY_QUORUM,      CONSISTENCY_ALL,
        CONSISTENCY_LOCAL_ONE, CONSISTENCY_LOCAL_QUORUM, CONSISTENCY_EACH_QUORUM,
    };
    SimTime until = rig_now(chaos->rig->rig) + span;

    while (rig_now(chaos->rig->rig) < until) {
        guint node = (guint)rng_below(&chaos->rng, GOLDEN_NODES);
        uint64_t key = rng_below(&chaos->rng, KEYS) + 1;
        Consistency level = levels[rng_below(&chaos->rng, G_N_ELEMENTS(levels))];

        if (rng_chance(&chaos->rng, 0.5)) {
            const ProbeAsked *asked = cassandra_rig_write(chaos->rig, node, key, level);

            g_ptr_array_add(chaos->written, (void *)(uintptr_t)asked);
            g_array_append_val(chaos->keys, key);
        } else {
            cassandra_rig_read(chaos->rig, node, key, level);
        }
        if (rng_chance(&chaos->rng, 0.003)) {
            hurt(chaos);
        }
        rig_run(chaos->rig->rig, draw_exponential_span(20 * SIM_MS, &chaos->rng));
    }
}

/* Whatever fails: each call ends once; no record of a statement stays; no acknowledged write is
 * lost while all disks live. */
START_TEST(faults_leave_nothing_behind_and_lose_nothing)
{
    for (uint64_t seed = 1; seed <= 4; seed++) {
        g_autoptr(CassandraRig) rig = cassandra_rig_new(seed, NULL);
        Chaos chaos = {.rig = rig,
                       .written = g_ptr_array_new(),
                       .keys = g_array_new(FALSE, FALSE, sizeof(uint64_t))};

        rng_init(&chaos.rng, seed, "chaos");
        make_trouble(&chaos, 4 * SIM_MIN);
        rig_heal(rig->rig);
        rig_run(rig->rig, 3 * SIM_MIN);
        for (guint i = 0; i < GOLDEN_NODES; i++) {
            ck_assert_uint_eq(pool_count_out(node_at(rig, i)->write_pool), 0);
            ck_assert_uint_eq(pool_count_out(node_at(rig, i)->read_pool), 0);
            ck_assert_uint_eq(node_at(rig, i)->requests.active, 0);
            ck_assert_uint_eq(node_at(rig, i)->mutation_stage.active, 0);
            ck_assert_uint_eq(node_at(rig, i)->read_stage.active, 0);
            ck_assert_double_eq(rig_gauge(rig->rig, cassandra_rig_name(i), "hints_pending"), 0);
            ck_assert_double_eq(rig_gauge(rig->rig, cassandra_rig_name(i), "nodes_down"), 0);
        }
        for (guint i = 0; i < chaos.written->len; i++) {
            const ProbeAsked *asked = chaos.written->pdata[i];
            uint64_t key = g_array_index(chaos.keys, uint64_t, i);
            int64_t newest = 0;

            ck_assert_uint_eq(asked->ends, 1);
            for (guint replica = 0; replica < 11; replica++) {
                newest = MAX(newest, version_at(rig, replica, key));
            }
            if (asked->outcome == OUTCOME_OK && asked->reply.code == STORE_OK) {
                ck_assert_int_ge(newest, asked->reply.version);
            }
        }
        g_ptr_array_free(chaos.written, TRUE);
        g_array_free(chaos.keys, TRUE);
    }
}
END_TEST

/* Section 9.1, 3.11.5 and later: one thread, a second each; beyond a KiB in flight statements are
 * refused at once where clients ask for that, and wait otherwise. */
static guint refused_of_ten(const char *settings, uint64_t *over_limit)
{
    g_autoptr(CassandraRig) rig = cassandra_rig_new(5, settings);
    const ProbeAsked *asked[10];
    guint refused = 0;

    for (guint i = 0; i < G_N_ELEMENTS(asked); i++) {
        Message message = {.op = MESSAGE_WRITE, .key = 1 + i, .consistency = CONSISTENCY_LOCAL_ONE};

        asked[i] = cassandra_rig_ask(rig, 0, message);
        rig_run(rig->rig, 10 * SIM_MS);
    }
    for (guint i = 0; i < G_N_ELEMENTS(asked); i++) {
        refused += asked[i]->ends == 1 && cassandra_rig_code(asked[i]) == STORE_OVERLOADED;
    }
    rig_run(rig->rig, 20 * SIM_S);
    for (guint i = 0; i < G_N_ELEMENTS(asked); i++) {
        ck_assert_uint_eq(asked[i]->ends, 1);
    }
    *over_limit = cassandra_rig_counter(rig, 0, "requests_over_limit");
    return refused;
}

START_TEST(statements_beyond_their_share_of_the_heap_are_refused_only_where_clients_ask_for_it)
{
#define SLOW_ONE                                                                                   \
    "\"native_transport_max_threads\": 1, \"coordinator_cpu\": \"1s\", "                           \
    "\"native_transport_max_concurrent_requests\": \"1KiB\""
    uint64_t over;

    ck_assert_uint_eq(refused_of_ten(SLOW_ONE ", \"throw_on_overload\": true", &over), 5);
    ck_assert_uint_eq(over, 5);
    ck_assert_uint_eq(refused_of_ten(SLOW_ONE, &over), 0);
    ck_assert_uint_eq(over, 5);
    ck_assert_uint_eq(refused_of_ten("\"native_transport_max_threads\": 1, "
                                     "\"coordinator_cpu\": \"1s\", \"throw_on_overload\": true",
                                     &over),
                      0); /* heap/10 is 102 MiB */
    ck_assert_uint_eq(over, 0);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("coordinator");
    TCase *tests = tcase_create("coordinator");

    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, unavailable_is_answered_at_once_and_writes_nothing);
    tcase_add_test(tests, the_relay_is_the_first_in_ring_order);
    tcase_add_test(tests, the_relay_can_be_drawn);
    tcase_add_test(tests, at_any_a_hint_is_enough);
    tcase_add_test(tests, timestamps_rise_on_a_node_and_differ_between_nodes);
    tcase_add_test(tests, a_clock_ahead_hides_later_writes);
    tcase_add_test(tests, faults_leave_nothing_behind_and_lose_nothing);
    tcase_add_test(
        tests, statements_beyond_their_share_of_the_heap_are_refused_only_where_clients_ask_for_it);
    suite_add_tcase(suite, tests);
    return suite;
}
