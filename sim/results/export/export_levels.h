/* export_levels.h - components' metrics of a campaign for summary.json: gauges, counters and
 * histograms as their kinds declare them, by role, over the measured part and over every phase. */
#pragma once

#include <cjson/cJSON.h>

#include "sim/results/results_series.h"

/* Adds the metrics to the array `metrics`. Of a gauge: mean over components and time, and the
 * smallest and largest mean of one component over a sliding window of 10 s (or the phase, when that
 * is shorter), from the least to the most of the runs. Of a counter: the increase a run, all
 * components of the role together. */
void export_levels(Results *results, double confidence, cJSON *metrics);
