/* floors.h - tells history below which version no replica of a key can fall. */
#pragma once

#include "models/data/cassandra/node.h"

/* From now on history may ask. */
void floors_offer(Cluster *cluster, World *world);
