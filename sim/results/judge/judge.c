/* judge.c - whether a threshold holds in a campaign. */
#include "sim/results/judge/judge.h"

#include <math.h>
#include <string.h>

#include "sim/base/estimate.h"
#include "sim/results/evidence/distribution.h"
#include "sim/results/evidence/experiment.h"
#include "sim/results/judge/figure.h"
#include "sim/results/judge/judge_case.h"
#include "sim/results/judge/single_run.h"
#include "sim/results/judge/stream.h"

JudgeCase judge_case_of(Results *results, const ThresholdRule *rule, SimSpan window,
                        double confidence)
{
    JudgeCase one = {.results = results, .rule = rule, .window = window, .confidence = confidence};

    one.runs = results_runs(results, &one.count);
    return one;
}

/* --- totals over totals --------------------------------------------------------------------- */

/* Adds a stream's totals; the value of a gauge is its last step. */
static void add_totals(const ThresholdRule *rule, const Stream *stream, double *part, double *whole)
{
    bool is_last =
        rule->type == THRESHOLD_GAUGE && rule->aggregate == THRESHOLD_VALUE && stream->count > 0;
    guint first = is_last ? stream->count - 1 : 0;

    if (is_last) {
        *part = 0;
        *whole = 0;
    }
    *part += estimate_stable_sum(stream->parts + first, stream->count - first);
    *whole += estimate_stable_sum(stream->wholes + first, stream->count - first);
}

bool judge_sum_run(const JudgeCase *one, guint index, double *part, double *whole)
{
    g_autoptr(GPtrArray) streams = stream_measure(one->results, one->rule, one->runs[index].run);

    *part = 0;
    *whole = 0;
    for (guint i = 0; i < streams->len; i++) {
        add_totals(one->rule, g_ptr_array_index(streams, i), part, whole);
    }
    return *whole > 0;
}

static Estimate estimate_totals(const JudgeCase *one)
{
    g_autofree double *parts = judge_new_values(one->count);
    g_autofree double *wholes = judge_new_values(one->count);
    guint known = 0;
    Estimate estimate;

    for (guint i = 0; i < one->count; i++) {
        known += judge_sum_run(one, i, &parts[known], &wholes[known]) ? 1 : 0;
    }
    estimate = estimate_ratio(parts, wholes, known, one->confidence);
    if (known == 1) {
        estimate = single_run_ratio(one->results, one->rule, one->confidence);
    }
    if (one->rule->type == THRESHOLD_RATIO) {
        estimate_limit_share(&estimate, estimate_stable_sum(parts, known),
                             estimate_stable_sum(wholes, known));
    }
    estimate.n = known > 0 ? (uint64_t)estimate_stable_sum(wholes, known) : 0;
    return estimate;
}

/* --- quantiles ------------------------------------------------------------------------------ */

/* The histograms of the runs that measured something. Caller unrefs. */
static GPtrArray *merge_runs(const JudgeCase *one)
{
    GPtrArray *each = g_ptr_array_new_with_free_func((GDestroyNotify)histogram_free);

    for (guint i = 0; i < one->count; i++) {
        Histogram *merged = stream_merge(one->results, one->rule, one->runs[i].run);

        if (histogram_count(merged) > 0) {
            g_ptr_array_add(each, merged);
        } else {
            histogram_free(merged);
        }
    }
    return each;
}

/* A mean or a percentile of the rule's distribution. */
static Estimate estimate_distribution(const JudgeCase *one)
{
    g_autoptr(GPtrArray) each = merge_runs(one);
    Distribution distribution = {.each = (const Histogram *const *)each->pdata,
                                 .count = each->len,
                                 .scale = stream_scale(one->rule),
                                 .what = stream_value_word(one->rule),
                                 .confidence = one->confidence};

    if (each->len == 0) {
        return (Estimate){.value = (double)NAN,
                          .low = (double)NAN,
                          .high = (double)NAN,
                          .method = "nothing was measured"};
    }
    if (one->rule->aggregate == THRESHOLD_PERCENTILE) {
        return each->len == 1 ? single_run_quantile(one->results, one->rule, one->confidence)
                              : distribution_quantile(&distribution, one->rule->quantile);
    }
    return each->len == 1 ? single_run_ratio(one->results, one->rule, one->confidence)
                          : distribution_mean(&distribution);
}

/* Latencies and levels speak of a steady state or of nothing; a share or a count is a total. */
static Estimate estimate_phase(const JudgeCase *one)
{
    const ThresholdRule *rule = one->rule;
    bool is_level = rule->type == THRESHOLD_GAUGE;
    Estimate estimate =
        rule->type == THRESHOLD_HISTOGRAM ? estimate_distribution(one) : estimate_totals(one);

    if (is_level || rule->type == THRESHOLD_HISTOGRAM) {
        experiment_refuse(one->results, threshold_label(rule, "phase"),
                          rule->aggregate == THRESHOLD_AVG && strcmp(rule->unit, "ratio") != 0,
                          &estimate);
    }
    return estimate;
}

/* --- worst cases ---------------------------------------------------------------------------- */

double judge_find_extreme(const JudgeCase *one, guint index)
{
    g_autoptr(Histogram) merged = NULL;
    double part = 0;
    double whole = 0;

    if (one->rule->type != THRESHOLD_HISTOGRAM) {
        return judge_sum_run(one, index, &part, &whole) ? part : (double)NAN;
    }
    merged = stream_merge(one->results, one->rule, one->runs[index].run);
    if (one->rule->aggregate == THRESHOLD_COUNT) {
        return (double)histogram_count(merged);
    }
    if (histogram_count(merged) == 0) {
        return (double)NAN;
    }
    return stream_scale(one->rule) * (double)(one->rule->aggregate == THRESHOLD_MIN
                                                  ? histogram_min(merged)
                                                  : histogram_max(merged));
}

static void judge_extremes(const JudgeCase *one, Judged *judged)
{
    g_autofree double *values = judge_new_values(one->count);

    for (guint i = 0; i < one->count; i++) {
        values[i] = judge_find_extreme(one, i);
    }
    figure_judge_worst(judged, one->rule, values, one->count, one->confidence,
                       one->rule->metric != NULL &&
                               strcmp(one->rule->metric, "http_req_duration") == 0
                           ? "of requests that went well"
                           : NULL);
}

static WindowAsk ask_of(const ThresholdRule *rule)
{
    if (rule->type == THRESHOLD_HISTOGRAM && rule->aggregate != THRESHOLD_AVG &&
        rule->aggregate != THRESHOLD_COUNT) {
        return WINDOW_QUANTILE;
    }
    return rule->aggregate == THRESHOLD_COUNT ? WINDOW_SUM : WINDOW_RATIO;
}

/* Counting a distribution's values in a window counts what the wholes are. */
static void count_values(GPtrArray *streams)
{
    for (guint i = 0; i < streams->len; i++) {
        Stream *stream = g_ptr_array_index(streams, i);

        for (guint j = 0; j < stream->count; j++) {
            stream->parts[j] = stream->wholes[j];
            stream->wholes[j] = 1;
        }
    }
}

WindowWorst judge_find_window(const JudgeCase *one, guint index, SimSpan window)
{
    WindowWorst worst = window_none();
    g_autoptr(GPtrArray) streams = stream_measure(one->results, one->rule, one->runs[index].run);

    if (one->rule->type == THRESHOLD_HISTOGRAM && one->rule->aggregate == THRESHOLD_COUNT) {
        count_values(streams);
    }
    for (guint i = 0; i < streams->len; i++) {
        const Stream *stream = g_ptr_array_index(streams, i);
        SimSpan length = one->window > 0 ? window : MIN(window, stream->count * stream->step);

        window_find_worst(one->rule, stream, ask_of(one->rule), length, &worst);
    }
    return worst;
}

/* A percentile of few values says little: so many must lie beyond it in each window. */
#define FEWEST_BEYOND_IN_WINDOW 10

static bool is_too_thin(const ThresholdRule *rule, uint64_t fewest)
{
    return rule->type == THRESHOLD_HISTOGRAM && rule->aggregate == THRESHOLD_PERCENTILE &&
           (double)fewest * (1 - rule->quantile) < FEWEST_BEYOND_IN_WINDOW * (1 - 1e-12);
}

static char *describe_windows(const JudgeCase *one, const WindowWorst *worst, int run, guint empty,
                              bool is_thin)
{
    SimSpan window = one->window > 0 ? one->window : JUDGE_WINDOW;
    char length[SIM_SPAN_TEXT];
    char begin[SIM_SPAN_TEXT];
    GString *text = g_string_new(NULL);

    g_string_append_printf(text, "windows of %s, sliding", sim_span_print(window, length));
    if (!isnan(worst->value)) {
        g_string_append_printf(text, "; the worst begins at %s of replication %d",
                               sim_span_print(worst->begin, begin), run);
    }
    if (empty > 0) {
        g_string_append_printf(text, "; %u windows without requests left out", empty);
    }
    if (is_thin) {
        g_string_append_printf(text,
                               "; some windows have fewer than %d values beyond the percentile",
                               FEWEST_BEYOND_IN_WINDOW);
    }
    return g_string_free(text, FALSE);
}

static void judge_windows(const JudgeCase *one, Judged *judged)
{
    g_autofree double *values = judge_new_values(one->count);
    SimSpan window = one->window > 0 ? one->window : JUDGE_WINDOW;
    WindowWorst worst = window_none();
    int worst_run = 0;
    guint empty = 0;
    bool is_thin = false;
    g_autofree char *note = NULL;

    for (guint i = 0; i < one->count; i++) {
        WindowWorst found = judge_find_window(one, i, window);

        values[i] = found.value;
        empty += found.empty;
        is_thin |= is_too_thin(one->rule, found.fewest);
        if (window_is_worse(one->rule, found.value, worst.value)) {
            worst = found;
            worst_run = one->runs[i].run;
        }
    }
    note = describe_windows(one, &worst, worst_run, empty, is_thin);
    figure_judge_worst(judged, one->rule, values, one->count, one->confidence, note);
    if (is_thin && judged->verdict == VERDICT_PASS) {
        judged->verdict = VERDICT_INCONCLUSIVE;
    }
}

/* --- one case ------------------------------------------------------------------------------- */

static bool is_level(ThresholdType type)
{
    return type == THRESHOLD_GAUGE || type == THRESHOLD_QUOTIENT || type == THRESHOLD_SPEED;
}

static bool is_extreme(ThresholdAggregate aggregate)
{
    return aggregate == THRESHOLD_MIN || aggregate == THRESHOLD_MAX;
}

bool judge_is_windowed(const JudgeCase *one)
{
    return one->window > 0 || (is_level(one->rule->type) && is_extreme(one->rule->aggregate));
}

bool judge_is_extreme(const JudgeCase *one)
{
    return one->rule->aggregate == THRESHOLD_COUNT || is_extreme(one->rule->aggregate);
}

bool judge_takes_window(const ThresholdRule *rule)
{
    return rule->type != THRESHOLD_OUTAGE && rule->type != THRESHOLD_REROUTE;
}

Estimate judge_estimate(Results *results, const ThresholdRule *rule, double confidence)
{
    JudgeCase one = judge_case_of(results, rule, 0, confidence);

    return estimate_phase(&one);
}

/* Whether what the rule is about has not ended in a replication that was cut: the phase, or the
 * measured part, still lasted at its last instant. */
static bool is_cut_short(const JudgeCase *one)
{
    const char *phase = threshold_label(one->rule, "phase");

    for (guint i = 0; i < one->count; i++) {
        g_autoptr(GArray) felt = results_felt_spans(one->results, one->runs[i].run);
        g_autoptr(GArray) spans = results_spans(one->results, one->runs[i].run, phase);
        const ResultsSpan *end = (const ResultsSpan *)(void *)felt->data;
        const ResultsSpan *own = (const ResultsSpan *)(void *)spans->data;

        if (strcmp(one->runs[i].ended, "interrupted") == 0 && felt->len > 0 && spans->len > 0 &&
            own[spans->len - 1].end >= end->end) {
            return true;
        }
    }
    return false;
}

/* Whether more of the same run could not take it back that the condition is violated: a largest
 * value only grows. */
static bool is_final(const ThresholdRule *rule)
{
    bool is_upper = rule->comparison == THRESHOLD_LESS || rule->comparison == THRESHOLD_AT_MOST;
    bool is_lower = rule->comparison == THRESHOLD_MORE || rule->comparison == THRESHOLD_AT_LEAST;

    return rule->aggregate == THRESHOLD_MIN ? is_lower
                                            : is_upper && (rule->aggregate == THRESHOLD_MAX ||
                                                           rule->aggregate == THRESHOLD_COUNT);
}

/* What a part of a phase shows in the mean is no verdict on all of it. */
static void doubt_cut_phase(const JudgeCase *one, Judged *judged)
{
    if (judged->verdict == VERDICT_FAIL && !is_final(one->rule) && is_cut_short(one)) {
        g_autofree char *incomplete = verdict_incomplete_runs(one->results);
        g_autofree char *why = g_strdup(judged->why);

        judged_decide(judged, VERDICT_INCONCLUSIVE, "%s before all of it was seen; %s", incomplete,
                      why);
    }
}

static void judge_over_phase(const JudgeCase *one, Judged *judged)
{
    bool is_percentile = one->rule->aggregate == THRESHOLD_PERCENTILE;
    Estimate estimate;
    const char *note = NULL;

    if (judge_is_extreme(one)) {
        judge_extremes(one, judged);
        doubt_cut_phase(one, judged);
        return;
    }
    if (strcmp(one->rule->metric, "http_req_duration") == 0) {
        note = "of requests that went well; failed ones have no latency in it";
    }
    estimate = estimate_phase(one);
    figure_judge_estimate(judged, one->rule, &estimate, is_percentile || one->count == 1, note);
    if (estimate.replications < one->count && judged->verdict == VERDICT_PASS) {
        g_autofree char *why = g_strdup(judged->why);

        judged_decide(judged, VERDICT_INCONCLUSIVE,
                      "nothing was measured in %u of %u replications; %s",
                      one->count - estimate.replications, one->count, why);
    }
    doubt_cut_phase(one, judged);
}

static void judge_case(const JudgeCase *one, Judged *judged)
{
    ThresholdType type = one->rule->type;

    if (one->window > 0 && !judge_takes_window(one->rule)) {
        judged_decide(judged, VERDICT_INCONCLUSIVE, "'%s' takes no window", one->rule->metric);
    } else if (type == THRESHOLD_OUTAGE) {
        judge_outages(one, judged);
    } else if (type == THRESHOLD_REROUTE) {
        judge_reroute(one, judged);
    } else if (judge_is_windowed(one)) {
        judge_windows(one, judged);
    } else {
        judge_over_phase(one, judged);
    }
}

/* --- all values of a label ------------------------------------------------------------------ */

GPtrArray *judge_label_values(Results *results, const ThresholdRule *rule, const char *label)
{
    static const char *const unmeasured[] = {"warmup", "settle", "drain", NULL};
    GPtrArray *names;
    GPtrArray *values;

    if (strcmp(label, "phase") != 0) {
        return rule->is_users ? results_user_values(results, label)
                              : results_meter_values(results, rule->metric, label);
    }
    names = results_phase_names(results);
    values = g_ptr_array_new();
    for (guint i = 0; i + 1 < names->len; i++) {
        if (!g_strv_contains(unmeasured, names->pdata[i])) {
            g_ptr_array_add(values, names->pdata[i]);
        }
    }
    g_ptr_array_add(values, NULL);
    g_ptr_array_unref(names);
    return values;
}

/* Which of two judgements of one condition is worse; one without a figure is none. */
static bool is_worse(const Judged *judged, const Judged *than)
{
    if (isnan(judged->observed) || isnan(than->observed)) {
        return isnan(than->observed) && !isnan(judged->observed);
    }
    if (judged->verdict != than->verdict) {
        return judged->verdict > than->verdict;
    }
    return !isnan(judged->margin) && !(judged->margin >= than->margin);
}

static Judged *judge_labels(const JudgeCase *one);

static Judged *judge_each(const JudgeCase *one, const char *label)
{
    g_autoptr(GPtrArray) values = judge_label_values(one->results, one->rule, label);
    g_autofree char *worst_value = NULL;
    g_autofree char *why = NULL;
    Judged *worst = NULL;
    guint unmeasured = 0;

    for (guint i = 0; i + 1 < values->len; i++) {
        g_autoptr(ThresholdRule) rule = threshold_with_label(one->rule, label, values->pdata[i]);
        JudgeCase part = judge_case_of(one->results, rule, one->window, one->confidence);
        Judged *judged = judge_labels(&part);

        unmeasured += isnan(judged->observed) ? 1 : 0;
        if (worst == NULL || is_worse(judged, worst)) {
            g_free(worst_value);
            worst_value = g_strdup(values->pdata[i]);
            judged_free(worst);
            worst = judged;
        } else {
            judged_free(judged);
        }
    }
    if (worst == NULL) {
        worst = judged_new("threshold", one->rule->metric, one->rule->condition);
        judged_decide(worst, VERDICT_INCONCLUSIVE, "nothing was measured for any '%s'", label);
        return worst;
    }
    why = g_strdup(worst->why);
    judged_decide(worst, worst->verdict,
                  "worst of %u values of '%s' that measured anything: '%s'; %s",
                  values->len - 1 - unmeasured, label, worst_value, why);
    return worst;
}

static Judged *judge_labels(const JudgeCase *one)
{
    Judged *judged;

    for (guint i = 0; i < one->rule->label_count; i++) {
        if (strcmp(one->rule->labels[i].value, "*") == 0) {
            return judge_each(one, one->rule->labels[i].name);
        }
    }
    judged = judged_new("threshold", one->rule->metric, one->rule->condition);
    judge_case(one, judged);
    return judged;
}

Judged *judge_threshold(Results *results, const ThresholdRule *rule, SimSpan window,
                        double confidence)
{
    JudgeCase one = judge_case_of(results, rule, window, confidence);
    Judged *judged = judge_labels(&one);
    g_autofree char *incomplete = verdict_incomplete_runs(results);
    char length[SIM_SPAN_TEXT];

    g_free(judged->labels);
    judged->labels = threshold_labels_text(rule);
    if (window > 0) {
        g_free(judged->condition);
        judged->condition = g_strdup_printf("%s in every %s window", rule->condition,
                                            sim_span_print(window, length));
    }
    if (incomplete != NULL && judged->verdict == VERDICT_PASS) {
        g_autofree char *why = g_strdup(judged->why);

        judged_decide(judged, VERDICT_INCONCLUSIVE, "%s; %s", incomplete, why);
    }
    return judged;
}
