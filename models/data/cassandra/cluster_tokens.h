/* cluster_tokens.h - which tokens the nodes of a cluster take. Private to this folder. */
#pragma once

#include "models/data/cassandra/node.h"

/* From the dump of a real ring, when there is one; drawn, or allocated where a node asks for it
 * (token_allocator.h). `factors`: replicas of each site. False when they cannot be. */
bool cluster_take_tokens(Cluster *cluster, World *world, const uint32_t *factors, DiagList *diags);
