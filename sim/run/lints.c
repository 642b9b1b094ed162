/* lints.c - see lints.h. */
#include "sim/run/lints.h"

#include "sim/run/chaos.h"
#include "sim/world/lint.h"

static void clear_fault(gpointer data)
{
    g_ptr_array_unref(((LintFault *)data)->targets);
}

static SimSpan lasts(const Scenario *scenario, const Activity *activity)
{
    Draw restart = fault_restart_after(activity->fault, activity->arguments);
    SimTime begin = activity->at != SIM_NEVER ? activity->at : 0;

    if (restart.law != NULL) {
        return (SimSpan)draw_mean(restart);
    }
    return activity->duration > 0 ? activity->duration
                                  : MAX(0, scenario->simulation.duration - begin);
}

static GArray *plan_faults(const Scenario *scenario, World *world)
{
    GArray *faults = g_array_new(false, false, sizeof(LintFault));
    Rng rng;

    rng_init(&rng, scenario->simulation.seed, "lints");
    g_array_set_clear_func(faults, clear_fault);
    for (guint i = 0; i < scenario->method->len; i++) {
        const Activity *activity = g_ptr_array_index(scenario->method, i);
        LintFault fault = {.name = activity->name, .tree = activity->tree};

        if (activity->type != ACTIVITY_ACTION || activity->fault->effect == NULL) {
            continue;
        }
        fault.targets = chaos_targets(world, activity, &rng);
        fault.effect = activity->fault->effect(activity->arguments, true);
        fault.lasts = lasts(scenario, activity);
        g_array_append_val(faults, fault);
    }
    return faults;
}

void lints_look(const Scenario *scenario, World *world, const Kind *const *kinds, DiagList *diags)
{
    g_autoptr(GArray) faults = plan_faults(scenario, world);

    for (guint i = 0; kinds[i] != NULL; i++) {
        for (const LintDef *def = kinds[i]->lints; def != NULL && def->name != NULL; def++) {
            Lint lint = {.def = def, .world = world, .faults = faults, .diags = diags};

            if (world_of_kind(world, kinds[i]->name)->len > 0) {
                def->look(&lint);
            }
        }
    }
}
