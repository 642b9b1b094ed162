/* toy_kinds.h - three kinds that do nothing, for tests of the scenario reader: "web" on nodes,
 * "names" once for the world, "users" for each entry of "load"; and "cassandra", which has
 * "keyspaces". */
#pragma once

#include "sim/world/component.h"

/* Ends with NULL. */
extern const Kind *const toy_kinds[];
