/* scenario_ref.h - an activity that is another one under a new name: "ref", as Chaos Toolkit has
 * it. */
#pragma once

#include "sim/scenario/scenario_read.h"

/* What the activity `tree` says together with the one that its "ref" names: that one's members
 * without its name and its time, with those of `tree` merged in (RFC 7396). `tree` itself without a
 * "ref"; NULL after a mistake, which is reported. The result belongs to the scenario. */
const cJSON *scenario_ref_resolve(Scenario *scenario, const cJSON *tree, DiagList *diags);
