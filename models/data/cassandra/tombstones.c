/* tombstones.c - what a delete leaves behind on each replica, until a compaction may purge it. */
#include "models/data/cassandra/tombstones.h"

#include "sim/world/history_store.h"
#include "sim/world/version.h"

/* One on one replica, in a heap by the instant of its compaction. */
typedef struct Tombstone {
    SimTime due;  /* by the node's clock on the wall */
    SimTime kept; /* by the true one */
    int64_t version;
    uint32_t slot;
} Tombstone;

struct Tombstones {
    GArray *heap; /* of Tombstone; the one that is due first stands first */
};

/* What is known of deletes whatever replica holds them. */
struct Deletions {
    GHashTable *made_us; /* version -> microseconds of the coordinator's clock; only looked up */
};

/* --- deletion times -----------------------------------------------------------------------------
 */

static Deletions *deletions_of(Cluster *cluster)
{
    if (cluster->deletions == NULL) {
        cluster->deletions = g_new0(Deletions, 1);
        cluster->deletions->made_us = g_hash_table_new(NULL, NULL);
    }
    return cluster->deletions;
}

void tombstones_made(Cassandra *coordinator, int64_t version)
{
    Deletions *deletions = deletions_of(coordinator->cluster);
    int64_t clock_us = component_wall_clock(&coordinator->component) / SIM_US;

    if (clock_us != version_clock_us(version)) {
        g_hash_table_insert(deletions->made_us, GSIZE_TO_POINTER((gsize)version),
                            GSIZE_TO_POINTER((gsize)clock_us));
    }
}

/* "Local deletion time": whole seconds of the clock of the coordinator that took the delete. */
static SimTime deleted_at(const Cluster *cluster, int64_t version)
{
    gpointer made = NULL;
    int64_t clock_us = version_clock_us(version);

    if (cluster->deletions != NULL &&
        g_hash_table_lookup_extended(cluster->deletions->made_us, GSIZE_TO_POINTER((gsize)version),
                                     NULL, &made)) {
        clock_us = (int64_t)GPOINTER_TO_SIZE(made);
    }
    return clock_us / 1000000 * SIM_S;
}

static SimTime wall_clock(const Cassandra *node)
{
    return component_wall_clock(&node->component);
}

int64_t tombstones_seen(const Cassandra *node, int64_t version)
{
    if (!version_is_delete(version)) {
        return version;
    }
    return wall_clock(node) / SIM_S * SIM_S >
                   deleted_at(node->cluster, version) + node->gc_grace_seconds
               ? 0
               : version;
}

/* --- compaction ---------------------------------------------------------------------------------
 */

static Tombstone *at(const GArray *heap, guint place)
{
    return &g_array_index(heap, Tombstone, place);
}

/* Equal instants go by slot: no two of a node have the same in force. */
static bool is_before(const Tombstone *one, const Tombstone *other)
{
    if (one->due != other->due) {
        return one->due < other->due;
    }
    return one->slot != other->slot ? one->slot < other->slot : one->version < other->version;
}

static void swap(GArray *heap, guint a, guint b)
{
    Tombstone kept = *at(heap, a);

    *at(heap, a) = *at(heap, b);
    *at(heap, b) = kept;
}

static void push(GArray *heap, Tombstone tombstone)
{
    guint place = heap->len;

    g_array_append_val(heap, tombstone);
    while (place > 0 && is_before(at(heap, place), at(heap, (place - 1) / 2))) {
        swap(heap, place, (place - 1) / 2);
        place = (place - 1) / 2;
    }
}

static Tombstone pop(GArray *heap)
{
    Tombstone first = *at(heap, 0);
    guint place = 0;

    *at(heap, 0) = *at(heap, heap->len - 1);
    g_array_set_size(heap, heap->len - 1);
    for (;;) {
        guint least = place;

        for (guint child = 2 * place + 1; child <= 2 * place + 2 && child < heap->len; child++) {
            least = is_before(at(heap, child), at(heap, least)) ? child : least;
        }
        if (least == place) {
            return first;
        }
        swap(heap, place, least);
        place = least;
    }
}

void tombstones_keep(Cassandra *node, uint32_t slot, int64_t version)
{
    Tombstone tombstone = {.kept = node_now(node), .version = version, .slot = slot};

    if (node->tombstones == NULL) {
        node->tombstones = g_new0(Tombstones, 1);
        node->tombstones->heap = g_array_new(FALSE, FALSE, sizeof(Tombstone));
    }
    tombstone.due = deleted_at(node->cluster, version) + node->gc_grace_seconds +
                    draw_span(node->tombstone_compaction, &node->tombstone_rng);
    push(node->tombstones->heap, tombstone);
}

static void purge(Cassandra *node, const Tombstone *tombstone)
{
    Cluster *cluster = node->cluster;

    store_restore(&cluster->store, tombstone->slot, 0);
    node->tombstones_purged++;
    history_copy(world_history(node->component.world), COPY_PURGED,
                 cluster->keys.keys[tombstone->slot / cluster->slots_per_key], tombstone->version,
                 &node->component);
}

/* A tombstone that a newer write has covered is gone with it. What no sync has made durable is in
 * no table yet, and is compacted later. */
void tombstones_sweep(Cassandra *node)
{
    GArray *heap = node->tombstones == NULL ? NULL : node->tombstones->heap;

    while (heap != NULL && heap->len > 0 && at(heap, 0)->due < wall_clock(node)) {
        Tombstone first = pop(heap);

        if (store_get(&node->cluster->store, first.slot) != first.version) {
            continue;
        }
        if (first.kept >= node->log.synced_at) {
            first.due = wall_clock(node) + node->commitlog_sync_period;
            push(heap, first);
        } else {
            purge(node, &first);
        }
    }
}

void tombstones_free(Cassandra *node)
{
    if (node->tombstones != NULL) {
        g_array_free(node->tombstones->heap, TRUE);
        g_clear_pointer(&node->tombstones, g_free);
    }
}

void tombstones_free_shared(Cluster *cluster)
{
    if (cluster->deletions != NULL) {
        g_hash_table_destroy(cluster->deletions->made_us);
        g_clear_pointer(&cluster->deletions, g_free);
    }
}
