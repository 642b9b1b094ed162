/* test_conservation.c - what an acknowledgement at ALL means, and how soon a write is everywhere.
 */
#include "models/data/cassandra/node.h"
#include "sim/base/rng.h"
#include "tests/support/cassandra_rig.h"
#include "tests/support/suite.h"

static const Cluster *cluster_at(const CassandraRig *rig)
{
    return ((const Cassandra *)rig->nodes[0])->cluster;
}

/* How many replicas of the key hold `version` or a newer one. */
static guint count_holders(const CassandraRig *rig, uint64_t key, int64_t version)
{
    const Cluster *cluster = cluster_at(rig);
    const KeyEntry *entry = key_table_find(&cluster->keys, key);
    const RingRange *range = cassandra_rig_range(rig, key);
    guint holders = 0;

    for (guint i = 0; entry != NULL && i < range->count; i++) {
        holders += store_get(&cluster->store, entry->index * cluster->slots_per_key + i) >= version;
    }
    return holders;
}

/* The longest way there and back, and from a relay to its neighbours. */
static SimSpan maximal_round_trip(const CassandraRig *rig)
{
    const World *world = rig->rig->world;
    const Cluster *cluster = cluster_at(rig);
    SimSpan most = 0, lan = 0;

    for (guint a = 0; a < cluster->site_count; a++) {
        lan = MAX(lan, cluster->sites[a]->lan_one_way);
        for (guint b = 0; b < cluster->site_count; b++) {
            most = MAX(most, 2 * network_base_delay(world, cluster->sites[a], cluster->sites[b]));
        }
    }
    return most + 2 * lan;
}

START_TEST(a_write_acknowledged_at_all_is_on_eleven_replicas)
{
    g_autoptr(CassandraRig) rig = cassandra_rig_new(7, NULL);

    for (uint64_t key = 1; key <= 200; key++) {
        const ProbeAsked *asked = cassandra_rig_write(rig, (guint)key % 20, key, CONSISTENCY_ALL);

        while (asked->ends == 0) {
            rig_run(rig->rig, SIM_MS);
        }
        ck_assert_uint_eq(cassandra_rig_code(asked), STORE_OK);
        ck_assert_uint_eq(cassandra_rig_range(rig, key)->count, 11);
        ck_assert_uint_eq(count_holders(rig, key, asked->reply.version), 11);
    }
}
END_TEST

/* Asked at any node, at any level, whatever the level waits for. */
START_TEST(without_faults_a_write_is_on_all_replicas_within_one_maximal_round_trip)
{
    static const Consistency levels[] = {CONSISTENCY_ONE, CONSISTENCY_LOCAL_QUORUM,
                                         CONSISTENCY_QUORUM};
    g_autoptr(CassandraRig) rig = cassandra_rig_new(8, CASSANDRA_NO_CPU);
    SimSpan round_trip = maximal_round_trip(rig);

    ck_assert_int_gt(round_trip, 100 * SIM_MS);
    for (uint64_t key = 1; key <= 300; key++) {
        const ProbeAsked *asked =
            cassandra_rig_write(rig, (guint)key * 7 % 20, key, levels[key % G_N_ELEMENTS(levels)]);

        rig_run(rig->rig, round_trip);
        ck_assert_uint_eq(cassandra_rig_code(asked), STORE_OK);
        ck_assert_uint_eq(count_holders(rig, key, asked->reply.version), 11);
    }
    ck_assert_uint_eq(cassandra_rig_sum(rig, "hints_stored"), 0);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("conservation");
    TCase *cases = tcase_create("conservation");

    tcase_add_test(cases, a_write_acknowledged_at_all_is_on_eleven_replicas);
    tcase_add_test(cases, without_faults_a_write_is_on_all_replicas_within_one_maximal_round_trip);
    suite_add_tcase(suite, cases);
    return suite;
}
