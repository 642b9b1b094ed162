/* latency_reservoir.h - how long reads took lately, to coarse buckets that forget: what the
 * threshold "99PERCENTILE" of speculative_retry is read from.
 * Source: Cassandra 3.11 DecayingEstimatedHistogramReservoir: limits 1, 2, ... each 1.2 times the
 * one before, half-life 60 s, counts rounded to whole numbers. */
#pragma once

#include "sim/base/sim_time.h"

#define LATENCY_BUCKETS 164

typedef struct LatencyReservoir {
    int64_t limits[LATENCY_BUCKETS];
    double weights[LATENCY_BUCKETS];
} LatencyReservoir;

/* Empty. */
void latency_reservoir_init(LatencyReservoir *reservoir);
void latency_reservoir_add(LatencyReservoir *reservoir, SimSpan latency);

/* Five seconds went by: older values weigh less. */
void latency_reservoir_age(LatencyReservoir *reservoir);

/* The limit of the bucket in which the quantile `ratio` (0 to 1) lies; 0 when all is forgotten. */
SimSpan latency_reservoir_quantile(const LatencyReservoir *reservoir, double ratio);
