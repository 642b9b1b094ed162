/* plant.h - what the planted faults of the simulator share: a component that does something every
 * 10 ms. Each plant_NAME.c is one more kind, "plant", in a program of its own (make plants). */
#pragma once

#include "sim/world/world.h"

/* One more event, `detail` is what leaked. */
void plant_note(Component *self, SimSpan later, uint64_t detail);

/* Calls `each` every 10 ms. */
typedef void PlantEach(Component *self);
void plant_begin(Component *self, PlantEach *each);

typedef struct Plant {
    Component component; /* first */
    PlantEach *each;
} Plant;
