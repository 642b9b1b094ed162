/* repair.h - anti-entropy repair: for each range in turn all replicas read what they hold, hash it
 * into trees of leaves, and every two whose leaves differ send each other all of these leaves.
 * Private to this folder. Source: Cassandra 3.11 repair/RepairJob, service/ActiveRepairService,
 * db/compaction/CompactionManager.createMerkleTrees, tools/nodetool/Repair. */
#pragma once

#include "models/data/cassandra/node.h"

extern const Field repair_fields[];

/* Begins a repair of the node's ranges, as its settings say or as `scope` does; false when one is
 * under way. */
bool repair_begin(Cassandra *node);
bool repair_begin_as(Cassandra *node, RepairScope scope);

/* What the repair that the node leads now covers; false when it leads none. */
bool repair_is_running(const Cassandra *node, RepairScope *scope);

/* Each second: a range whose participant is believed dead fails. */
void repair_sweep(Cassandra *node);
void repair_stop(Cassandra *node);
void repair_free(Cassandra *node);

/* --- repair_order.c: who asks for it ------------------------------------------------------------
 */

/* Joins the cluster: plans the next of the repairs that come of themselves. */
void repair_start(Cassandra *node);

/* Whether a repair that the node leads covers the range. */
bool repair_covers(const Cluster *cluster, guint rank, RepairScope scope, guint range);

/* on_plan and on_order of the kind, for ORDER_REPAIR; `about` are options of nodetool. An order is
 * refused, and counted, when a repair of the same ranges is under way. */
void repair_plan(Cassandra *node, const PlannedOrder *order);
void repair_order(Cassandra *node, const char *about);

/* Refuses repairs whose ranges and times overlap, once the ring is made. */
void repair_check(const Cluster *cluster, DiagList *diags);

/* --- repair_marks.c: what incremental repairs have covered ---------------------------------------
 */

/* Whether the version of that slot has been repaired; the data from before the run of the range. */
bool repair_is_marked(const Cluster *cluster, uint32_t slot, int64_t version);
bool repair_is_range_marked(const Cluster *cluster, guint range);

/* A range was repaired incrementally: what all its replicas hold alike needs it no more. */
void repair_mark(Cluster *cluster, guint range);
void repair_marks_free(Cluster *cluster);
