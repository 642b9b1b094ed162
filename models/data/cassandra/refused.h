/* refused.h - which share of an application's statements finds too few replicas while given nodes
 * are down: the ranges of the ring whose live replicas are not enough for the level; and how many
 * hints each write leaves for those that are down. */
#pragma once

#include "models/data/cassandra/node.h"
#include "sim/theory/prediction.h"

/* Part of on_predict of the kind: of the whole cluster, said once by its first node. */
void refused_predict(const Component *self, Predictions *predictions);

/* What a level asks for of a coordinator at `site`. */
ReplicasNeed refused_need(Consistency level, const Ring *ring, guint site);

/* The ring's ranges, over nodes of these names. Caller unrefs. */
Replicas *refused_replicas(const Ring *ring, const char *const *names, guint node_count);
