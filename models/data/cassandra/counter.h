/* counter.h - counters: one replica of the coordinator's site leads each increment, reads what it
 * holds, adds to its own shard and sends that to the others. A shard is the number of increments
 * that its leader has made; a counter is the sum over all leaders. An increment that times out may
 * or may not have counted. Private to this folder.
 * Source: Cassandra 3.11 StorageProxy.mutateCounter, db/CounterMutation, db/context/CounterContext.
 */
#pragma once

#include "models/data/cassandra/node.h"

/* Marks the slot of a hint that brings a shard; its version is a value and a leader. */
#define COUNTER_SLOT (UINT32_C(1) << 31)

static inline int64_t counter_packed(int64_t value, guint leader)
{
    return value << 8 | leader;
}

void counter_receive(Cassandra *node, const Message *message);
void counter_begin(Cassandra *node, CounterOp *op);

/* A replica stores a leader's shard unless it has a larger one. */
void counter_merge(Cassandra *node, uint32_t slot, guint leader, int64_t value);

/* What the replica at `slot` counts. */
int64_t counter_value(const Cassandra *node, uint32_t slot);

void counter_make(Cassandra *node);
void counter_stop(Cassandra *node, bool power_lost);

/* Its clients' connections are closed: what was begun goes on. */
void counter_break(Cassandra *node);
void counter_free(Cassandra *node);
