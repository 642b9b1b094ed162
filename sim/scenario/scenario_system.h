/* scenario_system.h - the sections "system" and "load": what there is, and who asks. */
#pragma once

#include "sim/scenario/scenario_read.h"

/* Fills data centres, nodes, regions, checkers, loads and costs out of the resolved document, and
 * checks every kind's section against its fields. */
void scenario_system_read(Scenario *scenario, const Kind *const *kinds, DiagList *diags);
