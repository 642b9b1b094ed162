/* world.h - all components of a run: make, wire, find, start, and walk in order of id; sites and
 * the links between. Life of a world: world_new, sites, hosts, components, links, world_wire,
 * world_start, engine_run ..., world_judge, world_free. A mistake in the configuration goes to the
 * DiagList that is handed in. */
#pragma once

#include "sim/world/component.h"

typedef struct Network Network;

/* `kinds` ends with NULL and outlives the world; so does the engine. */
World *world_new(Engine *engine, const Kind *const *kinds);
void world_free(World *world);

Engine *world_engine(const World *world);
Network *world_network(const World *world);
History *world_history(const World *world);

/* Adds a site; `site` is copied, its texts too. */
Site *world_add_site(World *world, const Site *site);
Site *world_find_site(const World *world, const char *name);
guint world_count_sites(const World *world);
Site *world_site(const World *world, guint index);

/* Makes a component called "kind@place" (place: "DC01-app1", "Europe central", "web/Europe
 * central"), reads its fields from `settings` (may be NULL; must outlive the world) and runs
 * on_make. `host` may be NULL. NULL when the name is taken or a field is wrong; both are reported.
 */
Component *world_add(World *world, const Kind *kind, const char *place, const char *role,
                     Site *site, Host *host, const cJSON *settings, DiagList *diags);

/* Finds by full name; walks in order of id. */
Component *world_find(const World *world, const char *name);
guint world_count(const World *world);
Component *world_component(const World *world, guint id);

/* All components of a kind in order of id; the array is the world's. Empty array for an unknown
 * kind. */
const GPtrArray *world_of_kind(const World *world, const char *kind);

/* Calls on_wire on all, then checks links; on_start on all. */
void world_wire(World *world, DiagList *diags);
void world_start(World *world);

/* Calls on_judge on all, in order of id: after the last event, before results are written. */
void world_judge(World *world);

/* An object that all components of one model share (a token ring), made zeroed at the first asking
 * and freed with the world through `clear` (may be NULL) and g_free. */
void *world_shared(World *world, const char *name, size_t size, void (*clear)(void *));

/* Takes all effects of faults from all components, their ends included: "sim.heal-all". What
 * happens by itself (EFFECT_OF_WORLD) goes on. */
void world_heal_all(World *world);

/* Defined inline because models ask for the time at every step. */
struct WorldHead {
    Engine *engine;
    Network *network;
    History *history;
    struct HostTable *hosts; /* for host.c: by address */
};
static inline SimTime world_now(const World *world)
{
    return engine_now(((const struct WorldHead *)world)->engine);
}
