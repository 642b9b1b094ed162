/* margin.c - how far a trial is from its limits. */
#include "sim/study/margin.h"

#include <math.h>
#include <string.h>

#include "sim/results/judge/figure.h"
#include "sim/results/judge/judge.h"
#include "sim/results/judge/judge_runs.h"

/* Margin of a value more than twice its limit: no interval is needed to say that it breaks it. */
#define GROSS (-1.0)

/* Whether the figure is the worst of all replications, whose interval runs from best to worst. */
static bool is_worst_case(const Threshold *threshold)
{
    const ThresholdRule *rule = threshold->rule;

    return threshold->window > 0 || rule->type == THRESHOLD_OUTAGE ||
           rule->type == THRESHOLD_REROUTE || rule->aggregate == THRESHOLD_MIN ||
           rule->aggregate == THRESHOLD_MAX || rule->aggregate == THRESHOLD_COUNT;
}

/* Of a limit of 0 there is no share: it holds or does not. */
static double margin_of(const ThresholdRule *rule, double value)
{
    double margin = figure_margin(rule, value);

    return isnan(margin) ? (threshold_holds(rule, value) ? 1 : -1) : margin;
}

static bool is_doubted(const Judged *judged)
{
    return strstr(judged->why, "not stable: ") != NULL ||
           strstr(judged->why, "not converged: ") != NULL;
}

static bool refuse(const Threshold *threshold, const Judged *judged, const char *what,
                   GError **error)
{
    g_set_error(error, STUDY_ERROR, STUDY_ERROR_WRONG, "threshold '%s: %s' %s: %s",
                threshold->metric, threshold->condition, what, judged->why);
    return false;
}

/* Where every replication breaks a limit from above, the mean of the logarithms bounds the mean
 * from below (it is that of the smaller, geometric one): shares of requests that fail differ by
 * more than themselves in overload, and Student's t of the shares would not even leave 0 out. The
 * margin of that bound; INFINITY when there is none. */
static double margin_of_overload(const Trial *trial, const Threshold *threshold)
{
    const ThresholdRule *rule = threshold->rule;
    g_autofree double *values = judge_each_run(trial->results, rule, threshold->window);
    guint count;
    guint broken = 0;

    results_runs(trial->results, &count);
    for (guint i = 0; i < count; i++) {
        if (values[i] > 0 && !threshold_holds(rule, values[i]) &&
            figure_margin(rule, values[i]) < 0 &&
            figure_margin(rule, 2 * values[i]) < figure_margin(rule, values[i])) {
            values[broken++] = log(values[i]);
        }
    }
    Estimate estimate = estimate_mean(values, broken, threshold->confidence);

    return broken < count || broken < 2 || isnan(estimate.low) ? (double)INFINITY
                                                               : margin_of(rule, exp(estimate.low));
}

static bool measure_one(const Trial *trial, const Threshold *threshold, const Judged *judged,
                        FrontierPoint *point, GError **error)
{
    const ThresholdRule *rule = threshold->rule;
    double low;
    double high;

    if (isnan(judged->observed)) {
        point->low = point->middle = point->high = -1;
        return is_doubted(judged) ? true
                                  : refuse(threshold, judged, "cannot be searched with", error);
    }
    point->middle = margin_of(rule, judged->observed);
    point->low = point->high = point->middle;
    if (is_worst_case(threshold)) {
        return true;
    }
    if ((isnan(judged->low) || isnan(judged->high)) && point->middle < GROSS) {
        return true;
    }
    if (isnan(judged->low) || isnan(judged->high)) {
        return refuse(threshold, judged,
                      "has no interval (make simulation.duration longer, or run more replications)",
                      error);
    }
    low = margin_of(rule, judged->low);
    high = margin_of(rule, judged->high);
    point->low = fmin(low, high);
    point->high = fmax(low, high);
    if (point->high >= 0 && point->middle < 0) {
        point->high = fmax(fmin(point->high, margin_of_overload(trial, threshold)), point->middle);
    }
    return true;
}

static char *name_binding(const Threshold *threshold, const Judged *judged)
{
    const char *why = strstr(judged->why, "worst of ");

    if (isnan(judged->observed)) {
        return g_strdup_printf("%s %s (%s)", threshold->metric, threshold->condition, judged->why);
    }
    if (why != NULL && strstr(why, "values of '") != NULL) { /* of '*': which one it is */
        g_autofree char *which = g_strndup(why, strcspn(why, ";"));

        return g_strdup_printf("%s %s (%s)", threshold->metric, threshold->condition, which);
    }
    return g_strdup_printf("%s %s", threshold->metric, threshold->condition);
}

/* The smallest margin of each replication; what measured nothing there does not hold. */
static double *measure_each(const Trial *trial)
{
    const GPtrArray *thresholds = trial->scenario->thresholds;
    guint count;

    results_runs(trial->results, &count);
    double *margins = g_new(double, count);

    for (guint i = 0; i < count; i++) {
        margins[i] = (double)INFINITY;
    }
    for (guint k = 0; k < thresholds->len; k++) {
        const Threshold *threshold = g_ptr_array_index(thresholds, k);
        g_autofree double *values =
            judge_each_run(trial->results, threshold->rule, threshold->window);

        for (guint i = 0; i < count; i++) {
            margins[i] =
                fmin(margins[i], isnan(values[i]) ? -1 : margin_of(threshold->rule, values[i]));
        }
    }
    return margins;
}

bool margin_measure(const Trial *trial, FrontierPoint *point, GError **error)
{
    const GPtrArray *thresholds = trial->scenario->thresholds;
    g_autoptr(GError) unknown = NULL; /* of the first that cannot be judged */

    point->low = point->middle = point->high = (double)INFINITY;
    for (guint i = 0; i < thresholds->len; i++) {
        const Threshold *threshold = g_ptr_array_index(thresholds, i);
        Judged *judged = judge_threshold(trial->results, threshold->rule, threshold->window,
                                         threshold->confidence);
        FrontierPoint one = {0};

        if (!measure_one(trial, threshold, judged, &one, unknown == NULL ? &unknown : NULL)) {
            judged_free(judged);
            continue;
        }
        if (one.middle < point->middle) {
            g_free(point->binding);
            point->binding = name_binding(threshold, judged);
        }
        point->low = fmin(point->low, one.low);
        point->middle = fmin(point->middle, one.middle);
        point->high = fmin(point->high, one.high);
        judged_free(judged);
    }
    if (unknown != NULL && !(point->middle < 0)) { /* else what is known breaks a limit anyway */
        g_clear_pointer(&point->binding, g_free);
        g_propagate_error(error, g_steal_pointer(&unknown));
        return false;
    }
    point->margins = measure_each(trial);
    return results_is_whole(trial->results, error);
}
