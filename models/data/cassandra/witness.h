/* witness.h - tells history which replicas share a range, and, when a check has found something,
 * who holds what of the key. */
#pragma once

#include "models/data/cassandra/node.h"

void witness_offer(Cluster *cluster, World *world);

/* The ring has other members: other replicas share its ranges. */
void witness_ring_changed(Cluster *cluster);

/* A replica has missed `version`, and no hint will bring it. */
void witness_hint_dropped(Cluster *cluster, guint target, uint32_t slot, int64_t version);

/* What every acknowledgement at ALL must mean: each replica holds the write or a newer one, unless
 * it died since it was sent, or has purged the tombstone. Ends the program when it is not so. */
void witness_assert_all(const Write *write);
