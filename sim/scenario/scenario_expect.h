/* scenario_expect.h - what a scenario demands: thresholds, invariants, what must happen. */
#pragma once

#include "sim/results/threshold.h"
#include "sim/scenario/scenario_read.h"

/* Fills thresholds, invariants and must_happen; system, load and method must have been read, since
 * labels name what they declare. */
void scenario_expect_read(Scenario *scenario, const Kind *const *kinds, DiagList *diags);

/* What a metric and a condition of a threshold can name in this scenario, for those who read one
 * from elsewhere. Caller frees; it points into `kinds`. */
typedef struct ScenarioKnown ScenarioKnown;
ScenarioKnown *scenario_known_new(const Scenario *scenario, const Kind *const *kinds);
const ThresholdKnown *scenario_known(const ScenarioKnown *known);
void scenario_known_free(ScenarioKnown *known);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ScenarioKnown, scenario_known_free)
