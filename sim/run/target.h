/* target.h - which components of a world a scenario's target means. */
#pragma once

#include "sim/scenario/scenario.h"
#include "sim/world/world.h"

/* Whether a link is one of those that the action was picked for "there" rather than "back"; true
 * for whatever is no link. */
bool target_is_forward(const Activity *activity, const Component *component);
