/* baseline_inside.h - how a baseline is put together, for those who take or read one. */
#pragma once

#include "sim/results/regression/baseline.h"

/* An empty one, without texts and with an unknown cost. */
Baseline *baseline_new(void);

/* Adds a metric without texts and values; the baseline's. */
BaselineMetric *baseline_add_metric(Baseline *baseline);
void baseline_add_check(Baseline *baseline, const char *title, const char *verdict);
