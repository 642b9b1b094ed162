/* versus_print.c - a comparison as text, JSON and CSV: the same numbers in all of them. */
#include <math.h>
#include <string.h>

#include "sim/base/words.h"
#include "sim/results/export/export_json.h"
#include "sim/study/versus.h"

/* The difference as a share of the value before. */
static void add_change(cJSON *row, const PairedFigure *figure)
{
    const Estimate *difference = &figure->comparison.difference;
    double of = figure->before != 0 ? fabs(figure->before) : (double)NAN;

    export_add_interval(row, "change", difference->value / of, difference->low / of,
                        difference->high / of);
}

/* "http_req_duration{phase:x} p(99) in 10s". Caller frees. */
static char *name_metric(const PairedMetric *metric)
{
    g_autofree char *labels = threshold_labels_text(metric->rule);
    char window[SIM_SPAN_TEXT] = "";

    if (metric->window > 0) {
        sim_span_print(metric->window, window);
    }
    return g_strdup_printf("%s%s%s%s %s%s%s", metric->rule->metric, labels[0] != '\0' ? "{" : "",
                           labels, labels[0] != '\0' ? "}" : "", metric->aggregate,
                           window[0] != '\0' ? " in " : "", window);
}

/* Filled up with spaces to so many characters, which are not always bytes. */
static void append_padded(GString *text, const char *word, glong width, bool is_right)
{
    int spaces = (int)MAX(width - g_utf8_strlen(word, -1), 0);

    g_string_append_printf(text, "%*s%s%*s", is_right ? spaces : 0, "", word, is_right ? 0 : spaces,
                           "");
}

/* "3.1 % [2.8; 3.4]" of the value before, as the report has it; without one in the metric's unit.
 */
static char *describe_change(const PairedFigure *figure, const char *unit)
{
    const Estimate *difference = &figure->comparison.difference;
    double of = fabs(figure->before);

    if (figure->pairs == 0) {
        return g_strdup("-");
    }
    if (figure->is_same || (difference->low == 0 && difference->high == 0)) {
        return g_strdup("0");
    }
    if (of == 0 || isnan(difference->low)) {
        return words_with_interval(difference->value, difference->low, difference->high, unit);
    }
    return words_with_interval(difference->value / of, difference->low / of, difference->high / of,
                               "ratio");
}

static char *describe_pairing(const PairedFigure *figure)
{
    if (isnan(figure->ratio)) {
        return g_strdup("-");
    }
    return isinf(figure->ratio) ? g_strdup("same") : g_strdup_printf("x%.3g", figure->ratio);
}

static void print_row(GString *text, const PairedMetric *metric, const PairedFigure *figure)
{
    g_autofree char *name = name_metric(metric);
    g_autofree char *before = words_value(figure->before, metric->rule->unit);
    g_autofree char *after = words_value(figure->after, metric->rule->unit);
    g_autofree char *change = describe_change(figure, metric->rule->unit);
    g_autofree char *pairing = describe_pairing(figure);

    g_string_append_printf(text, "  %-32s ", name);
    append_padded(text, before, 9, true);
    append_padded(text, after, 10, true);
    g_string_append(text, "  ");
    append_padded(text, change, 27, false);
    g_string_append_printf(text, " %-6s %s", pairing, paired_word(figure->verdict));
    if (figure->verdict == COMPARISON_UNDECIDED || figure->pairs == 0) {
        g_autofree char *why = paired_describe(figure);

        g_string_append_printf(text, "\n      %s", why);
    }
    g_string_append_c(text, '\n');
}

#define PAIRED_WELL 5 /* from this ratio on pairing does what it is for */
#define SPREAD_FAR                                                                                 \
    2.0 /* where one side varies more than so many times as the other, even sides in               \
           perfect step have a smaller one */

/* Why pairing does little for a metric; NULL when it does much, or nothing is known. Caller frees.
 */
static char *explain_pairing(const PairedMetric *metric, const PairedFigure *figure)
{
    const ThresholdRule *rule = metric->rule;

    if (isnan(figure->ratio) || figure->ratio >= PAIRED_WELL) {
        return NULL;
    }
    if (figure->spread > SPREAD_FAR || figure->spread < 1 / SPREAD_FAR) {
        bool is_more = figure->spread > 1;

        return g_strdup_printf(
            "it varies %.3g times as much from replication to replication %s the change, as a "
            "system near its capacity does; from %g times on no common luck gives %d",
            is_more ? figure->spread : 1 / figure->spread, is_more ? "after" : "before", SPREAD_FAR,
            PAIRED_WELL);
    }
    if (rule->aggregate == THRESHOLD_PERCENTILE || rule->aggregate == THRESHOLD_MAX ||
        rule->aggregate == THRESHOLD_MIN || metric->window > 0) {
        return g_strdup(
            "it rests on the few slowest requests, and after the change others are the slowest: "
            "users, what each request costs and what their own networks lose are the same on both "
            "sides, but whom a request waits behind is not");
    }
    return g_strdup("what makes it vary from replication to replication is not what both sides "
                    "have in common: rare events, or who waits behind whom");
}

static void print_pairing(GString *text, const Versus *versus)
{
    for (guint i = 0; i < versus->metrics->len; i++) {
        const PairedMetric *metric = versus->metrics->pdata[i];
        const PairedFigure *figure = &g_array_index(versus->figures, PairedFigure, i);
        g_autofree char *why = explain_pairing(metric, figure);

        if (why != NULL) {
            g_autofree char *name = name_metric(metric);

            g_string_append_printf(text, "%s: PAIRED is below %d: %s. The interval has it in it.\n",
                                   name, PAIRED_WELL, why);
        }
    }
}

char *versus_print(const Versus *versus)
{
    GString *text = g_string_new(NULL);

    g_string_append_printf(text, "before  %s\nafter   %s\n", versus->before, versus->after);
    g_string_append_printf(text, "  %-32s %9s %9s  %-27s %-6s %s\n", "METRIC", "BEFORE", "AFTER",
                           "CHANGE [INTERVAL]", "PAIRED", "VERDICT");
    for (guint i = 0; i < versus->metrics->len; i++) {
        print_row(text, versus->metrics->pdata[i],
                  &g_array_index(versus->figures, PairedFigure, i));
    }
    g_string_append_printf(
        text,
        "%u pairs of replications under the same seeds (from seed %s); Student t "
        "of their differences,\neach interval %.5g %%, so that all %u hold "
        "together with %g %% and a version alarms against\nitself in less than "
        "1 %% of checks. PAIRED: how much less a difference varies than "
        "without\ncommon random numbers.\n",
        versus->pairs, versus->seed,
        100 * paired_confidence(versus->confidence, versus->metrics->len), versus->metrics->len,
        100 * versus->confidence);
    print_pairing(text, versus);
    if (versus->unfinished != NULL) {
        g_string_append_printf(text, "%s\n", versus->unfinished);
    }
    g_string_append_printf(text, "%s\n", paired_word(versus_verdict(versus)));
    return g_string_free(text, FALSE);
}

static cJSON *row_to_json(const PairedMetric *metric, const PairedFigure *figure)
{
    cJSON *row = cJSON_CreateObject();
    g_autofree char *labels = threshold_labels_text(metric->rule);
    g_autofree char *why = paired_describe(figure);
    g_autofree char *pairing = explain_pairing(metric, figure);
    const Estimate *difference = &figure->comparison.difference;

    cJSON_AddStringToObject(row, "metric", metric->rule->metric);
    cJSON_AddStringToObject(row, "labels", labels);
    cJSON_AddStringToObject(row, "aggregate", metric->aggregate);
    export_add_number(row, "window_s", sim_span_to_s(metric->window));
    cJSON_AddStringToObject(row, "unit", metric->rule->unit);
    cJSON_AddStringToObject(row, "better", metric->is_smaller_better ? "less" : "more");
    export_add_number(row, "before", figure->before);
    export_add_number(row, "after", figure->after);
    export_add_interval(row, "difference", difference->value, difference->low, difference->high);
    add_change(row, figure);
    export_add_number(row, "confidence", difference->confidence);
    export_add_number(row, "p", figure->comparison.p);
    export_add_number(row, "tolerance", figure->tolerance);
    export_add_number(row, "variance_ratio", figure->ratio);
    export_add_number(row, "spread_ratio", figure->spread);
    cJSON_AddNumberToObject(row, "pairs", figure->pairs);
    cJSON_AddNumberToObject(row, "measured_on_one_side", figure->lost);
    cJSON_AddStringToObject(row, "verdict", paired_word(figure->verdict));
    cJSON_AddNumberToObject(row, "pairs_needed", figure->needed);
    cJSON_AddStringToObject(row, "why", why);
    if (pairing != NULL) {
        cJSON_AddStringToObject(row, "pairing", pairing);
    }
    return row;
}

cJSON *versus_to_json(const Versus *versus)
{
    cJSON *json = cJSON_CreateObject();
    cJSON *rows;

    cJSON_AddStringToObject(json, "format", "dcdrill-diff-1");
    cJSON_AddStringToObject(json, "before", versus->before);
    cJSON_AddStringToObject(json, "after", versus->after);
    cJSON_AddStringToObject(json, "seed", versus->seed);
    cJSON_AddNumberToObject(json, "pairs", versus->pairs);
    export_add_number(json, "confidence_of_all", versus->confidence);
    cJSON_AddStringToObject(json, "verdict", paired_word(versus_verdict(versus)));
    if (versus->unfinished != NULL) {
        cJSON_AddStringToObject(json, "unfinished", versus->unfinished);
    }
    rows = cJSON_AddArrayToObject(json, "metrics");
    for (guint i = 0; i < versus->metrics->len; i++) {
        cJSON_AddItemToArray(rows, row_to_json(versus->metrics->pdata[i],
                                               &g_array_index(versus->figures, PairedFigure, i)));
    }
    return json;
}

char *versus_to_csv(const Versus *versus)
{
    GString *text = g_string_new("metric,aggregate,before,after,difference,low,high,confidence,"
                                 "tolerance,variance_ratio,pairs,verdict,pairs_needed,method\n");

    for (guint i = 0; i < versus->metrics->len; i++) {
        const PairedMetric *metric = versus->metrics->pdata[i];
        const PairedFigure *figure = &g_array_index(versus->figures, PairedFigure, i);
        const Estimate *difference = &figure->comparison.difference;
        const double values[] = {figure->before,    figure->after,    difference->value,
                                 difference->low,   difference->high, difference->confidence,
                                 figure->tolerance, figure->ratio};
        g_autofree char *labels = threshold_labels_text(metric->rule);

        g_string_append_printf(text, "\"%s{%s}\",%s", metric->rule->metric, labels,
                               metric->aggregate);
        for (guint k = 0; k < G_N_ELEMENTS(values); k++) {
            char number[EXPORT_NUMBER_TEXT];

            g_string_append_printf(text, ",%s",
                                   isfinite(values[k]) ? export_number(values[k], number) : "");
        }
        g_string_append_printf(text, ",%u,%s,%u,\"%s\"\n", figure->pairs,
                               paired_word(figure->verdict), figure->needed, difference->method);
    }
    return g_string_free(text, FALSE);
}
