/* distribution.h - what one histogram a replication allows to say: means, percentiles, and how much
 * its values hang together. Verdicts, exports and reports ask here, so that one figure is the same
 * everywhere. Values that follow one another are alike, so intervals come from replications; how
 * alike they are says how many values a percentile needs (simulation methodology: of m values a
 * replication, m (1 - p) >= 100 and m >= 100 tau). */
#pragma once

#include "sim/base/estimate.h"
#include "sim/base/histogram.h"

/* A metric's histograms, one for each replication that measured it; borrowed. */
typedef struct Distribution {
    const Histogram *const *each;
    guint count;
    double scale;     /* 1e-9 for nanoseconds shown as seconds */
    const char *what; /* static text, what a value is: "requests", "values" */
    double confidence;
} Distribution;

/* tau: how many correlated values count for one, from how much the replications' means differ;
 * at least 1, and 1 for a single replication. */
double distribution_correlation(const Distribution *distribution);

/* The mean over all values: total over total, Student t over replications. Without an interval when
 * one of five or more replications makes up half of the total. */
Estimate distribution_mean(const Distribution *distribution);

/* The p-quantile of all replications together. One that rests on too few values (see
 * estimate_quantile) is not reliable and says how many more are needed; with fewer than 100 values
 * beyond it in some replication it has no interval at all. */
Estimate distribution_quantile(const Distribution *distribution, double p);

/* How many values of all replications lie above the p-quantile of all together. */
uint64_t distribution_count_beyond(const Distribution *distribution, double p);
