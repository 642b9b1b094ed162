/* versus.c - two scenarios under the same random numbers. */
#include "sim/study/versus.h"

#include <math.h>
#include <string.h>

#include "sim/results/judge/judge_runs.h"
#include "sim/results/judge/precision.h"
#include "sim/scenario/scenario_expect.h"

void versus_free(Versus *versus)
{
    if (versus != NULL) {
        g_free(versus->before);
        g_free(versus->after);
        g_free(versus->seed);
        g_free(versus->unfinished);
        if (versus->metrics != NULL) {
            g_ptr_array_unref(versus->metrics);
        }
        if (versus->figures != NULL) {
            g_array_unref(versus->figures);
        }
        g_free(versus);
    }
}

/* --- what is compared ----------------------------------------------------------------------- */

/* "http_req_duration p(99) 3%" as the notation of --precision has it: the width is what does not
 * matter. */
static PairedMetric *read_metric(const char *text, const ThresholdKnown *known, GError **error)
{
    g_autoptr(PrecisionGoal) goal = precision_goal_parse(text, known, error);
    PairedMetric *metric;

    if (goal == NULL) {
        return NULL;
    }
    metric = paired_metric_of_rule(goal->rule, 0);
    metric->tolerance = goal->most;
    metric->is_relative = goal->is_relative;
    metric->least_tolerance = 0;
    /* more of what went well is better, less of everything else */
    metric->is_smaller_better = strcmp(goal->rule->metric, "goodput") != 0 &&
                                strcmp(goal->rule->metric, "station_throughput") != 0;
    return metric;
}

static GPtrArray *read_metrics(const Study *study, const VersusOrder *order, GError **error)
{
    g_autoptr(GPtrArray) metrics =
        g_ptr_array_new_with_free_func((GDestroyNotify)paired_metric_free);
    g_autoptr(Scenario) scenario = study_read(study, order->before, NULL, error);
    g_autoptr(ScenarioKnown) known =
        scenario != NULL ? scenario_known_new(scenario, study->kinds) : NULL;

    if (scenario == NULL) {
        return NULL;
    }
    for (guint i = 0; order->metrics != NULL && order->metrics[i] != NULL; i++) {
        PairedMetric *metric = read_metric(order->metrics[i], scenario_known(known), error);

        if (metric == NULL) {
            return NULL;
        }
        paired_metrics_add(metrics, metric);
    }
    return g_steal_pointer(&metrics);
}

/* Metrics whose direction is known, and those of the thresholds. */
static GPtrArray *list_metrics(const Trial *trial)
{
    GPtrArray *metrics = paired_metrics_list(trial->results);
    const GPtrArray *thresholds = trial->scenario->thresholds;

    for (guint i = 0; i < thresholds->len; i++) {
        const Threshold *threshold = g_ptr_array_index(thresholds, i);

        paired_metrics_add(metrics, paired_metric_of_rule(threshold->rule, threshold->window));
    }
    return metrics;
}

/* --- both sides ----------------------------------------------------------------------------- */

static char *name_side(const char *path, const char *const *sets)
{
    GString *text = g_string_new(path);

    for (guint i = 0; sets != NULL && sets[i] != NULL; i++) {
        g_string_append_printf(text, " --set %s", sets[i]);
    }
    return g_string_free(text, FALSE);
}

static bool compare(Versus *versus, const Trial *before, const Trial *after, GError **error)
{
    if (versus->metrics->len == 0) {
        g_ptr_array_unref(versus->metrics);
        versus->metrics = list_metrics(before);
    }
    versus->pairs = MIN(before->replications, after->replications);
    versus->figures = paired_compare_all(before->results, after->results, versus->metrics,
                                         versus->confidence, error);
    return versus->figures != NULL;
}

static guint pairs_wanted(const Study *study, const VersusOrder *order, GError **error)
{
    g_autoptr(Scenario) scenario = study_read(study, order->before, NULL, error);

    if (scenario == NULL) {
        return 0;
    }
    return order->replications > 0 ? order->replications
                                   : (guint)MAX(scenario->simulation.replications, VERSUS_PAIRS);
}

/* Whether the second scenario can be read, before hours go into the first one. */
static bool check_after(const Study *study, const VersusOrder *order, GError **error)
{
    g_autoptr(Scenario) scenario = study_read(study, order->after, order->after_sets, error);

    return scenario != NULL;
}

Versus *versus_run(Study *study, const VersusOrder *order, GError **error)
{
    g_autoptr(Versus) versus = g_new0(Versus, 1);
    g_autoptr(Trial) before = NULL;
    g_autoptr(Trial) after = NULL;
    guint wanted = pairs_wanted(study, order, error);

    versus->metrics = wanted > 0 ? read_metrics(study, order, error) : NULL;
    if (versus->metrics == NULL || !check_after(study, order, error)) {
        return NULL;
    }
    versus->before = name_side(order->before, NULL);
    versus->after = name_side(order->after, order->after_sets);
    versus->confidence = order->confidence > 0 ? order->confidence : 0.95;
    before = study_try(study, order->before, NULL, "before", wanted, NULL, error);
    if (before == NULL) {
        return NULL; /* nothing can be compared with nothing */
    }
    versus->seed = g_strdup(before->scenario->simulation.seed_text);
    Trial *whole =
        study_try(study, order->after, order->after_sets, "after", wanted, &after, error);

    if (whole != NULL) {
        after = whole;
    } else if (after != NULL) {
        versus->unfinished =
            g_strdup_printf("%s: only pairs that had ended by then count", (*error)->message);
    }
    if (after == NULL || !compare(versus, before, after, versus->unfinished ? NULL : error)) {
        return NULL;
    }
    return g_steal_pointer(&versus);
}

ComparisonVerdict versus_verdict(const Versus *versus)
{
    static const ComparisonVerdict order[] = {COMPARISON_WORSE, COMPARISON_UNDECIDED,
                                              COMPARISON_BETTER};

    for (guint k = 0; k < G_N_ELEMENTS(order); k++) {
        for (guint i = 0; i < versus->figures->len; i++) {
            if (g_array_index(versus->figures, PairedFigure, i).verdict == order[k]) {
                return order[k];
            }
        }
    }
    return COMPARISON_EQUIVALENT;
}
