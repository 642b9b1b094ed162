/* assemble.h - a scenario to a world: sites, links, hosts, components, in the order of the file.
 * Knows kinds only through their scope; what a kind reads is in its own field table. */
#pragma once

#include "sim/scenario/scenario.h"
#include "sim/world/world.h"

/* A world with its clock and with the settings that its components point into. */
typedef struct Assembly {
    Engine *engine;
    World *world;
    const Scenario *scenario;
    GPtrArray *trees; /* cJSON, owned: merged settings */
} Assembly;

/* Makes, wires and starts nothing yet: call world_start when all watchers are in place. Mistakes go
 * to `diags`; NULL when there was one. The scenario and `kinds` (ends with NULL) outlive it. */
Assembly *assemble(const Scenario *scenario, const Kind *const *kinds, uint64_t seed,
                   DiagList *diags);
void assembly_free(Assembly *assembly);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Assembly, assembly_free)
