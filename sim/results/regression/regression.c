/* regression.c - whether a campaign is worse than the one that a baseline keeps. */
#include "sim/results/regression/regression.h"

#include <math.h>
#include <string.h>

#include "sim/results/judge/judge_runs.h"

const char *regression_word(RegressionVerdict verdict)
{
    static const char *const words[] = {
        [REGRESSION_FINE] = "fine",
        [REGRESSION_WORSE] = "worse",
        [REGRESSION_UNDECIDED] = "undecided",
        [REGRESSION_BROKEN] = "broken",
    };

    return words[verdict];
}

RegressionVerdict regression_merge(const GPtrArray *list)
{
    RegressionVerdict worst = REGRESSION_FINE;

    for (guint i = 0; i < list->len; i++) {
        worst = MAX(worst, ((const Regression *)list->pdata[i])->verdict);
    }
    return worst;
}

static void clear_row(void *item)
{
    g_free(((RegressionRow *)item)->why);
}

static Regression *regression_begin(const char *name, Baseline *before, Baseline *after)
{
    Regression *regression = g_new0(Regression, 1);

    regression->name = g_strdup(name);
    regression->before = before;
    regression->after = after;
    regression->rows = g_array_new(false, true, sizeof(RegressionRow));
    g_array_set_clear_func(regression->rows, clear_row);
    regression->broken = g_ptr_array_new_with_free_func(g_free);
    return regression;
}

void regression_free(Regression *regression)
{
    if (regression == NULL) {
        return;
    }
    g_free(regression->name);
    baseline_free(regression->before);
    baseline_free(regression->after);
    g_free(regression->fingerprint);
    g_array_unref(regression->rows);
    g_ptr_array_unref(regression->broken);
    g_free(regression->cost);
    g_free(regression);
}

Regression *regression_lonely(const char *name, Baseline *before, Baseline *after)
{
    Regression *regression = regression_begin(name, before, after);

    regression->fingerprint =
        g_strdup(before == NULL ? "there is no baseline: 'dcdrill baseline' writes one"
                                : "there is a baseline and no results: was the scenario removed?");
    regression->cost = g_strdup("nothing to compare with");
    regression->verdict = REGRESSION_UNDECIDED;
    return regression;
}

/* --- what can be compared ------------------------------------------------------------------- */

static PairedMetric *metric_from(const BaselineMetric *from, const ThresholdKnown *known)
{
    static const char *const limits[] = {"1", "1s", "1B"};
    PairedMetric *metric = NULL;

    for (guint i = 0; i < G_N_ELEMENTS(limits) && metric == NULL; i++) {
        g_autofree char *condition = g_strdup_printf(
            "%s%s%s", from->aggregate, from->is_smaller_better ? "<" : ">", limits[i]);
        g_autoptr(ThresholdRule) rule = threshold_parse(from->metric, condition, known, NULL);

        metric = rule != NULL ? paired_metric_of_rule(rule, from->window) : NULL;
    }
    return metric;
}

GPtrArray *regression_metrics(const Baseline *before, const Results *after)
{
    GPtrArray *metrics = g_ptr_array_new_with_free_func((GDestroyNotify)paired_metric_free);
    g_autoptr(GArray) declared = judge_declared(after);
    ThresholdKnown known = {.declared = (const ThresholdMetric *)(const void *)declared->data};

    for (guint i = 0; i < before->metrics->len; i++) {
        PairedMetric *metric = metric_from(before->metrics->pdata[i], &known);

        if (metric != NULL) {
            g_ptr_array_add(metrics, metric);
        }
    }
    return metrics;
}

static bool refuse(GError **error, const char *format, ...) G_GNUC_PRINTF(2, 3);
static bool refuse(GError **error, const char *format, ...)
{
    va_list values;

    va_start(values, format);
    g_autofree char *text = g_strdup_vprintf(format, values);

    va_end(values);
    g_set_error(error, THRESHOLD_ERROR, THRESHOLD_ERROR_SYNTAX, "%s", text);
    return false;
}

static const BaselineRun *find_run(const Baseline *baseline, int run)
{
    for (guint i = 0; i < baseline->runs->len; i++) {
        const BaselineRun *known = &g_array_index(baseline->runs, BaselineRun, i);

        if (known->run == run) {
            return known;
        }
    }
    return NULL;
}

static guint count_pairs(const Baseline *before, const Baseline *after)
{
    guint pairs = 0;

    for (guint i = 0; i < before->runs->len; i++) {
        pairs += find_run(after, g_array_index(before->runs, BaselineRun, i).run) != NULL;
    }
    return pairs;
}

/* Where a scenario stands on a machine is nobody's business. */
static bool is_same_scenario(const Baseline *before, const Baseline *after)
{
    g_autofree char *one = g_path_get_basename(before->scenario);
    g_autofree char *other = g_path_get_basename(after->scenario);

    return strcmp(one, other) == 0;
}

static bool check_comparable(const char *name, const Baseline *before, const Baseline *after,
                             const char *declared, GError **error)
{
    if (!is_same_scenario(before, after)) {
        return refuse(error, "'%s' is the baseline of another scenario: of '%s', not of '%s'", name,
                      before->scenario, after->scenario);
    }
    if (declared == NULL && strcmp(before->version, after->version) != 0) {
        return refuse(error,
                      "'%s' is the baseline of another version: of dcdrill %s, not %s; write it "
                      "anew with 'dcdrill baseline' or declare the change",
                      name, before->version, after->version);
    }
    if (strcmp(before->seed, after->seed) != 0) {
        return refuse(error,
                      "'%s' is the baseline of another seed: %s, not %s; only replications with "
                      "the same random numbers are pairs",
                      name, before->seed, after->seed);
    }
    if (count_pairs(before, after) == 0) {
        return refuse(error, "'%s' and the results have no replication in common", name);
    }
    return true;
}

/* --- gate 1 --------------------------------------------------------------------------------- */

typedef struct Changed {
    guint pairs, order, contents, counters;
} Changed;

static Changed count_changed(const Baseline *before, const Baseline *after)
{
    Changed changed = {0};

    for (guint i = 0; i < before->runs->len; i++) {
        const BaselineRun *old = &g_array_index(before->runs, BaselineRun, i);
        const BaselineRun *new = find_run(after, old->run);

        if (new != NULL) {
            changed.pairs++;
            changed.order += old->order != new->order;
            changed.contents += old->contents != new->contents;
            changed.counters += old->counters != new->counters;
        }
    }
    return changed;
}

static void judge_fingerprints(Regression *regression, const char *declared)
{
    Changed changed = count_changed(regression->before, regression->after);
    bool is_other_scenario =
        strcmp(regression->before->scenario_hash, regression->after->scenario_hash) != 0;

    regression->is_same = changed.order + changed.contents + changed.counters == 0;
    if (regression->is_same) {
        regression->fingerprint =
            g_strdup_printf("the same in each of %u replications%s", changed.pairs,
                            is_other_scenario ? "; what the scenario says has changed" : "");
        return;
    }
    regression->is_undeclared = !is_other_scenario && declared == NULL;
    regression->fingerprint = g_strdup_printf(
        "changed in the order of events in %u, in what users saw in %u, in counters in %u of %u "
        "replications: %s%s",
        changed.order, changed.contents, changed.counters, changed.pairs,
        declared != NULL    ? "declared: "
        : is_other_scenario ? "the scenario has changed"
                            : "scenario and version are the same, so the model behaves "
                              "otherwise; declare it when that is meant",
        declared != NULL ? declared : "");
}

/* --- gate 2 --------------------------------------------------------------------------------- */

static const BaselineMetric *find_metric(const Baseline *baseline, const BaselineMetric *like)
{
    for (guint i = 0; i < baseline->metrics->len; i++) {
        const BaselineMetric *metric = baseline->metrics->pdata[i];

        if (strcmp(metric->metric, like->metric) == 0 &&
            strcmp(metric->aggregate, like->aggregate) == 0 && metric->window == like->window) {
            return metric;
        }
    }
    return NULL;
}

/* The value that replication `run` has; NAN without one. */
static double value_of(const Baseline *baseline, const BaselineMetric *metric, int run)
{
    for (guint i = 0; metric != NULL && i < baseline->runs->len; i++) {
        if (g_array_index(baseline->runs, BaselineRun, i).run == run) {
            return g_array_index(metric->values, double, i);
        }
    }
    return (double)NAN;
}

static PairedFigure compare_metric(const Regression *regression, const BaselineMetric *metric,
                                   double confidence)
{
    const Baseline *before = regression->before;
    const BaselineMetric *other = find_metric(regression->after, metric);
    g_autofree double *olds = g_new(double, before->runs->len);
    g_autofree double *news = g_new(double, before->runs->len);
    PairedAsk ask = {.before = olds,
                     .after = news,
                     .tolerance = metric->tolerance,
                     .least_tolerance = metric->least_tolerance,
                     .is_relative = metric->is_relative,
                     .is_smaller_better = metric->is_smaller_better,
                     .confidence = paired_confidence(confidence, before->metrics->len)};

    for (guint i = 0; i < before->runs->len; i++) {
        int run = g_array_index(before->runs, BaselineRun, i).run;

        if (find_run(regression->after, run) != NULL) {
            olds[ask.count] = g_array_index(metric->values, double, i);
            news[ask.count++] = value_of(regression->after, other, run);
        }
    }
    return paired_compare(&ask);
}

static bool is_measured(const PairedFigure *figure)
{
    return figure->pairs + figure->lost > 0;
}

static void compare_metrics(Regression *regression, double confidence)
{
    for (guint i = 0; i < regression->before->metrics->len; i++) {
        RegressionRow row = {.metric = regression->before->metrics->pdata[i]};

        row.figure = compare_metric(regression, row.metric, confidence);
        if (is_measured(&row.figure)) {
            row.why = paired_describe(&row.figure);
            g_array_append_val(regression->rows, row);
        }
    }
}

static const char *verdict_before(const Baseline *before, const char *title)
{
    for (guint i = 0; i < before->checks->len; i++) {
        const BaselineCheck *check = before->checks->pdata[i];

        if (strcmp(check->title, title) == 0) {
            return check->verdict;
        }
    }
    return "not there";
}

static void compare_checks(Regression *regression)
{
    for (guint i = 0; i < regression->after->checks->len; i++) {
        const BaselineCheck *check = regression->after->checks->pdata[i];
        const char *before = verdict_before(regression->before, check->title);

        if (strcmp(check->verdict, "fail") == 0 && strcmp(before, "fail") != 0) {
            g_ptr_array_add(regression->broken,
                            g_strdup_printf("%s fails, was: %s", check->title, before));
        }
    }
}

/* --- gate 3 --------------------------------------------------------------------------------- */

static void judge_cost(Regression *regression)
{
    const BaselineCost *before = &regression->before->cost;
    const BaselineCost *after = &regression->after->cost;
    double change = after->instructions / before->instructions - 1;

    if (isnan(change)) {
        regression->cost = g_strdup_printf("not judged: instructions of the %s are not known (%s)",
                                           isnan(after->instructions) ? "results" : "baseline",
                                           isnan(after->instructions) ? after->why : before->why);
    } else if (strcmp(before->compiler, after->compiler) != 0) {
        regression->cost =
            g_strdup_printf("not judged: built by '%s', the baseline by '%s', whose instructions "
                            "are others",
                            after->compiler, before->compiler);
    } else {
        regression->is_dearer = change > REGRESSION_COST;
        regression->cost = g_strdup_printf(
            "%.4g instructions a replication, were %.4g: %+.1f %% (limit %+.0f %%)",
            after->instructions, before->instructions, 100 * change, 100 * REGRESSION_COST);
    }
}

/* --- all together --------------------------------------------------------------------------- */

/* What is surely worse is so whatever else is undecided. */
static RegressionVerdict judge(const Regression *regression)
{
    bool is_worse = regression->is_dearer;
    bool is_undecided = false;

    for (guint i = 0; i < regression->rows->len; i++) {
        ComparisonVerdict row = g_array_index(regression->rows, RegressionRow, i).figure.verdict;

        is_worse |= row == COMPARISON_WORSE;
        is_undecided |= row == COMPARISON_UNDECIDED;
    }
    return regression->is_undeclared || regression->broken->len > 0 ? REGRESSION_BROKEN
           : is_worse                                               ? REGRESSION_WORSE
           : is_undecided                                           ? REGRESSION_UNDECIDED
                                                                    : REGRESSION_FINE;
}

Regression *regression_new(const char *name, Baseline *before, Baseline *after,
                           const char *declared, double confidence, GError **error)
{
    g_autoptr(Regression) regression = regression_begin(name, before, after);

    if (!check_comparable(name, before, after, declared, error)) {
        return NULL;
    }
    judge_fingerprints(regression, declared);
    if (!regression->is_same) {
        compare_metrics(regression, confidence);
    }
    compare_checks(regression);
    judge_cost(regression);
    regression->verdict = judge(regression);
    return g_steal_pointer(&regression);
}
