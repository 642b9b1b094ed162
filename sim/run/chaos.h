/* chaos.h - the method of a scenario as it goes: begins faults, ends them, and keeps what they did.
 * Chaos adds effects to components and takes them away; it tells nobody. */
#pragma once

#include "sim/run/assemble.h"

typedef struct Chaos Chaos;

/* One application of one action. */
typedef struct ChaosEntry {
    const Activity *activity;
    SimTime applied, lifted; /* engine time; lifted SIM_NEVER while it lasts */
    GPtrArray *targets;      /* Component *, in order of id */
    guint bit;               /* on how many it changed anything */
} ChaosEntry;

/* `start`: the engine's instant of the scenario's time 0. `end`: when the measured part ends.
 * Schedules what has a time; both outlive it. */
Chaos *chaos_new(const Scenario *scenario, Assembly *assembly, SimTime start, SimTime end);
void chaos_free(Chaos *chaos);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Chaos, chaos_free)

/* Looks whether a `when` has come true since the end of the warm-up; called at each sample. */
void chaos_look(Chaos *chaos);

/* Carries out the rollbacks of the scenario, in their order. */
void chaos_roll_back(Chaos *chaos);

/* Ends everything that lasts and takes all effects away: the settle phase begins. */
void chaos_heal(Chaos *chaos);

/* What was applied, in order of beginning. */
guint chaos_count(const Chaos *chaos);
const ChaosEntry *chaos_entry(const Chaos *chaos, guint index);

/* The targets an action would have now, in order of id, drawn by the stream `rng` where the mode
 * asks for chance: for the plan and for chaos itself. Caller unrefs. */
GPtrArray *chaos_targets(World *world, const Activity *activity, Rng *rng);
