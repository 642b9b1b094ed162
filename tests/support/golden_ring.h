/* golden_ring.h - the ring that the reference figures were computed on: four nodes a site, 32
 * tokens a node drawn by splitmix64 from state 1, three replicas in each of DC01..DC03 and one in
 * each of DCB1 and DCB2. */
#pragma once

#include "models/data/cassandra/ring.h"

#define GOLDEN_SITES 5
#define GOLDEN_NODES 20

/* Caller frees. */
Ring *golden_ring_new(void);

/* "DC03-2" of node 9. */
const char *golden_ring_name(guint node);

/* Round-trip times between the sites in microseconds (WonderNetwork, 19/20 July 2020). */
extern const uint32_t golden_rtt_us[GOLDEN_SITES][GOLDEN_SITES];
