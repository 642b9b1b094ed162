/* experiment.c - which kind of experiment a campaign is, and whether it is steady. */
#include "sim/results/evidence/experiment.h"

#include <math.h>
#include <string.h>

#include "sim/results/judge/stream.h"

enum {
    FEWEST_RUNS_TO_AGREE = 5, /* replications; below them batches within the series are compared */
    BATCHES = 10,             /* on each side of such a comparison */
    FEWEST_TO_COMPARE = 2,    /* steps on each side where replications agree */
    FEWEST_STEPS = 20,        /* of a series, as MSER-5 needs */
};

#define ALARM 0.005 /* of finding a drift where none is, over all series; likewise a bad start */

const char *experiment_word(ExperimentKind kind)
{
    static const char *const words[] = {
        [EXPERIMENT_STEADY] = "steady-state",
        [EXPERIMENT_TERMINATING] = "terminating",
        [EXPERIMENT_FAULT] = "fault-response",
    };

    return words[kind];
}

static void series_free(ExperimentSeries *series)
{
    g_free(series->name);
    g_free(series->means);
    g_free(series);
}

static void experiment_free(Experiment *experiment)
{
    g_ptr_array_unref(experiment->series);
    g_free(experiment->doubt);
    g_free(experiment->doubt_of_mean);
    g_free(experiment);
}

/* --- what is examined ----------------------------------------------------------------------- */

static ExperimentKind find_kind(const Results *results)
{
    const char *fact = results_fact(results, "experiment");
    guint faults;

    for (ExperimentKind kind = EXPERIMENT_STEADY; kind <= EXPERIMENT_FAULT; kind++) {
        if (g_strcmp0(fact, experiment_word(kind)) == 0) {
            return kind;
        }
    }
    results_faults(results, &faults);
    return faults > 0 ? EXPERIMENT_FAULT : EXPERIMENT_STEADY;
}

/* From the begin of the first phase to the first fault or the end of the measured part, whatever
 * replication has it earliest. */
static ResultsSpan find_span(const Results *results)
{
    ResultsSpan span = {0, SIM_NEVER};
    guint count;
    const ResultsPhase *phases = results_phases(results, &count);
    guint fault_count;
    const ResultsFault *faults = results_faults(results, &fault_count);
    guint run_count;
    const ResultsRun *runs = results_runs(results, &run_count);

    for (guint i = 0; i < count; i++) {
        span.begin = MIN(span.begin, phases[i].begin);
    }
    for (guint i = 0; i < fault_count; i++) {
        span.end = faults[i].applied >= 0 ? MIN(span.end, faults[i].applied) : span.end;
    }
    for (guint i = 0; i < run_count; i++) {
        g_autoptr(GArray) spans = results_spans(results, runs[i].run, NULL);

        for (guint j = 0; j < spans->len; j++) {
            span.end = MIN(span.end, g_array_index(spans, ResultsSpan, j).end);
        }
    }
    span.end = span.end == SIM_NEVER ? span.begin : MAX(span.end, span.begin);
    return span;
}

/* --- differences that replications agree on ------------------------------------------------- */

/* One series in every replication. */
typedef struct Bundle {
    GPtrArray *streams; /* of Stream *, one a replication */
    const ExperimentSeries *series;
} Bundle;

static guint step_at(const ExperimentSeries *series, SimTime time)
{
    SimSpan beyond = MAX(time - series->begin, 0);

    return (guint)MIN((beyond + series->step - 1) / series->step, series->count);
}

/* A stretch of a series, in steps. */
typedef struct Stretch {
    guint from, to;
} Stretch;

/* Part over whole of a stretch; NAN when there is nothing in it. */
static double ratio_of(const Stream *stream, Stretch at)
{
    double whole = estimate_stable_sum(stream->wholes + at.from, at.to - at.from);

    return whole > 0 ? estimate_stable_sum(stream->parts + at.from, at.to - at.from) / whole
                     : (double)NAN;
}

/* Means of the BATCHES batches of a stretch of the pooled series. */
static void batch_means(const ExperimentSeries *series, Stretch at, double *means)
{
    guint size = (at.to - at.from) / BATCHES;

    for (guint i = 0; i < BATCHES; i++) {
        means[i] = estimate_average(series->means + at.from + i * size, size);
    }
}

static double compare_batches(const ExperimentSeries *series, Stretch one, Stretch other)
{
    double before[BATCHES];
    double after[BATCHES];

    if (MIN(one.to - one.from, other.to - other.from) < 2 * BATCHES) {
        return (double)NAN;
    }
    batch_means(series, one, before);
    batch_means(series, other, after);
    return estimate_compare(before, BATCHES, after, BATCHES, 0.99).p;
}

/* The probability of so large a difference between two stretches if there were none. */
static double compare_stretches(const Bundle *bundle, Stretch one, Stretch other)
{
    guint runs = bundle->streams->len;
    g_autofree double *before = g_new(double, runs);
    g_autofree double *after = g_new(double, runs);
    guint known = 0;

    if (runs < FEWEST_RUNS_TO_AGREE) {
        return compare_batches(bundle->series, one, other);
    }
    for (guint i = 0; i < runs; i++) {
        const Stream *stream = bundle->streams->pdata[i];

        before[known] = ratio_of(stream, one);
        after[known] = ratio_of(stream, other);
        known += !isnan(before[known]) && !isnan(after[known]) ? 1 : 0;
    }
    return known < FEWEST_RUNS_TO_AGREE ? (double)NAN
                                        : estimate_compare_paired(before, after, known, 0.99).p;
}

/* --- one series ----------------------------------------------------------------------------- */

/* The streams of the rule in all replications that have it, each as long as the shortest. NULL when
 * there is none. */
static GPtrArray *measure_all(Results *results, const ThresholdRule *rule, ResultsSpan span)
{
    g_autoptr(GPtrArray) streams = g_ptr_array_new_with_free_func((GDestroyNotify)stream_free);
    guint count;
    const ResultsRun *runs = results_runs(results, &count);

    for (guint i = 0; i < count; i++) {
        Stream *stream = stream_measure_span(results, rule, runs[i].run, span);

        if (stream != NULL) {
            g_ptr_array_add(streams, stream);
        }
    }
    for (guint i = 1; i < streams->len; i++) {
        const Stream *stream = streams->pdata[i];

        if (stream->count != ((const Stream *)streams->pdata[0])->count) {
            return NULL; /* not of one make */
        }
    }
    return streams->len > 0 ? g_steal_pointer(&streams) : NULL;
}

/* Steps without anything take the value of the one before. */
static void fill_means(const GPtrArray *streams, ExperimentSeries *series)
{
    double last = 0;

    for (guint i = 0; i < series->count; i++) {
        double part = 0;
        double whole = 0;

        for (guint j = 0; j < streams->len; j++) {
            const Stream *stream = streams->pdata[j];

            part += stream->parts[i];
            whole += stream->wholes[i];
        }
        last = whole > 0 ? part / whole : last;
        series->means[i] = last;
    }
}

static void examine_start(const Bundle *bundle, ExperimentSeries *series)
{
    bool is_late;
    guint cut = (guint)estimate_warmup_cut(series->means, series->count, &is_late);
    guint zero = step_at(series, 0);

    series->is_late = is_late;
    series->cut = series->begin + cut * series->step;
    series->p_start = (double)NAN;
    if (series->cut > 0 && series->count - zero >= 2 * FEWEST_TO_COMPARE) {
        Stretch first = {zero, zero + MAX((series->count - zero) / 10, FEWEST_TO_COMPARE)};
        Stretch last = {zero + (series->count - zero) / 2, series->count};

        series->p_start = compare_stretches(bundle, first, last);
    }
}

static void examine_drift(const Bundle *bundle, ExperimentSeries *series)
{
    guint zero = step_at(series, 0);
    guint quarter = (series->count - zero) / 4;
    Stretch third = {series->count - 2 * quarter, series->count - quarter};
    Stretch fourth = {series->count - quarter, series->count};

    series->p_drift = series->drift = (double)NAN;
    if (quarter >= FEWEST_TO_COMPARE) {
        series->p_drift = compare_stretches(bundle, third, fourth);
        series->drift = estimate_average(series->means + fourth.from, quarter) /
                            estimate_average(series->means + third.from, quarter) -
                        1;
    }
}

static void add_series(Results *results, const ThresholdRule *rule, const char *name,
                       ResultsSpan span, GPtrArray *all)
{
    g_autoptr(GPtrArray) streams = measure_all(results, rule, span);
    const Stream *first = streams != NULL ? streams->pdata[0] : NULL;
    ExperimentSeries *series;
    Bundle bundle;

    if (first == NULL || first->count < FEWEST_STEPS) {
        return;
    }
    series = g_new0(ExperimentSeries, 1);
    bundle = (Bundle){streams, series};
    series->name = g_strdup(name);
    series->unit = results_keep_text(results, rule->unit);
    series->begin = first->span.begin;
    series->step = first->step;
    series->count = first->count;
    series->means = g_new0(double, series->count);
    fill_means(streams, series);
    examine_start(&bundle, series);
    examine_drift(&bundle, series);
    g_ptr_array_add(all, series);
}

static void add_by_name(Results *results, const char *metric, const char *condition,
                        const ThresholdKnown *known, ResultsSpan span, GPtrArray *all)
{
    g_autoptr(ThresholdRule) rule = threshold_parse(metric, condition, known, NULL);

    g_assert(rule != NULL);
    add_series(results, rule, metric, span, all);
}

static void list_series(Results *results, ResultsSpan span, GPtrArray *all)
{
    static const ThresholdMetric declared[] = {
        {"station_in_system", THRESHOLD_GAUGE, "1", "Customers at a station"},
        {.name = NULL},
    };
    const ThresholdKnown known = {.declared = declared};
    g_autoptr(GPtrArray) stations = results_meter_values(results, "station_in_system", "station");

    add_by_name(results, "http_req_duration", "avg<1s", &known, span, all);
    for (guint i = 0; i + 1 < stations->len; i++) {
        g_autofree char *metric =
            g_strdup_printf("station_in_system{station:%s}", (const char *)stations->pdata[i]);

        add_by_name(results, metric, "avg<1", &known, span, all);
    }
}

/* --- doubts --------------------------------------------------------------------------------- */

/* The first occurrence of an event in any replication, or NULL. */
static const ResultsOccurrence *find_event(const Results *results, const char *event)
{
    guint count;
    const ResultsOccurrence *occurrences = results_occurrences(results, &count);

    for (guint i = 0; i < count; i++) {
        if (strcmp(occurrences[i].event, event) == 0) {
            return &occurrences[i];
        }
    }
    return NULL;
}

/* "station 'web'" of "station@web". */
static char *name_station(const ResultsOccurrence *occurrence)
{
    const char *at = strchr(occurrence->component, '@');

    return g_strdup_printf("station '%s'", at != NULL ? at + 1 : occurrence->component);
}

static char *doubt_load(const Results *results)
{
    const ResultsOccurrence *overload = find_event(results, "station.overloaded");
    g_autofree char *station = overload != NULL ? name_station(overload) : NULL;

    if (overload == NULL) {
        return NULL;
    }
    if (g_strcmp0(overload->value1, "inf") == 0) {
        return g_strdup_printf("not stable: the service of %s has no finite mean", station);
    }
    return g_strdup_printf("not stable: %s is offered %s of its capacity", station,
                           overload->value1);
}

static char *doubt_drift(const Experiment *experiment)
{
    const ExperimentSeries *worst = NULL;

    for (guint i = 0; i < experiment->series->len; i++) {
        const ExperimentSeries *series = experiment->series->pdata[i];

        if (series->p_drift < ALARM / experiment->series->len &&
            (worst == NULL || series->p_drift < worst->p_drift)) {
            worst = series;
        }
    }
    if (worst == NULL) {
        return NULL;
    }
    return g_strdup_printf("not stable: %s drifts, by %+.3g %% from the third to the fourth "
                           "quarter (p = %.2g)",
                           worst->name, 100 * worst->drift, worst->p_drift);
}

static char *doubt_start(const Experiment *experiment)
{
    const ExperimentSeries *worst = NULL;
    char cut[SIM_SPAN_TEXT];
    char warmup[SIM_SPAN_TEXT];

    for (guint i = 0; i < experiment->series->len; i++) {
        const ExperimentSeries *series = experiment->series->pdata[i];

        if (series->p_start < ALARM / experiment->series->len &&
            (worst == NULL || series->cut > worst->cut)) {
            worst = series;
        }
    }
    if (worst == NULL) {
        return NULL;
    }
    if (worst->is_late) {
        return g_strdup_printf("not converged: %s has no steady part (MSER-5 cuts half of the "
                               "run): make simulation.warmup and duration longer",
                               worst->name);
    }
    return g_strdup_printf("not converged: %s is steady only from %s on (MSER-5; p = %.2g): make "
                           "simulation.warmup at least %s",
                           worst->name, sim_span_print(worst->cut, cut), worst->p_start,
                           sim_span_print(worst->cut - worst->begin, warmup));
}

static char *doubt_mean(const Results *results)
{
    const ResultsOccurrence *seen = find_event(results, "station.no-mean-wait");
    g_autofree char *station = seen != NULL ? name_station(seen) : NULL;

    if (seen == NULL) {
        return NULL;
    }
    return g_strdup_printf("no finite mean: the service of %s has no finite variance, and "
                           "customers wait behind it",
                           station);
}

/* --- public --------------------------------------------------------------------------------- */

const Experiment *experiment_examine(Results *results)
{
    Experiment *experiment = results_attached(results);
    ResultsSpan span;

    if (experiment != NULL) {
        return experiment;
    }
    experiment = g_new0(Experiment, 1);
    results_attach(results, experiment, (GDestroyNotify)experiment_free);
    span = find_span(results);
    experiment->kind = find_kind(results);
    experiment->end = span.end;
    experiment->phase = experiment->kind == EXPERIMENT_FAULT ? "baseline" : NULL;
    experiment->series = g_ptr_array_new_with_free_func((GDestroyNotify)series_free);
    experiment->doubt_of_mean = doubt_mean(results);
    if (experiment->kind != EXPERIMENT_TERMINATING) {
        list_series(results, span, experiment->series);
        experiment->doubt = doubt_load(results);
        experiment->doubt = experiment->doubt != NULL ? experiment->doubt : doubt_drift(experiment);
        experiment->doubt = experiment->doubt != NULL ? experiment->doubt : doubt_start(experiment);
    }
    return experiment;
}

void experiment_refuse(Results *results, const char *phase, bool is_mean, Estimate *estimate)
{
    const Experiment *experiment = experiment_examine(results);
    const char *why = NULL;

    if (experiment->doubt != NULL &&
        (experiment->phase == NULL || g_strcmp0(phase, experiment->phase) == 0)) {
        why = experiment->doubt;
    } else if (is_mean) {
        why = experiment->doubt_of_mean;
    }
    if (why != NULL && !isnan(estimate->value)) {
        estimate->value = estimate->low = estimate->high = (double)NAN;
        estimate->is_reliable = false;
        estimate->more_needed = 0;
        estimate->method = why;
    }
}

/* The series with the latest cut, or NULL. */
static const ExperimentSeries *find_latest(const Experiment *experiment)
{
    const ExperimentSeries *latest = NULL;

    for (guint i = 0; i < experiment->series->len; i++) {
        const ExperimentSeries *series = experiment->series->pdata[i];

        if (latest == NULL || series->cut > latest->cut) {
            latest = series;
        }
    }
    return latest;
}

static bool is_tested(const Experiment *experiment)
{
    for (guint i = 0; i < experiment->series->len; i++) {
        if (!isnan(((const ExperimentSeries *)experiment->series->pdata[i])->p_drift)) {
            return true;
        }
    }
    return false;
}

static char *describe_steadiness(const Experiment *experiment)
{
    const ExperimentSeries *latest = find_latest(experiment);
    char cut[SIM_SPAN_TEXT];
    char warmup[SIM_SPAN_TEXT];

    const char *drift = is_tested(experiment) ? "no drift" : "too short to see a drift";

    if (experiment->doubt != NULL) {
        return g_strdup(experiment->doubt);
    }
    if (latest == NULL) {
        return g_strdup("too short to tell whether it is steady: needs 20 sample intervals");
    }
    if (latest->cut > 0) {
        return g_strdup_printf("%s; MSER-5 would cut %s more than the warm-up of %s, where nothing "
                               "of %s differs",
                               drift, sim_span_print(latest->cut, cut),
                               sim_span_print(-latest->begin, warmup), latest->name);
    }
    return g_strdup_printf("%s; MSER-5 cuts %s, within the warm-up of %s", drift,
                           sim_span_print(latest->cut - latest->begin, cut),
                           sim_span_print(-latest->begin, warmup));
}

char *experiment_describe(Results *results)
{
    const Experiment *experiment = experiment_examine(results);
    g_autofree char *steadiness = describe_steadiness(experiment);
    char end[SIM_SPAN_TEXT];

    switch (experiment->kind) {
    case EXPERIMENT_STEADY:
        return g_strdup_printf("steady state: %s%s%s", steadiness,
                               experiment->doubt_of_mean != NULL ? "; " : "",
                               experiment->doubt_of_mean != NULL ? experiment->doubt_of_mean : "");
    case EXPERIMENT_TERMINATING:
        return g_strdup("terminating: the load changes, each replication is one whole");
    case EXPERIMENT_FAULT:
        return g_strdup_printf("fault response: figures are over replications; before the first "
                               "fault at %s: %s",
                               sim_span_print(experiment->end, end), steadiness);
    }
    g_assert_not_reached();
}
