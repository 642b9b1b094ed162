/* repair.h - anti-entropy repair: for each range in turn all replicas read what they hold, hash it
 * into trees of leaves, and every two whose leaves differ send each other all of these leaves.
 * Private to this folder. Source: Cassandra 3.11 repair/RepairJob, service/ActiveRepairService,
 * db/compaction/CompactionManager.createMerkleTrees, tools/nodetool/Repair. */
#pragma once

#include "models/data/cassandra/node.h"

extern const Field repair_fields[];

/* Begins a repair of the node's ranges, as `nodetool repair` does; false when one is under way. */
bool repair_begin(Cassandra *node);

/* Joins the cluster: plans the next of the repairs that come of themselves. */
void repair_start(Cassandra *node);

/* Each second: a range whose participant is believed dead fails. */
void repair_sweep(Cassandra *node);
void repair_stop(Cassandra *node);
void repair_free(Cassandra *node);
