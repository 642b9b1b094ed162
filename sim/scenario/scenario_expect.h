/* scenario_expect.h - what a scenario demands: thresholds, invariants, what must happen. */
#pragma once

#include "sim/scenario/scenario_read.h"

/* Fills thresholds, invariants and must_happen; system, load and method must have been read, since
 * labels name what they declare. */
void scenario_expect_read(Scenario *scenario, const Kind *const *kinds, DiagList *diags);
