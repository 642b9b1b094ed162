/* witness.h - tells history which replicas share a range, and, when a check has found something,
 * who holds what of the key. */
#pragma once

#include "models/data/cassandra/node.h"

void witness_offer(Cluster *cluster, World *world);

/* What every acknowledgement at ALL must mean: each replica holds the write or a newer one, unless
 * it died since it was sent, or has purged the tombstone. Ends the program when it is not so. */
void witness_assert_all(const Write *write);
