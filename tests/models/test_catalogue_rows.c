/* test_catalogue_rows.c - rows of Cassandra's failure catalogue (reference 12.3) that show in
 * small: what a paused relay costs, reads of a cold table, updates that two clients with right
 * clocks lose.
 */
#include "tests/support/cassandra_rig.h"
#include "tests/support/suite.h"

enum { KEYS = 2000, PAUSED = 8 }; /* DC03-db1: relay of 0.2350 of all keys (reference 1.6) */

static guint relay_of(const CassandraRig *rig, uint64_t key)
{
    const RingRange *range = cassandra_rig_range(rig, key);

    return range->replicas[__builtin_ctz(range->site_mask[DC03])];
}

static bool is_missed_by_all_of(const CassandraRig *rig, guint site, uint64_t key)
{
    for (uint32_t left = cassandra_rig_range(rig, key)->site_mask[site]; left != 0;
         left &= left - 1) {
        if (cassandra_rig_stored(rig, (guint)__builtin_ctz(left), key) != 0) {
            return false;
        }
    }
    return true;
}

static guint count_missed(const CassandraRig *rig)
{
    guint missed = 0;

    for (uint64_t key = 1; key <= KEYS; key++) {
        missed += is_missed_by_all_of(rig, DC03, key) ? 1 : 0;
    }
    return missed;
}

/* Row 8: exactly the keys that it relays, a quarter of all (0.2350 +- 4 standard deviations of
 * 0.0095), as long as it is paused; then hints bring them. */
START_TEST(a_paused_relay_costs_its_site_its_share_of_the_keys)
{
    g_autoptr(CassandraRig) rig = cassandra_rig_new(3, NULL);
    Effect paused = EFFECT_NONE;
    guint relayed = 0;

    paused.paused = true;
    rig_run(rig->rig, SIM_MIN);
    rig_effect(rig->rig, cassandra_rig_host(PAUSED), paused, 8 * SIM_S);
    for (uint64_t key = 1; key <= KEYS; key++) {
        cassandra_rig_write(rig, 0, key, CONSISTENCY_LOCAL_QUORUM);
        rig_run(rig->rig, SIM_MS);
        relayed += relay_of(rig, key) == PAUSED ? 1 : 0;
    }
    rig_run(rig->rig, SIM_S);
    ck_assert_uint_eq(count_missed(rig), relayed);
    ck_assert_double_eq_tol((double)relayed / KEYS, 0.2350, 4 * 0.0095);
    rig_run(rig->rig, SIM_MIN);
    ck_assert_uint_eq(count_missed(rig), 0);
}
END_TEST

static void read_many(CassandraRig *rig, guint count)
{
    for (guint i = 0; i < count; i++) {
        cassandra_rig_read(rig, 0, i + 1, CONSISTENCY_LOCAL_ONE);
        rig_run(rig->rig, 10 * SIM_MS);
    }
}

/* Row 15: nobody has read for a while, so no latency is known, the threshold is 0 and each read
 * asks two replicas in place of one until the next look, each 5 s. */
START_TEST(reads_of_a_cold_table_are_doubled)
{
    g_autoptr(CassandraRig) rig = cassandra_rig_new(4, "\"dclocal_read_repair_chance\": 0");
    uint64_t cold, warm;

    rig_run(rig->rig, 60500 * SIM_MS);
    read_many(rig, 100);
    cold = cassandra_rig_counter(rig, 0, "speculations");
    ck_assert_uint_eq(cold, 100);
    ck_assert_uint_eq(cassandra_rig_sum(rig, "replica_reads"), 200);
    read_many(rig, 1000);
    warm = cassandra_rig_counter(rig, 0, "speculations");
    read_many(rig, 400);
    ck_assert_uint_le(cassandra_rig_counter(rig, 0, "speculations") - warm, 20);
}
END_TEST

/* Row 23: both read the same value at QUORUM, both replace it at QUORUM by one made of it, both are
 * told that it was done, all clocks are right: the newer stamp wins and the other update is gone.
 */
START_TEST(two_writers_with_right_clocks_lose_an_update)
{
    g_autoptr(CassandraRig) rig = cassandra_rig_new(5, NULL);
    const ProbeAsked *base, *read[2], *written[2], *after[2];
    const guint nodes[2] = {0, 9};
    int64_t newest;

    rig_run(rig->rig, SIM_S);
    base = cassandra_rig_write(rig, 4, 77, CONSISTENCY_ALL);
    rig_run(rig->rig, SIM_S);
    for (guint i = 0; i < 2; i++) {
        read[i] = cassandra_rig_read(rig, nodes[i], 77, CONSISTENCY_QUORUM);
    }
    rig_run(rig->rig, SIM_S);
    for (guint i = 0; i < 2; i++) {
        ck_assert_int_eq(read[i]->reply.version, base->reply.version);
        written[i] = cassandra_rig_write(rig, nodes[i], 77, CONSISTENCY_QUORUM);
        rig_run(rig->rig, 10 * SIM_MS);
    }
    rig_run(rig->rig, SIM_S);
    newest = MAX(written[0]->reply.version, written[1]->reply.version);
    for (guint i = 0; i < 2; i++) {
        ck_assert_uint_eq(cassandra_rig_code(written[i]), STORE_OK);
        after[i] = cassandra_rig_read(rig, nodes[i], 77, CONSISTENCY_QUORUM);
    }
    ck_assert_int_ne(written[0]->reply.version, written[1]->reply.version);
    rig_run(rig->rig, SIM_S);
    for (guint i = 0; i < 2; i++) {
        ck_assert_int_eq(after[i]->reply.version, newest);
    }
    for (guint i = 0; i < cassandra_rig_range(rig, 77)->count; i++) {
        ck_assert_int_eq(cassandra_rig_stored(rig, i, 77), newest);
    }
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("catalogue rows");
    TCase *tests = tcase_create("catalogue rows");

    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, a_paused_relay_costs_its_site_its_share_of_the_keys);
    tcase_add_test(tests, reads_of_a_cold_table_are_doubled);
    tcase_add_test(tests, two_writers_with_right_clocks_lose_an_update);
    suite_add_tcase(suite, tests);
    return suite;
}
