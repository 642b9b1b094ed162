/* loss.c - a scenario with sites dark from the first instant on. */
#include "sim/study/loss.h"

#include "sim/config/json_place.h"

#define LIGHT 0.1 /* of the load, while users move */

/* One action of the method, as --set takes it. */
static void add_action(const Scenario *scenario, GStrvBuilder *builder, guint index, char *action)
{
    bool has_method = json_member(scenario->root, "method") != NULL || index > 0;
    g_autofree char *line = has_method ? g_strdup_printf("/method/-=%s", action)
                                       : g_strdup_printf("/method=[%s]", action);

    g_strv_builder_add(builder, line);
    g_free(action);
}

char **loss_sets(const Scenario *scenario, SimSpan moving, char *const *lost)
{
    g_autoptr(GStrvBuilder) builder = g_strv_builder_new();
    char warmup[SIM_SPAN_TEXT];
    char light[SIM_SPAN_TEXT];
    guint index = 0;

    if (lost == NULL || lost[0] == NULL) {
        return g_strv_builder_end(builder);
    }
    moving = moving > 0 ? moving : LOSS_MOVING;
    sim_span_print(scenario->simulation.warmup + moving, warmup);
    sim_span_print(moving, light);
    g_autofree char *set = g_strdup_printf("/simulation/warmup=%s", warmup);

    g_strv_builder_add(builder, set);
    add_action(scenario, builder, index++,
               g_strdup_printf("{\"type\":\"action\",\"name\":\"users-move\",\"at\":\"-%s\","
                               "\"duration\":\"%s\",\"func\":\"load.surge\","
                               "\"target\":{},"
                               "\"arguments\":{\"factor\":%g}}",
                               warmup, light, LIGHT));
    for (guint i = 0; lost[i] != NULL; i++) {
        add_action(scenario, builder, index++,
                   g_strdup_printf("{\"type\":\"action\",\"name\":\"without-%s\",\"at\":\"-%s\","
                                   "\"func\":\"dc.outage\",\"target\":{\"dc\":\"%s\"},"
                                   "\"arguments\":{\"cause\":\"power\"}}",
                                   lost[i], warmup, lost[i]));
    }
    return g_strv_builder_end(builder);
}
