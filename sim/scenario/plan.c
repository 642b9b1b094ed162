/* plan.c - see plan.h. */
#include "sim/scenario/plan.h"

#include "sim/base/rng.h"

/* As many seeds as the printed plan shows. */
#define SEEDS_SHOWN 10

uint64_t plan_seed(const Scenario *scenario, uint32_t index)
{
    return rng_replication_seed(scenario->simulation.seed, index);
}

/* --- words --------------------------------------------------------------------------------- */

static void append_list(GString *text, char *const *list)
{
    g_autofree char *joined = list == NULL ? NULL : g_strjoinv(", ", (char **)list);

    if (joined != NULL) {
        g_string_append_printf(text, " %s", joined);
    }
}

static void append_mode(GString *text, const Target *target)
{
    switch (target->mode) {
    case TARGET_ALL:
        break;
    case TARGET_ONE:
        g_string_append(text, ", one of them");
        break;
    case TARGET_FIXED:
        g_string_append_printf(text, ", %g of them", target->value);
        break;
    case TARGET_FIXED_PERCENT:
        g_string_append_printf(text, ", %g %% of them", target->value);
        break;
    case TARGET_RANDOM_MAX_PERCENT:
        g_string_append_printf(text, ", up to %g %% of them", target->value);
        break;
    case TARGET_MINORITY:
        g_string_append(text, ", a minority of them");
        break;
    case TARGET_MAJORITY:
        g_string_append(text, ", a majority of them");
        break;
    case TARGET_PRIMARIES:
        g_string_append(text, ", those that lead");
        break;
    }
}

static char *describe_action(const Activity *activity)
{
    const Target *target = &activity->target;
    GString *text = g_string_new(activity->fault->func);

    append_list(text, target->dc);
    append_list(text, target->node);
    if (target->role != NULL) {
        g_string_append_printf(text, " role %s", target->role);
    }
    if (target->process != NULL) {
        g_string_append_printf(text, " process %s", target->process);
    }
    if (target->group != NULL) {
        g_string_append_printf(text, " load %s", target->group);
    }
    if (target->link_from != NULL) {
        g_string_append_printf(text, " link %s to %s", target->link_from, target->link_to);
    }
    append_mode(text, target);
    return g_string_free(text, false);
}

static char *describe(const Activity *activity)
{
    return activity->type == ACTIVITY_ACTION ? describe_action(activity)
                                             : g_strdup_printf("probe: %s", activity->query);
}

static char *describe_wait(const Activity *activity)
{
    static const char *const modes[] = {"at the start", "at the end", "at start and end",
                                        "all the time", "while a fault is on"};

    if (activity->when.event != NULL) {
        return activity->when.above > 0
                   ? g_strdup_printf("when %s above %g", activity->when.event, activity->when.above)
                   : g_strdup_printf("when %s", activity->when.event);
    }
    if (activity->after != NULL) {
        g_autofree char *names = g_strjoinv(", ", activity->after);

        return g_strdup_printf("after %s", names);
    }
    return g_strdup(activity->type == ACTIVITY_PROBE ? modes[activity->mode] : "at the end");
}

/* --- steps --------------------------------------------------------------------------------- */

static void step_free(void *item)
{
    PlanStep *step = item;

    g_free(step->name);
    g_free(step->what);
    g_free(step->when);
    g_free(step);
}

static PlanStep *add_step(GPtrArray *steps, SimTime begin, SimTime end, const char *name,
                          char *what)
{
    PlanStep *step = g_new0(PlanStep, 1);

    *step = (PlanStep){.begin = begin, .end = end, .name = g_strdup(name), .what = what};
    g_ptr_array_add(steps, step);
    return step;
}

static const Activity *find_action(const Scenario *scenario, const char *name)
{
    for (guint i = 0; i < scenario->method->len; i++) {
        const Activity *activity = scenario->method->pdata[i];

        if (strcmp(activity->name, name) == 0) {
            return activity;
        }
    }
    return NULL;
}

static SimTime begin_of(const Scenario *scenario, const Activity *activity, guint depth);

/* When it has ended for good, or SIM_NEVER when the plan cannot tell. */
static SimTime end_of(const Scenario *scenario, const Activity *activity, guint depth)
{
    SimTime begin = begin_of(scenario, activity, depth);

    if (begin == SIM_NEVER || activity->every_interval > 0) {
        return SIM_NEVER;
    }
    if (activity->fault != NULL && activity->fault->is_heal) {
        return begin;
    }
    return activity->duration > 0 ? begin + activity->duration : SIM_NEVER;
}

/* The first begin; `depth` bounds chains of "after". */
static SimTime begin_of(const Scenario *scenario, const Activity *activity, guint depth)
{
    SimTime latest = 0;

    if (activity->at != SIM_NEVER) {
        return activity->at;
    }
    if (activity->every_interval > 0) {
        return activity->every_interval;
    }
    if (activity->after == NULL || depth == 0) {
        return SIM_NEVER;
    }
    for (char **name = activity->after; *name != NULL; name++) {
        const Activity *before = find_action(scenario, *name);
        SimTime end = before == NULL ? SIM_NEVER : end_of(scenario, before, depth - 1);

        latest = MAX(latest, end);
    }
    return latest;
}

/* When a step that began at `begin` ends, before it is cut. */
static SimTime end_of_step(const Scenario *scenario, const Activity *activity, SimTime begin)
{
    if (activity->type == ACTIVITY_PROBE || activity->fault->is_heal) {
        return begin;
    }
    if (begin == SIM_NEVER ||
        fault_restart_after(activity->fault, activity->arguments).law != NULL) {
        return SIM_NEVER;
    }
    return activity->duration > 0 ? begin + activity->duration : scenario->simulation.duration;
}

static void add_once(const Scenario *scenario, GPtrArray *steps, const Activity *activity,
                     SimTime begin)
{
    SimTime end = end_of_step(scenario, activity, begin);
    PlanStep *step = add_step(steps, begin, end, activity->name, describe(activity));

    if (begin == SIM_NEVER) {
        step->when = describe_wait(activity);
    } else if (end != SIM_NEVER && end > scenario->simulation.duration) {
        step->end = scenario->simulation.duration;
        step->is_cut = true;
    }
}

static void add_activity(const Scenario *scenario, GPtrArray *steps, const Activity *activity)
{
    SimTime begin = begin_of(scenario, activity, scenario->method->len);
    int64_t most =
        activity->every_count > 0 ? MIN(activity->every_count, PLAN_TIMES_MOST) : PLAN_TIMES_MOST;

    if (activity->every_interval == 0) {
        add_once(scenario, steps, activity, begin);
        return;
    }
    for (int64_t i = 0; i < most && begin < scenario->simulation.duration; i++) {
        add_once(scenario, steps, activity, begin);
        begin += activity->every_interval;
    }
}

static int by_begin(const void *a, const void *b, void *context)
{
    const PlanStep *one = *(const PlanStep *const *)a;
    const PlanStep *other = *(const PlanStep *const *)b;

    (void)context;
    return one->begin < other->begin ? -1 : one->begin > other->begin; /* a stable sort */
}

GPtrArray *plan_timeline(const Scenario *scenario)
{
    const SimulationSettings *settings = &scenario->simulation;
    GPtrArray *steps = g_ptr_array_new_with_free_func(step_free);

    if (settings->warmup > 0) {
        add_step(steps, -settings->warmup, 0, "warmup", g_strdup("runs, nothing is measured"));
    }
    add_step(steps, 0, settings->duration, "measured", g_strdup("what verdicts rest on"));
    for (guint i = 0; i < scenario->method->len; i++) {
        add_activity(scenario, steps, scenario->method->pdata[i]);
    }
    for (guint i = 0; i < scenario->rollbacks->len; i++) {
        const Activity *activity = scenario->rollbacks->pdata[i];

        add_step(steps, settings->duration, settings->duration, activity->name, describe(activity));
    }
    if (settings->settle > 0) {
        add_step(steps, settings->duration, settings->duration + settings->settle, "settle",
                 g_strdup("all faults healed, load goes on"));
    }
    g_ptr_array_sort_with_data(steps, by_begin, NULL);
    return steps;
}

/* --- text ---------------------------------------------------------------------------------- */

static void print_step(GString *page, const PlanStep *step)
{
    char begin[SIM_SPAN_TEXT], end[SIM_SPAN_TEXT];
    g_autofree char *times = NULL;

    if (step->begin == SIM_NEVER) {
        times = g_strdup(step->when);
    } else if (step->end == step->begin) {
        times = g_strdup(sim_span_print(step->begin, begin));
    } else {
        times = g_strdup_printf("%s to %s%s", sim_span_print(step->begin, begin),
                                step->end == SIM_NEVER ? "?" : sim_span_print(step->end, end),
                                step->is_cut ? " (cut)" : "");
    }
    g_string_append_printf(page, "  %-24s %-28s %s\n", times, step->name, step->what);
}

char *plan_print(const Scenario *scenario)
{
    g_autoptr(GPtrArray) steps = plan_timeline(scenario);
    GString *page = g_string_new("timeline, from the end of the warm-up\n");
    int64_t replications = scenario->simulation.replications;

    for (guint i = 0; i < steps->len; i++) {
        print_step(page, steps->pdata[i]);
    }
    g_string_append_printf(page, "replications: %" G_GINT64_FORMAT ", seeds", replications);
    for (uint32_t i = 0; i < MIN(replications, SEEDS_SHOWN); i++) {
        g_string_append_printf(page, " %" G_GUINT64_FORMAT, plan_seed(scenario, i));
    }
    g_string_append(page, replications > SEEDS_SHOWN ? " ...\n" : "\n");
    return g_string_free(page, false);
}
