/* topology.c - a node bootstraps, takes the place of a dead one, or is decommissioned.
 * Source: Cassandra 3.11 StorageService.joinTokenRing, decommission, BootStrapper, RangeStreamer
 * (consistent range movement), StreamManager (outbound limits). Streams are looked at once a
 * second. Left out: the spread of the announcement (all know of it at once; the ring delay is there
 * so that they do), TCP windows, compaction of what arrived. */
#include "models/data/cassandra/topology.h"

#include "models/data/cassandra/repair.h"
#include "models/data/cassandra/schema.h"
#include "models/data/cassandra/shutdown.h"
#include "models/data/cassandra/storage.h"
#include "models/data/cassandra/tombstones.h"
#include "models/data/cassandra/witness.h"
#include "sim/world/version.h"

#define RING_DELAY (30 * SIM_S) /* StorageService.RING_DELAY */
#define TICK (1 * SIM_S)
#define NO_SOURCE UINT16_MAX

struct Topology {
    Order doing;
    guint dead; /* whose place it takes */
    bool is_streaming, is_gone;
    int64_t *left; /* bytes still to come from, or to go to, each node, by rank */
    int64_t whole, done;
    uint16_t *sources; /* who streams each range */
};

static void on_delay_over(void *self, void *subject, uint64_t detail);
static void on_tick(void *self, void *subject, uint64_t detail);
static void on_left(void *self, void *subject, uint64_t detail);
static const EventType delay_over = {"cassandra.ring-delay-over", on_delay_over};
static const EventType tick = {"cassandra.stream-tick", on_tick};
static const EventType left_over = {"cassandra.has-left", on_left};

/* --- plans --------------------------------------------------------------------------------------
 */

void topology_plan(Component *self, const PlannedOrder *order, DiagList *diags)
{
    Cassandra *node = node_of(self);

    if (order->order == ORDER_REPAIR) {
        repair_plan(node, order);
        return;
    }
    if (order->order == ORDER_ALTER) {
        schema_plan(node, order, diags);
        return;
    }
    if (order->order < ORDER_JOIN) {
        return;
    }
    if (node->plan.order != ORDER_NONE) {
        diag_add(diags, DIAG_ERROR, order->place, DIAG_VALUE,
                 "'%s' joins or leaves a second time: it can do so once in a run",
                 component_place(self));
        return;
    }
    node->plan = *order;
    node->is_outsider = order->order == ORDER_JOIN || order->order == ORDER_REPLACE;
}

static Cassandra *find_dead(const Cluster *cluster, const Cassandra *heir, const char *name)
{
    for (guint i = 0; i < cluster->node_count; i++) {
        Cassandra *node = cluster->nodes[i];

        if (node != heir && strcmp(component_place(&node->component), name) == 0) {
            return node;
        }
    }
    return NULL;
}

static void check_replace(const Cluster *cluster, const Cassandra *node, DiagList *diags)
{
    const Cassandra *dead = find_dead(cluster, node, node->plan.about);

    if (dead == NULL || dead->is_outsider || dead->site != node->site) {
        diag_add(diags, DIAG_ERROR, node->plan.place, DIAG_VALUE,
                 "'%s' cannot take the place of '%s', which is no other member of '%s'",
                 component_place(&node->component), node->plan.about, node->component.site->name);
    }
}

/* Members of a site just before `when`, as far as times are known. */
static guint count_members(const Cluster *cluster, guint site, SimTime when)
{
    guint count = 0;

    for (guint i = 0; i < cluster->node_count; i++) {
        const Cassandra *node = cluster->nodes[i];
        bool has_changed = node->plan.order != ORDER_NONE && node->plan.at < when;

        if (node->site == site && node->plan.order != ORDER_REPLACE) {
            count += node->is_outsider == has_changed ? 1 : 0;
        }
    }
    return count;
}

static void check_leave(const Cluster *cluster, const Cassandra *node, uint32_t factor,
                        DiagList *diags)
{
    guint members = count_members(cluster, node->site, node->plan.at);

    if (members <= factor) {
        diag_add(diags, DIAG_ERROR, node->plan.place, DIAG_VALUE,
                 "'%s' cannot leave: '%s' would have %u nodes for %u replicas",
                 component_place(&node->component), node->component.site->name, members - 1,
                 factor);
    }
}

static void check_pair(const Cassandra *one, const Cassandra *other, DiagList *diags)
{
    SimSpan apart = other->plan.at - one->plan.at;

    if (one->plan.order != ORDER_NONE && other->plan.order != ORDER_NONE &&
        one->plan.at != SIM_NEVER && other->plan.at != SIM_NEVER && ABS(apart) < RING_DELAY) {
        diag_add(diags, DIAG_ERROR, other->plan.place, DIAG_VALUE,
                 "'%s' and '%s' would change the ring at once: each change takes 30 s and its "
                 "streams, and a second one is refused meanwhile",
                 component_place(&one->component), component_place(&other->component));
    }
}

guint topology_check(Cluster *cluster, const uint32_t *factors, DiagList *diags)
{
    guint changes = 0;

    for (guint i = 0; i < cluster->node_count; i++) {
        const Cassandra *node = cluster->nodes[i];
        bool is_seed = i == 0 || cluster->nodes[i - 1]->site != node->site;

        changes += node->plan.order != ORDER_NONE ? 1 : 0;
        if (node->is_outsider && is_seed) {
            diag_add(diags, DIAG_ERROR, node->plan.place, DIAG_VALUE,
                     "'%s' is the first node of '%s' and so a seed: seeds do not bootstrap",
                     component_place(&node->component), node->component.site->name);
        }
        if (node->plan.order == ORDER_REPLACE) {
            check_replace(cluster, node, diags);
        } else if (node->plan.order == ORDER_LEAVE) {
            check_leave(cluster, node, factors[node->site], diags);
        }
        for (guint k = i + 1; k < cluster->node_count; k++) {
            check_pair(node, cluster->nodes[k], diags);
        }
    }
    return changes;
}

/* --- what is streamed ---------------------------------------------------------------------------
 */

/* The nodes whose bits are set, one of them: the nearest to `node` that it believes up and that
 * stores anything. NO_SOURCE: none. */
static uint16_t find_nearest(const Cassandra *node, guint index, uint32_t mask)
{
    const RingRange *range = ring_range(node->cluster->ring, index);
    const uint8_t *nearest = cluster_nearest(node->cluster, node->site, index);

    for (guint i = 0; i < range->count; i++) {
        uint16_t rank = range->replicas[nearest[i]];

        if ((mask >> nearest[i] & 1) != 0 && rank != node->rank && node_sees(node, rank)) {
            return rank;
        }
    }
    return NO_SOURCE;
}

static guint bit_of(const RingRange *range, guint rank)
{
    for (guint i = 0; i < range->count; i++) {
        if (range->replicas[i] == rank) {
            return i;
        }
    }
    return RING_REPLICAS_MOST;
}

/* Rows of the run and what was there before, for each range. */
static int64_t *measure_ranges(const Cassandra *node)
{
    const Cluster *cluster = node->cluster;
    guint count = ring_count_ranges(cluster->ring);
    int64_t *bytes = g_new0(int64_t, count);

    for (uint32_t i = 0; i < cluster->keys.capacity; i++) {
        if (cluster->keys.slots[i].index < cluster->keys.count) {
            bytes[cluster->keys.slots[i].range] += node->row_size;
        }
    }
    for (guint i = 0; i < count; i++) {
        bytes[i] += (int64_t)(ring_share(cluster->ring, i) * (double)node->data_size);
    }
    return bytes;
}

/* A joining node takes each range from the replica that loses it, which must be up, or from any
 * when none does (RangeStreamer.getAllRangesWithStrictSourcesFor); one that takes a dead one's
 * place from any. False when nobody has one. */
static bool plan_receiving(Cassandra *node, const int64_t *bytes)
{
    Topology *topology = node->topology;
    const Ring *ring = node->cluster->ring;

    for (guint i = 0; i < ring_count_ranges(ring); i++) {
        const RingRange *range = ring_range(ring, i);
        guint own = bit_of(range, node->rank);
        uint32_t losing = topology->doing == ORDER_JOIN ? range->losing : 0;

        topology->sources[i] = NO_SOURCE;
        if (own == RING_REPLICAS_MOST || (range->pending >> own & 1) == 0) {
            continue;
        }
        topology->sources[i] = find_nearest(node, i, losing != 0 ? losing : range->mask);
        if (topology->sources[i] == NO_SOURCE) {
            return false;
        }
        topology->left[topology->sources[i]] += bytes[i];
        topology->whole += bytes[i];
    }
    return true;
}

/* A leaving node streams each of its ranges to who gets it. */
static void plan_giving(Cassandra *node, const int64_t *bytes)
{
    Topology *topology = node->topology;
    const Ring *ring = node->cluster->ring;

    for (guint i = 0; i < ring_count_ranges(ring); i++) {
        const RingRange *range = ring_range(ring, i);

        topology->sources[i] = range->pending != 0 ? (uint16_t)node->rank : NO_SOURCE;
        for (uint32_t left = range->pending; left != 0; left &= left - 1) {
            topology->left[range->replicas[__builtin_ctz(left)]] += bytes[i];
            topology->whole += bytes[i];
        }
    }
}

static void take_copy(Cluster *cluster, const KeyEntry *entry, guint from, guint to)
{
    const RingRange *range = ring_range(cluster->ring, entry->range);
    uint32_t slot = entry->index * cluster->slots_per_key;
    int64_t version = store_get(&cluster->store, slot + from);
    Cassandra *node = cluster->nodes[range->replicas[to]];

    if (version > store_put(&cluster->store, slot + to, version) && version_is_delete(version)) {
        tombstones_keep(node, slot + to, version);
    }
}

/* What was streamed is there, at once on disk: an SSTable and not the commit log. */
static void take_copies(const Cassandra *node)
{
    Cluster *cluster = node->cluster;
    const Topology *topology = node->topology;

    for (uint32_t i = 0; i < cluster->keys.capacity; i++) {
        const KeyEntry *entry = &cluster->keys.slots[i];

        if (entry->index >= cluster->keys.count || topology->sources[entry->range] == NO_SOURCE) {
            continue;
        }
        const RingRange *range = ring_range(cluster->ring, entry->range);
        guint from = bit_of(range, topology->sources[entry->range]);

        for (uint32_t left = range->pending; left != 0; left &= left - 1) {
            take_copy(cluster, entry, from, (guint)__builtin_ctz(left));
        }
    }
}

/* --- begin and end ------------------------------------------------------------------------------
 */

static void set_member(Cassandra *node, RingMember member)
{
    ring_set_member(node->cluster->ring, node->rank, member);
    cluster_ring_changed(node->cluster);
    witness_ring_changed(node->cluster);
}

static void note(const Cassandra *node, const char *what)
{
    history_note(world_history(node->component.world), "cassandra.ring-change", &node->component,
                 "what", what, NULL, NULL);
}

static void forget(Cassandra *node)
{
    if (node->topology != NULL) {
        g_free(node->topology->left);
        g_free(node->topology->sources);
        g_clear_pointer(&node->topology, g_free);
    }
}

/* What has arrived is a table now, or is deleted. */
static void end_streams(Cassandra *node, bool is_whole)
{
    for (guint i = 0; i < node->cluster->node_count; i++) {
        Storage *storage = node->cluster->nodes[i]->storage;

        if (storage != NULL) {
            storage_received(storage, is_whole);
        }
    }
}

static void refuse(Cassandra *node)
{
    node->ring_changes_refused++;
    note(node, "refused");
}

/* The dead node keeps its tokens, and all else is as before. */
static void give_up(Cassandra *node)
{
    bool is_joining = node->topology->doing != ORDER_LEAVE;

    end_streams(node, false);
    forget(node);
    refuse(node);
    if (is_joining) {
        set_member(node, RING_OUTSIDE);
        gossip_forget(node);
        component_stop(&node->component, NULL); /* it exits with the reason in its log */
    } else {
        set_member(node, RING_NORMAL);
    }
}

/* Nobody waits for it any more. */
static void readdress_hints(const Cassandra *gone)
{
    for (guint i = 0; i < gone->cluster->node_count; i++) {
        if (i != gone->rank) {
            hints_readdress(gone->cluster->nodes[i], gone->rank);
        }
    }
}

static void complete(Cassandra *node)
{
    Topology *topology = node->topology;
    guint dead = topology->dead;
    bool has_dead = topology->doing == ORDER_REPLACE;

    take_copies(node);
    end_streams(node, true);
    if (topology->doing == ORDER_LEAVE) {
        hints_hand_over(node);
        set_member(node, RING_OUTSIDE);
        readdress_hints(node);
        gossip_forget(node);
        note(node, "left");
        topology->is_gone = true;
        engine_after(node->engine, RING_DELAY, &node->component.owner, &left_over, NULL, 0);
        return;
    }
    set_member(node, RING_NORMAL);
    if (has_dead) {
        gossip_forget(node->cluster->nodes[dead]);
        readdress_hints(node->cluster->nodes[dead]);
    }
    note(node, has_dead ? "replaced" : "joined");
    node->phase = NODE_READY;
    forget(node);
}

/* Everybody has forgotten it: it only waits to be switched off. */
static void on_left(void *self, void *subject, uint64_t detail)
{
    (void)subject;
    (void)detail;
    shutdown_rest(self);
}

/* --- streaming ----------------------------------------------------------------------------------
 */

static guint count_sessions(const Topology *topology, guint nodes)
{
    guint count = 0;

    for (guint i = 0; i < nodes; i++) {
        count += topology->left[i] > 0 ? 1 : 0;
    }
    return count;
}

/* Bytes a second with one of `sessions` peers: the sender's limits and the receiver's CPU, each
 * shared by its streams. */
static double stream_rate(const Cassandra *node, const Cassandra *peer, guint sessions)
{
    bool is_giving = node->topology->doing == ORDER_LEAVE;
    const Cassandra *sender = is_giving ? node : peer;
    const Cassandra *receiver = is_giving ? peer : node;
    double limit = sender->stream_throughput_outbound;
    double take = receiver->stream_receive_rate;

    if (sender->site != receiver->site) {
        limit = MIN(limit, sender->inter_dc_stream_throughput_outbound);
    }
    return MIN(is_giving ? limit / sessions : limit, is_giving ? take : take / sessions);
}

/* One second of one stream. False when the peer is gone: the session fails and all with it. */
static bool stream_with(Cassandra *node, guint rank, guint sessions)
{
    Topology *topology = node->topology;
    Cassandra *peer = node->cluster->nodes[rank];
    Cassandra *receiver = topology->doing == ORDER_LEAVE ? peer : node;
    double rate = stream_rate(node, peer, sessions);
    int64_t bytes = MIN(topology->left[rank], (int64_t)rate);

    if (!node_sees(node, rank) ||
        (receiver->storage != NULL && !storage_receive(receiver->storage, bytes))) {
        return false;
    }
    topology->left[rank] -= bytes;
    topology->done += bytes;
    node->bytes_streamed += (uint64_t)bytes;
    host_spend(receiver->component.host, &receiver->component.owner,
               (SimSpan)((double)bytes / receiver->stream_receive_rate * (double)SIM_S));
    return true;
}

static void on_tick(void *self, void *subject, uint64_t detail)
{
    Cassandra *node = self;
    guint nodes = node->cluster->node_count;
    guint sessions = count_sessions(node->topology, nodes);

    (void)subject;
    (void)detail;
    if (sessions == 0) {
        complete(node);
        return;
    }
    for (guint i = 0; i < nodes; i++) {
        if (node->topology->left[i] > 0 && !stream_with(node, i, sessions)) {
            give_up(node);
            return;
        }
    }
    engine_after(node->engine, TICK, &node->component.owner, &tick, NULL, 0);
}

/* Everybody knows by now: the streams begin. */
static void on_delay_over(void *self, void *subject, uint64_t detail)
{
    Cassandra *node = self;
    Topology *topology = node->topology;
    g_autofree int64_t *bytes = measure_ranges(node);

    (void)subject;
    (void)detail;
    topology->is_streaming = true;
    if (topology->doing == ORDER_LEAVE) {
        plan_giving(node, bytes);
    } else if (!plan_receiving(node, bytes)) {
        give_up(node);
        return;
    }
    on_tick(node, NULL, 0);
}

/* --- orders -------------------------------------------------------------------------------------
 */

static void begin(Cassandra *node, Order order)
{
    Topology *topology = g_new0(Topology, 1);

    topology->doing = order;
    topology->left = g_new0(int64_t, node->cluster->node_count);
    topology->sources = g_new0(uint16_t, ring_count_ranges(node->cluster->ring));
    node->topology = topology;
}

void topology_announce(Cassandra *node)
{
    Topology *topology = node->topology;
    bool is_replacing = topology->doing == ORDER_REPLACE;

    if (ring_is_changing(node->cluster->ring)) { /* somebody was faster */
        forget(node);
        refuse(node);
        component_stop(&node->component, NULL);
        return;
    }
    gossip_welcome(node);
    if (is_replacing) {
        ring_take_over(node->cluster->ring, node->rank, topology->dead);
        cluster_ring_changed(node->cluster);
        witness_ring_changed(node->cluster);
    } else {
        set_member(node, RING_JOINING);
    }
    note(node, "joins");
    engine_after(node->engine, is_replacing ? 2 * RING_DELAY : RING_DELAY, &node->component.owner,
                 &delay_over, NULL, 0);
}

void topology_order(Cassandra *node, Order order, const char *about)
{
    bool is_leaving = order == ORDER_LEAVE;
    const Cassandra *dead = order == ORDER_REPLACE ? find_dead(node->cluster, node, about) : NULL;

    bool is_outside = ring_member(node->cluster->ring, node->rank) == RING_OUTSIDE;

    if (node->topology != NULL || is_outside == is_leaving ||
        (is_leaving && node->phase != NODE_READY) || ring_is_changing(node->cluster->ring) ||
        (order == ORDER_REPLACE && (dead == NULL || dead->component.is_up))) {
        refuse(node);
        return;
    }
    begin(node, order);
    node->topology->dead = dead != NULL ? dead->rank : 0;
    if (!is_leaving) {
        node_boot(node);
        return;
    }
    set_member(node, RING_LEAVING);
    note(node, "leaves");
    engine_after(node->engine, RING_DELAY, &node->component.owner, &delay_over, NULL, 0);
}

void topology_stop(Cassandra *node)
{
    RingMember member = ring_member(node->cluster->ring, node->rank);

    if (node->topology == NULL) {
        return;
    }
    end_streams(node, false);
    forget(node);
    if (member == RING_JOINING) {
        set_member(node, RING_OUTSIDE);
        gossip_forget(node);
        refuse(node);
    } else if (member == RING_LEAVING) {
        set_member(node, RING_NORMAL);
        refuse(node);
    }
}

void topology_free(Cassandra *node)
{
    forget(node);
}

const char *topology_mode(const Cassandra *node)
{
    if (node->topology == NULL) {
        return NULL;
    }
    return node->topology->doing != ORDER_LEAVE ? "JOINING"
           : node->topology->is_gone            ? "DECOMMISSIONED"
                                                : "LEAVING";
}

bool topology_progress(const Cassandra *node, int64_t *done_bytes, int64_t *whole_bytes)
{
    if (node->topology == NULL || !node->topology->is_streaming || node->topology->is_gone) {
        return false;
    }
    *done_bytes = node->topology->done;
    *whole_bytes = node->topology->whole;
    return true;
}
