/* export_levels.c - components' metrics of a campaign. */
#include "sim/results/export/export_levels.h"

#include <math.h>
#include <string.h>

#include "sim/base/estimate.h"
#include "sim/results/export/export_json.h"
#include "sim/results/judge/judge.h"
#include "sim/results/results_phase.h"

/* What one run measured in one phase. */
typedef struct Part {
    double sum;         /* of a gauge's means or a counter's increases, over components and steps */
    double steps;       /* so many were summed */
    double least, most; /* mean of a window of one component; NAN without one */
    Histogram *values;
} Part;

/* A metric of one role. */
typedef struct Subject {
    Results *results;
    const char *metric, *type, *unit, *role;
    const ResultsRun *runs;
    guint run_count;
    GPtrArray *phases; /* names; the first is NULL: the measured part */
    Part *parts;       /* phase by phase, of each run */
    double confidence;
} Subject;

static Part *part_of(Subject *subject, guint phase, guint run)
{
    return &subject->parts[phase * subject->run_count + run];
}

/* --- collecting ----------------------------------------------------------------------------- */

/* Slides a window over the levels of one component from `first` to `end`. */
static void add_windows(Part *part, const GArray *levels, guint first, guint end, guint length)
{
    for (; length > 0 && first + length <= end; first++) {
        double sum = 0;

        for (guint i = first; i < first + length; i++) {
            sum += g_array_index(levels, ResultsLevel, i).value;
        }
        part->least = fmin(part->least, sum / length);
        part->most = fmax(part->most, sum / length);
    }
}

/* A stretch of one component's levels, which begin at `origin`. */
static void add_levels(const Subject *subject, const GArray *levels, SimTime origin,
                       ResultsSpan span, Part *part)
{
    SimSpan interval = results_sample_interval(subject->results);
    guint first = (guint)((span.begin - origin + interval - 1) / interval);
    guint end = MIN((guint)((span.end - origin + interval - 1) / interval), levels->len);
    double lost = 0;
    double sum = 0;

    for (guint i = first; i < end; i++) {
        double value = g_array_index(levels, ResultsLevel, i).value;
        double next = sum + value;

        lost += fabs(sum) >= fabs(value) ? (sum - next) + value : (value - next) + sum;
        sum = next;
    }
    if (end > first) {
        part->sum += sum + lost;
        part->steps += end - first;
        add_windows(part, levels, first, end,
                    CLAMP((guint)(JUDGE_WINDOW / interval), 1, end - first));
    }
}

/* From the begin of the first phase to the end of the last. */
static ResultsSpan find_whole(const Subject *subject, int run)
{
    ResultsSpan whole = {SIM_NEVER, 0};
    SimSpan interval = results_sample_interval(subject->results);
    guint count;
    const ResultsPhase *phases = results_phases(subject->results, &count);

    for (guint i = 0; i < count; i++) {
        if (phases[i].run == run) {
            whole.begin = MIN(whole.begin, phases[i].begin);
            whole.end = MAX(whole.end, phases[i].end);
        }
    }
    whole.begin = MIN(whole.begin, whole.end);
    /* Samples begin anew at the end of the warm-up, which need not be a whole number of them. */
    if (whole.begin % interval != 0) {
        whole.begin -= interval + whole.begin % interval;
    }
    return whole;
}

/* One component in one run: its samples are read once for all phases. */
static void collect_meter(Subject *subject, const ResultsMeter *meter, guint run, GPtrArray *spans)
{
    int index = subject->runs[run].run;
    ResultsSpan whole = find_whole(subject, index);
    bool is_histogram = strcmp(subject->type, "histogram") == 0;
    g_autoptr(GArray) levels =
        is_histogram ? NULL : results_levels(subject->results, meter, index, whole);

    for (guint i = 0; i < subject->phases->len; i++) {
        const GArray *stretches = spans->pdata[i];
        Part *part = part_of(subject, i, run);

        for (guint j = 0; j < stretches->len; j++) {
            ResultsSpan span = g_array_index(stretches, ResultsSpan, j);

            if (is_histogram) {
                results_add_histogram(subject->results, meter, index, span, part->values);
            } else {
                add_levels(subject, levels, whole.begin, span, part);
            }
        }
    }
}

static void collect(Subject *subject, const GArray *meters, guint run)
{
    g_autoptr(GPtrArray) spans = g_ptr_array_new_with_free_func((GDestroyNotify)g_array_unref);

    for (guint i = 0; i < subject->phases->len; i++) {
        Part *part = part_of(subject, i, run);

        part->least = part->most = (double)NAN;
        part->values = histogram_new();
        g_ptr_array_add(spans, results_spans(subject->results, subject->runs[run].run,
                                             subject->phases->pdata[i]));
    }
    for (guint i = 0; i < meters->len; i++) {
        collect_meter(subject, &g_array_index(meters, ResultsMeter, i), run, spans);
    }
}

/* --- figures -------------------------------------------------------------------------------- */

/* Mean over replications of sum over steps (gauge) or of the sum (counter). */
static Estimate estimate_part(Subject *subject, guint phase, bool is_gauge, double *n)
{
    g_autofree double *sums = g_new(double, MAX(subject->run_count, 1));
    g_autofree double *wholes = g_new(double, MAX(subject->run_count, 1));
    guint known = 0;

    *n = 0;
    for (guint i = 0; i < subject->run_count; i++) {
        const Part *part = part_of(subject, phase, i);

        if (part->steps > 0) {
            sums[known] = part->sum;
            wholes[known++] = is_gauge ? part->steps : 1;
            *n += part->steps;
        }
    }
    return estimate_ratio(sums, wholes, known, subject->confidence);
}

static void add_extremes(Subject *subject, guint phase, cJSON *metric)
{
    double low[2] = {(double)NAN, (double)NAN};
    double high[2] = {(double)NAN, (double)NAN};

    for (guint i = 0; i < subject->run_count; i++) {
        const Part *part = part_of(subject, phase, i);

        low[0] = fmin(low[0], part->least);
        high[0] = fmax(high[0], part->least);
        low[1] = fmin(low[1], part->most);
        high[1] = fmax(high[1], part->most);
    }
    export_add_extremes(metric, "min", low[0], low[0], high[0]);
    export_add_extremes(metric, "max", high[1], low[1], high[1]);
}

static void add_histograms(Subject *subject, guint phase, const char *const *labels, cJSON *metrics)
{
    g_autofree const Histogram **each = g_new0(const Histogram *, MAX(subject->run_count, 1));
    guint known = 0;

    for (guint i = 0; i < subject->run_count; i++) {
        const Part *part = part_of(subject, phase, i);

        if (histogram_count(part->values) > 0) {
            each[known++] = part->values;
        }
    }
    if (known > 0) {
        double scale = g_strcmp0(subject->unit, "s") == 0 ? 1e-9 : 1;
        const Distribution distribution = {each, known, scale, "values", subject->confidence};

        export_add_distribution(metrics, subject->results, subject->phases->pdata[phase],
                                subject->metric, labels, subject->unit, &distribution);
    }
}

static void add_phase(Subject *subject, guint phase, cJSON *metrics)
{
    const char *labels[] = {"role", subject->role, "phase", subject->phases->pdata[phase], NULL};
    bool is_gauge = strcmp(subject->type, "gauge") == 0;
    Estimate estimate;
    double n;
    cJSON *metric;

    if (strcmp(subject->type, "histogram") == 0) {
        add_histograms(subject, phase, labels, metrics);
        return;
    }
    estimate = estimate_part(subject, phase, is_gauge, &n);
    if (n == 0) {
        return;
    }
    if (is_gauge) {
        experiment_refuse(subject->results, subject->phases->pdata[phase],
                          g_strcmp0(subject->unit, "ratio") != 0, &estimate);
    }
    metric = export_add_metric(metrics, subject->metric, labels, subject->unit, n,
                               estimate.replications);
    export_add_estimate(metric, is_gauge ? "mean" : "count", &estimate);
    if (is_gauge) {
        add_extremes(subject, phase, metric);
    }
    cJSON_AddBoolToObject(metric, "reliable", estimate.is_reliable);
}

static void export_subject(Subject *subject, cJSON *metrics)
{
    ResultsComponentFilter filter = {.role = subject->role};
    g_autoptr(GArray) meters = results_meters(subject->results, subject->metric, &filter);
    guint cells = subject->phases->len * subject->run_count;

    subject->parts = g_new0(Part, MAX(cells, 1));
    for (guint i = 0; i < subject->run_count; i++) {
        collect(subject, meters, i);
    }
    for (guint i = 0; i < subject->phases->len; i++) {
        add_phase(subject, i, metrics);
    }
    for (guint i = 0; i < cells; i++) {
        histogram_free(subject->parts[i].values);
    }
    g_free(subject->parts);
}

/* --- all ------------------------------------------------------------------------------------ */

static GPtrArray *list_phases(Results *results)
{
    g_autoptr(GPtrArray) names = results_phase_names(results);
    GPtrArray *phases = g_ptr_array_new();

    g_ptr_array_add(phases, NULL);
    for (guint i = 0; i + 1 < names->len; i++) {
        if (strcmp(names->pdata[i], "warmup") != 0 && strcmp(names->pdata[i], "drain") != 0) {
            g_ptr_array_add(phases, names->pdata[i]);
        }
    }
    return phases;
}

/* Whether an earlier kind declared a metric of the same name. */
static bool is_repeated(const ResultsMetric *metrics, guint index)
{
    for (guint i = 0; i < index; i++) {
        if (strcmp(metrics[i].name, metrics[index].name) == 0) {
            return true;
        }
    }
    return false;
}

void export_levels(Results *results, double confidence, cJSON *metrics)
{
    g_autoptr(GPtrArray) phases = list_phases(results);
    Subject subject = {.results = results, .phases = phases, .confidence = confidence};
    guint count;
    const ResultsMetric *rows = results_metrics(results, &count);

    subject.runs = results_runs(results, &subject.run_count);
    for (guint i = 0; i < count; i++) {
        g_autoptr(GPtrArray) roles = NULL;

        if (is_repeated(rows, i)) {
            continue;
        }
        roles = results_meter_values(results, rows[i].name, "role");
        subject.metric = rows[i].name;
        subject.type = rows[i].type;
        subject.unit = rows[i].unit;
        for (guint j = 0; j + 1 < roles->len; j++) {
            subject.role = roles->pdata[j];
            export_subject(&subject, metrics);
        }
    }
}
