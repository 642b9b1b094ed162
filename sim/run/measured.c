/* measured.c - whether a scenario's world has what its thresholds and probes ask for. */
#include "sim/run/measured.h"

#include <string.h>

#include "sim/config/json_place.h"
#include "sim/run/assemble.h"
#include "sim/run/lints.h"
#include "sim/run/probe.h"
#include "sim/scenario/scenario_names.h"

/* Labels of components. */
static const char *const labels[] = {"dc",   "role",      "node",    "region",
                                     "kind", "component", "station", NULL};

/* What one condition or query asks for, and where it says so. */
typedef struct Ask {
    const World *world;
    const char *metric;
    const char *values[G_N_ELEMENTS(labels) - 1]; /* in step with labels; NULL: any */
    const cJSON *node;
    DiagSide side;
    DiagList *diags;
} Ask;

/* As the results will name it; NULL when it has no such label. */
static const char *label_of(const Component *component, const char *label)
{
    const Site *site = component->site;
    bool is_dc = site != NULL && site->type == SITE_DC;
    const struct {
        const char *label, *value;
    } all[] = {{"dc", is_dc ? site->name : NULL},
               {"role", component->role},
               {"node", component_node(component)},
               {"region", site != NULL && !is_dc ? site->name : NULL},
               {"kind", component->kind->name},
               {"component", component->name},
               {"station", component_place(component)}};

    for (guint i = 0; i < G_N_ELEMENTS(all); i++) {
        if (strcmp(all[i].label, label) == 0) {
            return all[i].value;
        }
    }
    return NULL;
}

static bool has_metric(const MetricDef *defs, const char *metric)
{
    for (; defs != NULL && defs->name != NULL; defs++) {
        if (strcmp(defs->name, metric) == 0) {
            return true;
        }
    }
    return false;
}

static bool is_measuring(const Component *component, const char *metric)
{
    return has_metric(component->kind->metrics, metric) || has_metric(component_metrics, metric);
}

static bool is_meant(const Ask *ask, const Component *component)
{
    for (guint i = 0; labels[i] != NULL; i++) {
        const char *value = ask->values[i];

        if (value != NULL && strcmp(value, "*") != 0 &&
            g_strcmp0(label_of(component, labels[i]), value) != 0) {
            return false;
        }
    }
    return true;
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* All that label `name` is among those who measure the metric; ends with NULL. */
static GPtrArray *known_values(const Ask *ask, const char *name)
{
    GPtrArray *known = g_ptr_array_new();
    GHashTable *seen = g_hash_table_new(g_str_hash, g_str_equal); /* only looked up */

    for (guint i = 0; i < world_count(ask->world); i++) {
        const Component *component = world_component(ask->world, i);
        const char *value = label_of(component, name);

        if (value != NULL && is_measuring(component, ask->metric) &&
            g_hash_table_add(seen, (gpointer)value)) {
            g_ptr_array_add(known, (gpointer)value);
        }
    }
    g_hash_table_unref(seen);
    g_ptr_array_sort(known, by_text);
    g_ptr_array_add(known, NULL);
    return known;
}

/* True when each value is one that some measuring component has; the first that is not is told. */
static bool check_values(const Ask *ask)
{
    for (guint i = 0; labels[i] != NULL; i++) {
        const char *value = ask->values[i];
        g_autoptr(GPtrArray) known = known_values(ask, labels[i]);
        g_autofree char *what = g_strdup_printf("%s for '%s'", labels[i], ask->metric);

        if (value != NULL && strcmp(value, "*") != 0 &&
            !names_check(ask->diags, ask->node, ask->side, what, value,
                         (char *const *)known->pdata)) {
            return false;
        }
    }
    return true;
}

static void check_ask(const Ask *ask)
{
    bool is_measured = false;

    for (guint i = 0; i < world_count(ask->world); i++) {
        const Component *component = world_component(ask->world, i);

        if (is_measuring(component, ask->metric)) {
            is_measured = true;
            if (is_meant(ask, component)) {
                return;
            }
        }
    }
    if (!is_measured) {
        diag_add(ask->diags, DIAG_ERROR, ask->node, ask->side,
                 "nothing in this system measures '%s'", ask->metric);
    } else if (check_values(ask)) {
        diag_add(ask->diags, DIAG_ERROR, ask->node, ask->side,
                 "nothing that measures '%s' has all these labels together", ask->metric);
    }
}

static void check_threshold(const World *world, const Threshold *threshold, DiagList *diags)
{
    const ThresholdRule *rule = threshold->rule;
    Ask ask = {.world = world, .metric = rule->metric, .side = DIAG_KEY, .diags = diags};

    if (rule->is_users) { /* its labels were checked when it was read */
        return;
    }
    ask.node = threshold->metric_tree;
    for (guint i = 0; labels[i] != NULL; i++) {
        ask.values[i] = threshold_label(rule, labels[i]);
    }
    check_ask(&ask);
}

static void check_user_labels(const Scenario *scenario, const ProbeQuery *query, const cJSON *node,
                              DiagList *diags)
{
    g_auto(GStrv) loads = names_of_loads(scenario);
    g_auto(GStrv) dcs = names_of_datacenters(scenario);
    g_auto(GStrv) regions = names_of_regions(scenario);
    const struct {
        const char *label, *what;
        char **known;
    } users[] = {
        {"client", "load", loads}, {"region", "region", regions}, {"dc", "data centre", dcs}};

    for (guint i = 0; probe_labels[i] != NULL; i++) {
        const char *value = probe_query_label(query, probe_labels[i]);
        guint k = 0;

        while (k < G_N_ELEMENTS(users) && strcmp(users[k].label, probe_labels[i]) != 0) {
            k++;
        }
        if (value != NULL && k == G_N_ELEMENTS(users)) {
            diag_add(diags, DIAG_ERROR, node, DIAG_VALUE,
                     "'%s' has no label '%s'; there are 'client', 'region', 'dc'",
                     probe_query_metric(query), probe_labels[i]);
        } else if (value != NULL) {
            names_check(diags, node, DIAG_VALUE, users[k].what, value, users[k].known);
        }
    }
}

static bool is_of_users(const char *metric)
{
    for (const ThresholdMetric *each = threshold_user_metrics; each->name != NULL; each++) {
        if (strcmp(each->name, metric) == 0) {
            return true;
        }
    }
    return false;
}

static void check_probe(const Scenario *scenario, const World *world, const Activity *probe,
                        DiagList *diags)
{
    g_autoptr(ProbeQuery) query = probe_query_parse(probe->query, NULL);
    const cJSON *node = json_member(probe->tree, "query");
    Ask ask = {.world = world, .node = node, .side = DIAG_VALUE, .diags = diags};

    if (query == NULL) { /* reported when it was read */
        return;
    }
    ask.metric = probe_query_metric(query);
    if (is_of_users(ask.metric)) {
        check_user_labels(scenario, query, node, diags);
        return;
    }
    for (guint i = 0; labels[i] != NULL; i++) {
        ask.values[i] = probe_query_label(query, labels[i]);
    }
    if (probe_query_label(query, "client") != NULL) {
        diag_add(diags, DIAG_ERROR, node, DIAG_VALUE,
                 "'%s' has no label 'client', which is of users' requests", ask.metric);
    }
    check_ask(&ask);
}

static void check_probes(const Scenario *scenario, const World *world, const GPtrArray *activities,
                         DiagList *diags)
{
    for (guint i = 0; i < activities->len; i++) {
        const Activity *activity = g_ptr_array_index(activities, i);

        if (activity->type == ACTIVITY_PROBE) {
            check_probe(scenario, world, activity, diags);
        }
    }
}

void measured_check(const Scenario *scenario, const Kind *const *kinds, DiagList *diags)
{
    g_autoptr(Assembly) assembly = assemble(scenario, kinds, scenario->simulation.seed, diags);

    if (assembly == NULL) {
        return;
    }
    for (guint i = 0; i < scenario->thresholds->len; i++) {
        check_threshold(assembly->world, g_ptr_array_index(scenario->thresholds, i), diags);
    }
    check_probes(scenario, assembly->world, scenario->method, diags);
    check_probes(scenario, assembly->world, scenario->hypothesis, diags);
    lints_look(scenario, assembly->world, kinds, diags);
}
