/* judge_runs.h - what a metric is in each replication, a number each: what two versions are paired
 * by, and what selection procedures average. A percentile of one replication rests on fewer values
 * than that of all together and lies a little beside it; the same on both sides of a difference. */
#pragma once

#include "sim/results/judge/judge.h"

/* The metrics that components declared, for the reader of thresholds; ends with a NULL name. Caller
 * unrefs the array of ThresholdMetric, whose texts belong to the results. */
GArray *judge_declared(const Results *results);

/* The rule's value in every replication, in order of results_runs; NAN where nothing was measured.
 * With a window the worst one, with '*' among the labels the worst of its values. Caller frees. */
double *judge_each_run(Results *results, const ThresholdRule *rule, SimSpan window);
