/* judge.h - whether a threshold holds in a campaign.
 *
 * Over the whole phase (or the measured part, without a label "phase"):
 *   avg, rate, value   ratio of totals over replications, interval by Student's t; value of a gauge
 * is its last sample med, p(N)          quantile of all replications together, interval from the
 * replications' own; needs 100 values beyond it in each replication count, and min, max of a
 * distribution, outage_duration, reroute_time: worst case, asked of every replication With a
 * window, and for min and max of levels and speeds (window 10 s unless given): the worst sliding
 * window of each replication, asked of every one. One replication: intervals from within the run
 * where nothing disturbs it; else inconclusive. A label '*' judges each value by itself and shows
 * the worst. */
#pragma once

#include "sim/base/estimate.h"
#include "sim/results/threshold.h"
#include "sim/results/verdict.h"

/* The window of min and max of levels and speeds when none is given. */
#define JUDGE_WINDOW (10 * SIM_S)

/* Whether a window can be given for this metric and aggregate. */
bool judge_takes_window(const ThresholdRule *rule);

/* Judges one condition; `window` 0 is none. Caller frees. */
Judged *judge_threshold(Results *results, const ThresholdRule *rule, SimSpan window,
                        double confidence);

/* The estimate alone, for summaries: mean-like aggregates (avg, rate, value) and percentiles of a
 * rule without '*'. */
Estimate judge_estimate(Results *results, const ThresholdRule *rule, double confidence);
