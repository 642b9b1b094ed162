/* judge.h - what is true of each key at the end. */
#pragma once

#include "models/data/cassandra/node.h"

/* Whether nothing has happened for which a copy of a write may be missing for good: nobody died,
 * all hints are delivered, none was lost, refused or too old, nothing was purged, the ring is the
 * same, no write is under way. */
bool judge_must_agree(const Cluster *cluster);

/* on_judge of the kind: the first node tells history of all keys. Conservation, in every run: when
 * they must agree, every replica of every key holds the same; else the program ends. */
void judge_replicas(Component *self);
