/* scenario.c - see scenario.h. */
#include "sim/scenario/scenario.h"

#include "sim/config/json_place.h"
#include "sim/scenario/scenario_load.h"
#include "sim/scenario/scenario_merge.h"
#include "sim/scenario/scenario_origins.h"

static void datacentre_free(void *item)
{
    DataCentre *dc = item;

    g_free(dc->name);
    g_free(dc->city);
    g_free(dc->country);
    g_free(dc->continent);
    g_free(dc->provider);
    g_free(dc->size);
    g_free(dc);
}

static void node_group_free(void *item)
{
    NodeGroup *group = item;

    g_free(group->role);
    g_strfreev(group->runs);
    g_ptr_array_unref(group->datacenters);
    g_array_unref(group->counts);
    g_free(group);
}

static void target_clear(Target *target)
{
    g_strfreev(target->dc);
    g_strfreev(target->node);
    g_free(target->role);
    g_free(target->process);
    g_free(target->link_from);
    g_free(target->link_to);
    g_free(target->group);
}

static void activity_free(void *item)
{
    Activity *activity = item;

    g_free(activity->name);
    g_strfreev(activity->after);
    g_free(activity->when.event);
    if (activity->arguments != NULL) {
        field_clear(activity->fault->arguments, activity->arguments);
        g_free(activity->arguments);
    }
    target_clear(&activity->target);
    g_free(activity->query);
    g_free(activity);
}

static void threshold_item_free(void *item)
{
    Threshold *threshold = item;

    g_free(threshold->metric);
    g_free(threshold->condition);
    threshold_free(threshold->rule);
    g_free(threshold);
}

static void invariant_free(void *item)
{
    InvariantCheck *invariant = item;

    g_free(invariant->name);
    g_free(invariant->check);
    g_free(invariant);
}

static void must_happen_free(void *item)
{
    MustHappen *must = item;

    g_free(must->name);
    g_free(must->event);
    g_free(must);
}

static void published_free(void *item)
{
    Published *published = item;

    g_free(published->name);
    g_free(published->source);
    g_free(published->note);
    threshold_free(published->rule);
    g_free(published);
}

static void load_free(void *item)
{
    LoadEntry *load = item;

    g_free(load->name);
    g_free(load);
}

static void cost_free(void *item)
{
    CostItem *cost = item;

    g_free(cost->name);
    g_free(cost);
}

static void tree_free(void *item)
{
    cJSON_Delete(item);
}

Scenario *scenario_new(const char *path)
{
    Scenario *scenario = g_new0(Scenario, 1);

    scenario->path = g_strdup(path);
    scenario->directory = strcmp(path, "-") == 0 ? g_strdup(".") : g_path_get_dirname(path);
    scenario->datacenters = g_ptr_array_new_with_free_func(datacentre_free);
    scenario->nodes = g_ptr_array_new_with_free_func(node_group_free);
    scenario->regions = g_ptr_array_new_with_free_func(scenario_region_free);
    scenario->checkers = g_ptr_array_new_with_free_func(scenario_region_free);
    scenario->loads = g_ptr_array_new_with_free_func(load_free);
    scenario->method = g_ptr_array_new_with_free_func(activity_free);
    scenario->rollbacks = g_ptr_array_new_with_free_func(activity_free);
    scenario->hypothesis = g_ptr_array_new_with_free_func(activity_free);
    scenario->thresholds = g_ptr_array_new_with_free_func(threshold_item_free);
    scenario->invariants = g_ptr_array_new_with_free_func(invariant_free);
    scenario->must_happen = g_ptr_array_new_with_free_func(must_happen_free);
    scenario->published = g_ptr_array_new_with_free_func(published_free);
    scenario->costs = g_ptr_array_new_with_free_func(cost_free);
    scenario->merged = g_ptr_array_new_with_free_func(tree_free);
    scenario->origins = origins_new();
    return scenario;
}

void scenario_free(Scenario *scenario)
{
    if (scenario == NULL) {
        return;
    }
    g_ptr_array_unref(scenario->datacenters);
    g_ptr_array_unref(scenario->nodes);
    g_ptr_array_unref(scenario->regions);
    g_ptr_array_unref(scenario->checkers);
    g_ptr_array_unref(scenario->loads);
    g_ptr_array_unref(scenario->method);
    g_ptr_array_unref(scenario->rollbacks);
    g_ptr_array_unref(scenario->hypothesis);
    g_ptr_array_unref(scenario->thresholds);
    g_ptr_array_unref(scenario->invariants);
    g_ptr_array_unref(scenario->must_happen);
    g_ptr_array_unref(scenario->published);
    g_ptr_array_unref(scenario->costs);
    g_ptr_array_unref(scenario->merged);
    origins_free(scenario->origins);
    cJSON_Delete(scenario->root);
    g_free(scenario->path);
    g_free(scenario->directory);
    g_free(scenario->title);
    g_free(scenario->description);
    g_strfreev(scenario->tags);
    g_free(scenario->simulation.seed_text);
    g_free(scenario);
}

const cJSON *scenario_section(const Scenario *scenario, const char *kind)
{
    return json_member(json_member(scenario->root, "system"), kind);
}

char *scenario_path(const Scenario *scenario, const cJSON *node, const char *path)
{
    return scenario_merge_path(origins_file(scenario->origins, node), path);
}

double scenario_monthly_cost(const Scenario *scenario)
{
    double sum = 0;

    for (guint i = 0; i < scenario->datacenters->len; i++) {
        sum += ((const DataCentre *)scenario->datacenters->pdata[i])->monthly_cost;
    }
    for (guint i = 0; i < scenario->costs->len; i++) {
        sum += ((const CostItem *)scenario->costs->pdata[i])->monthly;
    }
    return sum;
}
