/* loss.c - a scenario with a load that climbs and sites that are dark from the first instant on. */
#include "sim/study/loss.h"

#include "sim/config/json_place.h"

#define LIGHT 0.1 /* of the load, while users move */
#define STEPS 3   /* quarters of the load, and so many fifths of the warm-up, while it climbs */
#define STEP_SHARE 5

/* One action of the method, as --set takes it. */
static void add_action(const Scenario *scenario, GStrvBuilder *builder, guint index, char *action)
{
    bool has_method = json_member(scenario->root, "method") != NULL || index > 0;
    g_autofree char *line = has_method ? g_strdup_printf("/method/-=%s", action)
                                       : g_strdup_printf("/method=[%s]", action);

    g_strv_builder_add(builder, line);
    g_free(action);
}

static char *surge(const char *name, SimSpan before, SimSpan length, double factor)
{
    char at[SIM_SPAN_TEXT];
    char duration[SIM_SPAN_TEXT];

    sim_span_print(before, at);
    sim_span_print(length, duration);
    return g_strdup_printf(
        "{\"type\":\"action\",\"name\":\"%s\",\"at\":\"-%s\",\"duration\":\"%s\","
        "\"func\":\"load.surge\",\"target\":{},"
        "\"arguments\":{\"factor\":%g}}",
        name, at, duration, factor);
}

/* All users at once, each with a new connection, keep the servers busy for seconds, near their
 * capacity for longer: what is sustained is asked, not whether a cold start is survived. */
static guint add_climb(const Scenario *scenario, GStrvBuilder *builder, guint index)
{
    SimSpan warmup = scenario->simulation.warmup;
    SimSpan step = warmup / STEP_SHARE;

    for (guint i = 0; i < STEPS && step > 0 && scenario->loads->len > 0; i++) {
        g_autofree char *name = g_strdup_printf("load-climbs-%u", i + 1);

        add_action(scenario, builder, index++,
                   surge(name, warmup - i * step, step, (i + 1) / (STEPS + 1.0)));
    }
    return index;
}

char **loss_sets(const Scenario *scenario, SimSpan moving, char *const *lost)
{
    g_autoptr(GStrvBuilder) builder = g_strv_builder_new();
    char warmup[SIM_SPAN_TEXT];
    guint index = add_climb(scenario, builder, 0);

    if (lost == NULL || lost[0] == NULL) {
        return g_strv_builder_end(builder);
    }
    moving = moving > 0 ? moving : LOSS_MOVING;
    sim_span_print(scenario->simulation.warmup + moving, warmup);
    g_autofree char *set = g_strdup_printf("/simulation/warmup=%s", warmup);

    g_strv_builder_add(builder, set);
    add_action(scenario, builder, index++,
               surge("users-move", scenario->simulation.warmup + moving, moving, LIGHT));
    for (guint i = 0; lost[i] != NULL; i++) {
        add_action(scenario, builder, index++,
                   g_strdup_printf("{\"type\":\"action\",\"name\":\"without-%s\",\"at\":\"-%s\","
                                   "\"func\":\"dc.outage\",\"target\":{\"dc\":\"%s\"},"
                                   "\"arguments\":{\"cause\":\"power\"}}",
                                   lost[i], warmup, lost[i]));
    }
    return g_strv_builder_end(builder);
}
