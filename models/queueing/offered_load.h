/* offered_load.h - what comes to each station of an open network, and whether it can be served.
 * Source: J. R. Jackson, "Networks of waiting lines", 1957: the traffic equations. */
#pragma once

#include "sim/world/world.h"

/* Warns, at its settings, of each station that is offered at least what it can serve: its queue
 * would grow without end; or which nobody who comes from outside leaves. Populations add nothing,
 * for they wait until they are served; nor is a station warned of that sheds load, by room or
 * patience, or that is picked by its length. All routes have been read. */
void offered_load_check(World *world, DiagList *diags);

/* Customers that come to each component in a second, by its id, when nobody is lost on the way and
 * each population sends `of_population` a second (of a closed network: 1, for its visits). Caller
 * frees. */
double *offered_load_rates(World *world, double of_population);
