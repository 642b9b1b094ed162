/* predict.c - see predict.h. */
#include "sim/run/predict.h"

#include <math.h>
#include <string.h>

#include "sim/base/fixed_math.h"
#include "sim/results/judge/judge_runs.h"
#include "sim/results/results_series.h"
#include "sim/run/assemble.h"
#include "sim/run/predict_refused.h"

/* A percentile is the middle of its bucket of a histogram. */
#define BUCKET_SLACK 0.004

Predictions *predict(const Scenario *scenario, const Kind *const *kinds)
{
    g_autoptr(DiagList) unheard = diag_list_new(NULL, NULL);
    g_autoptr(Assembly) assembly = assemble(scenario, kinds, 1, unheard);
    Predictions *predictions = predictions_new();

    for (guint id = 0; assembly != NULL && id < world_count(assembly->world); id++) {
        const Component *component = world_component(assembly->world, id);

        if (component->kind->on_predict != NULL) {
            component->kind->on_predict(component, predictions);
        }
    }
    return predictions;
}

/* --- delays after faults -------------------------------------------------------------------- */

/* An event that is foretold to follow a fault: "name{label:value,...}". Labels of the fault: dc or
 * on, of its targets, and fault, its function; "of" says how many events of the kind there must be;
 * node is that of the event's component; all others, and dc, are the event's own. */
typedef struct Delay {
    const ThresholdRule *rule;
    const char *on, *func;
    uint64_t count;
} Delay;

/* The first such fault in `run`, SIM_NEVER when there was none. */
static SimTime fault_in(const Results *results, int run, const Delay *delay)
{
    guint count;
    const ResultsFault *faults = results_faults(results, &count);
    SimTime applied = SIM_NEVER;

    for (guint i = 0; i < count; i++) {
        bool is_there = delay->on == NULL || strstr(faults[i].targets_text, delay->on) != NULL;
        bool is_it = delay->func == NULL || strcmp(faults[i].func, delay->func) == 0;

        if (faults[i].run == run && is_there && is_it && faults[i].bit > 0) {
            applied = MIN(applied, faults[i].applied);
        }
    }
    return applied;
}

static bool has_label(const ResultsOccurrence *one, const ThresholdLabel *label)
{
    return (g_strcmp0(one->label1, label->name) == 0 &&
            g_strcmp0(one->value1, label->value) == 0) ||
           (g_strcmp0(one->label2, label->name) == 0 && g_strcmp0(one->value2, label->value) == 0);
}

static bool is_event(const ResultsOccurrence *one, const Delay *delay)
{
    static const char *const of_fault[] = {"fault", "of", "on", NULL};
    bool is_it = strcmp(one->event, delay->rule->metric) == 0;

    for (guint i = 0; i < delay->rule->label_count && is_it; i++) {
        const ThresholdLabel *label = &delay->rule->labels[i];

        is_it = g_strv_contains(of_fault, label->name) || has_label(one, label) ||
                (strcmp(label->name, "node") == 0 && g_strcmp0(one->node, label->value) == 0);
    }
    return is_it;
}

/* From the fault to the events of `run`, their mean when there are two; NAN when there were not as
 * many as foretold. */
static double delay_in(const Results *results, int run, const Delay *delay, SimTime applied)
{
    guint count;
    const ResultsOccurrence *occurrences = results_occurrences(results, &count);

    for (guint i = 0; i < count; i++) {
        const ResultsOccurrence *one = &occurrences[i];

        if (one->run == run && is_event(one, delay) && one->first >= applied &&
            one->count == delay->count) {
            return (sim_span_to_s(one->first - applied) + sim_span_to_s(one->last - applied)) / 2;
        }
    }
    return (double)NAN;
}

/* "name{dc:DC03,to:unhealthy}" without a table of metrics to look it up in. */
static ThresholdRule *event_rule(const char *text)
{
    ThresholdRule *rule = g_new0(ThresholdRule, 1);
    g_auto(GStrv) sides = g_strsplit_set(text, "{}", 3);
    g_auto(GStrv) labels = g_strsplit(sides[1] != NULL ? sides[1] : "", ",", THRESHOLD_LABELS_MOST);

    rule->metric = g_strdup(sides[0]);
    for (guint i = 0; labels[i] != NULL; i++) {
        const char *colon = strchr(labels[i], ':');

        g_assert_nonnull(colon);
        rule->labels[i] =
            (ThresholdLabel){g_strndup(labels[i], (gsize)(colon - labels[i])), g_strdup(colon + 1)};
        rule->label_count++;
    }
    return rule;
}

/* Without an interval when it did not come in every run: those in which it would have come later
 * are missing. */
static Estimate estimate_delay(Results *results, const char *event, double confidence)
{
    g_autoptr(ThresholdRule) rule = event_rule(event);
    const char *number = threshold_label(rule, "of");
    Delay delay = {.rule = rule,
                   .on = threshold_label(rule, "on"),
                   .func = threshold_label(rule, "fault"),
                   .count = number != NULL ? g_ascii_strtoull(number, NULL, 10) : 1};
    guint count, known = 0, hit = 0;
    const ResultsRun *runs = results_runs(results, &count);
    g_autofree double *delays = g_new0(double, MAX(count, 1));
    Estimate estimate;

    if (delay.on == NULL) {
        delay.on = threshold_label(rule, "dc");
    }
    for (guint i = 0; i < count; i++) {
        SimTime applied = fault_in(results, runs[i].run, &delay);
        double seconds =
            applied == SIM_NEVER ? (double)NAN : delay_in(results, runs[i].run, &delay, applied);

        hit += applied != SIM_NEVER;
        if (!isnan(seconds)) {
            delays[known++] = seconds;
        }
    }
    estimate = estimate_mean(delays, known, confidence);
    if (known < hit) {
        estimate.low = estimate.high = (double)NAN;
        estimate.method = "did not come in every replication";
    }
    return estimate;
}

/* --- who still goes to a dead site ----------------------------------------------------------- */

#define STALE_WINDOW (4 * SIM_S) /* of requests around the instant */

/* When the fault is lifted that began at `applied`. */
static SimTime fault_end(const Results *results, int run, SimTime applied)
{
    guint count;
    const ResultsFault *faults = results_faults(results, &count);
    SimTime end = SIM_NEVER;

    for (guint i = 0; i < count; i++) {
        if (faults[i].run == run && faults[i].applied == applied) {
            end = MIN(end, faults[i].lifted);
        }
    }
    return end;
}

/* When the answers no longer named the data centre; SIM_NEVER: they did not change. */
static SimTime changed_at(const Results *results, int run, const char *dc, SimTime applied)
{
    guint count;
    const ResultsOccurrence *seen = results_occurrences(results, &count);
    SimTime changed = SIM_NEVER;

    for (guint i = 0; i < count; i++) {
        if (seen[i].run == run && strcmp(seen[i].event, "route53.answers-changed") == 0 &&
            g_strcmp0(seen[i].value1, dc) == 0 && g_strcmp0(seen[i].value2, "unhealthy") == 0 &&
            seen[i].first >= applied) {
            changed = MIN(changed, seen[i].first);
        }
    }
    return changed;
}

/* The samples around the instant that the row is about, in `run`; false when there are none. */
static bool stale_span(const Results *results, int run, const ThresholdRule *rule,
                       ResultsSpan *span)
{
    Delay fault = {.on = threshold_label(rule, "dc"), .func = threshold_label(rule, "fault")};
    const char *after = threshold_label(rule, "after");
    const char *after_change = threshold_label(rule, "after_change");
    SimSpan step = results_sample_interval(results);
    SimTime applied = fault_in(results, run, &fault), from = applied;

    if (applied != SIM_NEVER && after_change != NULL) {
        from = changed_at(results, run, fault.on, applied);
    }
    if (from == SIM_NEVER) {
        return false;
    }
    span->begin = from +
                  sim_span_from_s(g_ascii_strtod(after != NULL ? after : after_change, NULL)) -
                  STALE_WINDOW / 2;
    span->begin = (span->begin + step / 2) / step * step; /* the nearest sample */
    span->end = span->begin + STALE_WINDOW;
    return span->end <= fault_end(results, run, applied);
}

/* "stale{after:130,at:users/Europe west,dc:DC03,fault:dc.outage}": the share of the requests of
 * that place's client that turn to a host that is down, so many seconds after the fault; with
 * "after_change" in place of "after": after the name servers changed their answers. */
static Estimate estimate_stale(Results *results, const char *event, double confidence)
{
    g_autoptr(ThresholdRule) rule = event_rule(event);
    ResultsComponentFilter filter = {.kind = "client", .station = threshold_label(rule, "at")};
    guint count, known = 0;
    const ResultsRun *runs = results_runs(results, &count);
    g_autofree double *shares = g_new0(double, MAX(count, 1));

    for (guint i = 0; i < count; i++) {
        ResultsSpan span;
        double all = 0;

        if (stale_span(results, runs[i].run, rule, &span)) {
            all = results_increase(results, "first_tries", &filter, runs[i].run, span);
        }
        if (all > 0) {
            shares[known++] =
                results_increase(results, "first_dark", &filter, runs[i].run, span) / all;
        }
    }
    return estimate_mean(shares, known, confidence);
}

/* --- beside each other ---------------------------------------------------------------------- */

/* How often a counter rose, a second, over all replications; 0 when nothing of it was kept. */
static double measure_rate(Results *results, const ThresholdKnown *known, const char *metric)
{
    g_autoptr(ThresholdRule) rule = threshold_parse(metric, "rate>=0", known, NULL);
    g_autofree double *rates = rule != NULL ? judge_each_run(results, rule, 0) : NULL;
    double sum = 0;
    guint count, with = 0;

    results_runs(results, &count);
    for (guint i = 0; rates != NULL && i < count; i++) {
        if (!isnan(rates[i])) {
            sum += rates[i];
            with++;
        }
    }
    return with > 0 ? sum / with : 0;
}

/* What is foretold; NAN when there was work of unknown cost. */
static double foretold(const Prediction *prediction, Results *results, const ThresholdKnown *known)
{
    double sum_s = 0;

    for (guint i = 0; prediction->work != NULL && i < prediction->work->len; i++) {
        const PredictionWork *work = &g_array_index(prediction->work, PredictionWork, i);
        double rate = measure_rate(results, known, work->metric);

        if (rate > 0) {
            sum_s += rate * work->cost_s;
        }
    }
    return prediction->work != NULL ? prediction->value * sum_s : prediction->value;
}

/* Value and interval of what was predicted; false when nobody in this world measures it. */
static bool observe(const Prediction *prediction, Results *results, const ThresholdKnown *known,
                    double confidence, Estimate *estimate)
{
    g_autoptr(ThresholdRule) rule = NULL;
    g_autofree char *condition = NULL;

    if (strcmp(prediction->aggregate, "delay") == 0) {
        *estimate = estimate_delay(results, prediction->metric, confidence);
        return estimate->n > 0;
    }
    if (strcmp(prediction->aggregate, "stale") == 0) {
        *estimate = estimate_stale(results, prediction->metric, confidence);
        return estimate->n > 0;
    }
    rule = threshold_parse_metric(prediction->metric, known, NULL);
    if (rule == NULL) {
        return false;
    }
    condition = g_strdup_printf("%s>=0%s", prediction->aggregate,
                                strcmp(rule->unit, "s") == 0   ? "s"
                                : strcmp(rule->unit, "B") == 0 ? "B"
                                                               : "");
    g_clear_pointer(&rule, threshold_free);
    rule = threshold_parse(prediction->metric, condition, known, NULL);
    g_assert_nonnull(rule);
    *estimate = judge_estimate(results, rule, confidence);
    return true;
}

static ResultsWithin is_within(const Prediction *prediction, double value, const Estimate *estimate)
{
    bool is_percentile = g_str_has_prefix(prediction->aggregate, "p(");
    double slack = is_percentile ? BUCKET_SLACK * value : 0;

    if (isnan(estimate->low) || isnan(estimate->high)) {
        return RESULTS_UNKNOWN;
    }
    return estimate->low - slack <= value && value <= estimate->high + slack ? RESULTS_WITHIN
                                                                             : RESULTS_OUTSIDE;
}

/* What a replication draws once is the same in all of its batches: their interval does not know of
 * it, and two or three replications may miss what is rare. The interval is at least so wide as the
 * law of what is drawn says. */
static void widen(const Prediction *prediction, double value, Estimate *estimate)
{
    double deviation = prediction->spread * fabs(value) / sqrt(MAX(estimate->replications, 1));
    double half = deviation * fixed_normal_quantile((1 + estimate->confidence) / 2);

    if (!isnan(estimate->low) && !isnan(estimate->high)) {
        estimate->low = fmin(estimate->low, estimate->value - half);
        estimate->high = fmax(estimate->high, estimate->value + half);
    }
}

static char *describe(const Prediction *prediction, const Estimate *estimate)
{
    g_autofree char *doubt = estimate_doubt(estimate);
    g_autofree char *spread =
        prediction->spread > 0 && !isnan(estimate->low)
            ? g_strdup_printf("; the interval has room for %s, which a replication draws once and "
                              "which moves its figure by %.2g %% (standard deviation)",
                              prediction->spread_of, 100 * prediction->spread)
            : NULL;

    return g_strdup_printf("%s, n = %" G_GUINT64_FORMAT " in %u replication%s%s%s%s",
                           estimate->method, estimate->n, estimate->replications,
                           estimate->replications == 1 ? "" : "s", doubt != NULL ? "; " : "",
                           doubt != NULL ? doubt : "", spread != NULL ? spread : "");
}

/* What is foretold and what was seen; false when there is nothing to set beside it. */
static bool compare(const Prediction *prediction, Results *results, const ThresholdKnown *known,
                    RefusedStretches *stretches, Estimate *estimate, double *value,
                    double confidence)
{
    if (prediction->refusal != NULL) {
        return refused_estimate(stretches, prediction, confidence, value, estimate);
    }
    if (!observe(prediction, results, known, confidence, estimate)) {
        return false;
    }
    *value = foretold(prediction, results, known);
    return !isnan(*value);
}

GArray *predict_compare(const Predictions *predictions, Results *results, double confidence,
                        GStringChunk *texts)
{
    GArray *rows = g_array_new(false, true, sizeof(ResultsTheory));
    g_autoptr(GArray) declared = judge_declared(results);
    g_autoptr(RefusedStretches) stretches = refused_stretches_new(results);
    ThresholdKnown known = {.declared = (const ThresholdMetric *)(const void *)declared->data};

    for (guint i = 0; i < predictions->list->len; i++) {
        const Prediction *prediction = g_ptr_array_index(predictions->list, i);
        Estimate estimate;
        double value;

        if (compare(prediction, results, &known, stretches, &estimate, &value, confidence)) {
            widen(prediction, value, &estimate);
            g_autofree char *why = describe(prediction, &estimate);
            ResultsTheory row = {.metric = g_string_chunk_insert(texts, prediction->metric),
                                 .aggregate = g_string_chunk_insert(texts, prediction->aggregate),
                                 .family = g_string_chunk_insert(texts, prediction->family),
                                 .question = g_string_chunk_insert(texts, prediction->question),
                                 .predicted = value,
                                 .observed = estimate.value,
                                 .low = estimate.low,
                                 .high = estimate.high,
                                 .within = is_within(prediction, value, &estimate),
                                 .why = g_string_chunk_insert(texts, why)};

            g_array_append_val(rows, row);
        }
    }
    return rows;
}
