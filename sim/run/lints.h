/* lints.h - asks all lints of a scenario's kinds. */
#pragma once

#include "sim/scenario/scenario.h"
#include "sim/world/world.h"

/* `world` is assembled and wired; warnings go to `diags`. */
void lints_look(const Scenario *scenario, World *world, const Kind *const *kinds, DiagList *diags);
