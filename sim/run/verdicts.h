/* verdicts.h - what a scenario demanded against what its results show: every check judged. */
#pragma once

#include "sim/results/verdict.h"
#include "sim/scenario/scenario.h"

/* Judges thresholds, invariants, must-happen, faults, probes and the hypothesis, in this order.
 * Adds a ResultsProbe for each look of a probe to `looks`, which may be NULL.
 * Caller unrefs the array of Judged *. NULL and `error` when the results could not be read. */
GPtrArray *verdicts_judge(const Scenario *scenario, Results *results, GArray *looks,
                          GError **error);
