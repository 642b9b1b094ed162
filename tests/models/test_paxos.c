/* test_paxos.c - lightweight transactions (Cassandra reference 3.6): what they cost, that only one
 * of several wins, what is left half done, and that two levels do not exclude each other. */
#include "models/data/cassandra/node.h"
#include "sim/world/version.h"
#include "tests/support/cassandra_rig.h"
#include "tests/support/suite.h"

#define KEY 9
#define STILL CASSANDRA_NO_CPU ", \"paxos_cpu\": \"0s\""

/* A CAS on `key` at the coordinator; its condition at LOCAL_SERIAL when `local` is STORE_LOCAL. */
static const ProbeAsked *cas(CassandraRig *rig, guint node, uint64_t key, int64_t expected,
                             Consistency commit, uint32_t local)
{
    Message message = {.op = MESSAGE_WRITE,
                       .flags = STORE_CAS | local,
                       .key = key,
                       .detail = (uint64_t)expected,
                       .consistency = (int)commit};

    return cassandra_rig_ask(rig, node, message);
}

static bool is_applied(const ProbeAsked *asked)
{
    return asked->ends == 1 && asked->outcome == OUTCOME_OK && asked->reply.code == STORE_OK &&
           (asked->reply.flags & STORE_REFUSED) == 0;
}

static double ms_of(const ProbeAsked *asked)
{
    return (double)(asked->ended - asked->begun) / (double)SIM_MS;
}

/* Test list 11: prepare, read, propose, commit; 44.3 ms is the sixth round trip from Montreal. */
START_TEST(a_cas_takes_four_round_trips)
{
    const struct {
        Consistency commit;
        uint32_t local;
        double least_ms, most_ms;
    } rows[] = {{CONSISTENCY_QUORUM, 0, 4 * 44.3, 4 * 44.3 + 4},
                {CONSISTENCY_LOCAL_QUORUM, 0, 3 * 44.3, 3 * 44.3 + 4},
                {CONSISTENCY_LOCAL_QUORUM, STORE_LOCAL, 0.5, 4}};

    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(CassandraRig) rig = cassandra_rig_new(3, STILL);
        const ProbeAsked *asked;

        cassandra_rig_warm_snitch(rig, 0, KEY);
        asked = cas(rig, 0, KEY, 0, rows[i].commit, rows[i].local);
        rig_run(rig->rig, SIM_S);
        ck_assert(is_applied(asked));
        ck_assert_double_ge(ms_of(asked), rows[i].least_ms);
        ck_assert_double_le(ms_of(asked), rows[i].most_ms);
        for (guint k = 0; k < 11; k++) {
            ck_assert_int_eq(cassandra_rig_stored(rig, k, KEY), asked->reply.version);
        }
    }
}
END_TEST

START_TEST(a_cas_whose_condition_fails_writes_nothing_and_tells_what_is_there)
{
    for (int empty = 0; empty < 2; empty++) {
        g_autoptr(CassandraRig) rig =
            cassandra_rig_new(3, empty == 0 ? STILL ", \"paxos_empty_proposals\": false" : STILL);
        const ProbeAsked *first, *second, *third;

        rig_run(rig->rig, SIM_S);
        first = cas(rig, 0, KEY, 0, CONSISTENCY_QUORUM, 0);
        rig_run(rig->rig, SIM_S);
        second = cas(rig, 5, KEY, 0, CONSISTENCY_QUORUM, 0);
        rig_run(rig->rig, SIM_S);
        ck_assert(!is_applied(second));
        ck_assert_uint_eq(cassandra_rig_code(second), STORE_OK);
        ck_assert_int_eq(second->reply.version, first->reply.version);
        third = cas(rig, 5, KEY, first->reply.version, CONSISTENCY_QUORUM, 0);
        rig_run(rig->rig, SIM_S);
        ck_assert(is_applied(third));
        ck_assert_int_gt(third->reply.version, first->reply.version);
    }
}
END_TEST

START_TEST(of_several_at_once_at_most_one_is_applied)
{
    for (uint64_t seed = 1; seed <= 10; seed++) {
        g_autoptr(CassandraRig) rig = cassandra_rig_new(seed, NULL);
        const ProbeAsked *asked[5];
        guint applied = 0;

        rig_run(rig->rig, SIM_S);
        for (guint i = 0; i < 5; i++) {
            asked[i] = cas(rig, 4 * i, KEY, 0, CONSISTENCY_QUORUM, 0);
        }
        rig_run(rig->rig, 5 * SIM_S);
        for (guint i = 0; i < 5; i++) {
            applied += is_applied(asked[i]) ? 1 : 0;
        }
        ck_assert_uint_le(applied, 1);
        ck_assert_uint_gt(cassandra_rig_sum(rig, "cas_contentions"), 0);
    }
}
END_TEST

/* Reference 3.6: "n simultaneous proposers on one key at WAN distance rarely finish in 1000 ms:
 * expect CAS timeouts from n = 3-4 upward". One alone never times out. */
START_TEST(many_proposers_far_apart_end_in_timeouts)
{
    uint64_t timeouts[2] = {0};

    for (uint64_t seed = 1; seed <= 10; seed++) {
        for (guint many = 0; many < 2; many++) {
            g_autoptr(CassandraRig) rig = cassandra_rig_new(seed, NULL);

            rig_run(rig->rig, SIM_S);
            for (guint i = 0; i < (many == 1 ? 12U : 1U); i++) {
                cas(rig, i, KEY, 0, CONSISTENCY_QUORUM, 0);
            }
            rig_run(rig->rig, 5 * SIM_S);
            timeouts[many] += cassandra_rig_sum(rig, "cas_timeouts");
        }
    }
    ck_assert_uint_eq(timeouts[0], 0);
    ck_assert_uint_gt(timeouts[1], 10);
}
END_TEST

/* The coordinator dies after its proposal was accepted and before it commits: the next who looks
 * completes it, under a version of its own. */
START_TEST(a_proposal_left_half_done_is_completed_by_the_next_read)
{
    g_autoptr(CassandraRig) rig = cassandra_rig_new(3, STILL);
    const ProbeAsked *read, *again;

    cassandra_rig_warm_snitch(rig, 0, KEY);
    cas(rig, 0, KEY, 0, CONSISTENCY_QUORUM, 0);
    rig_run(rig->rig, 3 * 44300 * SIM_US - 5 * SIM_MS); /* proposals have been accepted */
    rig_down(rig->rig, cassandra_rig_name(0), SIM_NEVER);
    rig_run(rig->rig, SIM_S);
    for (guint i = 0; i < 11; i++) {
        ck_assert_int_eq(cassandra_rig_stored(rig, i, KEY), 0);
    }
    read = cassandra_rig_read(rig, 5, KEY, CONSISTENCY_SERIAL);
    rig_run(rig->rig, 6 * SIM_S);
    ck_assert_uint_eq(cassandra_rig_code(read), STORE_OK);
    ck_assert_int_ne(read->reply.version, 0);
    ck_assert_uint_eq(cassandra_rig_sum(rig, "cas_completions"), 1);
    again = cassandra_rig_read(rig, 9, KEY, CONSISTENCY_SERIAL);
    rig_run(rig->rig, 6 * SIM_S);
    ck_assert_int_eq(again->reply.version, read->reply.version);
}
END_TEST

START_TEST(too_few_participants_refuse_at_once)
{
    g_autoptr(CassandraRig) rig = cassandra_rig_new(3, STILL);
    const ProbeAsked *serial, *local, *backup;

    for (guint node = 0; node < 8; node++) {
        rig_down(rig->rig, cassandra_rig_host(node), SIM_NEVER);
    }
    rig_run(rig->rig, SIM_MIN);
    serial = cas(rig, 8, KEY, 0, CONSISTENCY_LOCAL_QUORUM, 0);
    local = cas(rig, 9, KEY, 0, CONSISTENCY_LOCAL_QUORUM, STORE_LOCAL);
    rig_run(rig->rig, 3 * SIM_S);
    backup = cas(rig, 12, KEY + 1, 0, CONSISTENCY_LOCAL_QUORUM, STORE_LOCAL); /* one of one */
    rig_run(rig->rig, 3 * SIM_S);
    ck_assert_uint_eq(cassandra_rig_code(serial), STORE_UNAVAILABLE);
    ck_assert(is_applied(local));
    ck_assert(is_applied(backup));
}
END_TEST

/* Silent participants that nobody has convicted yet: the statement times out, and what it did
 * remains unknown. Reference 3.6: waits end 2 s after the begin. */
START_TEST(silent_participants_leave_the_outcome_unknown)
{
    g_autoptr(CassandraRig) rig = cassandra_rig_new(3, STILL);
    const ProbeAsked *asked;

    rig_run(rig->rig, 30 * SIM_S);
    for (guint node = 4; node < 12; node++) {
        rig_down(rig->rig, cassandra_rig_host(node), SIM_NEVER);
    }
    asked = cas(rig, 0, KEY, 0, CONSISTENCY_QUORUM, 0);
    rig_run(rig->rig, 5 * SIM_S);
    ck_assert_uint_eq(cassandra_rig_code(asked), STORE_TIMEOUT);
    ck_assert_double_eq_tol(ms_of(asked), 2000, 5);
}
END_TEST

/* Chains of CAS on few keys from everywhere, with nodes that fall and rise: each value is replaced
 * by at most one acknowledged CAS. `locals`: of two coordinators every second one says
 * LOCAL_SERIAL. Returns how many values were replaced twice. */
static guint replaced_twice(uint64_t seed, bool locals, guint *applied)
{
    enum { STEPS = 150, KEYS = 3 };
    g_autoptr(CassandraRig) rig = cassandra_rig_new(seed, NULL);
    g_autoptr(GPtrArray) asked = g_ptr_array_new();
    g_autoptr(GArray) expected = g_array_new(FALSE, FALSE, sizeof(int64_t));
    g_autoptr(GHashTable) replaced = g_hash_table_new_full(g_int64_hash, g_int64_equal, NULL, NULL);
    int64_t known[KEYS] = {0};
    guint twice = 0;
    Rng rng;

    rng_init(&rng, seed, "steps");
    rig_run(rig->rig, SIM_S);
    for (guint i = 0; i < STEPS; i++) {
        guint node = (guint)rng_below(&rng, 20), key = (guint)rng_below(&rng, KEYS);
        bool is_local = locals && node % 2 == 0;

        if (rng_chance(&rng, 0.05)) {
            rig_down(rig->rig, cassandra_rig_name((guint)rng_below(&rng, 20)), 30 * SIM_S);
        }
        g_array_append_val(expected, known[key]);
        g_ptr_array_add(asked, (void *)cas(rig, node, key, known[key], CONSISTENCY_QUORUM,
                                           is_local ? STORE_LOCAL : 0));
        rig_run(rig->rig, (SimSpan)rng_below(&rng, 300) * SIM_MS);
        for (guint k = 0; k < asked->len; k++) {
            const ProbeAsked *one = asked->pdata[k];

            if (one->ends == 1 && one->outcome == OUTCOME_OK && one->reply.code == STORE_OK &&
                one->reply.key == key) {
                known[key] = MAX(known[key], one->reply.version);
            }
        }
    }
    rig_run(rig->rig, 10 * SIM_S);
    for (guint k = 0; k < asked->len; k++) {
        const ProbeAsked *one = asked->pdata[k];
        int64_t *value = &g_array_index(expected, int64_t, k);

        if (*value != 0 && is_applied(one)) {
            ++*applied;
            twice += g_hash_table_add(replaced, value) ? 0 : 1;
        }
    }
    return twice;
}

START_TEST(a_value_is_replaced_once_whatever_falls)
{
    guint applied = 0;

    for (uint64_t seed = 1; seed <= 5; seed++) {
        ck_assert_uint_eq(replaced_twice(seed, false, &applied), 0);
    }
    ck_assert_uint_gt(applied, 50);
}
END_TEST

/* Test list 11 and reference 3.6: SERIAL and LOCAL_SERIAL on one datum do not exclude each other.
 */
START_TEST(mixed_serial_levels_lose_updates)
{
    guint applied = 0, twice = 0;

    for (uint64_t seed = 1; seed <= 10; seed++) {
        twice += replaced_twice(seed, true, &applied);
    }
    ck_assert_uint_gt(twice, 0);
}
END_TEST

/* Power is lost before the periodic sync: the replica has forgotten what it promised. */
START_TEST(promises_are_as_durable_as_the_commit_log)
{
    g_autoptr(CassandraRig) rig = cassandra_rig_new(3, STILL);
    Effect power = EFFECT_NONE;
    const ProbeAsked *asked, *read;

    power.down = power.unsynced_lost = true;
    rig_run(rig->rig, 30 * SIM_S);
    asked = cas(rig, 0, KEY, 0, CONSISTENCY_QUORUM, 0);
    rig_run(rig->rig, SIM_S);
    ck_assert(is_applied(asked));
    for (guint node = 0; node < 20; node++) {
        rig_effect(rig->rig, cassandra_rig_host(node), power, 30 * SIM_S);
    }
    rig_run(rig->rig, 3 * SIM_MIN);
    read = cassandra_rig_read(rig, 8, KEY, CONSISTENCY_SERIAL);
    rig_run(rig->rig, 3 * SIM_S);
    ck_assert_uint_eq(cassandra_rig_code(read), STORE_OK);
    ck_assert_int_eq(read->reply.version, 0);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("paxos");
    TCase *tests = tcase_create("paxos");

    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, a_cas_takes_four_round_trips);
    tcase_add_test(tests, a_cas_whose_condition_fails_writes_nothing_and_tells_what_is_there);
    tcase_add_test(tests, of_several_at_once_at_most_one_is_applied);
    tcase_add_test(tests, many_proposers_far_apart_end_in_timeouts);
    tcase_add_test(tests, a_proposal_left_half_done_is_completed_by_the_next_read);
    tcase_add_test(tests, too_few_participants_refuse_at_once);
    tcase_add_test(tests, silent_participants_leave_the_outcome_unknown);
    tcase_add_test(tests, a_value_is_replaced_once_whatever_falls);
    tcase_add_test(tests, mixed_serial_levels_lose_updates);
    tcase_add_test(tests, promises_are_as_durable_as_the_commit_log);
    suite_add_tcase(suite, tests);
    return suite;
}
