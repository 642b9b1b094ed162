/* judge.h - what is true of each key at the end. */
#pragma once

#include "models/data/cassandra/node.h"

/* on_judge of the kind: the first node tells history of all keys. */
void judge_replicas(Component *self);
