/* repair_marks.c - what incremental repairs have covered: the version of each replica's row that
 * was the same everywhere when its range had been repaired, and ranges whose older data have been
 * compared. Stands for the split of SSTables into repaired and unrepaired ones.
 * Source: Cassandra 3.11 ActiveRepairService.doAntiCompaction (only when all replicas took part).
 */
#include "models/data/cassandra/repair.h"

struct RepairMarks {
    int64_t *versions; /* by slot */
    uint32_t slots;
    bool *ranges;
};

bool repair_is_marked(const Cluster *cluster, uint32_t slot, int64_t version)
{
    const RepairMarks *marks = cluster->repair_marks;

    return marks != NULL && slot < marks->slots && marks->versions[slot] == version;
}

bool repair_is_range_marked(const Cluster *cluster, guint range)
{
    return cluster->repair_marks != NULL && cluster->repair_marks->ranges[range];
}

static RepairMarks *marks_of(Cluster *cluster)
{
    RepairMarks *marks = cluster->repair_marks;
    uint32_t slots = cluster->keys.count * cluster->slots_per_key;

    if (marks == NULL) {
        marks = cluster->repair_marks = g_new0(RepairMarks, 1);
        marks->ranges = g_new0(bool, ring_count_ranges(cluster->ring));
    }
    if (slots > marks->slots) {
        slots = MAX(slots, marks->slots * 2);
        marks->versions = g_renew(int64_t, marks->versions, slots);
        memset(marks->versions + marks->slots, 0, (slots - marks->slots) * sizeof *marks->versions);
        marks->slots = slots;
    }
    return marks;
}

static bool is_same_on_all(const Cluster *cluster, uint32_t slot, uint32_t mask)
{
    int64_t version = store_get(&cluster->store, slot + (uint32_t)__builtin_ctz(mask));

    for (uint32_t left = mask; left != 0; left &= left - 1) {
        if (store_get(&cluster->store, slot + (uint32_t)__builtin_ctz(left)) != version) {
            return false;
        }
    }
    return true;
}

void repair_mark(Cluster *cluster, guint range)
{
    RepairMarks *marks = marks_of(cluster);
    uint32_t mask = ring_range(cluster->ring, range)->mask;

    marks->ranges[range] = true;
    for (uint32_t key = key_table_first(&cluster->keys, range); key != KEY_NONE;
         key = cluster->keys.next[key]) {
        uint32_t slot = key * cluster->slots_per_key;

        if (!is_same_on_all(cluster, slot, mask)) {
            continue; /* somebody has written meanwhile */
        }
        for (uint32_t left = mask; left != 0; left &= left - 1) {
            uint32_t one = slot + (uint32_t)__builtin_ctz(left);

            marks->versions[one] = store_get(&cluster->store, one);
        }
    }
}

void repair_marks_free(Cluster *cluster)
{
    if (cluster->repair_marks != NULL) {
        g_free(cluster->repair_marks->versions);
        g_free(cluster->repair_marks->ranges);
        g_clear_pointer(&cluster->repair_marks, g_free);
    }
}
