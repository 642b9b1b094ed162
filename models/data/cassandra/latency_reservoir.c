/* latency_reservoir.c - how long reads took lately, to coarse buckets that forget. */
#include "models/data/cassandra/latency_reservoir.h"

#include <math.h>

#define AGING_5S 0.943874312681693980 /* 2 to the power of -5/60 */

void latency_reservoir_init(LatencyReservoir *reservoir)
{
    int64_t limit = 1;

    for (guint i = 0; i < LATENCY_BUCKETS; i++) {
        int64_t next = (limit * 6 + 2) / 5; /* round(1.2 x), halves never occur */

        reservoir->limits[i] = limit;
        reservoir->weights[i] = 0;
        limit = next == limit ? limit + 1 : next;
    }
}

void latency_reservoir_add(LatencyReservoir *reservoir, SimSpan latency)
{
    guint low = 0, high = LATENCY_BUCKETS - 1;

    while (low < high) {
        guint middle = (low + high) / 2;

        if (reservoir->limits[middle] < latency) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    reservoir->weights[low] += 1;
}

void latency_reservoir_age(LatencyReservoir *reservoir)
{
    for (guint i = 0; i < LATENCY_BUCKETS; i++) {
        reservoir->weights[i] *= AGING_5S;
    }
}

SimSpan latency_reservoir_quantile(const LatencyReservoir *reservoir, double ratio)
{
    double total = 0, wanted, seen = 0;

    for (guint i = 0; i < LATENCY_BUCKETS; i++) {
        total += floor(reservoir->weights[i] + 0.5);
    }
    if (total < 1) {
        return 0;
    }
    wanted = ceil(total * ratio);
    for (guint i = 0; i < LATENCY_BUCKETS; i++) {
        seen += floor(reservoir->weights[i] + 0.5);
        if (seen >= wanted) {
            return reservoir->limits[i];
        }
    }
    return reservoir->limits[LATENCY_BUCKETS - 1];
}
