/* loss.h - a scenario with sites dark from the first instant on: what the others sustain is asked,
 * not how the loss is survived. A stretch with a tenth of the load, before the scenario's own
 * warm-up, lasts until their users are served elsewhere. With or without a loss the load of users
 * climbs in quarters over three fifths of the warm-up, and is whole in the rest of it. */
#pragma once

#include "sim/scenario/scenario.h"

#define LOSS_MOVING (2 * SIM_MIN)

/* The same stretch where the lost sites serve nobody: until the others know that they are gone. */
#define LOSS_SETTLING (30 * SIM_S)

/* The changes, as --set takes them; a climb alone for no loss. `moving` is the stretch; 0:
 * LOSS_MOVING. strv, caller frees. */
char **loss_sets(const Scenario *scenario, SimSpan moving, char *const *lost);
