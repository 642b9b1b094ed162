/* fault_put.h - puts a fault on one component of a rig as a scenario would, through its row. */
#pragma once

#include "tests/support/rig.h"

/* `json`: its arguments; for `span`, SIM_NEVER until rig_heal. True when it bit. */
bool fault_put(Rig *rig, const char *component, const char *func, const char *json, SimSpan span);
