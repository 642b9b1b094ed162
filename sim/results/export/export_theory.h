/* export_theory.h - closed forms beside simulated figures, for summary.json. */
#pragma once

#include <cjson/cJSON.h>

#include "sim/results/results_read.h"

/* Adds the array "theory": metric, aggregate, family, question, predicted, observed, low, high,
 * "within" (true, false, or null where it cannot be said) and why. */
void export_theory(const Results *results, cJSON *summary);
