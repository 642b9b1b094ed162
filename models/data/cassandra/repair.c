/* repair.c - anti-entropy repair. Left out: what anti-compaction costs after an incremental one,
 * snapshots (-seq), parts of the participants (-local, -dc, -hosts) and of ranges (-st, -et), and
 * the CPU of compacting what was streamed. */
#include "models/data/cassandra/repair.h"

#include "models/data/cassandra/murmur3.h"
#include "models/data/cassandra/scan.h"
#include "models/data/cassandra/storage.h"
#include "models/data/cassandra/tombstones.h"

#define DEPTH_MOST 18 /* leaves of all ranges together: 2^18 */
#define LEAF_BYTES 40 /* of a tree on the wire: hash and range */

/* What is sent from one replica to another: the rows of leaves that differ between both. */
typedef struct StreamedRow {
    uint32_t key; /* index */
    int64_t version;
} StreamedRow;

/* The repair that a node leads. One for each node, kept: what is under way names it and the
 * number of its session, which a later one has not. */
struct Repair {
    Cassandra *node;
    RepairScope scope;
    bool is_running;
    bool is_in_range; /* and not between two */
    uint32_t session; /* counts ranges */
    guint range;      /* index of the one under way; that of the next one between two */
    uint32_t failed;  /* ranges of this repair */
    uint32_t here;    /* replicas whose trees have come */
    guint streams;    /* under way */
    guint depth;
    GArray *trees; /* of uint64_t: leaf by leaf, replica by replica */
    GArray *rows[RING_REPLICAS_MOST][RING_REPLICAS_MOST]; /* of StreamedRow, from one to another */
    SimTime read_at[RING_REPLICAS_MOST];      /* until when a replica's validation is paced */
    uint32_t generations[RING_REPLICAS_MOST]; /* of the participants, as gossip had them */
};

static void on_next_range(void *self, void *subject, uint64_t detail);
static void on_validation_asked(void *self, void *subject, uint64_t detail);
static void on_validation_read(void *self, void *subject, uint64_t detail);
static void on_validated(void *self, void *subject, uint64_t detail);
static void on_tree_arrived(void *self, void *subject, uint64_t detail);
static void on_stream_arrived(void *self, void *subject, uint64_t detail);
static void on_stream_applied(void *self, void *subject, uint64_t detail);
static void on_stream_done(void *self, void *subject, uint64_t detail);
static const EventType next_range = {"cassandra.repair-range", on_next_range};
static const EventType validation_asked = {"cassandra.validation-asked", on_validation_asked};
static const EventType validation_read = {"cassandra.validation-read", on_validation_read};
static const EventType validated = {"cassandra.validated", on_validated};
static const EventType tree_arrived = {"cassandra.tree-arrived", on_tree_arrived};
static const EventType stream_arrived = {"cassandra.stream-arrived", on_stream_arrived};
static const EventType stream_applied = {"cassandra.stream-applied", on_stream_applied};
static const EventType stream_done = {"cassandra.stream-done", on_stream_done};

/* An event's detail: the session, and who. */
static uint64_t about(const Repair *repair, guint from, guint to)
{
    return (uint64_t)repair->session << 16 | from << 8 | to;
}

static bool is_over(const Repair *repair, uint64_t detail)
{
    return !repair->is_running || (uint32_t)(detail >> 16) != repair->session;
}

static const RingRange *range_of(const Repair *repair)
{
    return ring_range(repair->node->cluster->ring, repair->range);
}

static Cassandra *replica_of(const Repair *repair, guint index)
{
    return repair->node->cluster->nodes[range_of(repair)->replicas[index]];
}

/* --- trees --------------------------------------------------------------------------------------
 */

static uint32_t count_keys(const KeyTable *keys, guint range)
{
    uint32_t count = 0;

    for (uint32_t i = key_table_first(keys, range); i != KEY_NONE; i = keys->next[i]) {
        count++;
    }
    return count;
}

/* How many tokens the range has; one less than all when it is the whole ring. */
static uint64_t width_of(const Cluster *cluster, guint range, uint64_t *first)
{
    guint ranges = ring_count_ranges(cluster->ring);
    uint64_t width;

    *first = (uint64_t)ring_range(cluster->ring, (range + ranges - 1) % ranges)->token;
    width = (uint64_t)ring_range(cluster->ring, range)->token - *first;
    return width == 0 ? UINT64_MAX : width;
}

/* Levels of the tree: enough for a leaf each, within what the range's share of the ring leaves of
 * all leaves (RepairJob: 18 less log2 of the ranges). */
static guint depth_for(const Cluster *cluster, guint range)
{
    uint32_t count = count_keys(&cluster->keys, range);
    guint wanted = count <= 1 ? 0 : 32 - (guint)__builtin_clz(count - 1);
    uint64_t first, width = width_of(cluster, range, &first);
    guint log2_width = 63 - (guint)__builtin_clzll(width);
    guint most = log2_width + DEPTH_MOST > 64 ? log2_width + DEPTH_MOST - 64 : 0;

    return MIN(wanted, most);
}

/* The leaf of a key: ranges of tokens of equal width. */
static guint leaf_of(const Repair *repair, uint32_t index)
{
    const Cluster *cluster = repair->node->cluster;
    uint64_t first, width = width_of(cluster, repair->range, &first);
    uint64_t token = (uint64_t)murmur3_token_of_bigint(
        (int64_t)scan_partition(cluster, cluster->keys.keys[index]));
    uint64_t part = (width >> repair->depth) + 1;

    return (guint)((token - first - 1) / part);
}

static uint64_t mix(uint64_t value)
{
    value = (value ^ value >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    value = (value ^ value >> 27) * UINT64_C(0x94d049bb133111eb);
    return value ^ value >> 31;
}

static uint64_t *leaves_of(const Repair *repair, guint index)
{
    return &g_array_index(repair->trees, uint64_t, (gsize)index << repair->depth);
}

/* What a replica has of a row, as far as this repair looks at it. */
static int64_t version_of(const Repair *repair, uint32_t key, guint index)
{
    const Cluster *cluster = repair->node->cluster;
    uint32_t slot = key * cluster->slots_per_key + index;
    int64_t version = store_get(&cluster->store, slot);

    return repair->scope.full || !repair_is_marked(cluster, slot, version) ? version : 0;
}

/* The replica hashes what it holds now, but what may be purged. */
static void hash_range(const Repair *repair, const Cassandra *replica, guint index)
{
    const Cluster *cluster = repair->node->cluster;
    uint64_t *leaves = leaves_of(repair, index);

    for (uint32_t i = key_table_first(&cluster->keys, repair->range); i != KEY_NONE;
         i = cluster->keys.next[i]) {
        int64_t version = tombstones_seen(replica, version_of(repair, i, index));

        if (version != 0) {
            leaves[leaf_of(repair, i)] += mix((uint64_t)version ^ mix(i));
        }
    }
}

static int64_t bytes_of(const Repair *repair, guint index)
{
    const Cluster *cluster = repair->node->cluster;
    int64_t bytes = 0;

    if (repair->scope.full || !repair_is_range_marked(cluster, repair->range)) {
        bytes =
            (int64_t)(ring_share(cluster->ring, repair->range) * (double)repair->node->data_size);
    }
    for (uint32_t i = key_table_first(&cluster->keys, repair->range); i != KEY_NONE;
         i = cluster->keys.next[i]) {
        bytes += version_of(repair, i, index) != 0 ? repair->node->row_size : 0;
    }
    return bytes;
}

/* --- from range to range ------------------------------------------------------------------------
 */

static void end(Repair *repair)
{
    Cassandra *node = repair->node;

    repair->is_running = false;
    node->repairs_ended += repair->failed == 0 ? 1 : 0;
    node->repairs_failed += repair->failed == 0 ? 0 : 1;
    history_note(world_history(node->component.world), "cassandra.repair-ended", &node->component,
                 "as", repair->failed == 0 ? "whole" : "failed", NULL, NULL);
}

static void plan_next(Repair *repair)
{
    Cassandra *node = repair->node;

    repair->is_in_range = false;
    repair->session++;
    repair->range++;
    engine_after(node->engine, 0, &node->component.owner, &next_range, repair, about(repair, 0, 0));
}

static void fail(Repair *repair)
{
    repair->failed++;
    repair->node->repair_ranges_failed++;
    plan_next(repair);
}

/* All replicas have taken in what they lacked. */
static void end_range(Repair *repair)
{
    if (!repair->scope.full) {
        repair_mark(repair->node->cluster, repair->range);
    }
    plan_next(repair);
}

/* Sends `type` to a participant; the range fails when it gets lost. */
static bool tell(Repair *repair, Cassandra *from, Cassandra *to, int64_t size_bytes,
                 const EventType *type, uint64_t detail)
{
    if (to->component.is_up && node_send(from, to, size_bytes, type, repair, detail)) {
        return true;
    }
    fail(repair);
    return false;
}

static void begin_range(Repair *repair)
{
    Cassandra *node = repair->node;
    const RingRange *range = range_of(repair);
    gsize leaves;

    if (node_live_replicas(node, range) != range->mask) { /* "Endpoint not alive" */
        fail(repair);
        return;
    }
    repair->is_in_range = true;
    repair->here = 0;
    repair->streams = 0;
    repair->depth = depth_for(node->cluster, repair->range);
    leaves = (gsize)range->count << repair->depth;
    g_array_set_size(repair->trees, 0);
    g_array_set_size(repair->trees, (guint)leaves); /* zeroed */
    for (guint i = 0; i < range->count; i++) {
        repair->generations[i] = node->gossip.peers[range->replicas[i]].generation;
    }
    for (guint i = 0; i < range->count; i++) {
        if ((range->mask >> i & 1) != 0 &&
            !tell(repair, node, replica_of(repair, i), MESSAGE_HEAD_BYTES, &validation_asked,
                  about(repair, i, 0))) {
            return;
        }
    }
}

static bool is_empty(const Repair *repair)
{
    const Cassandra *node = repair->node;

    return node->data_size == 0 && count_keys(&node->cluster->keys, repair->range) == 0;
}

static void on_next_range(void *self, void *subject, uint64_t detail)
{
    Repair *repair = subject;
    Cassandra *node = self;

    if (is_over(repair, detail)) {
        return;
    }
    while (repair->range < ring_count_ranges(node->cluster->ring) &&
           (!repair_covers(node->cluster, node->rank, repair->scope, repair->range) ||
            is_empty(repair))) {
        repair->range++;
    }
    if (repair->range >= ring_count_ranges(node->cluster->ring)) {
        end(repair);
        return;
    }
    node->repair_ranges++;
    begin_range(repair);
}

/* --- validation, at a replica -------------------------------------------------------------------
 */

/* All data of the range from the disk, as fast as the throttle lets it. */
static void on_validation_asked(void *self, void *subject, uint64_t detail)
{
    Cassandra *replica = self;
    Repair *repair = subject;
    guint index = detail >> 8 & 0xff;

    if (is_over(repair, detail) || !node_serves_peers(replica)) {
        return;
    }
    repair->read_at[index] =
        node_now(replica) + (SimSpan)((double)bytes_of(repair, index) * (double)SIM_S /
                                      (double)replica->repair_settings.validation_rate);
    host_disk(replica->component.host, &replica->component.owner, DISK_READ,
              MAX(1, bytes_of(repair, index)), &validation_read, repair, detail);
    if (replica->storage != NULL) {
        storage_pollute(replica->storage, bytes_of(repair, index));
    }
}

static void on_validation_read(void *self, void *subject, uint64_t detail)
{
    Cassandra *replica = self;
    Repair *repair = subject;
    guint index = detail >> 8 & 0xff;
    SimSpan cpu;

    if (is_over(repair, detail)) {
        return;
    }
    if (node_now(replica) < repair->read_at[index]) { /* the throttle */
        engine_at(replica->engine, repair->read_at[index], &replica->component.owner,
                  &validation_read, repair, detail);
        return;
    }
    cpu = (SimSpan)((double)bytes_of(repair, index) * (double)SIM_S /
                    replica->repair_settings.validation_cpu_rate);
    node_work(replica, cpu, &validated, repair, detail);
}

static void on_validated(void *self, void *subject, uint64_t detail)
{
    Cassandra *replica = self;
    Repair *repair = subject;

    if (!is_over(repair, detail)) {
        hash_range(repair, replica, detail >> 8 & 0xff);
        tell(repair, replica, repair->node, MESSAGE_HEAD_BYTES + (LEAF_BYTES << repair->depth),
             &tree_arrived, detail);
    }
}

/* --- comparison and streams ---------------------------------------------------------------------
 */

/* The rows of all leaves in which two replicas differ, both ways. */
static void collect(Repair *repair, guint one, guint other)
{
    const Cluster *cluster = repair->node->cluster;
    const uint64_t *mine = leaves_of(repair, one), *theirs = leaves_of(repair, other);

    for (uint32_t i = key_table_first(&cluster->keys, repair->range); i != KEY_NONE;
         i = cluster->keys.next[i]) {
        guint leaf = leaf_of(repair, i);
        StreamedRow there = {i, version_of(repair, i, one)};
        StreamedRow back = {i, version_of(repair, i, other)};

        if (mine[leaf] == theirs[leaf]) {
            continue;
        }
        if (there.version != 0) {
            g_array_append_val(repair->rows[one][other], there);
        }
        if (back.version != 0) {
            g_array_append_val(repair->rows[other][one], back);
        }
        repair->node->repair_rows_differing += there.version != back.version ? 1 : 0;
    }
}

static void compare(Repair *repair)
{
    guint count = range_of(repair)->count;
    uint32_t mask = range_of(repair)->mask;

    for (guint one = 0; one < count; one++) {
        for (guint other = 0; other < count; other++) {
            if (repair->rows[one][other] == NULL) {
                repair->rows[one][other] = g_array_new(FALSE, FALSE, sizeof(StreamedRow));
            }
            g_array_set_size(repair->rows[one][other], 0);
        }
    }
    for (guint one = 0; one < count; one++) {
        for (guint other = one + 1; other < count; other++) {
            if ((mask >> one & mask >> other & 1) != 0) {
                collect(repair, one, other);
            }
        }
    }
}

/* One replica's streams leave one after another, as fast as its throttle lets them. False when the
 * range has failed. */
static bool stream_from(Repair *repair, guint from)
{
    Cassandra *source = replica_of(repair, from);
    SimSpan sent = 0;

    for (guint to = 0; to < range_of(repair)->count; to++) {
        guint rows = from == to ? 0 : repair->rows[from][to]->len;
        int64_t bytes = (int64_t)rows * source->row_size;
        Cassandra *target = replica_of(repair, to);
        SimTime arrival;

        if (rows == 0) {
            continue;
        }
        sent +=
            (SimSpan)((double)bytes * (double)SIM_S / (double)source->repair_settings.stream_rate);
        arrival = connections_arrival(source, target, MESSAGE_HEAD_BYTES, CONNECTION_SMALL);
        if (arrival == SIM_NEVER || !target->component.is_up || !source->component.is_up) {
            fail(repair);
            return false;
        }
        repair->streams++;
        repair->node->repair_rows_streamed += rows;
        repair->node->repair_bytes_streamed += (uint64_t)bytes;
        engine_at(repair->node->engine, arrival + sent, &target->component.owner, &stream_arrived,
                  repair, about(repair, from, to));
    }
    return true;
}

static void on_tree_arrived(void *self, void *subject, uint64_t detail)
{
    Repair *repair = subject;

    (void)self;
    if (is_over(repair, detail)) {
        return;
    }
    repair->here |= 1u << (detail >> 8 & 0xff);
    if (repair->here != range_of(repair)->mask) {
        return;
    }
    compare(repair);
    for (guint from = 0; from < range_of(repair)->count; from++) {
        if (!stream_from(repair, from)) {
            return;
        }
    }
    if (repair->streams == 0) {
        end_range(repair);
    }
}

static void on_stream_arrived(void *self, void *subject, uint64_t detail)
{
    Cassandra *target = self;
    Repair *repair = subject;

    if (!is_over(repair, detail) && node_serves_peers(target)) {
        double bytes =
            (double)repair->rows[detail >> 8 & 0xff][detail & 0xff]->len * (double)target->row_size;

        node_work(target,
                  (SimSpan)(bytes * (double)SIM_S / target->repair_settings.stream_cpu_rate),
                  &stream_applied, repair, detail);
    }
}

/* A finished stream is a table of its own: on the disk, not in the commit log. */
static void on_stream_applied(void *self, void *subject, uint64_t detail)
{
    Cassandra *target = self;
    Repair *repair = subject;
    guint to = detail & 0xff;

    if (is_over(repair, detail)) {
        return;
    }
    const GArray *rows = repair->rows[detail >> 8 & 0xff][to];

    if (target->storage != NULL &&
        !storage_take_table(target->storage, (int64_t)rows->len * target->row_size)) {
        fail(repair);
        return;
    }
    for (guint i = 0; i < rows->len; i++) {
        const StreamedRow *row = &g_array_index(rows, StreamedRow, i);

        replica_take_in(target, row->key * target->cluster->slots_per_key + to, row->version);
    }
    tell(repair, target, repair->node, MESSAGE_HEAD_BYTES, &stream_done, detail);
}

static void on_stream_done(void *self, void *subject, uint64_t detail)
{
    Repair *repair = subject;

    (void)self;
    if (!is_over(repair, detail) && --repair->streams == 0) {
        end_range(repair);
    }
}

/* --- begin, failures and life -------------------------------------------------------------------
 */

static Repair *repair_of(Cassandra *node)
{
    if (node->repair == NULL) {
        node->repair = g_new0(Repair, 1);
        node->repair->node = node;
        node->repair->trees = g_array_new(FALSE, TRUE, sizeof(uint64_t));
    }
    return node->repair;
}

bool repair_begin(Cassandra *node)
{
    return repair_begin_as(node, node->repair_settings.scope);
}

bool repair_is_running(const Cassandra *node, RepairScope *scope)
{
    if (node->repair == NULL || !node->repair->is_running) {
        return false;
    }
    *scope = node->repair->scope;
    return true;
}

bool repair_begin_as(Cassandra *node, RepairScope scope)
{
    Repair *repair = repair_of(node);

    if (repair->is_running) {
        return false;
    }
    repair->is_running = true;
    repair->scope = scope;
    repair->is_in_range = false;
    repair->session++;
    repair->range = 0;
    repair->failed = 0;
    engine_after(node->engine, 0, &node->component.owner, &next_range, repair, about(repair, 0, 0));
    return true;
}

/* Gossip tells of participants that died, or that have been started anew
 * (RepairSession.onRestart). */
static bool has_lost_one(const Repair *repair)
{
    const RingRange *range = range_of(repair);

    for (guint i = 0; i < range->count; i++) {
        const Peer *peer = &repair->node->gossip.peers[range->replicas[i]];

        if ((range->mask >> i & 1) != 0 && range->replicas[i] != repair->node->rank &&
            (!peer->is_alive || peer->generation != repair->generations[i])) {
            return true;
        }
    }
    return false;
}

void repair_sweep(Cassandra *node)
{
    Repair *repair = node->repair;

    if (repair != NULL && repair->is_running && repair->is_in_range && has_lost_one(repair)) {
        fail(repair);
    }
}

void repair_stop(Cassandra *node)
{
    if (node->repair != NULL && node->repair->is_running) {
        node->repair->is_running = false;
        node->repair->session++;
        node->repairs_failed++;
    }
}

void repair_free(Cassandra *node)
{
    Repair *repair = node->repair;

    g_clear_pointer(&node->repair_plans, g_array_unref);
    if (repair == NULL) {
        return;
    }
    for (guint i = 0; i < RING_REPLICAS_MOST * RING_REPLICAS_MOST; i++) {
        GArray *rows = repair->rows[i / RING_REPLICAS_MOST][i % RING_REPLICAS_MOST];

        if (rows != NULL) {
            g_array_free(rows, TRUE);
        }
    }
    g_array_free(repair->trees, TRUE);
    g_clear_pointer(&node->repair, g_free);
}
