/* sweep_print.c - a sweep as text, JSON and CSV: the same numbers in all of them. */
#include <math.h>
#include <string.h>

#include "sim/base/words.h"
#include "sim/results/export/export_json.h"
#include "sim/study/sweep.h"

static const Axis *axis_of(const Sweep *sweep, guint index)
{
    return g_ptr_array_index(sweep->axes, index);
}

static const SweepPoint *point_of(const Sweep *sweep, guint index)
{
    return g_ptr_array_index(sweep->points, index);
}

static const Estimate *estimate_of(const Sweep *sweep, guint point, guint metric)
{
    return &g_array_index(point_of(sweep, point)->estimates, Estimate, metric);
}

static const char *unit_of(const Sweep *sweep, guint metric)
{
    return ((const PairedMetric *)g_ptr_array_index(sweep->metrics, metric))->rule->unit;
}

static char *print_estimate(const Estimate *estimate, const char *unit)
{
    bool has_interval = isfinite(estimate->low) && isfinite(estimate->high);
    g_autofree char *text = words_estimate(estimate, unit);

    return isnan(estimate->value) ? g_strdup("-")
                                  : g_strconcat(text, has_interval ? "" : " [?]",
                                                estimate->is_reliable ? "" : " *", NULL);
}

/* One axis: a row a value. */
static void print_rows(GString *text, const Sweep *sweep, guint metric)
{
    for (guint i = 0; i < sweep->points->len; i++) {
        const Estimate *estimate = estimate_of(sweep, i, metric);
        g_autofree char *seen = print_estimate(estimate, unit_of(sweep, metric));

        g_string_append_printf(
            text, "  %-34s %s%s%s\n", axis_of(sweep, 0)->texts[point_of(sweep, i)->at[0]], seen,
            isnan(estimate->value) ? "  " : "", isnan(estimate->value) ? estimate->method : "");
    }
}

/* Two axes: a table of the values alone; intervals are in the files. */
static void print_table(GString *text, const Sweep *sweep, guint metric)
{
    const Axis *across = axis_of(sweep, 1);
    guint row = G_MAXUINT;
    g_autoptr(GStringChunk) said = g_string_chunk_new(512);

    g_string_append_printf(text, "  %-24s", "");
    for (guint i = 0; i < across->count; i++) {
        g_string_append_printf(text, " %11.11s", across->texts[i]);
    }
    for (guint i = 0; i < sweep->points->len; i++) {
        const SweepPoint *point = point_of(sweep, i);

        if (point->at[0] != row) {
            row = point->at[0];
            g_string_append_printf(text, "\n  %-24.24s", axis_of(sweep, 0)->texts[row]);
        }
        g_string_append_printf(
            text, " %11s",
            words_in(said, estimate_of(sweep, i, metric)->value, unit_of(sweep, metric)));
    }
    g_string_append_c(text, '\n');
}

char *sweep_print(const Sweep *sweep)
{
    GString *text = g_string_new(NULL);

    g_string_append_printf(text, "%s over %s%s%s\n", sweep->path, axis_of(sweep, 0)->pointer,
                           sweep->axes->len > 1 ? " and " : "",
                           sweep->axes->len > 1 ? axis_of(sweep, 1)->pointer : "");
    for (guint i = 0; i < sweep->metrics->len; i++) {
        g_autofree char *name = sweep_name_metric(g_ptr_array_index(sweep->metrics, i));

        g_string_append_printf(text, "%s\n", name);
        if (sweep->axes->len > 1) {
            print_table(text, sweep, i);
        } else {
            print_rows(text, sweep, i);
        }
    }
    if (!isnan(sweep->knee)) {
        g_autofree char *knee = words_value(sweep->knee, "1/s");

        g_string_append_printf(text,
                               "knee of %s at %s: from there on it rises by more than 1 %% for "
                               "each 1 %%\n(a convention; what a promise allows is the capacity)\n",
                               sweep->knee_metric, knee);
    }
    if (sweep->usl_metric != NULL) {
        sweep_print_usl(sweep, text);
    }
    g_string_append_printf(text,
                           "%u replications a point, %g %% intervals over them, all points under "
                           "the same seeds (from seed %s);\n%sn, method and why of each are in "
                           "study.json and study.csv\n",
                           sweep->replications, 100 * sweep->confidence, sweep->seed,
                           sweep->axes->len > 1 ? "intervals, " : "*: not reliable; ");
    if (sweep->unfinished != NULL) {
        g_string_append_printf(text, "%s\n", sweep->unfinished);
    }
    return g_string_free(text, FALSE);
}

static cJSON *point_to_json(const Sweep *sweep, guint index)
{
    const SweepPoint *point = point_of(sweep, index);
    cJSON *row = cJSON_CreateObject();
    cJSON *at = cJSON_AddArrayToObject(row, "at");
    cJSON *values = cJSON_AddArrayToObject(row, "values");

    for (guint i = 0; i < sweep->axes->len; i++) {
        cJSON_AddItemToArray(at, cJSON_CreateString(axis_of(sweep, i)->texts[point->at[i]]));
    }
    for (guint i = 0; i < sweep->metrics->len; i++) {
        const Estimate *estimate = estimate_of(sweep, index, i);
        cJSON *item = cJSON_CreateObject();

        export_add_number(item, "value", estimate->value);
        export_add_number(item, "low", estimate->low);
        export_add_number(item, "high", estimate->high);
        cJSON_AddNumberToObject(item, "n", (double)estimate->n);
        cJSON_AddStringToObject(item, "method", estimate->method);
        g_autofree char *doubt = estimate_doubt(estimate);

        if (doubt != NULL) {
            cJSON_AddStringToObject(item, "why", doubt);
        }
        cJSON_AddItemToArray(values, item);
    }
    return row;
}

cJSON *sweep_to_json(const Sweep *sweep)
{
    cJSON *json = cJSON_CreateObject();
    cJSON *list;

    cJSON_AddStringToObject(json, "format", "dcdrill-sweep-1");
    cJSON_AddStringToObject(json, "scenario", sweep->path);
    cJSON_AddStringToObject(json, "seed", sweep->seed);
    cJSON_AddNumberToObject(json, "replications", sweep->replications);
    export_add_number(json, "confidence", sweep->confidence);
    export_add_number(json, "knee", sweep->knee);
    if (sweep->unfinished != NULL) {
        cJSON_AddStringToObject(json, "unfinished", sweep->unfinished);
    }
    list = cJSON_AddArrayToObject(json, "over");
    for (guint i = 0; i < sweep->axes->len; i++) {
        cJSON_AddItemToArray(list, cJSON_CreateString(axis_of(sweep, i)->pointer));
    }
    list = cJSON_AddArrayToObject(json, "metrics");
    for (guint i = 0; i < sweep->metrics->len; i++) {
        g_autofree char *name = sweep_name_metric(g_ptr_array_index(sweep->metrics, i));

        cJSON_AddItemToArray(list, cJSON_CreateString(name));
    }
    list = cJSON_AddArrayToObject(json, "units");
    for (guint i = 0; i < sweep->metrics->len; i++) {
        const PairedMetric *metric = g_ptr_array_index(sweep->metrics, i);

        cJSON_AddItemToArray(list, cJSON_CreateString(metric->rule->unit));
    }
    cJSON_AddStringToObject(json, "knee_metric",
                            sweep->knee_metric != NULL ? sweep->knee_metric : "");
    if (sweep->usl_metric != NULL) {
        cJSON_AddItemToObject(json, "usl", sweep_usl_to_json(sweep));
    }
    list = cJSON_AddArrayToObject(json, "points");
    for (guint i = 0; i < sweep->points->len; i++) {
        cJSON_AddItemToArray(list, point_to_json(sweep, i));
    }
    return json;
}

char *sweep_to_csv(const Sweep *sweep)
{
    GString *text = g_string_new(NULL);

    for (guint i = 0; i < sweep->axes->len; i++) {
        g_string_append_printf(text, "\"%s\",", axis_of(sweep, i)->pointer);
    }
    g_string_append(text, "metric,value,low,high,n,method,why\n");
    for (guint i = 0; i < sweep->points->len; i++) {
        for (guint k = 0; k < sweep->metrics->len; k++) {
            const Estimate *estimate = estimate_of(sweep, i, k);
            const double values[] = {estimate->value, estimate->low, estimate->high};
            g_autofree char *name = sweep_name_metric(g_ptr_array_index(sweep->metrics, k));

            for (guint j = 0; j < sweep->axes->len; j++) {
                g_string_append_printf(text, "\"%s\",",
                                       axis_of(sweep, j)->texts[point_of(sweep, i)->at[j]]);
            }
            g_string_append_printf(text, "\"%s\"", name);
            for (guint j = 0; j < G_N_ELEMENTS(values); j++) {
                char number[EXPORT_NUMBER_TEXT];

                g_string_append_printf(text, ",%s",
                                       isfinite(values[j]) ? export_number(values[j], number) : "");
            }
            g_autofree char *doubt = estimate_doubt(estimate);

            g_string_append_printf(text, ",%" G_GUINT64_FORMAT ",\"%s\",\"%s\"\n", estimate->n,
                                   estimate->method, doubt != NULL ? doubt : "");
        }
    }
    return g_string_free(text, FALSE);
}
