/* judge.c - what is true of each key at the end: tells history the newest and the oldest version
 * that its replicas hold. */
#include "models/data/cassandra/judge.h"

#include "sim/world/history_store.h"
#include "sim/world/version.h"

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

void judge_replicas(Component *self)
{
    Cluster *cluster = node_of(self)->cluster;

    if (world_of_kind(self->world, "cassandra")->pdata[0] == self) {
        history_each_key(world_history(self->world), judge_key, cluster);
    }
}
