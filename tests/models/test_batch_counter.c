/* test_batch_counter.c - logged batches (Cassandra reference 3.5) are all or nothing, but late;
 * counters (3.7) that time out may or may not have counted. */
#include "models/data/cassandra/counter.h"
#include "models/data/cassandra/node.h"
#include "tests/support/cassandra_rig.h"
#include "tests/support/suite.h"

#define KEY 9
#define STILL CASSANDRA_NO_CPU

static const ProbeAsked *batch(CassandraRig *rig, guint node, uint32_t count, Consistency level)
{
    Message message = {.op = MESSAGE_WRITE,
                       .flags = STORE_BATCH,
                       .key = KEY,
                       .count = count,
                       .consistency = (int)level};

    return cassandra_rig_ask(rig, node, message);
}

static const ProbeAsked *increment(CassandraRig *rig, guint node, Consistency level)
{
    Message message = {
        .op = MESSAGE_WRITE, .flags = STORE_COUNTER, .key = KEY, .consistency = (int)level};

    return cassandra_rig_ask(rig, node, message);
}

static guint count_stored(const CassandraRig *rig, uint64_t key, int64_t version)
{
    guint count = 0;

    for (guint i = 0; i < 11; i++) {
        count += cassandra_rig_stored(rig, i, key) == version ? 1 : 0;
    }
    return count;
}

/* What each replica counts, the least and the most. */
static void look(const CassandraRig *rig, int64_t *least, int64_t *most)
{
    const RingRange *range = cassandra_rig_range(rig, KEY);
    const Cluster *cluster = ((const Cassandra *)rig->nodes[0])->cluster;
    const KeyEntry *entry = key_table_find(&cluster->keys, KEY);

    *least = INT64_MAX;
    *most = 0;
    for (guint i = 0; i < range->count; i++) {
        int64_t value = counter_value((const Cassandra *)rig->nodes[range->replicas[i]],
                                      entry->index * cluster->slots_per_key + i);

        *least = MIN(*least, value);
        *most = MAX(*most, value);
    }
}

START_TEST(a_batch_writes_all_its_data_under_one_stamp)
{
    g_autoptr(CassandraRig) rig = cassandra_rig_new(3, STILL);
    const ProbeAsked *asked;

    rig_run(rig->rig, SIM_S);
    asked = batch(rig, 0, 5, CONSISTENCY_LOCAL_QUORUM);
    rig_run(rig->rig, 2 * SIM_S);
    ck_assert_uint_eq(cassandra_rig_code(asked), STORE_OK);
    for (uint64_t key = KEY; key < KEY + 5; key++) {
        ck_assert_uint_eq(count_stored(rig, key, asked->reply.version), 11);
    }
    rig_run(rig->rig, SIM_MIN);
    ck_assert_uint_eq(cassandra_rig_sum(rig, "batches_replayed"), 0);
}
END_TEST

/* Two local round trips: the batch log first, then the data. */
START_TEST(a_batch_costs_one_more_round_trip)
{
    g_autoptr(CassandraRig) rig = cassandra_rig_new(3, STILL);
    const ProbeAsked *logged, *plain;

    rig_run(rig->rig, SIM_S);
    logged = batch(rig, 0, 2, CONSISTENCY_QUORUM);
    rig_run(rig->rig, SIM_S);
    plain = cassandra_rig_write(rig, 0, KEY, CONSISTENCY_QUORUM);
    rig_run(rig->rig, SIM_S);
    ck_assert_int_ge((logged->ended - logged->begun) - (plain->ended - plain->begun), 300 * SIM_US);
    ck_assert_int_le((logged->ended - logged->begun) - (plain->ended - plain->begun), 5 * SIM_MS);
}
END_TEST

/* Reference 3.5 and catalogue 34: the coordinator dies when the batch log has it and nothing is
 * written yet; its neighbours write it after 4 s and the next look, ten seconds at most. */
START_TEST(a_batch_whose_coordinator_dies_is_written_by_its_neighbours)
{
    g_autoptr(CassandraRig) rig = cassandra_rig_new(3, STILL);
    guint written = 0;

    rig_run(rig->rig, 40 * SIM_S);
    batch(rig, 0, 5, CONSISTENCY_QUORUM);
    rig_run(rig->rig, 400 * SIM_US); /* stored; the acknowledgement is on its way */
    rig_down(rig->rig, cassandra_rig_name(0), SIM_NEVER);
    rig_run(rig->rig, 3 * SIM_S);
    for (uint64_t key = KEY; key < KEY + 5; key++) {
        written += cassandra_rig_stored(rig, 0, key) != 0 ? 1 : 0;
    }
    ck_assert_uint_eq(written, 0);
    rig_run(rig->rig, 15 * SIM_S);
    ck_assert_uint_eq(cassandra_rig_sum(rig, "batches_replayed"), 2);
    for (uint64_t key = KEY; key < KEY + 5; key++) {
        ck_assert_uint_le(count_stored(rig, key, 0), 1); /* the dead one */
    }
}
END_TEST

START_TEST(a_batch_over_the_limit_is_refused)
{
    g_autoptr(CassandraRig) rig = cassandra_rig_new(3, "\"mutation_size\": \"30KiB\"");
    const ProbeAsked *asked;

    rig_run(rig->rig, SIM_S);
    asked = batch(rig, 0, 2, CONSISTENCY_ONE);
    rig_run(rig->rig, SIM_S);
    ck_assert_uint_eq(cassandra_rig_code(asked), STORE_FAILURE);
    ck_assert_int_eq(cassandra_rig_stored(rig, 0, KEY), 0);
}
END_TEST

START_TEST(increments_from_everywhere_add_up_on_every_replica)
{
    g_autoptr(CassandraRig) rig = cassandra_rig_new(3, NULL);
    int64_t least, most;

    rig_run(rig->rig, SIM_S);
    for (guint i = 0; i < 100; i++) {
        increment(rig, i % 12, CONSISTENCY_LOCAL_QUORUM);
        rig_run(rig->rig, 3 * SIM_MS);
    }
    rig_run(rig->rig, 2 * SIM_S);
    look(rig, &least, &most);
    ck_assert_uint_eq(cassandra_rig_sum(rig, "counters_acked"), 100);
    ck_assert_int_eq(least, 100);
    ck_assert_int_eq(most, 100);
}
END_TEST

/* Jepsen's rule: the final value is between what was acknowledged and what was tried. Nodes fall
 * under way, so some time out and have counted; whoever tries these again counts twice. */
START_TEST(a_counter_ends_between_the_acknowledged_and_the_tried)
{
    enum { TRIES = 400 };
    uint64_t overcounts = 0;

    for (uint64_t seed = 1; seed <= 5; seed++) {
        g_autoptr(CassandraRig) rig = cassandra_rig_new(seed, NULL);
        int64_t least, most, acked;

        rig_run(rig->rig, 30 * SIM_S);
        for (guint i = 0; i < TRIES; i++) {
            if (i % 80 == 40) {
                rig_down(rig->rig, cassandra_rig_name((i / 80) % 4), 20 * SIM_S);
            }
            increment(rig, 4 + i % 4, CONSISTENCY_QUORUM);
            increment(rig, i % 4, CONSISTENCY_LOCAL_QUORUM);
            rig_run(rig->rig, 40 * SIM_MS);
        }
        rig_run(rig->rig, 3 * SIM_MIN);
        look(rig, &least, &most);
        acked = (int64_t)cassandra_rig_sum(rig, "counters_acked");
        ck_assert_int_gt(acked, TRIES / 2);
        ck_assert_int_ge(most, acked);
        ck_assert_int_le(most, 2 * TRIES);
        overcounts += most > acked ? 1 : 0;
    }
    ck_assert_uint_gt(overcounts, 0);
}
END_TEST

/* Catalogue 37, undercount: power fails everywhere before any commit log is synced. */
START_TEST(replicas_that_lose_power_forget_increments)
{
    g_autoptr(CassandraRig) rig =
        cassandra_rig_new(3, STILL ", \"commitlog_sync_period\": \"24h\"");
    Effect power = EFFECT_NONE;
    int64_t least, most;

    power.down = power.unsynced_lost = true;
    rig_run(rig->rig, 30 * SIM_S);
    increment(rig, 0, CONSISTENCY_ONE);
    rig_run(rig->rig, SIM_S);
    for (guint node = 0; node < 20; node++) {
        rig_effect(rig->rig, cassandra_rig_host(node), power, 30 * SIM_S);
    }
    rig_run(rig->rig, 3 * SIM_MIN);
    look(rig, &least, &most);
    ck_assert_uint_eq(cassandra_rig_sum(rig, "counters_acked"), 1);
    ck_assert_int_eq(most, 0);
}
END_TEST

/* Reference 3.7: no leader in the own site is Unavailable at a local level, and the nearest
 * elsewhere otherwise. */
START_TEST(without_a_local_replica_only_far_levels_find_a_leader)
{
    g_autoptr(CassandraRig) rig = cassandra_rig_new(3, STILL);
    const RingRange *range = cassandra_rig_range(rig, KEY);
    const ProbeAsked *local, *far;
    guint coordinator = 0;

    while (cassandra_rig_holds(rig, coordinator, KEY)) {
        coordinator++;
    }
    for (uint32_t left = range->site_mask[coordinator / 4]; left != 0; left &= left - 1) {
        rig_down(rig->rig, cassandra_rig_name(range->replicas[__builtin_ctz(left)]), SIM_NEVER);
    }
    rig_run(rig->rig, SIM_MIN);
    local = increment(rig, coordinator, CONSISTENCY_LOCAL_ONE);
    far = increment(rig, coordinator, CONSISTENCY_ONE);
    rig_run(rig->rig, SIM_S);
    ck_assert_uint_eq(cassandra_rig_code(local), STORE_UNAVAILABLE);
    ck_assert_uint_eq(cassandra_rig_code(far), STORE_OK);
}
END_TEST

/* Reference 2.3: 5 s for a counter, and hints for the silent after 2 to 3 s all the same. */
START_TEST(a_leader_of_a_counter_waits_five_seconds_for_its_replicas)
{
    g_autoptr(CassandraRig) rig = cassandra_rig_new(3, STILL);
    const ProbeAsked *asked;

    rig_run(rig->rig, SIM_MIN);
    for (guint site = DC02; site <= DCB2; site++) {
        cassandra_rig_cut(rig, DC01, site, 10 * SIM_S);
    }
    asked = increment(rig, 0, CONSISTENCY_QUORUM);
    rig_run(rig->rig, 4900 * SIM_MS);
    ck_assert_uint_eq(asked->ends, 0);
    ck_assert_uint_eq(cassandra_rig_sum(rig, "hints_stored"), 8);
    rig_run(rig->rig, 200 * SIM_MS);
    ck_assert_uint_eq(cassandra_rig_code(asked), STORE_TIMEOUT);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("batch and counter");
    TCase *tests = tcase_create("batch and counter");

    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, a_batch_writes_all_its_data_under_one_stamp);
    tcase_add_test(tests, a_batch_costs_one_more_round_trip);
    tcase_add_test(tests, a_batch_whose_coordinator_dies_is_written_by_its_neighbours);
    tcase_add_test(tests, a_batch_over_the_limit_is_refused);
    tcase_add_test(tests, increments_from_everywhere_add_up_on_every_replica);
    tcase_add_test(tests, a_counter_ends_between_the_acknowledged_and_the_tried);
    tcase_add_test(tests, replicas_that_lose_power_forget_increments);
    tcase_add_test(tests, without_a_local_replica_only_far_levels_find_a_leader);
    tcase_add_test(tests, a_leader_of_a_counter_waits_five_seconds_for_its_replicas);
    suite_add_tcase(suite, tests);
    return suite;
}
