/* judge_runs.c - what a metric is in each replication. */
#include "sim/results/judge/judge_runs.h"

#include <math.h>
#include <string.h>

#include "sim/results/judge/judge_case.h"
#include "sim/results/judge/reroute.h"
#include "sim/results/judge/stream.h"

GArray *judge_declared(const Results *results)
{
    GArray *declared = g_array_new(true, true, sizeof(ThresholdMetric));
    guint count;
    const ResultsMetric *metrics = results_metrics(results, &count);

    for (guint i = 0; i < count; i++) {
        ThresholdMetric metric = {.name = metrics[i].name,
                                  .type = THRESHOLD_GAUGE,
                                  .unit = metrics[i].unit,
                                  .help = metrics[i].help};

        if (strcmp(metrics[i].type, "counter") == 0) {
            metric.type = THRESHOLD_COUNTER;
        } else if (strcmp(metrics[i].type, "histogram") == 0) {
            metric.type = THRESHOLD_HISTOGRAM;
        }
        g_array_append_val(declared, metric);
    }
    return declared;
}

static double value_of_distribution(const JudgeCase *one, guint index)
{
    g_autoptr(Histogram) merged = stream_merge(one->results, one->rule, one->runs[index].run);

    if (histogram_count(merged) == 0) {
        return (double)NAN;
    }
    return stream_scale(one->rule) * (one->rule->aggregate == THRESHOLD_PERCENTILE
                                          ? (double)histogram_quantile(merged, one->rule->quantile)
                                          : histogram_mean(merged));
}

static double value_of_reroute(const JudgeCase *one, guint index)
{
    ResultsUserFilter filter = stream_user_filter(one->rule);
    g_autoptr(Reroute) reroute = reroute_measure(one->results, filter.dc, &filter);
    bool is_max = one->rule->aggregate == THRESHOLD_MAX;

    return reroute_time(reroute, one->runs[index].run, is_max ? REROUTE_ALL : one->rule->quantile)
        .seconds;
}

/* A ratio of totals; the value of a gauge is its last sample. */
static double value_of_totals(const JudgeCase *one, guint index)
{
    double part;
    double whole;

    return judge_sum_run(one, index, &part, &whole) ? part / whole : (double)NAN;
}

static double value_of_run(const JudgeCase *one, guint index)
{
    SimSpan window = one->window > 0 ? one->window : JUDGE_WINDOW;

    switch (one->rule->type) {
    case THRESHOLD_OUTAGE:
        return judge_find_outage(one, index);
    case THRESHOLD_REROUTE:
        return value_of_reroute(one, index);
    default:
        break;
    }
    if (judge_is_windowed(one)) {
        return judge_find_window(one, index, window).value;
    }
    if (judge_is_extreme(one)) {
        return judge_find_extreme(one, index);
    }
    return one->rule->type == THRESHOLD_HISTOGRAM ? value_of_distribution(one, index)
                                                  : value_of_totals(one, index);
}

static void take_worse(const ThresholdRule *rule, double *values, const double *others, guint count)
{
    for (guint i = 0; i < count; i++) {
        if (window_is_worse(rule, others[i], values[i])) {
            values[i] = others[i];
        }
    }
}

double *judge_each_run(Results *results, const ThresholdRule *rule, SimSpan window)
{
    JudgeCase one = judge_case_of(results, rule, window, ESTIMATE_ALARM_CONFIDENCE);
    double *values = judge_new_values(one.count);

    for (guint i = 0; i < rule->label_count; i++) {
        const char *label = rule->labels[i].name;
        g_autoptr(GPtrArray) names = NULL;

        if (strcmp(rule->labels[i].value, "*") != 0) {
            continue;
        }
        names = judge_label_values(results, rule, label);
        for (guint k = 0; k + 1 < names->len; k++) {
            g_autoptr(ThresholdRule) part = threshold_with_label(rule, label, names->pdata[k]);
            g_autofree double *others = judge_each_run(results, part, window);

            take_worse(rule, values, others, one.count);
        }
        return values;
    }
    for (guint i = 0; i < one.count; i++) {
        values[i] = value_of_run(&one, i);
    }
    return values;
}
