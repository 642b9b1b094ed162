/* hint_limits.h - which hints a coordinator keeps, and how many it may be keeping at once. Private
 * to this folder.
 * Source: Cassandra 3.11 StorageProxy.shouldHint (hinted_handoff_disabled_datacenters),
 * StorageProxy.checkHintOverload, submitHint: a hint is a task of the MUTATION stage, and while
 * more than 128 times the vCPUs are in progress, writes to who has one of them are refused as
 * Overloaded. As coded up to 4.1.6 the count of a target is always a fresh zero, so that never
 * happens; 'as_designed' counts, and only then do hints wait for a thread here. */
#pragma once

#include "models/data/cassandra/node.h"

extern const char *const hint_overload_names[];
enum { HINT_OVERLOAD_AS_CODED, HINT_OVERLOAD_AS_DESIGNED };

/* A hint that waits for a thread, or has one. */
typedef struct PendingHint PendingHint;

/* Once the cluster is known: names of data centres become a mask. */
void hint_limits_make(Cassandra *node, DiagList *diags);

/* Whether a write to these replicas is refused: of those in `mask` one has hints in progress, and
 * too many are in all. */
bool hint_limits_refuse(const Cassandra *node, const RingRange *range, uint32_t mask);

/* Takes a hint for later; false when it is to be kept at once. */
bool hint_limits_take(Cassandra *node, guint target, uint32_t slot, int64_t version);

/* A thread of the MUTATION stage is free for it. */
void hint_limits_run(Cassandra *node, PendingHint *hint);

/* Whether any is in progress; those are lost with the process. */
bool hint_limits_any(const Cassandra *node);
void hint_limits_stop(Cassandra *node);
void hint_limits_free(Cassandra *node);
