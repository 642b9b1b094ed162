/* reroute.h - how long until the users of a data centre are served by another one.
 * A population (client and region) of which the data centre answered at least 5 % in the minute
 * before a fault is taken as its users to that share. In each second after the fault was applied,
 * the share moved is 1 - U / D: D is what the data centre would have had to answer (its share of
 * what the populations asked for), U what failed or was still answered by it. As users only ever
 * leave, the share is smoothed to rise (isotonic regression, weighted by D): the distribution of
 * the times at which they left. Its p-quantile is the end of the first second from which at least p
 * has moved; "max" is that of 0.999. */
#pragma once

#include "sim/results/results_series.h"

#define REROUTE_ALL 0.999 /* the share that counts as all */

typedef struct Reroute Reroute;

/* Reads the faults whose targets name `dc`; `filter` narrows the populations by client and region.
 */
Reroute *reroute_measure(Results *results, const char *dc, const ResultsUserFilter *filter);
void reroute_free(Reroute *reroute);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Reroute, reroute_free)

typedef struct RerouteTime {
    double seconds;   /* NAN: no fault hit users of the data centre */
    bool is_censored; /* not reached while the fault lasted: `seconds` is how long that was */
} RerouteTime;

/* The time by which share `p` has moved, over all applications in run `run`, or in all runs
 * together when `run` is negative. */
RerouteTime reroute_time(const Reroute *reroute, int run, double p);

/* Expected requests of the displaced users in `run` (all runs: negative). */
double reroute_count(const Reroute *reroute, int run);

/* Least-squares fit of a rising sequence to `values` with weights, in place (pool adjacent
 * violators). */
void reroute_make_rising(double *values, const double *weights, guint count);
