/* release.h - which release the defaults are those of.
 * Source: conf/cassandra.yaml of Apache Cassandra 3.11.17, 4.0.12, 4.1.6 and 5.0-beta1. */
#pragma once

#include "models/data/cassandra/node.h"

typedef enum Release { RELEASE_3_11, RELEASE_4_0, RELEASE_4_1, RELEASE_5_0 } Release;

/* For the field "release"; ends with NULL. */
extern const char *const release_names[];

/* Gives settings that the scenario does not name the default of the node's release. Behaviour stays
 * that of 3.11 where no setting stands for it. */
void release_apply(Cassandra *node);
