/* measured.h - whether a scenario's world has what its thresholds and probes ask for: a label whose
 * value no component has would make a check that never sees anything. */
#pragma once

#include "sim/scenario/scenario.h"
#include "sim/world/component.h"

/* Makes the world of `scenario` without letting it live, and reports what is wrong with either:
 * what its components say of their settings, lints, and labels that lead to none that measures the
 * metric.
 */
void measured_check(const Scenario *scenario, const Kind *const *kinds, DiagList *diags);
