/* hints.h - writes kept for replicas that missed them. Private to this folder. */
#pragma once

#include "models/data/cassandra/peers.h"

typedef struct Write Write;

void hints_store(Cassandra *node, guint target, uint32_t slot, int64_t version);

/* Whether a hint would be kept for it now (StorageProxy.shouldHint). */
bool hints_are_kept_for(const Cassandra *node, guint target);

/* Replica number `index` misses the write: keeps a hint, or tells history that there will be none
 * (StorageProxy.shouldHint). True when one is kept. */
bool hints_store_write(const Write *write, guint index);

/* Whether it is too old to be applied at `node`: a tombstone in between may be gone already. */
bool hints_is_expired(const Cassandra *node, const Hint *hint);

/* The target has applied `count` hints from place `first` on, and its acknowledgement will arrive.
 */
void hints_acked(HintQueue *queue, uint64_t first, guint count);
void hints_start(Cassandra *node);
void hints_stop(Cassandra *node);
void hints_flush(Cassandra *node);
void hints_sweep(Cassandra *node);

/* The node leaves: another one of its site keeps its hints from now on, or any that lives. */
void hints_hand_over(Cassandra *node);

/* `target` is no member any more: what `node` keeps for it goes to all replicas that are (they may
 * lack it: what was streamed to them did). */
void hints_readdress(Cassandra *node, guint target);

/* Nothing is kept for the target of the queue any more. */
void hints_forget(HintQueue *queue);
