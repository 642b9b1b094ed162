/* losses.h - finds out at a loss of power which versions it took the last copy of, and tells
 * history, which knows whether they had been acknowledged. */
#pragma once

#include "models/data/cassandra/node.h"

/* The node is about to lose what its commit log has not synced. */
void losses_note(Cassandra *node);

void losses_free(Cluster *cluster);
