/* cluster.h - builds what all nodes of a world share, once all of them exist. */
#pragma once

#include "models/data/cassandra/node.h"

/* The world's cluster: built at the first asking, from the settings of the node with the lowest
 * rank; what is wrong with its keyspaces is reported then. Has no ring when that failed. */
Cluster *cluster_of(World *world, DiagList *diags);

/* The table of a law, shared by all nodes that use it. */
ServiceTime *cluster_service(Cluster *cluster, Draw law);

/* The schema of the field "keyspaces". */
extern const char cluster_keyspaces_schema[];
