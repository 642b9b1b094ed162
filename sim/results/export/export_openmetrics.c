/* export_openmetrics.c - a campaign as time series in OpenMetrics text. */
#include "sim/results/export/export_openmetrics.h"

#include <math.h>
#include <string.h>

#include "sim/results/export/export_json.h"
#include "sim/results/results_series.h"

static const double quantiles[] = {0.5, 0.95, 0.99, 1};

/* --- text ----------------------------------------------------------------------------------- */

static void append_family(GString *out, const char *name, const char *type, const char *help)
{
    g_string_append_printf(out, "# HELP %s ", name);
    for (; *help != '\0'; help++) {
        g_string_append_printf(out, *help == '\\' ? "\\%c" : "%c", *help == '\n' ? ' ' : *help);
    }
    g_string_append_printf(out, "\n# TYPE %s %s\n", name, type);
}

static void append_label(GString *out, const char *name, const char *value)
{
    g_string_append_printf(out, "%s%s=\"",
                           out->len == 0 || out->str[out->len - 1] == '{' ? "" : ",", name);
    for (; *value != '\0'; value++) {
        if (*value == '"' || *value == '\\') {
            g_string_append_c(out, '\\');
        }
        g_string_append_c(out, *value == '\n' ? ' ' : *value);
    }
    g_string_append_c(out, '"');
}

/* The end of a line: value and time. */
static void append_value(GString *out, double value, SimTime time)
{
    char text[EXPORT_NUMBER_TEXT];

    g_string_append_printf(out, "} %s %" G_GINT64_FORMAT "\n", export_number(value, text),
                           time / SIM_S);
}

/* --- users ---------------------------------------------------------------------------------- */

/* One data centre of one replication. */
typedef struct Group {
    Results *results;
    int run;
    ResultsUserFilter filter;
    GArray *spans;
} Group;

typedef void GroupAppend(GString *out, const Group *group, ResultsSpan span);

/* Calls `append` for each replication and data centre; requests that reached none have dc "none".
 */
static void each_group(GString *out, Results *results, GroupAppend *append)
{
    g_autoptr(GPtrArray) dcs = results_user_values(results, "dc");
    guint count;
    const ResultsRun *runs = results_runs(results, &count);

    for (guint i = 0; i < count; i++) {
        g_autoptr(GArray) spans = results_felt_spans(results, runs[i].run);

        for (guint k = 0; k < dcs->len; k++) {
            const char *dc = dcs->pdata[k] != NULL ? dcs->pdata[k] : "";
            Group group = {results, runs[i].run, {.dc = dc}, spans};

            for (guint s = 0; s < spans->len; s++) {
                append(out, &group, g_array_index(spans, ResultsSpan, s));
            }
        }
    }
}

static void begin_sample(GString *out, const char *name, const Group *group)
{
    g_autofree char *run = g_strdup_printf("%d", group->run);

    g_string_append_printf(out, "%s{", name);
    append_label(out, "replication", run);
    append_label(out, "dc", group->filter.dc[0] != '\0' ? group->filter.dc : "none");
}

static void append_outcome(GString *out, const Group *group, const GArray *seconds,
                           ResultsSpan span, bool is_ok)
{
    for (guint i = 0; i < seconds->len; i++) {
        const ResultsCounts *counts = &g_array_index(seconds, ResultsCounts, i);

        begin_sample(out, "dcdrill_requests", group);
        append_label(out, "outcome", is_ok ? "ok" : "failed");
        append_value(out, (double)(is_ok ? counts->ok : counts->failed), span.begin + i * SIM_S);
    }
}

static void append_requests(GString *out, const Group *group, ResultsSpan span)
{
    g_autoptr(GArray) seconds =
        results_user_seconds(group->results, &group->filter, group->run, span);

    append_outcome(out, group, seconds, span, true);
    append_outcome(out, group, seconds, span, false);
}

static void append_attempts(GString *out, const Group *group, ResultsSpan span)
{
    g_autoptr(GArray) seconds =
        results_user_seconds(group->results, &group->filter, group->run, span);

    for (guint i = 0; i < seconds->len; i++) {
        begin_sample(out, "dcdrill_request_attempts", group);
        append_value(out, (double)g_array_index(seconds, ResultsCounts, i).attempts,
                     span.begin + i * SIM_S);
    }
}

/* One point of the summary: quantiles of the second, sum and count since time 0. */
static void append_point(GString *out, const Group *group, const Histogram *latency, SimTime time,
                         double sum, double count)
{
    for (guint i = 0; latency != NULL && i < G_N_ELEMENTS(quantiles); i++) {
        char text[EXPORT_NUMBER_TEXT];

        begin_sample(out, "dcdrill_request_duration_seconds", group);
        append_label(out, "quantile", export_number(quantiles[i], text));
        append_value(out, (double)histogram_quantile(latency, quantiles[i]) * 1e-9, time);
    }
    begin_sample(out, "dcdrill_request_duration_seconds_sum", group);
    append_value(out, sum, time);
    begin_sample(out, "dcdrill_request_duration_seconds_count", group);
    append_value(out, count, time);
}

static void append_duration(GString *out, const Group *group, ResultsSpan span)
{
    g_autoptr(HistogramRow) seconds =
        results_latency_seconds(group->results, &group->filter, group->run, span);
    double sum = 0;
    double count = 0;

    for (guint i = 0; i < histogram_row_length(seconds); i++) {
        g_autoptr(Histogram) latency = histogram_row_get(seconds, i);

        if (latency != NULL) {
            sum += histogram_sum(latency) * 1e-9;
            count += (double)histogram_count(latency);
        }
        append_point(out, group, latency, span.begin + i * SIM_S, sum, count);
    }
}

/* --- components ----------------------------------------------------------------------------- */

/* "s" and so on as names of Prometheus say it; counters are shown as rates. */
static const char *suffix_of(const ResultsMetric *metric)
{
    const char *unit = metric->unit != NULL ? metric->unit : "1";

    return strcmp(metric->type, "counter") == 0 ? "_per_second"
           : strcmp(unit, "s") == 0             ? "_seconds"
           : strcmp(unit, "B") == 0             ? "_bytes"
           : strcmp(unit, "ratio") == 0         ? "_ratio"
                                                : "";
}

/* Levels of one metric in one data centre and role, added up by sample interval. */
typedef struct Sums {
    double *values;
    guint steps;
    double meters; /* so many went into each */
} Sums;

static void add_meter(Results *results, const ResultsMeter *meter, int run, Sums *sums)
{
    g_autoptr(GArray) spans = results_felt_spans(results, run);

    if (spans->len == 0) {
        return;
    }
    g_autoptr(GArray) levels =
        results_levels(results, meter, run, g_array_index(spans, ResultsSpan, 0));

    if (levels->len > sums->steps) {
        sums->values = g_renew(double, sums->values, levels->len);
        for (guint i = sums->steps; i < levels->len; i++) {
            sums->values[i] = 0;
        }
        sums->steps = levels->len;
    }
    for (guint i = 0; i < levels->len; i++) {
        sums->values[i] += g_array_index(levels, ResultsLevel, i).value;
    }
    sums->meters++;
}

/* Whether two components count as one: the same kind at the same place. */
static bool is_same_place(const ResultsComponent *one, const ResultsComponent *other)
{
    return g_strcmp0(one->dc, other->dc) == 0 && g_strcmp0(one->role, other->role) == 0 &&
           g_strcmp0(one->kind, other->kind) == 0;
}

/* Whether two metrics of one name are measured alike. */
static bool is_same_measure(const ResultsMetric *one, const ResultsMetric *other)
{
    return strcmp(one->type, other->type) == 0 && strcmp(suffix_of(one), suffix_of(other)) == 0;
}

static void begin_place(GString *out, const char *name, const ResultsComponent *component)
{
    g_string_append_printf(out, "%s{", name);
    append_label(out, "kind", component->kind);
    if (component->dc != NULL) {
        append_label(out, "dc", component->dc);
    }
    if (component->role != NULL) {
        append_label(out, "role", component->role);
    }
}

/* The place of meter `first`, with all meters behind it that are of the same. */
static void append_place(GString *out, Results *results, const char *name, const GArray *meters,
                         guint first)
{
    const ResultsMeter *own = &g_array_index(meters, ResultsMeter, first);
    SimSpan interval = results_sample_interval(results);
    double each_s = strcmp(own->metric->type, "counter") == 0 ? sim_span_to_s(interval) : 1;
    Sums sums = {0};
    guint count;
    const ResultsRun *runs = results_runs(results, &count);

    for (guint i = first; i < meters->len; i++) {
        const ResultsMeter *meter = &g_array_index(meters, ResultsMeter, i);

        for (guint r = 0; is_same_place(own->component, meter->component) &&
                          is_same_measure(own->metric, meter->metric) && r < count;
             r++) {
            add_meter(results, meter, runs[r].run, &sums);
        }
    }
    for (guint i = 0; i < sums.steps; i++) {
        SimTime time = i * interval;

        /* one value a second: timestamps are whole */
        if (i == 0 || time / SIM_S != (i - 1) * interval / SIM_S) {
            begin_place(out, name, own->component);
            append_value(out, sums.values[i] / sums.meters / each_s, time);
        }
    }
    g_free(sums.values);
}

static bool is_first_of_its_place(const GArray *meters, guint index)
{
    const ResultsMeter *own = &g_array_index(meters, ResultsMeter, index);

    for (guint i = 0; i < index; i++) {
        const ResultsMeter *other = &g_array_index(meters, ResultsMeter, i);

        if (is_same_place(own->component, other->component) &&
            is_same_measure(own->metric, other->metric)) {
            return false;
        }
    }
    return true;
}

/* All that is measured under the name of `metric` as that one is. */
static void append_metric(GString *out, Results *results, const ResultsMetric *metric)
{
    const ResultsComponentFilter all = {0};
    g_autoptr(GArray) meters = results_meters(results, metric->name, &all);
    g_autofree char *name = g_strconcat("dcdrill_", metric->name, suffix_of(metric), NULL);
    bool is_begun = false;

    g_strcanon(name, G_CSET_a_2_z G_CSET_A_2_Z G_CSET_DIGITS "_", '_');
    for (guint i = 0; i < meters->len; i++) {
        const ResultsMeter *meter = &g_array_index(meters, ResultsMeter, i);

        if (is_same_measure(meter->metric, metric) && meter->component->kind != NULL &&
            is_first_of_its_place(meters, i)) {
            if (!is_begun) {
                append_family(out, name, "gauge", metric->help != NULL ? metric->help : name);
                is_begun = true;
            }
            append_place(out, results, name, meters, i);
        }
    }
}

/* Metrics of the same name and measure are one family: the first declaration tells. */
static bool is_first_of_its_name(const ResultsMetric *metrics, guint index)
{
    for (guint i = 0; i < index; i++) {
        if (strcmp(metrics[i].name, metrics[index].name) == 0 &&
            is_same_measure(&metrics[i], &metrics[index])) {
            return false;
        }
    }
    return true;
}

char *export_openmetrics(Results *results)
{
    GString *out = g_string_new(NULL);
    guint count;
    const ResultsMetric *metrics = results_metrics(results, &count);

    append_family(out, "dcdrill_requests", "gauge",
                  "Requests that users wanted in this second, by how they ended after retries and "
                  "the data centre that ended them");
    each_group(out, results, append_requests);
    append_family(out, "dcdrill_request_attempts", "gauge",
                  "Tries of the requests that users wanted in this second");
    each_group(out, results, append_attempts);
    append_family(out, "dcdrill_request_duration_seconds", "summary",
                  "From the intended start to the answer, of requests that went well: quantiles of "
                  "this second, sum and count since time 0");
    each_group(out, results, append_duration);
    for (guint i = 0; i < count; i++) {
        if (strcmp(metrics[i].type, "histogram") != 0 && is_first_of_its_name(metrics, i)) {
            append_metric(out, results, &metrics[i]);
        }
    }
    g_string_append(out, "# EOF\n");
    return g_string_free(out, false);
}
