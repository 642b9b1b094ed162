/* witness.h - tells history which replicas share a range, and, when a check has found something,
 * who holds what of the key. */
#pragma once

#include "models/data/cassandra/node.h"

void witness_offer(Cluster *cluster, World *world);

/* The ring has other members: other replicas share its ranges. */
void witness_ring_changed(Cluster *cluster);

/* A replica has missed `version`, and no hint will bring it. */
void witness_hint_dropped(Cluster *cluster, guint target, uint32_t slot, int64_t version);

/* History is told of a statement that arrives, and of what it came to. */
void witness_invoked(Write *write);
void witness_ended(const Write *write, uint32_t code);

/* Whether all who were sent the write have acknowledged it within the timeout. */
bool witness_is_everywhere(const Write *write);

/* A write is forgotten: measures how soon it was on all replicas, or that it was not. */
void witness_spread(const Write *write, bool is_everywhere);

/* What every write must meet where nothing fails: at its timeout each copy is acknowledged, or its
 * event or acknowledgement is under way (slow), or somebody dropped it. Ends the program when a
 * copy is gone, and neither coordinator, relay, replica nor their links ever suffered a fault. */
void witness_assert_missed(const Write *write, guint index);

/* Whether a fault ever met the coordinator, a replica, a machine of theirs or a link between them.
 */
bool witness_has_suffered(const Write *write);

/* What every acknowledgement at ALL must mean: each replica holds the write or a newer one, unless
 * it died since it was sent, or has purged the tombstone. Ends the program when it is not so. */
void witness_assert_all(const Write *write);
