/* verdicts.h - what a scenario demanded against what its results show: every check judged. */
#pragma once

#include "sim/results/verdict.h"
#include "sim/scenario/scenario.h"

/* The metrics that components declared, for the reader of thresholds; ends with a NULL name. Caller
 * unrefs the array of ThresholdMetric, whose texts belong to the results. */
GArray *verdicts_declared(const Results *results);

/* Judges thresholds, invariants, must-happen, faults, probes and the hypothesis, in this order.
 * Caller unrefs the array of Judged *. NULL and `error` when the results could not be read. */
GPtrArray *verdicts_judge(const Scenario *scenario, Results *results, GError **error);
