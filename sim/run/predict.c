/* predict.c - see predict.h. */
#include "sim/run/predict.h"

#include <math.h>
#include <string.h>

#include "sim/results/judge/judge.h"
#include "sim/run/assemble.h"
#include "sim/run/verdicts.h"

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

/* From the first fault in `run` on what the event names, to the event; NAN when either is missing.
 * `event` is "name{label:value,...}": labels dc and to. */
static double delay_in(const Results *results, int run, const ThresholdRule *event)
{
    guint fault_count, count;
    const ResultsFault *faults = results_faults(results, &fault_count);
    const ResultsOccurrence *occurrences = results_occurrences(results, &count);
    const char *where = threshold_label(event, "dc"), *to = threshold_label(event, "to");
    SimTime applied = SIM_NEVER;

    for (guint i = 0; i < fault_count; i++) {
        bool is_there = where == NULL || strstr(faults[i].targets_text, where) != NULL;

        if (faults[i].run == run && is_there && faults[i].bit > 0) {
            applied = MIN(applied, faults[i].applied);
        }
    }
    for (guint i = 0; i < count && applied != SIM_NEVER; i++) {
        const ResultsOccurrence *one = &occurrences[i];
        bool is_it =
            one->run == run && strcmp(one->event, event->metric) == 0 &&
            (where == NULL || g_strcmp0(one->dc, where) == 0) &&
            (to == NULL || g_strcmp0(one->value1, to) == 0 || g_strcmp0(one->value2, to) == 0);

        if (is_it && one->first >= applied) {
            return sim_span_to_s(one->first - applied);
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

static Estimate estimate_delay(Results *results, const char *event, double confidence)
{
    g_autoptr(ThresholdRule) rule = event_rule(event);
    guint count, known = 0;
    const ResultsRun *runs = results_runs(results, &count);
    g_autofree double *delays = g_new0(double, MAX(count, 1));

    for (guint i = 0; i < count; i++) {
        double delay = delay_in(results, runs[i].run, rule);

        if (!isnan(delay)) {
            delays[known++] = delay;
        }
    }
    return estimate_mean(delays, known, confidence);
}

/* --- beside each other ---------------------------------------------------------------------- */

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

static ResultsWithin is_within(const Prediction *prediction, const Estimate *estimate)
{
    bool is_percentile = g_str_has_prefix(prediction->aggregate, "p(");
    double slack = is_percentile ? BUCKET_SLACK * prediction->value : 0;

    if (isnan(estimate->low) || isnan(estimate->high)) {
        return RESULTS_UNKNOWN;
    }
    return estimate->low - slack <= prediction->value && prediction->value <= estimate->high + slack
               ? RESULTS_WITHIN
               : RESULTS_OUTSIDE;
}

static char *describe(const Estimate *estimate)
{
    g_autofree char *doubt = estimate_doubt(estimate);

    return g_strdup_printf("%s, n = %" G_GUINT64_FORMAT " in %u replication%s%s%s",
                           estimate->method, estimate->n, estimate->replications,
                           estimate->replications == 1 ? "" : "s", doubt != NULL ? "; " : "",
                           doubt != NULL ? doubt : "");
}

GArray *predict_compare(const Predictions *predictions, Results *results, double confidence,
                        GStringChunk *texts)
{
    GArray *rows = g_array_new(false, true, sizeof(ResultsTheory));
    g_autoptr(GArray) declared = verdicts_declared(results);
    ThresholdKnown known = {.declared = (const ThresholdMetric *)(const void *)declared->data};

    for (guint i = 0; i < predictions->list->len; i++) {
        const Prediction *prediction = g_ptr_array_index(predictions->list, i);
        Estimate estimate;

        if (observe(prediction, results, &known, confidence, &estimate)) {
            g_autofree char *why = describe(&estimate);
            ResultsTheory row = {.metric = g_string_chunk_insert(texts, prediction->metric),
                                 .aggregate = g_string_chunk_insert(texts, prediction->aggregate),
                                 .family = g_string_chunk_insert(texts, prediction->family),
                                 .question = g_string_chunk_insert(texts, prediction->question),
                                 .predicted = prediction->value,
                                 .observed = estimate.value,
                                 .low = estimate.low,
                                 .high = estimate.high,
                                 .within = is_within(prediction, &estimate),
                                 .why = g_string_chunk_insert(texts, why)};

            g_array_append_val(rows, row);
        }
    }
    return rows;
}
