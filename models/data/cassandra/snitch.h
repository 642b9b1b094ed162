/* snitch.h - the dynamic snitch: replicas are read in order of how quickly they have answered.
 * Private to this folder. Source: Cassandra 3.11 locator/DynamicEndpointSnitch,
 * AbstractNetworkTopologySnitch; metrics-core 3.1.5 ExponentiallyDecayingReservoir. */
#pragma once

#include "models/data/cassandra/node.h"

/* --- one host's latencies -----------------------------------------------------------------------
 */

#define SNITCH_SAMPLES 100

/* One latency in whole milliseconds. It weighs e^(0.75 s), s the second it came in, and is kept by
 * a priority of that weight over a uniform draw: as a logarithm, which needs no rescaling. */
typedef struct SnitchSample {
    int32_t second, value_ms;
} SnitchSample;

/* The samples of the highest priorities; the first has the lowest. Zeroed: none. The median, asked
 * for ten times a second, needs no priorities: they stand apart. */
typedef struct SnitchReservoir {
    guint count;
    bool is_changed; /* since its median was last asked for */
    int64_t median_ms;
    SnitchSample samples[SNITCH_SAMPLES];
    double log_priorities[SNITCH_SAMPLES];
} SnitchReservoir;

/* A latency comes `second` whole seconds after the reservoir's begin; `u` is uniform in (0, 1). */
void snitch_reservoir_add(SnitchReservoir *reservoir, int64_t value_ms, int64_t second, double u);

/* What a sample weighs that is `age_s` whole seconds older than the newest one, which weighs 1. */
double snitch_weight(guint age_s);

/* The weighted median; 0 of an empty one. */
int64_t snitch_reservoir_median(SnitchReservoir *reservoir);

/* --- a node's view of all hosts -----------------------------------------------------------------
 */

/* Sorts `count` hosts that stand in the order of the plain snitch. `scores`: one each, negative
 * where there is none. Only when one is by more than `badness` worse than what a sort by score
 * would put in its place, or `badness` is 0. True when it sorted. */
bool snitch_sort(uint8_t *hosts, double *scores, guint count, double badness);

/* The plain snitch: where in its order `rank` stands for `node`, those alike in ring order: the
 * node itself, its rack, its site, the others. */
#define SNITCH_PLAIN_PLACES 4
uint8_t snitch_plain_place(const Cassandra *node, guint rank);

/* An answer, a local read: how long it took. An answer that will not come: the read's timeout, once
 * that is over. Nothing happens while the snitch is off. */
void snitch_heard(Cassandra *node, guint rank, SimSpan latency);
void snitch_missed(Cassandra *node, guint rank, SimTime asked_at);

/* A replica's answer to a read arrives `later` after `arrival`, SIM_NEVER: gets lost. Late answers
 * count like others. */
void snitch_tell(const Read *read, guint index, SimTime arrival, SimSpan later);

/* The live replicas of a range (`live`, a mask) in the order in which they are read: `order` is
 * filled with their indices; how many they are. */
guint snitch_order(Cassandra *node, const RingRange *range, uint32_t live, uint8_t *order);

void snitch_sweep(Cassandra *node);
void snitch_start(Cassandra *node);
void snitch_free(Cassandra *node);
