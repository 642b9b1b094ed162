/* scenario_nodes.h - the section system.nodes: which VPS stand where and what runs on them, and
 * whether the replicas that a keyspace asks for have nodes to live on. */
#pragma once

#include "sim/scenario/scenario_read.h"

/* Fills the node groups; data centres must have been read. */
void scenario_nodes_read(Scenario *scenario, const Kind *const *kinds, DiagList *diags);

/* Checks system.cassandra.keyspaces: every data centre named is one, and has as many nodes that run
 * cassandra as replicas are asked for. */
void scenario_replication_check(const Scenario *scenario, DiagList *diags);
