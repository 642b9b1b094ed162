/* shutdown.h - how a node ends in good order. Private to this folder. */
#pragma once

#include "models/data/cassandra/node.h"

/* Clients and gossip are cut off and peers are told; the process lives on and serves what peers
 * still send. */
void shutdown_transports(Cassandra *node);

/* Begins to end in good order; the process lives on when it is only drained. */
void shutdown_begin(Cassandra *node, bool is_drain);

/* The process lives on, and nothing of what it had planned happens any more. */
void shutdown_rest(Cassandra *node);
