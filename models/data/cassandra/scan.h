/* scan.h - partitions of several rows, which reads scan: what lies in the way of a read, deleted
 * rows above all. Off unless the settings ask for it. A row is a datum of the load; those whose
 * numbers stand next to each other share a partition and with it all replicas. A read looks at each
 * cell of each row of its partition that a statement has written in the run, and at what lay there
 * before it; a deleted row has a tombstone for each cell (columns set to null, or a DELETE of
 * each). Source: Cassandra 3.11 db/ReadCommand (withMetricsRecording, withoutPurgeableTombstones),
 * filter/TombstoneOverwhelmingException. */
#pragma once

#include "models/data/cassandra/node.h"

extern const Field partition_fields[];

/* Whether reads of the node scan. */
static inline bool scan_is_on(const Cassandra *node)
{
    return node->partition.rows > 1 || node->partition.cells > 1 || node->partition.tombstones > 0;
}

/* The partition that a datum is in. */
static inline uint64_t scan_partition(const Cluster *cluster, uint64_t key)
{
    return cluster->partition_rows > 1 ? key / cluster->partition_rows : key;
}

/* Replica number `index` of the read begins: the CPU that the scan takes on top. True in
 * `is_refused` when it meets more tombstones than tombstone_failure_threshold: it ends there and
 * fails. */
SimSpan scan_begin(Cassandra *node, const Read *read, guint index, bool *is_refused);

void scan_free(Cassandra *node);
