/* scenario_vars.h - variables: "configuration" holds them, "${name}" in a string uses them.
 * A string that is exactly one variable takes the variable's type. A variable may be read from the
 * environment as in the Chaos Toolkit: {"type": "env", "key": "X", "default": 1, "env_var_type":
 * "int"}; what was found replaces it in "configuration", so that the resolved document can be run
 * again without that environment. */
#pragma once

#include "sim/scenario/scenario_origins.h"

/* Puts values in place of all variables in `root`. Mistakes go to `diags`. `given` holds the names
 * that the command line set, to report those that nobody declares or uses. `remembered` (may be
 * NULL): what variables of the environment were at an earlier time, by name; it is not asked for
 * those. */
void scenario_vars_apply(cJSON *root, const GPtrArray *given, const cJSON *remembered,
                         Origins *origins, DiagList *diags);
