/* scan.c - what a read of a partition meets at one replica. */
#include "models/data/cassandra/scan.h"

#include "models/data/cassandra/tombstones.h"
#include "sim/world/version.h"

const Field partition_fields[] = {
    FIELD_COUNT(PartitionSettings, rows, .initial = "1", .lowest = "1", .highest = "1000000",
                .help = "Data that share a partition, those with numbers next to each other; each "
                        "read scans all rows of its partition that the run has written",
                .source = "assumption: each datum is a partition of its own"),
    FIELD_COUNT(PartitionSettings, cells, .initial = "1", .lowest = "1", .highest = "100000",
                .help = "Cells of a row; a delete leaves as many tombstones",
                .source = "assumption"),
    FIELD_COUNT(PartitionSettings, tombstones, .initial = "0", .lowest = "0",
                .highest = "1000000000",
                .help = "Tombstones that lie in each partition when the run begins",
                .source = "assumption: none"),
    FIELD_SPAN(PartitionSettings, tombstones_age, .initial = "0s", .lowest = "0s",
               .help = "How long before the run those were written; gc_grace_seconds counts from "
                       "there",
               .source = "assumption"),
    FIELD_SPAN(PartitionSettings, cell_cpu, .initial = "1us", .lowest = "0s",
               .help = "CPU of each cell that is passed over, live or deleted",
               .source = "assumption: about a million cells a second and core"),
    FIELD_END,
};

/* What a scan meets. */
typedef struct Met {
    uint64_t passed;     /* cells that cost time */
    uint64_t tombstones; /* of them, those that count: a compaction may not purge them yet */
} Met;

/* --- what lay there before the run --------------------------------------------------------------
 */

/* When a compaction purges them on this node, by its clock: drawn at the first look. */
static SimTime purged_at(Cassandra *node, uint64_t partition)
{
    SimTime *due;

    if (node->scans == NULL) {
        node->scans = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, g_free);
    }
    due = g_hash_table_lookup(node->scans, &partition);
    if (due == NULL) {
        due = g_new0(SimTime, 1);
        *due = node->gc_grace_seconds - node->partition.tombstones_age +
               draw_span(node->tombstone_compaction, &node->scan_rng);
        g_hash_table_insert(node->scans, g_memdup2(&partition, sizeof partition), due);
    }
    return *due;
}

static void meet_old(Cassandra *node, uint64_t partition, Met *met)
{
    SimTime now = component_wall_clock(&node->component);
    uint64_t count = (uint64_t)node->partition.tombstones;

    if (count == 0 || now >= purged_at(node, partition)) {
        return;
    }
    met->passed += count;
    met->tombstones += now <= node->gc_grace_seconds - node->partition.tombstones_age ? count : 0;
}

/* --- rows of the run ----------------------------------------------------------------------------
 */

static void meet_row(const Cassandra *node, int64_t version, Met *met)
{
    uint64_t cells = (uint64_t)node->partition.cells;

    if (version == 0) {
        return;
    }
    met->passed += cells;
    if (version_is_delete(version)) {
        met->tombstones += tombstones_seen(node, version) != 0 ? cells : 0;
    }
}

static void meet_rows(const Cassandra *node, uint64_t partition, guint index, Met *met)
{
    const Cluster *cluster = node->cluster;
    uint64_t rows = cluster->partition_rows;

    for (uint64_t key = partition * rows; key < partition * rows + rows; key++) {
        const KeyEntry *entry = key_table_find(&cluster->keys, key);

        if (entry != NULL) {
            meet_row(node,
                     store_get(&cluster->store, entry->index * cluster->slots_per_key + index),
                     met);
        }
    }
}

static void note(Cassandra *node, const char *as)
{
    history_note(world_history(node->component.world), "cassandra.tombstones", &node->component,
                 "as", as, NULL, NULL);
}

SimSpan scan_begin(Cassandra *node, const Read *read, guint index, bool *is_refused)
{
    uint64_t partition = scan_partition(node->cluster, read->key);
    uint64_t limit = (uint64_t)node->tombstone_failure_threshold;
    Met met = {0};

    meet_old(node, partition, &met);
    meet_rows(node, partition, index, &met);
    node->tombstones_scanned += MIN(met.tombstones, limit);
    *is_refused = met.tombstones > limit;
    if (*is_refused) { /* on the way there it has passed its share of the others */
        node->tombstone_failures++;
        note(node, "failed");
        met.passed = (uint64_t)((double)met.passed * (double)limit / (double)met.tombstones);
    } else if (met.tombstones > (uint64_t)node->tombstone_warn_threshold) {
        node->tombstone_warnings++;
        note(node, "warned");
    }
    return (SimSpan)met.passed * node->partition.cell_cpu;
}

void scan_free(Cassandra *node)
{
    g_clear_pointer(&node->scans, g_hash_table_unref);
}
