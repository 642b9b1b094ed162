/* when.c - whether what an activity waits for has come true. */
#include "sim/run/when.h"

#include <string.h>

#include "sim/world/history.h"

/* --- events --------------------------------------------------------------------------------- */

/* As in must-happen: an event's own label counts before its component's of the same name. */
static const char *label_of(const HistoryOccurrence *seen, const char *name)
{
    const struct {
        const char *name, *value;
    } labels[] = {{seen->label1, seen->value1},   {seen->label2, seen->value2},
                  {"component", seen->component}, {"dc", seen->dc},
                  {"role", seen->role},           {"node", seen->node}};

    for (guint i = 0; i < G_N_ELEMENTS(labels); i++) {
        if (labels[i].name != NULL && strcmp(labels[i].name, name) == 0) {
            return labels[i].value;
        }
    }
    return NULL;
}

static uint64_t count_events(const When *when, const History *history)
{
    uint64_t count = 0;

    for (guint i = 0; i < history_count_occurrences(history); i++) {
        const HistoryOccurrence *seen = history_occurrence(history, i);
        bool is_it = strcmp(seen->event, when->event) == 0;
        const cJSON *label;

        cJSON_ArrayForEach(label, when->where)
        {
            is_it = is_it && g_strcmp0(label_of(seen, label->string), label->valuestring) == 0;
        }
        count += is_it ? seen->count : 0;
    }
    return count;
}

/* --- levels --------------------------------------------------------------------------------- */

static bool is_meant(const When *when, const Component *component)
{
    const Site *site = component->site;
    const struct {
        const char *name, *value;
    } labels[] = {{"component", component->name},
                  {"dc", site != NULL && site->type == SITE_DC ? site->name : NULL},
                  {"role", component->role},
                  {"node", component_node(component)}};
    const cJSON *label;

    cJSON_ArrayForEach(label, when->where)
    {
        for (guint i = 0; i < G_N_ELEMENTS(labels); i++) {
            if (strcmp(labels[i].name, label->string) == 0 &&
                g_strcmp0(labels[i].value, label->valuestring) != 0) {
                return false;
            }
        }
    }
    return true;
}

static double sum_levels(const When *when, const World *world)
{
    double sum = 0;

    for (guint i = 0; i < world_count(world); i++) {
        const Component *component = world_component(world, i);
        const char *member = (const char *)component + when->metric->offset;

        if (component->kind != when->kind || !is_meant(when, component)) {
            continue;
        }
        sum += when->metric->type == METRIC_TYPE_COUNTER
                   ? (double)*(const uint64_t *)(const void *)member
                   : ((const Gauge *)(const void *)member)->value;
    }
    return sum;
}

double when_measure(const When *when, World *world)
{
    return when->metric != NULL ? sum_levels(when, world)
                                : (double)count_events(when, world_history(world));
}

bool when_has_come(const When *when, World *world, double before)
{
    bool is_level = when->metric != NULL && when->metric->type == METRIC_TYPE_GAUGE;

    return when_measure(when, world) - (is_level ? 0 : before) > when->above;
}
