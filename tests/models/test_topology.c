/* test_topology.c - nodes that bootstrap, replace a dead one or leave. */
#include "tests/support/cassandra_rig.h"
#include "tests/support/suite.h"

#include "models/data/cassandra/murmur3.h"
#include "models/data/cassandra/node.h"
#include "models/data/cassandra/topology.h"
#include "sim/world/history_store.h"

#define FAULT 77
#define JOINER 3 /* DC01-4 */
#define KEYS 200

#define QUICK                                                                                      \
    "\"jvm_start\": \"10s\", \"commitlog_replay\": \"1s\", \"row_size\": \"1B\", "                 \
    "\"data_size\": \"3GB\""

static Cassandra *node_at(const CassandraRig *rig, guint node)
{
    return (Cassandra *)rig->nodes[node];
}

static Cluster *cluster_in(const CassandraRig *rig)
{
    return node_at(rig, 0)->cluster;
}

static RingMember member(const CassandraRig *rig, guint node)
{
    return ring_member(cluster_in(rig)->ring, node);
}

static void tell(CassandraRig *rig, guint node, Order order, const char *about)
{
    Effect effect = EFFECT_NONE;

    effect.order = order;
    effect.order_about = about;
    component_add_effect(rig->nodes[node], FAULT, effect);
}

static const RingRange *range_of(const CassandraRig *rig, uint64_t key)
{
    const Ring *ring = cluster_in(rig)->ring;

    return ring_range(ring, ring_find(ring, murmur3_token_of_bigint((int64_t)key)));
}

static bool has_bit(const RingRange *range, uint32_t mask, guint node)
{
    for (guint i = 0; i < range->count; i++) {
        if (range->replicas[i] == node) {
            return (mask >> i & 1) != 0;
        }
    }
    return false;
}

static void write_keys(CassandraRig *rig, uint64_t first)
{
    for (uint64_t key = first; key < first + KEYS; key++) {
        cassandra_rig_write(rig, 0, key, CONSISTENCY_LOCAL_QUORUM);
        rig_run(rig->rig, 20 * SIM_MS);
    }
    rig_run(rig->rig, SIM_S);
}

/* Every replica of every key has the version that all others have. */
static void expect_equal_replicas_of(const CassandraRig *rig, uint64_t first, uint64_t count)
{
    const Cluster *cluster = cluster_in(rig);

    for (uint64_t key = first; key < first + count; key++) {
        const KeyEntry *entry = key_table_find(&cluster->keys, key);
        const RingRange *range = range_of(rig, key);
        int64_t one = 0;

        for (uint32_t left = range->mask; left != 0; left &= left - 1) {
            int64_t version = store_get(&cluster->store, entry->index * cluster->slots_per_key +
                                                             (uint32_t)__builtin_ctz(left));

            ck_assert_int_gt(version, 0);
            one = one == 0 ? version : one;
            ck_assert_int_eq(version, one);
        }
    }
}

static void expect_equal_replicas(const CassandraRig *rig, uint64_t first)
{
    expect_equal_replicas_of(rig, first, KEYS);
}

static guint count_members(const CassandraRig *rig)
{
    guint count = 0;

    for (guint i = 0; i < GOLDEN_NODES; i++) {
        count += member(rig, i) == RING_NORMAL ? 1 : 0;
    }
    return count;
}

/* What a site's nodes own in all is its replication factor, whoever stands there. */
static void expect_owned(const CassandraRig *rig, guint site, double factor)
{
    double sum = 0;

    for (guint i = 4 * site; i < 4 * site + 4; i++) {
        sum += ring_owns(cluster_in(rig)->ring, i);
    }
    ck_assert_double_eq_tol(sum, factor, 1e-9);
}

/* How long until the node stands so; 10 minutes at most. */
static double wait_for(CassandraRig *rig, guint node, RingMember wanted)
{
    SimTime from = rig_now(rig->rig);

    while (member(rig, node) != wanted && rig_now(rig->rig) - from < 10 * SIM_MIN) {
        rig_run(rig->rig, 100 * SIM_MS);
    }
    ck_assert_int_eq(member(rig, node), wanted);
    return sim_span_to_s(rig_now(rig->rig) - from);
}

START_TEST(a_node_that_will_join_stands_outside_and_nobody_misses_it)
{
    g_autoptr(CassandraRig) rig = cassandra_rig_new_planned(1, QUICK, JOINER, ORDER_JOIN, NULL);

    rig_run(rig->rig, 2 * SIM_MIN);
    ck_assert_int_eq(member(rig, JOINER), RING_OUTSIDE);
    ck_assert_double_eq(ring_owns(cluster_in(rig)->ring, JOINER), 0);
    expect_owned(rig, DC01, 3);
    ck_assert_uint_eq(cassandra_rig_sum(rig, "convictions"), 0);
    ck_assert_uint_eq(node_at(rig, 0)->gossip.dead_count, 0);
    write_keys(rig, 1);
    expect_equal_replicas(rig, 1);
    ck_assert_uint_eq(cassandra_rig_counter(rig, JOINER, "mutations"), 0);
}
END_TEST

/* 10 s of JVM, 30 s of ring delay, and what it owns at the 15 MB/s that it can take in. */
START_TEST(a_node_that_joins_takes_what_it_owns_at_the_rate_it_can)
{
    g_autoptr(CassandraRig) rig = cassandra_rig_new_planned(2, QUICK, JOINER, ORDER_JOIN, NULL);
    double took, owns;

    rig_run(rig->rig, SIM_MIN);
    write_keys(rig, 1);
    tell(rig, JOINER, ORDER_JOIN, NULL);
    rig_run(rig->rig, 20 * SIM_S);
    ck_assert_int_eq(member(rig, JOINER), RING_JOINING);
    ck_assert_str_eq(topology_mode(node_at(rig, JOINER)), "JOINING");
    write_keys(rig, 1001); /* as pending it gets these */
    took = 20 + 5 + wait_for(rig, JOINER, RING_NORMAL);
    owns = ring_owns(cluster_in(rig)->ring, JOINER);
    ck_assert_double_eq_tol(owns, 0.744, 0.001); /* section 1.6 of the reference */
    ck_assert_double_eq_tol(took, 10 + 30 + owns * 3000 / 15, 4);
    ck_assert_uint_eq(node_at(rig, JOINER)->bytes_streamed / 10000000,
                      (uint64_t)(owns * 3000000000) / 10000000);
    expect_owned(rig, DC01, 3);
    expect_equal_replicas(rig, 1);
    expect_equal_replicas(rig, 1001);
    ck_assert_int_eq(node_at(rig, JOINER)->phase, NODE_READY);
    ck_assert_uint_eq(node_at(rig, 0)->gossip.dead_count, 0);
}
END_TEST

/* What the busiest sender gives: each range comes from the replica that loses it. */
static double busiest_share(const CassandraRig *rig)
{
    const Ring *ring = cluster_in(rig)->ring;
    double shares[GOLDEN_NODES] = {0}, most = 0;

    for (guint i = 0; i < ring_count_ranges(ring); i++) {
        const RingRange *range = ring_range(ring, i);

        if (range->pending != 0) {
            guint loser = range->replicas[__builtin_ctz(range->losing)];

            ck_assert_int_eq(__builtin_popcount(range->losing), 1);
            ck_assert_uint_lt(loser, 3); /* of the same site */
            shares[loser] += ring_share(ring, i);
            most = MAX(most, shares[loser]);
        }
    }
    return most;
}

START_TEST(senders_keep_to_their_outbound_limit)
{
    g_autoptr(CassandraRig) rig = cassandra_rig_new_planned(
        3, QUICK ", \"stream_throughput_outbound\": \"10MB/s\", \"stream_receive_rate\": \"1GB/s\"",
        JOINER, ORDER_JOIN, NULL);
    double share;

    rig_run(rig->rig, SIM_MIN);
    tell(rig, JOINER, ORDER_JOIN, NULL);
    rig_run(rig->rig, 40 * SIM_S);
    share = busiest_share(rig);
    ck_assert_double_eq_tol(wait_for(rig, JOINER, RING_NORMAL), share * 3000 / 10, 2.5);
}
END_TEST

/* The replicas of a key that the joiner is pending for, less one, with the joiner silent. */
static uint32_t write_with_one_dead(bool is_joining)
{
    g_autoptr(CassandraRig) rig =
        cassandra_rig_new_planned(4, CASSANDRA_NO_CPU ", " QUICK, JOINER, ORDER_JOIN, NULL);
    uint64_t key = 1;

    rig_run(rig->rig, SIM_MIN);
    if (is_joining) {
        tell(rig, JOINER, ORDER_JOIN, NULL);
    }
    rig_run(rig->rig, 15 * SIM_S);
    for (; !has_bit(cassandra_rig_range(rig, key), UINT32_MAX, JOINER) ||
           !has_bit(range_of(rig, key), range_of(rig, key)->mask, 1);
         key++) {
    }
    ck_assert_int_eq(has_bit(range_of(rig, key), range_of(rig, key)->pending, JOINER), is_joining);
    Effect frozen = EFFECT_NONE;

    frozen.paused = true;
    component_add_effect(rig_find(rig->rig, cassandra_rig_host(JOINER)), FAULT, frozen);
    component_add_effect(rig_find(rig->rig, cassandra_rig_host(1)), FAULT, frozen);
    const ProbeAsked *asked = cassandra_rig_write(rig, 0, key, CONSISTENCY_LOCAL_QUORUM);

    rig_run(rig->rig, 5 * SIM_S);
    return cassandra_rig_code(asked);
}

/* Point 13 of the reference's list: two of three replicas answer, and three answers are needed. */
START_TEST(a_pending_endpoint_raises_the_answers_needed)
{
    const RingNode nodes[] = {{0, 0}, {0, 0}, {0, 0}, {0, 0}};
    const uint32_t factor = 3;
    Ring *ring = ring_new(nodes, 4, &factor, 1);
    uint64_t state = 1;
    const RingRange *range;
    guint raised = 0;

    ring_draw_tokens(ring, 8, &state);
    ring_set_member(ring, 3, RING_OUTSIDE);
    ring_close(ring);
    ring_set_member(ring, 3, RING_JOINING);
    for (guint i = 0; i < ring_count_ranges(ring); i++) {
        range = ring_range(ring, i);
        raised += range->pending != 0 ? 1 : 0;
        ck_assert_uint_eq(level_block_for(CONSISTENCY_LOCAL_QUORUM, ring, 0), 2);
        ck_assert_uint_eq(
            level_write_block_for(CONSISTENCY_LOCAL_QUORUM, ring, range, range->pending, 0),
            range->pending != 0 ? 3 : 2);
    }
    ck_assert_uint_gt(raised, 8);
    ring_free(ring);
}
END_TEST

START_TEST(with_one_replica_dead_a_silent_joiner_fails_a_local_quorum)
{
    ck_assert_uint_eq(write_with_one_dead(false), STORE_OK);
    ck_assert_uint_eq(write_with_one_dead(true), STORE_TIMEOUT);
}
END_TEST

/* A lightweight transaction of DC03 at SERIAL or LOCAL_SERIAL (`local` is STORE_LOCAL) on a key
 * that as many of the two joiners will hold as are told to join. */
static uint32_t cas_with_joiners(guint joiners, uint32_t local)
{
    const CassandraPlan plans[] = {{JOINER, ORDER_JOIN, NULL}, {7, ORDER_JOIN, NULL}};
    g_autoptr(CassandraRig) rig = cassandra_rig_new_plans(10, QUICK, plans, 2);
    Message message = {.op = MESSAGE_WRITE,
                       .flags = STORE_CAS | local,
                       .key = 1,
                       .consistency = CONSISTENCY_LOCAL_QUORUM};
    const ProbeAsked *asked;

    rig_run(rig->rig, 10 * SIM_S);
    while (!cassandra_rig_holds(rig, JOINER, message.key) ||
           !cassandra_rig_holds(rig, 7, message.key)) {
        message.key++;
    }
    if (joiners > 0) {
        tell(rig, JOINER, ORDER_JOIN, NULL);
        rig_run(rig->rig, 20 * SIM_S);
    }
    if (joiners > 1) { /* as with cassandra.consistent.rangemovement=false */
        ring_set_member(cluster_in(rig)->ring, 7, RING_JOINING);
    }
    ck_assert_int_eq(__builtin_popcount(range_of(rig, message.key)->pending), (int)joiners);
    asked = cassandra_rig_ask(rig, 8, message);
    rig_run(rig->rig, 5 * SIM_S);
    return cassandra_rig_code(asked);
}

/* Point 13 of the reference's list: beside one pending endpoint seven of twelve must promise. */
START_TEST(two_pending_endpoints_refuse_lightweight_transactions)
{
    ck_assert_uint_eq(cas_with_joiners(0, 0), STORE_OK);
    ck_assert_uint_eq(cas_with_joiners(1, 0), STORE_OK);
    ck_assert_uint_eq(cas_with_joiners(2, 0), STORE_UNAVAILABLE);
    ck_assert_uint_eq(cas_with_joiners(2, STORE_LOCAL), STORE_OK); /* they stand elsewhere */
}
END_TEST

/* A transaction of DC01 with six of eleven replicas alive, and a joiner that answers or not. */
static uint32_t cas_beside_a_joiner(bool is_silent)
{
    g_autoptr(CassandraRig) rig = cassandra_rig_new_planned(10, QUICK, JOINER, ORDER_JOIN, NULL);
    Message message = {
        .op = MESSAGE_WRITE, .flags = STORE_CAS, .key = 1, .consistency = CONSISTENCY_LOCAL_QUORUM};
    const ProbeAsked *asked;
    guint down = 0;

    rig_run(rig->rig, 10 * SIM_S);
    while (!cassandra_rig_holds(rig, JOINER, message.key)) {
        message.key++;
    }
    tell(rig, JOINER, ORDER_JOIN, NULL);
    rig_run(rig->rig, 20 * SIM_S);
    for (guint i = 4; down < 5; i++) { /* five of the eleven, none of them in DC01 */
        if (has_bit(range_of(rig, message.key), range_of(rig, message.key)->mask, i)) {
            rig_down(rig->rig, cassandra_rig_name(i), SIM_NEVER);
            down++;
        }
    }
    rig_run(rig->rig, 30 * SIM_S); /* convicted by all */
    if (is_silent) {
        Effect frozen = EFFECT_NONE;

        frozen.paused = true;
        component_add_effect(rig_find(rig->rig, cassandra_rig_host(JOINER)), FAULT, frozen);
    }
    asked = cassandra_rig_ask(rig, 0, message);
    rig_run(rig->rig, 5 * SIM_S);
    return cassandra_rig_code(asked);
}

/* Six would be a quorum of eleven; beside a pending endpoint seven must promise, and it may be one
 * of them. */
START_TEST(a_pending_endpoint_takes_part_in_lightweight_transactions)
{
    ck_assert_uint_eq(cas_beside_a_joiner(false), STORE_OK);
    ck_assert_uint_eq(cas_beside_a_joiner(true), STORE_TIMEOUT);
}
END_TEST

START_TEST(a_node_that_leaves_hands_over_all_it_holds)
{
    g_autoptr(CassandraRig) rig = cassandra_rig_new_planned(5, QUICK, JOINER, ORDER_LEAVE, NULL);

    rig_run(rig->rig, SIM_MIN);
    write_keys(rig, 1);
    tell(rig, JOINER, ORDER_LEAVE, NULL);
    rig_run(rig->rig, 10 * SIM_S);
    ck_assert_int_eq(member(rig, JOINER), RING_LEAVING);
    ck_assert_str_eq(topology_mode(node_at(rig, JOINER)), "LEAVING");
    write_keys(rig, 1001);
    wait_for(rig, JOINER, RING_OUTSIDE);
    expect_owned(rig, DC01, 3);
    ck_assert_double_eq_tol(ring_owns(cluster_in(rig)->ring, 0), 1, 1e-9); /* 3 of 3 nodes */
    expect_equal_replicas(rig, 1);
    expect_equal_replicas(rig, 1001);
    rig_run(rig->rig, SIM_MIN);
    ck_assert_int_eq(node_at(rig, JOINER)->phase, NODE_DRAINED);
    ck_assert_uint_eq(node_at(rig, 0)->gossip.dead_count, 0);
    ck_assert_uint_eq(cassandra_rig_sum(rig, "convictions"), 0);
    ck_assert_uint_eq(count_members(rig), GOLDEN_NODES - 1);
}
END_TEST

START_TEST(a_replacement_takes_the_tokens_of_the_dead)
{
    g_autoptr(CassandraRig) rig =
        cassandra_rig_new_planned(6, QUICK, JOINER, ORDER_REPLACE, "DC01-db2");
    double owned;

    rig_run(rig->rig, SIM_MIN);
    write_keys(rig, 1);
    owned = ring_owns(cluster_in(rig)->ring, 1);
    rig_down(rig->rig, cassandra_rig_host(1), SIM_NEVER);
    rig_run(rig->rig, SIM_MIN);
    ck_assert_uint_eq(node_at(rig, 0)->gossip.dead_count, 1);
    tell(rig, JOINER, ORDER_REPLACE, "DC01-db2");
    wait_for(rig, JOINER, RING_NORMAL);
    ck_assert_int_eq(member(rig, 1), RING_OUTSIDE);
    ck_assert_double_eq_tol(ring_owns(cluster_in(rig)->ring, JOINER), owned, 1e-9);
    expect_equal_replicas(rig, 1);
    ck_assert_uint_eq(node_at(rig, 0)->gossip.dead_count, 0);
}
END_TEST

static guint most_down(const CassandraRig *rig)
{
    return history_store_totals(world_history(rig->rig->world)).replicas_down_most;
}

/* A node that has left is no replica of anything: with it gone one more loss is one, not two. */
START_TEST(who_has_left_is_not_counted_among_the_replicas_down)
{
    g_autoptr(CassandraRig) rig = cassandra_rig_new_planned(5, QUICK, JOINER, ORDER_LEAVE, NULL);

    rig_run(rig->rig, SIM_MIN);
    tell(rig, JOINER, ORDER_LEAVE, NULL);
    wait_for(rig, JOINER, RING_OUTSIDE);
    rig_run(rig->rig, SIM_MIN);
    ck_assert_int_eq(node_at(rig, JOINER)->phase, NODE_DRAINED);
    ck_assert_uint_eq(most_down(rig), 0);
    rig_down(rig->rig, cassandra_rig_host(0), SIM_NEVER);
    ck_assert_uint_eq(most_down(rig), 1);
}
END_TEST

START_TEST(who_has_joined_is_counted_among_the_replicas_down)
{
    g_autoptr(CassandraRig) rig = cassandra_rig_new_planned(2, QUICK, JOINER, ORDER_JOIN, NULL);

    rig_run(rig->rig, SIM_MIN);
    tell(rig, JOINER, ORDER_JOIN, NULL);
    wait_for(rig, JOINER, RING_NORMAL);
    rig_down(rig->rig, cassandra_rig_host(JOINER), SIM_NEVER);
    rig_down(rig->rig, cassandra_rig_host(0), SIM_NEVER);
    ck_assert_uint_eq(most_down(rig), 2);
}
END_TEST

START_TEST(who_was_replaced_is_not_counted_among_the_replicas_down)
{
    g_autoptr(CassandraRig) rig =
        cassandra_rig_new_planned(6, QUICK, JOINER, ORDER_REPLACE, "DC01-db2");

    rig_run(rig->rig, SIM_MIN);
    rig_down(rig->rig, cassandra_rig_host(1), SIM_NEVER);
    rig_run(rig->rig, SIM_MIN);
    tell(rig, JOINER, ORDER_REPLACE, "DC01-db2");
    wait_for(rig, JOINER, RING_NORMAL);
    rig_down(rig->rig, cassandra_rig_host(0), SIM_NEVER);
    ck_assert_uint_eq(most_down(rig), 1);
}
END_TEST

START_TEST(what_is_no_member_cannot_leave_and_what_is_one_cannot_join)
{
    g_autoptr(CassandraRig) rig = cassandra_rig_new_planned(7, QUICK, JOINER, ORDER_JOIN, NULL);

    rig_run(rig->rig, 10 * SIM_S);
    tell(rig, 5, ORDER_JOIN, NULL);
    ck_assert_uint_eq(cassandra_rig_counter(rig, 5, "ring_changes_refused"), 1);
    tell(rig, JOINER, ORDER_LEAVE, NULL);
    ck_assert_uint_eq(cassandra_rig_counter(rig, JOINER, "ring_changes_refused"), 1);
}
END_TEST

START_TEST(a_second_change_is_refused_while_one_is_under_way)
{
    g_autoptr(CassandraRig) rig = cassandra_rig_new_planned(8, QUICK, JOINER, ORDER_JOIN, NULL);

    rig_run(rig->rig, 10 * SIM_S);
    tell(rig, JOINER, ORDER_JOIN, NULL);
    rig_run(rig->rig, 20 * SIM_S);
    tell(rig, 7, ORDER_LEAVE, NULL);
    ck_assert_uint_eq(cassandra_rig_counter(rig, 7, "ring_changes_refused"), 1);
    ck_assert_int_eq(member(rig, 7), RING_NORMAL);
}
END_TEST

START_TEST(a_joiner_that_dies_leaves_the_ring_as_it_was)
{
    g_autoptr(CassandraRig) rig = cassandra_rig_new_planned(9, QUICK, JOINER, ORDER_JOIN, NULL);

    rig_run(rig->rig, 10 * SIM_S);
    tell(rig, JOINER, ORDER_JOIN, NULL);
    rig_run(rig->rig, 20 * SIM_S);
    ck_assert_int_eq(member(rig, JOINER), RING_JOINING);
    rig_down(rig->rig, cassandra_rig_name(JOINER), SIM_S);
    ck_assert_int_eq(member(rig, JOINER), RING_OUTSIDE);
    for (guint i = 0; i < ring_count_ranges(cluster_in(rig)->ring); i++) {
        ck_assert_uint_eq(ring_range(cluster_in(rig)->ring, i)->pending, 0);
    }
    rig_run(rig->rig, SIM_MIN);
    expect_owned(rig, DC01, 3);
    ck_assert_uint_eq(node_at(rig, 0)->gossip.dead_count, 0);
}
END_TEST

/* Nodes of DC03 that miss a write of key `key` from node `coordinator`, all of them down. */
static uint64_t write_past(CassandraRig *rig, guint coordinator, guint missing)
{
    uint64_t key = 5000;

    while (!cassandra_rig_holds(rig, missing, key)) {
        key++;
    }
    cassandra_rig_write(rig, coordinator, key, CONSISTENCY_LOCAL_ONE);
    rig_run(rig->rig, SIM_S);
    return key;
}

/* What a leaving node keeps for others goes on elsewhere. */
START_TEST(who_leaves_hands_its_hints_over)
{
    g_autoptr(CassandraRig) rig = cassandra_rig_new_planned(5, QUICK, JOINER, ORDER_LEAVE, NULL);
    uint64_t key;

    rig_run(rig->rig, SIM_MIN);
    rig_down(rig->rig, cassandra_rig_name(9), 8 * SIM_MIN);
    rig_run(rig->rig, SIM_MIN);
    key = write_past(rig, JOINER, 9);
    ck_assert_uint_eq(cassandra_rig_counter(rig, JOINER, "hints_stored"), 1);
    tell(rig, JOINER, ORDER_LEAVE, NULL);
    wait_for(rig, JOINER, RING_OUTSIDE);
    rig_run(rig->rig, SIM_MIN);
    ck_assert_int_eq(node_at(rig, JOINER)->phase, NODE_DRAINED);
    ck_assert_double_eq(node_at(rig, JOINER)->hints_pending.value, 0);
    rig_run(rig->rig, 10 * SIM_MIN);
    ck_assert_uint_gt(cassandra_rig_sum(rig, "hints_replayed"), 0);
    expect_equal_replicas_of(rig, key, 1);
}
END_TEST

/* A dead node misses a write and is replaced: its successor had its data from replicas, and what
 * was kept for the dead goes to all of them. */
START_TEST(hints_for_who_was_replaced_go_to_the_replicas_of_now)
{
    g_autoptr(CassandraRig) rig =
        cassandra_rig_new_planned(6, QUICK, JOINER, ORDER_REPLACE, "DC01-db2");

    rig_run(rig->rig, SIM_MIN);
    rig_down(rig->rig, cassandra_rig_host(1), SIM_NEVER);
    rig_run(rig->rig, SIM_MIN);
    write_keys(rig, 1);
    ck_assert_uint_gt(cassandra_rig_sum(rig, "hints_stored"), 0);
    tell(rig, JOINER, ORDER_REPLACE, "DC01-db2");
    wait_for(rig, JOINER, RING_NORMAL);
    rig_run(rig->rig, 2 * SIM_MIN);
    for (guint i = 0; i < GOLDEN_NODES; i++) {
        ck_assert_double_eq(node_at(rig, i)->hints_pending.value, 0);
    }
    expect_equal_replicas(rig, 1);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("topology");
    TCase *tests = tcase_create("topology");

    suite_add_tcase(suite, tests);
    tcase_set_timeout(tests, 120);
    tcase_add_test(tests, a_node_that_will_join_stands_outside_and_nobody_misses_it);
    tcase_add_test(tests, a_node_that_joins_takes_what_it_owns_at_the_rate_it_can);
    tcase_add_test(tests, senders_keep_to_their_outbound_limit);
    tcase_add_test(tests, a_pending_endpoint_raises_the_answers_needed);
    tcase_add_test(tests, with_one_replica_dead_a_silent_joiner_fails_a_local_quorum);
    tcase_add_test(tests, two_pending_endpoints_refuse_lightweight_transactions);
    tcase_add_test(tests, a_pending_endpoint_takes_part_in_lightweight_transactions);
    tcase_add_test(tests, a_node_that_leaves_hands_over_all_it_holds);
    tcase_add_test(tests, a_replacement_takes_the_tokens_of_the_dead);
    tcase_add_test(tests, who_has_left_is_not_counted_among_the_replicas_down);
    tcase_add_test(tests, who_has_joined_is_counted_among_the_replicas_down);
    tcase_add_test(tests, who_was_replaced_is_not_counted_among_the_replicas_down);
    tcase_add_test(tests, what_is_no_member_cannot_leave_and_what_is_one_cannot_join);
    tcase_add_test(tests, a_second_change_is_refused_while_one_is_under_way);
    tcase_add_test(tests, a_joiner_that_dies_leaves_the_ring_as_it_was);
    tcase_add_test(tests, who_leaves_hands_its_hints_over);
    tcase_add_test(tests, hints_for_who_was_replaced_go_to_the_replicas_of_now);
    return suite;
}
