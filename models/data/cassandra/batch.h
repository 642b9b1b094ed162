/* batch.h - logged batches: written to the batch log of two neighbours first, so that all or none
 * of its data are written in the end, whatever becomes of the coordinator. Private to this folder.
 * Source: Cassandra 3.11 StorageProxy.mutateAtomically, batchlog/BatchlogManager. */
#pragma once

#include "models/data/cassandra/node.h"

void batch_receive(Cassandra *node, const Message *message);
void batch_begin(Cassandra *node, BatchOp *op);
void batch_make(Cassandra *node);
void batch_start(Cassandra *node);
void batch_stop(Cassandra *node, bool power_lost);

/* Its clients' connections are closed: what was begun goes on. */
void batch_break(Cassandra *node);
void batch_free(Cassandra *node);
void batch_free_shared(Cluster *cluster);
