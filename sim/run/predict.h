/* predict.h - what closed forms say of a scenario's parts, beside what its campaign showed. */
#pragma once

#include "sim/results/results_read.h"
#include "sim/scenario/scenario.h"
#include "sim/theory/prediction.h"
#include "sim/world/component.h"

/* All predictions: the world is assembled anew, and not run. `kinds` ends with NULL. */
Predictions *predict(const Scenario *scenario, const Kind *const *kinds);

/* The rows that set them beside the results, one for each prediction whose metric was measured.
 * Caller unrefs the array of ResultsTheory, whose texts belong to `texts`. */
GArray *predict_compare(const Predictions *predictions, Results *results, double confidence,
                        GStringChunk *texts);
