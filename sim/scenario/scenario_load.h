/* scenario_load.h - the section "load" with the profiles of system.clients. */
#pragma once

#include "sim/scenario/scenario_read.h"

/* Fills the loads, and the regions out of `wan` ("system.wan") that they use. */
void scenario_load_read(Scenario *scenario, const Kind *const *kinds, DiagList *diags);

/* Makes a region out of an entry of system.wan.regions or system.wan.checkers; only one in use must
 * know the way to every data centre. */
Region *scenario_region_read(const Scenario *scenario, const cJSON *tree, bool is_used,
                             DiagList *diags);
void scenario_region_free(gpointer region);
