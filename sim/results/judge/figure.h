/* figure.h - from one number a replication to an interval, a margin and a verdict. Two kinds:
 * an estimate, whose interval is one of confidence (pass when all of it meets the limit, fail when
 * none of it does, else inconclusive); and a worst case, asked of every run, whose interval runs
 * from the best to the worst replication (pass when all meet the limit, fail when one does not:
 * that one is a counterexample). */
#pragma once

#include "sim/base/estimate.h"
#include "sim/results/threshold.h"
#include "sim/results/verdict.h"

/* Sets observed, low, high, margin and verdict of `judged` from an estimate; `note` (may be NULL)
 * is added to the reason. With `needs_reliable`, one that
 * rests on too few values is inconclusive. */
void figure_judge_estimate(Judged *judged, const ThresholdRule *rule, const Estimate *estimate,
                           bool needs_reliable, const char *note);

/* The same from the worst value of each replication, NAN where there was none. One replication
 * cannot pass. */
void figure_judge_worst(Judged *judged, const ThresholdRule *rule, const double *values,
                        guint count, double confidence, const char *note);

/* Distance from the limit to `value` as a share of the limit, positive on the good side; NAN when
 * the limit is 0. */
double figure_margin(const ThresholdRule *rule, double value);
