/* judge.c - what is true of each key at the end: tells history the newest and the oldest version
 * that its replicas hold. */
#include "models/data/cassandra/judge.h"

#include "models/data/cassandra/hint_limits.h"
#include "models/data/cassandra/schema.h"

#include "sim/world/history_store.h"
#include "sim/world/version.h"

#define FIRST_LIFE 1 /* component.h: each fall begins another one */

static void judge_key(uint64_t key, int64_t newest_acked, void *context)
{
    Cluster *cluster = context;
    const KeyEntry *entry = key_table_find(&cluster->keys, key);
    int64_t newest = 0, oldest = INT64_MAX, shown = 0, purged;

    (void)newest_acked;
    if (entry == NULL) {
        return;
    }
    const RingRange *range = ring_range(cluster->ring, entry->range);

    purged = history_purged(world_history(cluster->nodes[0]->component.world), key);
    for (guint i = 0; i < range->count; i++) {
        if ((range->mask >> i & 1) == 0) {
            continue; /* it was one, or will be */
        }
        const Cassandra *replica = cluster->nodes[range->replicas[i]];
        int64_t version = store_get(&cluster->store, entry->index * cluster->slots_per_key + i);

        shown = version < purged && !version_is_delete(version) ? MAX(shown, version) : shown;
        version = version == 0 ? purged : version; /* both say that there is nothing */

        newest = MAX(newest, version);
        if (replica->component.is_up) {
            oldest = MIN(oldest, version);
        }
    }
    if (shown > 0 && newest == purged) { /* nothing newer covers it */
        history_final_shown(world_history(cluster->nodes[0]->component.world), key, shown);
    }
    history_final(world_history(cluster->nodes[0]->component.world), key, newest,
                  oldest == INT64_MAX ? newest : oldest);
}

/* --- conservation -------------------------------------------------------------------------------
 */

static bool has_hints(const Cassandra *node)
{
    for (guint i = 0; i < node->cluster->node_count; i++) {
        if (node->hints[i].end > node->hints[i].page) {
            return true;
        }
    }
    return hint_limits_any(node);
}

/* Completing another's proposal leaves no hints (StorageProxy.beginAndRepairPaxos). */
static bool has_lost_none(const Cassandra *node)
{
    return node->component.is_up && node->component.owner.incarnation == FIRST_LIFE &&
           node->hinted_handoff_enabled && node->plan.order == ORDER_NONE &&
           node->writes.first == NULL && node->hints_expired == 0 && node->writes_undone == 0 &&
           node->tombstones_purged == 0 && node->cas_completions == 0 && !has_hints(node);
}

bool judge_must_agree(const Cluster *cluster)
{
    if (cluster->hints_dropped > 0 || schema_has_dropped(cluster)) {
        return false;
    }
    for (guint i = 0; i < cluster->node_count; i++) {
        if (!has_lost_none(cluster->nodes[i])) {
            return false;
        }
    }
    return true;
}

static void assert_agreement(const Cluster *cluster)
{
    for (uint32_t i = 0; i < cluster->keys.capacity; i++) {
        const KeyEntry *entry = &cluster->keys.slots[i];
        uint32_t slot = entry->index * cluster->slots_per_key;

        if (entry->index >= cluster->keys.count) {
            continue;
        }
        for (guint k = 1; k < ring_range(cluster->ring, entry->range)->count; k++) {
            g_assert_cmpint(store_get(&cluster->store, slot + k), ==,
                            store_get(&cluster->store, slot));
        }
    }
}

void judge_replicas(Component *self)
{
    Cluster *cluster = node_of(self)->cluster;

    if (world_of_kind(self->world, "cassandra")->pdata[0] == self) {
        if (judge_must_agree(cluster)) {
            assert_agreement(cluster);
        }
        history_each_key(world_history(self->world), judge_key, cluster);
    }
}
