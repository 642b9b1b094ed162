/* topology.h - changes of the ring: a node bootstraps, takes the place of a dead one, or is
 * decommissioned. From the announcement on the replicas to come are pending: they get writes and
 * raise the number of answers a coordinator waits for. */
#pragma once

#include "models/data/cassandra/node.h"

/* on_plan of the kind: remembers what the node will be told. A node that is to join stands outside
 * of the ring until then. */
void topology_plan(Component *self, const PlannedOrder *order, DiagList *diags);

/* Refuses plans that cannot be, once all nodes are known: too few nodes left for the replicas, a
 * seed that is to bootstrap, an unknown dead node, two changes at once. Marks who stands outside.
 * How many changes there will be. */
guint topology_check(Cluster *cluster, const uint32_t *factors, DiagList *diags);

/* The node is told to join, to replace or to leave. Refused, and counted, while another change is
 * under way (cassandra.consistent.rangemovement). */
void topology_order(Cassandra *node, Order order, const char *about);

/* The JVM of a joining node is up, and it gossips. */
void topology_announce(Cassandra *node);

/* Its process ended: what it was doing to the ring is undone. */
void topology_stop(Cassandra *node);
void topology_free(Cassandra *node);

/* What it does now: "JOINING", "LEAVING", "DECOMMISSIONED"; NULL: nothing. And how far its streams
 * are. */
const char *topology_mode(const Cassandra *node);
bool topology_progress(const Cassandra *node, int64_t *done_bytes, int64_t *whole_bytes);
