/* floors.c - tells history below which version no replica of a key can fall: the oldest that any
 * stores, or falls back to when power fails before the commit log is synced. Copies under way,
 * hints and repairs only raise it. While losses of a power failure are being looked into nothing is
 * told: what was lost may be newer than what is stored. */
#include "models/data/cassandra/floors.h"

#define PURGE_NEVER (5 * SIM_DAY) /* no run is as long */

/* Which of the keys asked for has an index; NOBODY: none. */
#define NOBODY UINT32_MAX

static void fill_from_stores(const Cluster *cluster, const uint64_t *keys, int64_t *floors,
                             size_t count, uint32_t *asked)
{
    for (size_t i = 0; i < count; i++) {
        const KeyEntry *entry = key_table_find(&cluster->keys, keys[i]);
        guint replicas = entry != NULL ? ring_range(cluster->ring, entry->range)->count : 0;

        floors[i] = replicas > 0 ? INT64_MAX : 0;
        for (guint k = 0; k < replicas; k++) {
            uint32_t slot = entry->index * cluster->slots_per_key + k;

            if ((ring_range(cluster->ring, entry->range)->mask >> k & 1) == 0) {
                continue; /* no read asks it */
            }
            floors[i] = MIN(floors[i], store_get(&cluster->store, slot));
            asked[entry->index] = (uint32_t)i;
        }
    }
}

static void fill_from_log(const Cluster *cluster, const CommitLog *log, int64_t *floors,
                          const uint32_t *asked)
{
    for (size_t i = 0; i < log->count; i++) {
        uint32_t place = asked[log->entries[i].slot / cluster->slots_per_key];

        if (place != NOBODY) {
            floors[place] = MIN(floors[place], log->entries[i].before);
        }
    }
}

/* Where tombstones are purged within a run, a key may fall back to nothing or to an older value. */
static bool may_purge(const Cluster *cluster)
{
    if (cluster->schema != NULL) {
        return true; /* a column may be dropped */
    }
    for (guint i = 0; i < cluster->node_count; i++) {
        if (cluster->nodes[i]->gc_grace_seconds < PURGE_NEVER) {
            return true;
        }
    }
    return false;
}

static void fill(void *context, const uint64_t *keys, int64_t *floors, size_t count)
{
    const Cluster *cluster = context;
    g_autofree uint32_t *asked = g_new(uint32_t, cluster->keys.count + 1);

    if (cluster->losses != NULL || cluster->surveys->len > 0 || may_purge(cluster)) {
        memset(floors, 0, count * sizeof *floors);
        return;
    }
    memset(asked, 0xff, cluster->keys.count * sizeof *asked);
    fill_from_stores(cluster, keys, floors, count, asked);
    for (guint i = 0; i < cluster->node_count; i++) {
        fill_from_log(cluster, &cluster->nodes[i]->log, floors, asked);
    }
}

void floors_offer(Cluster *cluster, World *world)
{
    HistoryFloors floors = {fill, cluster};

    history_set_floors(world_history(world), &floors);
}
