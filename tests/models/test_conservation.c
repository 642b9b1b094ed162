/* test_conservation.c - what an acknowledgement at ALL means, and how soon a write is everywhere.
 */
#include "models/data/cassandra/judge.h"
#include "models/data/cassandra/node.h"
#include "models/data/cassandra/witness.h"
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

/* Writes at any node, at any level, some of the keys again and again. */
static void write_many(CassandraRig *rig)
{
    for (guint i = 0; i < 500; i++) {
        cassandra_rig_write(rig, i * 7 % 20, 1 + i * i % 211, CONSISTENCY_LOCAL_QUORUM);
        rig_run(rig->rig, 2 * SIM_MS);
    }
}

static void judge(CassandraRig *rig)
{
    rig->nodes[0]->kind->on_judge(rig->nodes[0]);
}

START_TEST(every_run_holds_all_replicas_to_agree_when_nothing_was_lost)
{
    g_autoptr(CassandraRig) rig = cassandra_rig_new(9, NULL);

    write_many(rig);
    ck_assert(!judge_must_agree(cluster_at(rig))); /* some are under way */
    rig_run(rig->rig, 5 * SIM_S);
    ck_assert(judge_must_agree(cluster_at(rig)));
    judge(rig);
}
END_TEST

/* Every copy that a frozen node missed comes by a hint: the law holds again once all are there. */
START_TEST(every_run_holds_all_replicas_to_agree_when_all_hints_are_delivered)
{
    g_autoptr(CassandraRig) rig = cassandra_rig_new(9, NULL);
    Effect frozen = EFFECT_NONE;

    frozen.paused = true;
    component_add_effect(rig_find(rig->rig, cassandra_rig_host(9)), 77, frozen);
    write_many(rig);
    rig_run(rig->rig, 5 * SIM_S);
    ck_assert(!judge_must_agree(cluster_at(rig)));
    component_remove_effect(rig_find(rig->rig, cassandra_rig_host(9)), 77);
    rig_run(rig->rig, SIM_MIN);
    ck_assert_uint_gt(cassandra_rig_sum(rig, "hints_replayed"), 0);
    ck_assert(judge_must_agree(cluster_at(rig)));
    judge(rig);
}
END_TEST

START_TEST(who_died_may_miss_copies)
{
    g_autoptr(CassandraRig) rig = cassandra_rig_new(9, NULL);

    rig_down(rig->rig, cassandra_rig_name(9), SIM_S);
    rig_run(rig->rig, SIM_MIN);
    ck_assert(!judge_must_agree(cluster_at(rig)));
}
END_TEST

/* Breaks the law: one copy is gone, and nothing says why. */
START_TEST(a_copy_that_is_gone_without_a_reason_ends_the_program)
{
    g_autoptr(CassandraRig) rig = cassandra_rig_new(9, NULL);

    write_many(rig);
    rig_run(rig->rig, 5 * SIM_S);
    store_restore(&((Cassandra *)rig->nodes[0])->cluster->store, 3, 0);
    judge(rig);
}
END_TEST

/* A write of node 0 whose copies are on their way; a replica elsewhere that it was sent to itself.
 */
static Write *send_one(CassandraRig *rig, guint *index)
{
    Cassandra *node = (Cassandra *)rig->nodes[0];
    Write *write;

    cassandra_rig_write(rig, 0, 5, CONSISTENCY_ALL);
    rig_run(rig->rig, 5 * SIM_MS);
    write = node->writes.first;
    *index = (guint)__builtin_ctz(write->relays);
    return write;
}

START_TEST(what_is_under_way_or_was_dropped_breaks_no_law)
{
    g_autoptr(CassandraRig) rig = cassandra_rig_new(10, NULL);
    guint index;
    Write *write = send_one(rig, &index);

    ck_assert_uint_ne(write->pending >> index & 1, 0);
    witness_assert_missed(write, index);
    write->pending &= ~(1u << index);
    write->dropped |= 1u << index;
    witness_assert_missed(write, index);
}
END_TEST

/* A fault on the way there, and be it over, may have taken it. */
START_TEST(after_a_fault_a_copy_may_be_missing)
{
    g_autoptr(CassandraRig) rig = cassandra_rig_new(10, NULL);
    guint index;
    Write *write;

    for (guint site = 1; site < GOLDEN_SITES; site++) {
        cassandra_rig_cut(rig, DC01, site, SIM_S);
    }
    rig_run(rig->rig, 10 * SIM_S);
    write = send_one(rig, &index);
    write->pending &= ~(1u << index);
    witness_assert_missed(write, index);
}
END_TEST

/* Breaks the law: a message is gone on a way that never met a fault. */
START_TEST(a_copy_that_vanishes_on_its_way_ends_the_program)
{
    g_autoptr(CassandraRig) rig = cassandra_rig_new(10, NULL);
    guint index;
    Write *write = send_one(rig, &index);

    write->pending &= ~(1u << index);
    witness_assert_missed(write, index);
}
END_TEST

/* Each write is measured, and none takes longer than the longest way there and back. */
START_TEST(how_soon_a_write_is_everywhere_is_measured)
{
    g_autoptr(CassandraRig) rig = cassandra_rig_new(11, CASSANDRA_NO_CPU);
    const Cassandra *node = (const Cassandra *)rig->nodes[4];

    for (uint64_t key = 1; key <= 50; key++) {
        cassandra_rig_write(rig, 4, key, CONSISTENCY_ONE);
        rig_run(rig->rig, 10 * SIM_MS);
    }
    rig_run(rig->rig, 3 * SIM_S);
    ck_assert_uint_eq(histogram_count(node->write_everywhere), 50);
    ck_assert_int_le(histogram_max(node->write_everywhere), maximal_round_trip(rig));
    ck_assert_int_gt(histogram_max(node->write_everywhere), 123 * SIM_MS);
    ck_assert_uint_eq(node->writes_behind, 0);
}
END_TEST

/* --- the law of one maximal round trip ----------------------------------------------------------
 */

/* Every run holds its writes to it, whoever waits for what. */
START_TEST(writes_that_meet_no_fault_are_held_to_one_maximal_round_trip)
{
    g_autoptr(CassandraRig) rig = cassandra_rig_new(12, NULL);

    write_many(rig);
    rig_run(rig->rig, 5 * SIM_S);
    ck_assert_uint_eq(cassandra_rig_sum(rig, "coordinated_writes"), 500);
    ck_assert_uint_ge(cassandra_rig_sum(rig, "writes_in_time"), 480); /* some share the CPU */
    ck_assert_uint_eq(cassandra_rig_sum(rig, "writes_behind"), 0);
}
END_TEST

/* Everybody has acknowledged the write; the last one `late` after the law's limit. */
static Write *spread_one(CassandraRig *rig, SimSpan late)
{
    guint index;
    Write *write = send_one(rig, &index);
    SimTime last = 0;

    while ((write->acked & write->targets) != write->targets) {
        rig_run(rig->rig, SIM_MS);
    }
    ck_assert(!write->way.is_excused);
    last = write->way.sent + 120 * SIM_MS + late; /* Montreal to Munich and back: 104.6 ms */
    spread_law_hold(write, last);
    return write;
}

/* Breaks the law: a copy that took a detour. */
START_TEST(a_write_that_is_late_without_a_reason_ends_the_program)
{
    g_autoptr(CassandraRig) rig = cassandra_rig_new(10, CASSANDRA_NO_CPU);

    spread_one(rig, 0);
}
END_TEST

START_TEST(a_write_that_met_a_fault_may_be_late)
{
    g_autoptr(CassandraRig) rig = cassandra_rig_new(10, CASSANDRA_NO_CPU);

    rig_run(rig->rig, 10 * SIM_S);
    cassandra_rig_cut(rig, DC01, DCB2, SIM_MS);
    rig_run(rig->rig, SIM_S);
    spread_one(rig, SIM_S);
    ck_assert_uint_eq(cassandra_rig_sum(rig, "writes_in_time"), 0);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("conservation");
    TCase *cases = tcase_create("conservation");

    tcase_set_timeout(cases, 60);
    tcase_add_test(cases, a_write_acknowledged_at_all_is_on_eleven_replicas);
    tcase_add_test(cases, without_faults_a_write_is_on_all_replicas_within_one_maximal_round_trip);
    tcase_add_test(cases, every_run_holds_all_replicas_to_agree_when_nothing_was_lost);
    tcase_add_test(cases, every_run_holds_all_replicas_to_agree_when_all_hints_are_delivered);
    tcase_add_test(cases, who_died_may_miss_copies);
    tcase_add_test_raise_signal(cases, a_copy_that_is_gone_without_a_reason_ends_the_program,
                                SIGABRT);
    tcase_add_test(cases, what_is_under_way_or_was_dropped_breaks_no_law);
    tcase_add_test(cases, after_a_fault_a_copy_may_be_missing);
    tcase_add_test_raise_signal(cases, a_copy_that_vanishes_on_its_way_ends_the_program, SIGABRT);
    tcase_add_test(cases, how_soon_a_write_is_everywhere_is_measured);
    tcase_add_test(cases, writes_that_meet_no_fault_are_held_to_one_maximal_round_trip);
    tcase_add_test(cases, a_write_that_met_a_fault_may_be_late);
    tcase_add_test_raise_signal(cases, a_write_that_is_late_without_a_reason_ends_the_program,
                                SIGABRT);
    suite_add_tcase(suite, cases);
    return suite;
}
