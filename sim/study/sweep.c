/* sweep.c - a scenario over the values of one or two of its settings. */
#include "sim/study/sweep.h"

#include <math.h>
#include <string.h>

#include "sim/results/judge/judge.h"
#include "sim/results/judge/precision.h"
#include "sim/results/judge/reroute.h"
#include "sim/scenario/scenario_expect.h"

#define POINTS_MOST 400

/* --- what is asked --------------------------------------------------------------------------- */

GPtrArray *sweep_read_axes(const SweepOrder *order, guint most, GError **error)
{
    g_autoptr(GPtrArray) axes = g_ptr_array_new_with_free_func((GDestroyNotify)axis_free);

    for (guint i = 0; order->over != NULL && order->over[i] != NULL; i++) {
        Axis *axis = axis_parse(order->over[i], error);

        if (axis == NULL) {
            return NULL;
        }
        g_ptr_array_add(axes, axis);
    }
    if (axes->len == 0 || axes->len > most) {
        g_set_error(error, STUDY_ERROR, STUDY_ERROR_WRONG,
                    "needs from 1 to %u settings to go over: --over /load/users/rate=500..3000/6",
                    most);
        return NULL;
    }
    return g_steal_pointer(&axes);
}

/* "rate" is a load only where there is one. */
static bool check_rate(const Study *study, const SweepOrder *order, GError **error)
{
    g_autoptr(Scenario) scenario = study_read(study, order->path, NULL, error);
    g_autoptr(Rate) rate = scenario != NULL ? rate_find(scenario, order->rate, error) : NULL;

    return rate != NULL;
}

bool sweep_check_axes(const Study *study, const SweepOrder *order, const GPtrArray *axes,
                      const Rate *rate, GError **error)
{
    for (guint i = 0; i < axes->len; i++) {
        const Axis *axis = g_ptr_array_index(axes, i);

        if (rate == NULL && strcmp(axis->pointer, "rate") == 0) {
            return check_rate(study, order, error); /* says why */
        }
        for (guint k = 0; k < axis->count; k++) {
            g_autoptr(GPtrArray) sets = g_ptr_array_new_with_free_func(g_free);

            axis_add_sets(axis, k, rate, sets);
            g_ptr_array_add(sets, NULL);
            g_autoptr(Scenario) scenario =
                study_read(study, order->path, (const char *const *)sets->pdata, error);

            if (scenario == NULL) {
                return false;
            }
        }
    }
    return true;
}

GPtrArray *sweep_read_metrics(const Study *study, const SweepOrder *order, GError **error)
{
    g_autoptr(GPtrArray) metrics =
        g_ptr_array_new_with_free_func((GDestroyNotify)paired_metric_free);
    g_autoptr(Scenario) scenario = study_read(study, order->path, NULL, error);
    g_autoptr(ScenarioKnown) known =
        scenario != NULL ? scenario_known_new(scenario, study->kinds) : NULL;

    for (guint i = 0; scenario != NULL && order->metrics != NULL && order->metrics[i] != NULL;
         i++) {
        g_autoptr(PrecisionGoal) goal =
            precision_goal_parse(order->metrics[i], scenario_known(known), error);

        if (goal == NULL) {
            return NULL;
        }
        paired_metrics_add(metrics, paired_metric_of_rule(goal->rule, 0));
    }
    return scenario != NULL ? g_steal_pointer(&metrics) : NULL;
}

char *sweep_name_metric(const PairedMetric *metric)
{
    g_autofree char *labels = threshold_labels_text(metric->rule);

    return g_strdup_printf("%s%s%s%s %s", metric->rule->metric, labels[0] != '\0' ? "{" : "",
                           labels, labels[0] != '\0' ? "}" : "", metric->aggregate);
}

/* --- the grid -------------------------------------------------------------------------------- */

static void point_free(SweepPoint *point)
{
    g_array_unref(point->estimates);
    g_free(point);
}

void sweep_free(Sweep *sweep)
{
    if (sweep != NULL) {
        g_free(sweep->path);
        g_free(sweep->seed);
        g_free(sweep->knee_metric);
        g_free(sweep->usl_metric);
        g_free(sweep->unfinished);
        g_clear_pointer(&sweep->axes, g_ptr_array_unref);
        g_clear_pointer(&sweep->metrics, g_ptr_array_unref);
        g_clear_pointer(&sweep->points, g_ptr_array_unref);
        g_free(sweep);
    }
}

static const Axis *axis_of(const Sweep *sweep, guint index)
{
    return g_ptr_array_index(sweep->axes, index);
}

/* Worst cases have no interval of confidence: the estimate is that of the replications' values. */
static Estimate estimate_metric(const Trial *trial, const PairedMetric *metric)
{
    bool has_interval =
        metric->rule->type != THRESHOLD_OUTAGE && metric->rule->type != THRESHOLD_REROUTE &&
        (metric->rule->aggregate == THRESHOLD_AVG || metric->rule->aggregate == THRESHOLD_RATE ||
         metric->rule->aggregate == THRESHOLD_VALUE ||
         metric->rule->aggregate == THRESHOLD_PERCENTILE);

    if (has_interval) {
        return judge_estimate(trial->results, metric->rule, trial->scenario->confidence);
    }
    Judged *judged =
        judge_threshold(trial->results, metric->rule, metric->window, trial->scenario->confidence);
    Estimate estimate = {.value = judged->observed,
                         .low = judged->low,
                         .high = judged->high,
                         .replications = trial->replications,
                         .method = "worst of the replications, interval from best to worst"};

    judged_free(judged);
    return estimate;
}

static void take_point(Sweep *sweep, const Trial *trial, const guint *at)
{
    SweepPoint *point = g_new0(SweepPoint, 1);

    if (sweep->metrics->len == 0) {
        g_ptr_array_unref(sweep->metrics);
        sweep->metrics = paired_metrics_list(trial->results);
    }
    if (sweep->seed == NULL) {
        sweep->seed = g_strdup(trial->scenario->simulation.seed_text);
        sweep->confidence = trial->scenario->confidence;
        sweep->replications = trial->replications;
    }
    point->at[0] = at[0];
    point->at[1] = at[1];
    point->estimates = g_array_new(FALSE, FALSE, sizeof(Estimate));
    for (guint i = 0; i < sweep->metrics->len; i++) {
        Estimate estimate = estimate_metric(trial, g_ptr_array_index(sweep->metrics, i));

        estimate.method = g_intern_string(estimate.method); /* a doubt belongs to the results */
        g_array_append_val(point->estimates, estimate);
    }
    g_ptr_array_add(sweep->points, point);
}

static bool run_point(Study *study, const SweepOrder *order, const Rate *rate, Sweep *sweep,
                      const guint *at, GError **error)
{
    g_autoptr(GPtrArray) sets = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(Trial) trial = NULL;
    g_autofree char *line = NULL;

    for (guint i = 0; i < sweep->axes->len; i++) {
        axis_add_sets(axis_of(sweep, i), at[i], rate, sets);
    }
    line = g_strdup_printf("point %u: %s%s%s", sweep->points->len + 1,
                           axis_of(sweep, 0)->texts[at[0]], sweep->axes->len > 1 ? ", " : "",
                           sweep->axes->len > 1 ? axis_of(sweep, 1)->texts[at[1]] : "");
    if (study->tell != NULL) {
        study->tell(study->context, line);
    }
    g_ptr_array_add(sets, NULL);
    trial = study_try(study, order->path, (const char *const *)sets->pdata, "point",
                      order->replications, NULL, error);
    if (trial != NULL) {
        take_point(sweep, trial, at);
    }
    study_forget(study, "point");
    return trial != NULL && results_is_whole(trial->results, error);
}

static bool run_grid(Study *study, const SweepOrder *order, const Rate *rate, Sweep *sweep,
                     GError **error)
{
    guint second = sweep->axes->len > 1 ? axis_of(sweep, 1)->count : 1;
    guint all = axis_of(sweep, 0)->count * second;
    g_autoptr(GError) own = NULL;

    for (guint i = 0; i < all; i++) {
        guint at[2] = {i / second, i % second};

        if (run_point(study, order, rate, sweep, at, &own)) {
            continue;
        }
        if (sweep->points->len == 0 || !g_error_matches(own, STUDY_ERROR, STUDY_ERROR_ENDED)) {
            g_propagate_error(error, g_steal_pointer(&own));
            return false;
        }
        sweep->unfinished = g_strdup_printf("%s: %u of %u points", own->message, i, all);
        break;
    }
    return true;
}

/* --- the knee -------------------------------------------------------------------------------- */

double sweep_find_knee(const double *x, const double *y, guint count)
{
    g_autofree double *fit = g_new(double, MAX(count, 1));
    g_autofree double *weights = g_new(double, MAX(count, 1));
    double before = (double)NAN;
    double slope_before = (double)NAN;

    for (guint i = 0; i < count; i++) {
        if (!(x[i] > 0) || !(y[i] > 0) || !isfinite(y[i])) {
            return (double)NAN;
        }
        fit[i] = log(y[i]);
        weights[i] = 1;
    }
    reroute_make_rising(fit, weights, count);
    for (guint i = 0; i + 1 < count; i++) {
        double middle = (log(x[i]) + log(x[i + 1])) / 2;
        double slope = (fit[i + 1] - fit[i]) / (log(x[i + 1]) - log(x[i]));

        if (slope >= 1) {
            double share = isnan(slope_before) ? 1 : (1 - slope_before) / (slope - slope_before);

            return exp(isnan(before) ? middle : before + share * (middle - before));
        }
        before = middle;
        slope_before = slope;
    }
    return (double)NAN;
}

/* Of the highest percentile that was measured, where the axis is a load. */
static void find_knee(Sweep *sweep)
{
    const Axis *axis = axis_of(sweep, 0);
    g_autofree double *values = g_new(double, sweep->points->len);
    int chosen = -1;

    sweep->knee = (double)NAN;
    for (guint i = 0; i < sweep->metrics->len; i++) {
        const PairedMetric *metric = g_ptr_array_index(sweep->metrics, i);

        if (metric->rule->aggregate == THRESHOLD_PERCENTILE &&
            (strcmp(metric->rule->metric, "http_req_duration") == 0 ||
             g_str_has_prefix(metric->rule->metric, "journey") ||
             strcmp(metric->rule->metric, "station_sojourn") == 0)) {
            chosen = (int)i;
        }
    }
    if (sweep->axes->len > 1 || chosen < 0 || !axis->is_range || sweep->points->len < axis->count) {
        return;
    }
    for (guint i = 0; i < sweep->points->len; i++) {
        const SweepPoint *point = g_ptr_array_index(sweep->points, i);

        values[i] = g_array_index(point->estimates, Estimate, chosen).value;
    }
    /* points that are not stable have no latency: the knee lies before them */
    guint count = 0;

    while (count < sweep->points->len && !isnan(values[count])) {
        count++;
    }
    sweep->knee_metric = sweep_name_metric(g_ptr_array_index(sweep->metrics, chosen));
    sweep->knee = sweep_find_knee(axis->numbers, values, count);
}

static bool check_size(const Sweep *sweep, GError **error)
{
    guint all = axis_of(sweep, 0)->count * (sweep->axes->len > 1 ? axis_of(sweep, 1)->count : 1);

    if (all > POINTS_MOST) {
        g_set_error(error, STUDY_ERROR, STUDY_ERROR_WRONG, "%u points are more than %u", all,
                    POINTS_MOST);
    }
    return all <= POINTS_MOST;
}

Sweep *sweep_run(Study *study, const SweepOrder *order, GError **error)
{
    g_autoptr(Sweep) sweep = g_new0(Sweep, 1);
    g_autoptr(Scenario) scenario = study_read(study, order->path, NULL, error);
    g_autoptr(Rate) rate = scenario != NULL ? rate_find(scenario, order->rate, NULL) : NULL;

    sweep->path = g_strdup(order->path);
    sweep->points = g_ptr_array_new_with_free_func((GDestroyNotify)point_free);
    sweep->axes = scenario != NULL ? sweep_read_axes(order, 2, error) : NULL;
    sweep->metrics = sweep->axes != NULL ? sweep_read_metrics(study, order, error) : NULL;
    if (sweep->metrics == NULL || !check_size(sweep, error) ||
        !sweep_check_axes(study, order, sweep->axes, rate, error)) {
        return NULL;
    }
    if (!run_grid(study, order, rate, sweep, error)) {
        return NULL;
    }
    find_knee(sweep);
    sweep_fit_usl(sweep, order->rate);
    return g_steal_pointer(&sweep);
}
