/* paired.c - whether one version of a system is better than another. */
#include "sim/results/paired.h"

#include <math.h>
#include <string.h>

#include "sim/results/judge/judge_runs.h"
#include "sim/results/results_series.h"

double paired_confidence(double confidence, guint metrics)
{
    return fmax(ESTIMATE_ALARM_CONFIDENCE, 1 - (1 - confidence) / MAX(metrics, 1));
}

/* --- one metric ----------------------------------------------------------------------------- */

/* What both sides measured, in step; returns how many. */
static guint take_pairs(const PairedAsk *ask, double *before, double *after, guint *lost)
{
    guint pairs = 0;

    *lost = 0;
    for (guint i = 0; i < ask->count; i++) {
        if (!isnan(ask->before[i]) && !isnan(ask->after[i])) {
            before[pairs] = ask->before[i];
            after[pairs] = ask->after[i];
            pairs++;
        } else if (!isnan(ask->before[i]) || !isnan(ask->after[i])) {
            (*lost)++;
        }
    }
    return pairs;
}

static bool are_same(const double *before, const double *after, guint pairs)
{
    for (guint i = 0; i < pairs; i++) {
        if (before[i] != after[i]) {
            return false;
        }
    }
    return pairs > 0;
}

static double variance_of_differences(const double *before, const double *after, guint pairs)
{
    g_autofree double *differences = g_new(double, MAX(pairs, 1));

    for (guint i = 0; i < pairs; i++) {
        differences[i] = after[i] - before[i];
    }
    return estimate_variance(differences, pairs);
}

static double find_ratio(const double *before, const double *after, guint pairs)
{
    double apart = estimate_variance(before, pairs) + estimate_variance(after, pairs);
    double paired = variance_of_differences(before, after, pairs);

    if (pairs < 2 || apart == 0) {
        return (double)NAN;
    }
    return paired > 0 ? apart / paired : (double)INFINITY;
}

static double find_spread(const double *before, const double *after, guint pairs)
{
    double variance = estimate_variance(before, pairs);

    return pairs >= 2 && variance > 0 ? sqrt(estimate_variance(after, pairs) / variance)
                                      : (double)NAN;
}

/* Differences that do not vary leave Student's t without a width; then they are signs, of which n
 * alike come about by chance with 2^(1 - n). */
static bool are_enough_signs(const PairedFigure *figure)
{
    const Estimate *difference = &figure->comparison.difference;

    return difference->low != difference->high ||
           ldexp(1, 1 - (int)figure->pairs) <= 1 - difference->confidence;
}

static guint find_needed(const PairedFigure *figure, double deviation)
{
    const Estimate *difference = &figure->comparison.difference;
    double gap = fmax(fabs(difference->value), figure->tolerance - fabs(difference->value));
    double factor;
    double needed;

    if (figure->pairs < 2 || gap <= 0) {
        return 0;
    }
    factor = estimate_student_factor(difference->confidence, figure->pairs - 1);
    needed = ceil((factor * deviation / gap) * (factor * deviation / gap));
    return (guint)fmin(fmax(needed, fmax(figure->pairs + 1, ESTIMATE_FEWEST_REPLICATIONS)), 1e9);
}

static void decide(PairedFigure *figure, bool is_smaller_better, double deviation)
{
    figure->verdict = COMPARISON_UNDECIDED;
    if (figure->is_same) {
        figure->verdict = COMPARISON_EQUIVALENT;
    } else if (figure->pairs >= ESTIMATE_FEWEST_REPLICATIONS && are_enough_signs(figure)) {
        figure->verdict = estimate_judge(&figure->comparison, figure->tolerance, is_smaller_better);
    }
    figure->needed = figure->verdict == COMPARISON_UNDECIDED ? find_needed(figure, deviation) : 0;
}

PairedFigure paired_compare(const PairedAsk *ask)
{
    g_autofree double *before = g_new(double, MAX(ask->count, 1));
    g_autofree double *after = g_new(double, MAX(ask->count, 1));
    PairedFigure figure = {0};

    figure.pairs = take_pairs(ask, before, after, &figure.lost);
    figure.before = estimate_average(before, figure.pairs);
    figure.after = estimate_average(after, figure.pairs);
    figure.comparison = estimate_compare_paired(before, after, figure.pairs, ask->confidence);
    figure.ratio = find_ratio(before, after, figure.pairs);
    figure.spread = find_spread(before, after, figure.pairs);
    figure.is_same = figure.lost == 0 && are_same(before, after, figure.pairs);
    figure.tolerance = ask->is_relative && figure.pairs > 0
                           ? fmax(ask->tolerance * fabs(figure.before), ask->least_tolerance)
                           : ask->tolerance;
    decide(&figure, ask->is_smaller_better,
           sqrt(variance_of_differences(before, after, figure.pairs)));
    return figure;
}

const char *paired_word(ComparisonVerdict verdict)
{
    static const char *const words[] = {
        [COMPARISON_BETTER] = "better",
        [COMPARISON_WORSE] = "worse",
        [COMPARISON_EQUIVALENT] = "equivalent",
        [COMPARISON_UNDECIDED] = "undecided",
    };

    return words[verdict];
}

char *paired_describe(const PairedFigure *figure)
{
    GString *text = g_string_new(NULL);

    if (figure->pairs == 0) {
        g_string_append(text,
                        figure->lost > 0 ? "measured on one side only" : "nothing was measured");
        return g_string_free(text, FALSE);
    }
    if (figure->is_same) {
        g_string_append_printf(text, "the same in each of %u pairs", figure->pairs);
        return g_string_free(text, FALSE);
    }
    g_string_append_printf(text, "%s, n = %u pairs, %.5g %% interval",
                           figure->comparison.difference.method, figure->pairs,
                           100 * figure->comparison.difference.confidence);
    if (figure->lost > 0) {
        g_string_append_printf(text, "; %u replications measured it on one side only",
                               figure->lost);
    }
    if (figure->verdict == COMPARISON_UNDECIDED && figure->needed > 0) {
        g_string_append_printf(text, "; about %u pairs would decide", figure->needed);
    } else if (figure->verdict == COMPARISON_UNDECIDED) {
        g_string_append(text, "; more pairs or a tolerance would decide");
    }
    return g_string_free(text, FALSE);
}

/* --- what is compared ----------------------------------------------------------------------- */

void paired_metric_free(PairedMetric *metric)
{
    if (metric != NULL) {
        threshold_free(metric->rule);
        g_free(metric->aggregate);
        g_free(metric);
    }
}

/* Which way is better. What is not here (requests sent, look-ups) is a cause, not a harm. */
static const struct {
    const char *metric, *aggregate;
    bool is_smaller_better;
} directed[] = {
    {"http_req_failed", "rate", true},
    {"http_req_duration", "avg", true},
    {"http_req_duration", "p(50)", true},
    {"http_req_duration", "p(95)", true},
    {"http_req_duration", "p(99)", true},
    {"goodput", "avg", false},
    {"outage_duration", "max", true},
    {"retry_amplification", "value", true},
    {"journey", "avg", true},
    {"journey", "p(50)", true},
    {"journey", "p(95)", true},
    {"journey", "p(99)", true},
    {"journeys_lost", "count", true},
    {"station_wait", "avg", true},
    {"station_busy", "avg", true},
    {"utilisation", "avg", true},
    {"disk_busy", "avg", true},
    {"read_latency", "p(99)", true},
    {"write_latency", "p(99)", true},
    {"read_timeouts", "count", true},
    {"write_timeouts", "count", true},
    {"errors_500", "count", true},
    {"connections_waiting", "avg", true},
};

static ThresholdRule *rule_for(const ThresholdKnown *known, const char *metric,
                               const char *aggregate, bool is_smaller_better)
{
    static const char *const limits[] = {"1", "1s", "1B"};
    ThresholdRule *rule = NULL;

    for (guint i = 0; i < G_N_ELEMENTS(limits) && rule == NULL; i++) {
        g_autofree char *condition =
            g_strdup_printf("%s%s%s", aggregate, is_smaller_better ? "<" : ">", limits[i]);

        rule = threshold_parse(metric, condition, known, NULL);
    }
    return rule;
}

static PairedMetric *metric_new(ThresholdRule *rule, const char *aggregate, bool is_smaller_better)
{
    PairedMetric *metric = g_new0(PairedMetric, 1);

    metric->rule = rule;
    metric->aggregate = g_strdup(aggregate);
    metric->tolerance = PAIRED_TOLERANCE;
    metric->least_tolerance = strcmp(rule->unit, "ratio") == 0 ? PAIRED_TOLERANCE_OF_SHARE : 0;
    metric->is_relative = true;
    metric->is_smaller_better = is_smaller_better;
    return metric;
}

static bool is_measured(const Results *results, const char *name)
{
    guint count;
    const ResultsMetric *metrics = results_metrics(results, &count);

    for (guint i = 0; i < count; i++) {
        if (strcmp(metrics[i].name, name) == 0) {
            return true;
        }
    }
    return false;
}

static bool has_users(const Results *results)
{
    guint count;
    const ResultsRun *runs = results_runs(results, &count);

    for (guint i = 0; i < count; i++) {
        if (runs[i].requests > 0) {
            return true;
        }
    }
    return false;
}

GPtrArray *paired_metrics_list(const Results *results)
{
    GPtrArray *metrics = g_ptr_array_new_with_free_func((GDestroyNotify)paired_metric_free);
    g_autoptr(GArray) declared = judge_declared(results);
    ThresholdKnown known = {.declared = (const ThresholdMetric *)(const void *)declared->data};
    bool are_users = has_users(results);

    for (guint i = 0; i < G_N_ELEMENTS(directed); i++) {
        ThresholdRule *rule = rule_for(&known, directed[i].metric, directed[i].aggregate,
                                       directed[i].is_smaller_better);

        if (rule != NULL && (rule->is_users ? are_users : is_measured(results, rule->metric))) {
            g_ptr_array_add(metrics,
                            metric_new(rule, directed[i].aggregate, directed[i].is_smaller_better));
        } else {
            threshold_free(rule);
        }
    }
    return metrics;
}

PairedMetric *paired_metric_of_rule(const ThresholdRule *rule, SimSpan window)
{
    bool is_smaller = rule->comparison == THRESHOLD_LESS || rule->comparison == THRESHOLD_AT_MOST;
    g_autofree char *aggregate = NULL;
    PairedMetric *metric;

    if (rule->comparison == THRESHOLD_EQUAL || rule->comparison == THRESHOLD_UNEQUAL) {
        return NULL;
    }
    aggregate = g_strndup(rule->condition, strcspn(rule->condition, "<>"));
    metric = metric_new(threshold_with_label(rule, "", ""), g_strstrip(aggregate), is_smaller);
    metric->window = window;
    return metric;
}

static bool are_alike(const PairedMetric *one, const PairedMetric *other)
{
    g_autofree char *labels = threshold_labels_text(one->rule);
    g_autofree char *others = threshold_labels_text(other->rule);

    return strcmp(one->rule->metric, other->rule->metric) == 0 && strcmp(labels, others) == 0 &&
           one->rule->aggregate == other->rule->aggregate &&
           one->rule->quantile == other->rule->quantile && one->window == other->window;
}

void paired_metrics_add(GPtrArray *metrics, PairedMetric *metric)
{
    for (guint i = 0; metric != NULL && i < metrics->len; i++) {
        if (are_alike(metrics->pdata[i], metric)) {
            paired_metric_free(metric);
            return;
        }
    }
    if (metric != NULL) {
        g_ptr_array_add(metrics, metric);
    }
}

/* --- two campaigns -------------------------------------------------------------------------- */

/* Puts the values of runs in their index's place, so that a lost replication takes only its own
 * pair away. */
static double *spread(const Results *results, double *values, guint most)
{
    double *spread = g_new(double, MAX(most, 1));
    guint count;
    const ResultsRun *runs = results_runs(results, &count);

    for (guint i = 0; i < most; i++) {
        spread[i] = (double)NAN;
    }
    for (guint i = 0; i < count; i++) {
        spread[runs[i].run] = values[i];
    }
    g_free(values);
    return spread;
}

static guint count_indices(const Results *results)
{
    guint count;
    const ResultsRun *runs = results_runs(results, &count);

    return count > 0 ? (guint)runs[count - 1].run + 1 : 0;
}

static bool share_seeds(const Results *before, const Results *after, GError **error)
{
    guint count;
    guint others;
    const ResultsRun *runs = results_runs(before, &count);
    const ResultsRun *other_runs = results_runs(after, &others);

    for (guint i = 0, k = 0; i < count; i++) {
        while (k < others && other_runs[k].run < runs[i].run) {
            k++;
        }
        if (k < others && other_runs[k].run == runs[i].run && other_runs[k].seed != runs[i].seed) {
            g_set_error(error, THRESHOLD_ERROR, THRESHOLD_ERROR_SYNTAX,
                        "replication %d has another seed on each side: only replications with the "
                        "same random numbers are pairs",
                        runs[i].run);
            return false;
        }
    }
    return true;
}

GArray *paired_compare_all(Results *before, Results *after, const GPtrArray *metrics,
                           double confidence, GError **error)
{
    guint most = MAX(count_indices(before), count_indices(after));
    g_autoptr(GArray) figures = g_array_new(FALSE, FALSE, sizeof(PairedFigure));

    if (!share_seeds(before, after, error)) {
        return NULL;
    }
    for (guint i = 0; i < metrics->len; i++) {
        const PairedMetric *metric = metrics->pdata[i];
        g_autofree double *from =
            spread(before, judge_each_run(before, metric->rule, metric->window), most);
        g_autofree double *to =
            spread(after, judge_each_run(after, metric->rule, metric->window), most);
        PairedAsk ask = {.before = from,
                         .after = to,
                         .count = most,
                         .tolerance = metric->tolerance,
                         .least_tolerance = metric->least_tolerance,
                         .is_relative = metric->is_relative,
                         .is_smaller_better = metric->is_smaller_better,
                         .confidence = paired_confidence(confidence, metrics->len)};
        PairedFigure figure = paired_compare(&ask);

        g_array_append_val(figures, figure);
    }
    return results_is_whole(before, error) && results_is_whole(after, error)
               ? g_steal_pointer(&figures)
               : NULL;
}
