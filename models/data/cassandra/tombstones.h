/* tombstones.h - what a delete leaves behind on each replica, until a compaction may purge it.
 * A tombstone shadows older values; it is purged gc_grace_seconds after the deletion, at the next
 * compaction of its tables. A replica that missed it for longer than that brings the old value
 * back. Source: Cassandra 3.11 db/compaction/CompactionController, db/ReadCommand
 * (withoutPurgeableTombstones), hints/HintsDispatcher. */
#pragma once

#include "models/data/cassandra/node.h"

/* A coordinator has made a delete whose stamp is not its own clock's: the deletion time is, and
 * travels with the tombstone wherever it goes. */
void tombstones_made(Cassandra *coordinator, int64_t version);

/* `node` has put a tombstone into `slot`. */
void tombstones_keep(Cassandra *node, uint32_t slot, int64_t version);

/* What a read or a validation at `node` finds where `version` is stored: nothing, 0, once a
 * tombstone may be purged, even when no compaction has done so yet. */
int64_t tombstones_seen(const Cassandra *node, int64_t version);

/* Each second: compactions purge what is due. */
void tombstones_sweep(Cassandra *node);

void tombstones_free(Cassandra *node);
void tombstones_free_shared(Cluster *cluster);
