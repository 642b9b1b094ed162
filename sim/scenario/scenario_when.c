/* scenario_when.c - see scenario_when.h. */
#include "sim/scenario/scenario_when.h"

#include <string.h>

#include "sim/config/json_place.h"
#include "sim/config/unit.h"
#include "sim/scenario/scenario_fields.h"
#include "sim/scenario/scenario_kind.h"
#include "sim/scenario/scenario_names.h"
#include "sim/scenario/scenario_where.h"
#include "sim/world/host.h"
#include "sim/world/network.h"

/* "hints-pending" is the metric hints_pending. */
static bool is_metric_word(const char *word, const char *metric)
{
    for (; *word != '\0' && *metric != '\0'; word++, metric++) {
        if (*word != *metric && !(*word == '-' && *metric == '_')) {
            return false;
        }
    }
    return *word == *metric;
}

static const MetricDef *find_metric(const MetricDef *metrics, const char *word)
{
    for (; metrics != NULL && metrics->name != NULL; metrics++) {
        if (is_metric_word(word, metrics->name)) {
            return metrics;
        }
    }
    return NULL;
}

static const Kind *find_kind(const Kind *const *kinds, const char *name)
{
    if (strcmp(name, host_kind.name) == 0) {
        return &host_kind;
    }
    return strcmp(name, link_kind.name) == 0 ? &link_kind : scenario_kind_find(kinds, name);
}

/* "cassandra.hints-pending" or "cassandra.hints_pending": a metric of a kind. */
static bool find_level(When *when, const Kind *const *kinds)
{
    g_auto(GStrv) words = g_strsplit(when->event, ".", 2);
    const Kind *kind = words[0] != NULL ? find_kind(kinds, words[0]) : NULL;

    if (kind == NULL || words[1] == NULL) {
        return false;
    }
    when->kind = kind;
    when->metric = find_metric(kind->metrics, words[1]);
    if (when->metric == NULL) {
        when->metric = find_metric(component_metrics, words[1]);
    }
    return when->metric != NULL;
}

static void add_note(void *context, const NoteDef *note)
{
    g_ptr_array_add(context, g_strdup(note->name));
}

static void add_levels(GPtrArray *names, const Kind *kind)
{
    for (const MetricDef *metric = kind->metrics; metric != NULL && metric->name != NULL;
         metric++) {
        char *name = g_strdup_printf("%s.%s", kind->name, metric->name);

        g_strdelimit(name + strlen(kind->name), "_", '-');
        g_ptr_array_add(names, name);
    }
}

static void report_unknown(const char *name, const cJSON *node, const Kind *const *kinds,
                           DiagList *diags)
{
    g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);

    scenario_each_note(kinds, add_note, names);
    add_levels(names, &host_kind);
    add_levels(names, &link_kind);
    for (guint i = 0; kinds[i] != NULL; i++) {
        add_levels(names, kinds[i]);
    }
    g_ptr_array_add(names, NULL);
    names_check(diags, node, DIAG_VALUE, "event or level", name, (char *const *)names->pdata);
}

/* --- above --------------------------------------------------------------------------------- */

static bool parse_level(const char *unit, const cJSON *above, double *value)
{
    int64_t bytes;
    SimSpan span;

    if (cJSON_IsNumber(above)) {
        *value = above->valuedouble;
        return strcmp(unit, "B") != 0 && strcmp(unit, "s") != 0 && *value >= 0;
    }
    if (!cJSON_IsString(above)) {
        return false;
    }
    if (strcmp(unit, "B") == 0 && unit_parse_bytes(above->valuestring, &bytes)) {
        *value = (double)bytes;
        return true;
    }
    if (strcmp(unit, "s") == 0 && sim_span_parse(above->valuestring, &span)) {
        *value = sim_span_to_s(span);
        return true;
    }
    return strcmp(unit, "ratio") == 0 && unit_parse_ratio(above->valuestring, value);
}

static const struct {
    const char *unit, *what, *example;
} units[] = {
    {"B", "a size", "\"256MiB\""},
    {"s", "a duration", "\"5s\""},
    {"ratio", "a ratio", "0.8"},
    {"1", "a plain number", "100"},
};

static guint unit_index(const MetricDef *metric)
{
    guint i = 0;

    while (i + 1 < G_N_ELEMENTS(units) && strcmp(units[i].unit, metric->unit) != 0) {
        i++;
    }
    return i;
}

/* "; did you mean 'cassandra.hints-size'?": the metric of the same name but for its last word that
 * has such values. Caller frees. */
static char *suggest_level(const When *when, const cJSON *above)
{
    size_t size = strcspn(when->metric->name, "_");
    double unused;

    for (const MetricDef *metric = when->kind->metrics; metric != NULL && metric->name != NULL;
         metric++) {
        if (metric->type != METRIC_TYPE_HISTOGRAM &&
            strncmp(metric->name, when->metric->name, size) == 0 &&
            parse_level(metric->unit, above, &unused)) {
            g_autofree char *name = g_strdup(metric->name);

            return g_strdup_printf("; did you mean '%s.%s'?", when->kind->name,
                                   g_strdelimit(name, "_", '-'));
        }
    }
    return g_strdup("");
}

/* What waits is counted, and has a size: which one is meant, `above` says. */
static void choose_twin(When *when, const cJSON *above)
{
    const char *name = when->metric->name;
    double unused;

    if (g_str_has_suffix(name, "_pending") && !parse_level(when->metric->unit, above, &unused)) {
        g_autofree char *stem = g_strndup(name, strlen(name) - strlen("_pending"));
        g_autofree char *size = g_strconcat(stem, "_size", NULL);
        const MetricDef *twin = find_metric(when->kind->metrics, size);

        if (twin != NULL && parse_level(twin->unit, above, &unused)) {
            when->metric = twin;
        }
    }
}

static void read_level_above(When *when, const cJSON *tree, const cJSON *above, DiagList *diags)
{
    choose_twin(when, above);
    guint unit = unit_index(when->metric);

    if (when->metric->type == METRIC_TYPE_HISTOGRAM) {
        diag_add(diags, DIAG_ERROR, json_member(tree, "event"), DIAG_VALUE,
                 "'%s' is a distribution: only a level or a count can be waited for", when->event);
    } else if (above == NULL) {
        diag_add(diags, DIAG_ERROR, tree, DIAG_KEY, "'%s' needs 'above', like %s", when->event,
                 units[unit].example);
    } else if (!parse_level(when->metric->unit, above, &when->above)) {
        g_autofree char *hint = suggest_level(when, above);

        diag_add(diags, DIAG_ERROR, above, DIAG_VALUE, "'above' of '%s' must be %s, like %s%s",
                 when->event, units[unit].what, units[unit].example, hint);
    }
}

static void read_event_above(When *when, const cJSON *above, DiagList *diags)
{
    if (above == NULL) {
        return;
    }
    if (!cJSON_IsNumber(above) || above->valuedouble < 0 || above->valuedouble > 1e15 ||
        above->valuedouble > (double)(int64_t)above->valuedouble) {
        diag_add(diags, DIAG_ERROR, above, DIAG_VALUE,
                 "'above' of an event must be how often it was seen, like 100");
        return;
    }
    when->above = above->valuedouble;
}

/* --- the whole ----------------------------------------------------------------------------- */

static void check_probe(const Activity *activity, const cJSON *tree, DiagList *diags)
{
    if (activity->when.metric != NULL || json_member(tree, "above") != NULL) {
        diag_add(diags, DIAG_ERROR, tree, DIAG_KEY,
                 "a probe can wait for an event, not for a level or a count");
    }
}

static void read_when(const Scenario *scenario, Activity *activity, const cJSON *tree,
                      const Kind *const *kinds, DiagList *diags)
{
    WhenText text = {0};
    When *when = &activity->when;
    const NoteDef *note;

    field_read(when_fields, &text, tree, diags);
    if (text.event == NULL) {
        return;
    }
    *when = (When){.event = g_steal_pointer(&text.event), .where = text.where};
    note = scenario_kind_note(kinds, when->event);
    if (note != NULL) {
        read_event_above(when, text.above, diags);
    } else if (find_level(when, kinds)) {
        read_level_above(when, tree, text.above, diags);
    } else {
        report_unknown(when->event, json_member(tree, "event"), kinds, diags);
        return;
    }
    scenario_where_check(scenario, note, text.where, diags);
    if (activity->type == ACTIVITY_PROBE) {
        check_probe(activity, tree, diags);
    }
}

void scenario_when_read(Scenario *scenario, const Kind *const *kinds, DiagList *diags)
{
    for (guint i = 0; i < scenario->method->len; i++) {
        Activity *activity = scenario->method->pdata[i];
        const cJSON *tree = json_member(activity->tree, "when");

        if (tree != NULL && names_check_object(diags, tree, "when")) {
            read_when(scenario, activity, tree, kinds, diags);
        }
    }
}
