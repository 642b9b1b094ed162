/* when.h - whether what an activity waits for has come true in a world that lives. */
#pragma once

#include "sim/scenario/scenario.h"
#include "sim/world/world.h"

/* How often the event was seen since the run began, with the labels asked for; or what the count or
 * level of all components of its kind that have the labels sums up to now. */
double when_measure(const When *when, World *world);

/* Whether it is above what the activity waits for; of an event or a count only what came since it
 * was measured as `before` counts. */
bool when_has_come(const When *when, World *world, double before);
