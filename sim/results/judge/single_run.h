/* single_run.h - what one replication alone allows to say. Within a run one second depends on the
 * one before, so intervals come from overlapping batches of seconds and from quantiles of batches
 * (simulation methodology: Meketon and Schmeiser, 1984). They assume a steady run: when a fault is
 * on during the phase, or the series drifts, there is no interval. */
#pragma once

#include "sim/base/estimate.h"
#include "sim/results/judge/stream.h"

/* Total of parts over total of wholes in the first run that measured something. */
Estimate single_run_ratio(Results *results, const ThresholdRule *rule, double confidence);

/* The rule's quantile. */
Estimate single_run_quantile(Results *results, const ThresholdRule *rule, double confidence);
