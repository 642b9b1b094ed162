/* scenario_when.h - what activities wait for: an event, or a level of components. */
#pragma once

#include "sim/scenario/scenario_read.h"

/* Reads "when" of all activities of the method. */
void scenario_when_read(Scenario *scenario, const Kind *const *kinds, DiagList *diags);
