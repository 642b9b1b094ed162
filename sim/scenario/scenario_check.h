/* scenario_check.h - how the parts of a scenario hang together: names that must exist, targets that
 * must match something, times that must lie within the run. */
#pragma once

#include "sim/scenario/scenario_read.h"

void scenario_check(const Scenario *scenario, DiagList *diags);
