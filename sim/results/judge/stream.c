/* stream.c - what a metric measured in one run, step by step. */
#include "sim/results/judge/stream.h"

#include <string.h>

void stream_free(Stream *stream)
{
    g_free(stream->parts);
    g_free(stream->wholes);
    histogram_row_free(stream->row);
    g_free(stream);
}

static Stream *stream_new(ResultsSpan span, SimSpan step)
{
    Stream *stream = g_new0(Stream, 1);

    stream->span = span;
    stream->step = step;
    stream->count = (guint)((span.end - span.begin) / step);
    stream->parts = g_new0(double, stream->count);
    stream->wholes = g_new0(double, stream->count);
    return stream;
}

double stream_scale(const ThresholdRule *rule)
{
    return strcmp(rule->unit, "s") == 0 ? 1e-9 : 1;
}

const char *stream_value_word(const ThresholdRule *rule)
{
    return rule->is_users ? "requests" : "values";
}

/* The first instant from `time` on that is `origin` plus a whole number of steps. */
static SimTime round_up(SimTime time, SimTime origin, SimSpan step)
{
    SimSpan beyond = (time - origin) % step;

    if (beyond < 0) {
        beyond += step;
    }
    return beyond == 0 ? time : time + step - beyond;
}

/* Phases may begin within a step; a step belongs to the phase in which it begins. */
static void cut_to_steps(GArray *spans, SimTime origin, SimSpan step)
{
    guint kept = 0;

    for (guint i = 0; i < spans->len; i++) {
        ResultsSpan span = g_array_index(spans, ResultsSpan, i);

        span.begin = round_up(span.begin, origin, step);
        span.end = round_up(span.end, origin, step);
        if (span.end > span.begin) {
            g_array_index(spans, ResultsSpan, kept++) = span;
        }
    }
    g_array_set_size(spans, kept);
}

/* --- users' requests ------------------------------------------------------------------------ */

ResultsUserFilter stream_user_filter(const ThresholdRule *rule)
{
    return (ResultsUserFilter){
        .client = threshold_label(rule, "client"),
        .region = threshold_label(rule, "region"),
        .dc = threshold_label(rule, "dc"),
    };
}

/* Any cell of the run shows where its seconds begin. */
static SimTime find_origin(Results *results, int run)
{
    guint count;
    const ResultsCell *cells = results_cells(results, &count);

    for (guint i = 0; i < count; i++) {
        if (cells[i].run == run) {
            return cells[i].time;
        }
    }
    return 0;
}

GArray *stream_user_spans(Results *results, const ThresholdRule *rule, int run)
{
    GArray *spans = results_spans(results, run, threshold_label(rule, "phase"));

    cut_to_steps(spans, find_origin(results, run), SIM_S);
    return spans;
}

/* One second's share in parts and wholes. */
static void fill_second(const ThresholdRule *rule, const ResultsCounts *counts, double *part,
                        double *whole)
{
    double ok = (double)counts->ok;
    double all = ok + (double)counts->failed;

    switch (rule->type) {
    case THRESHOLD_RATIO:
        *part = (double)counts->failed;
        *whole = all;
        return;
    case THRESHOLD_QUOTIENT:
        *part = (double)counts->attempts;
        *whole = all;
        return;
    case THRESHOLD_SPEED:
        *part = ok;
        *whole = 1;
        return;
    default:
        *part = all;
        *whole = 1;
        return;
    }
}

static void fill_seconds(Results *results, const ThresholdRule *rule, int run, Stream *stream)
{
    ResultsUserFilter filter = stream_user_filter(rule);
    g_autoptr(GArray) seconds = results_user_seconds(results, &filter, run, stream->span);

    for (guint i = 0; i < stream->count; i++) {
        fill_second(rule, &g_array_index(seconds, ResultsCounts, i), &stream->parts[i],
                    &stream->wholes[i]);
    }
}

/* Of a distribution: the sum of the values over their number. */
static void fill_from_row(const ThresholdRule *rule, Stream *stream)
{
    for (guint i = 0; i < stream->count; i++) {
        g_autoptr(Histogram) histogram = histogram_row_get(stream->row, i);

        if (histogram != NULL) {
            stream->parts[i] = histogram_sum(histogram) * stream_scale(rule);
            stream->wholes[i] = (double)histogram_count(histogram);
        }
    }
}

static Stream *measure_users_span(Results *results, const ThresholdRule *rule, int run,
                                  ResultsSpan span)
{
    ResultsUserFilter filter = stream_user_filter(rule);
    Stream *stream = stream_new(span, SIM_S);

    if (rule->type == THRESHOLD_HISTOGRAM) {
        stream->row = results_latency_seconds(results, &filter, run, stream->span);
        fill_from_row(rule, stream);
    } else {
        fill_seconds(results, rule, run, stream);
    }
    return stream;
}

static void measure_users(Results *results, const ThresholdRule *rule, int run, GPtrArray *streams)
{
    g_autoptr(GArray) spans = stream_user_spans(results, rule, run);

    for (guint i = 0; i < spans->len; i++) {
        g_ptr_array_add(
            streams, measure_users_span(results, rule, run, g_array_index(spans, ResultsSpan, i)));
    }
}

/* --- components' measurements --------------------------------------------------------------- */

static GArray *find_meters(Results *results, const ThresholdRule *rule)
{
    ResultsComponentFilter filter = {
        .dc = threshold_label(rule, "dc"),
        .role = threshold_label(rule, "role"),
        .node = threshold_label(rule, "node"),
        .region = threshold_label(rule, "region"),
        .kind = threshold_label(rule, "kind"),
        .component = threshold_label(rule, "component"),
        .station = threshold_label(rule, "station"),
    };

    return results_meters(results, rule->metric, &filter);
}

/* A sample is cut short at the end of the warm-up, so that all that is measured begins at 0. */
#define SAMPLE_ORIGIN 0

static GArray *find_sample_spans(Results *results, const ThresholdRule *rule, int run)
{
    GArray *spans = results_spans(results, run, threshold_label(rule, "phase"));

    cut_to_steps(spans, SAMPLE_ORIGIN, results_sample_interval(results));
    return spans;
}

/* Adds one component's measurements to a stream; gauges count each component's time. */
static void add_meter(Results *results, const ThresholdRule *rule, const ResultsMeter *meter,
                      int run, Stream *stream)
{
    double seconds = sim_span_to_s(stream->step);
    bool is_gauge = rule->type == THRESHOLD_GAUGE;
    g_autoptr(GArray) levels = results_levels(results, meter, run, stream->span);

    for (guint i = 0; i < stream->count; i++) {
        double value = g_array_index(levels, ResultsLevel, i).value;

        stream->parts[i] += is_gauge ? value * seconds : value;
        stream->wholes[i] = is_gauge ? stream->wholes[i] + seconds : seconds;
    }
}

static Stream *measure_together(Results *results, const ThresholdRule *rule, const GArray *meters,
                                int run, ResultsSpan span)
{
    Stream *stream = stream_new(span, results_sample_interval(results));
    bool is_histogram = rule->type == THRESHOLD_HISTOGRAM;

    if (is_histogram) {
        stream->row = histogram_row_new(stream->count);
    }
    for (guint i = 0; i < meters->len; i++) {
        const ResultsMeter *meter = &g_array_index(meters, ResultsMeter, i);

        if (is_histogram) {
            results_add_histogram_intervals(results, meter, run, stream->span, stream->row);
        } else {
            add_meter(results, rule, meter, run, stream);
        }
    }
    if (is_histogram) {
        fill_from_row(rule, stream);
    }
    return stream;
}

/* The largest level is that of one component, so each gets a stream of its own then; all else is
 * taken together. */
static bool is_by_component(const ThresholdRule *rule)
{
    return rule->type == THRESHOLD_GAUGE &&
           (rule->aggregate == THRESHOLD_MIN || rule->aggregate == THRESHOLD_MAX);
}

static void measure_components(Results *results, const ThresholdRule *rule, int run,
                               GPtrArray *streams)
{
    g_autoptr(GArray) meters = find_meters(results, rule);
    g_autoptr(GArray) spans = find_sample_spans(results, rule, run);

    for (guint i = 0; i < spans->len && meters->len > 0; i++) {
        ResultsSpan span = g_array_index(spans, ResultsSpan, i);

        if (!is_by_component(rule)) {
            g_ptr_array_add(streams, measure_together(results, rule, meters, run, span));
            continue;
        }
        for (guint j = 0; j < meters->len; j++) {
            Stream *stream = stream_new(span, results_sample_interval(results));

            add_meter(results, rule, &g_array_index(meters, ResultsMeter, j), run, stream);
            g_ptr_array_add(streams, stream);
        }
    }
}

/* --- public --------------------------------------------------------------------------------- */

GPtrArray *stream_measure(Results *results, const ThresholdRule *rule, int run)
{
    GPtrArray *streams = g_ptr_array_new_with_free_func((GDestroyNotify)stream_free);

    if (rule->is_users) {
        measure_users(results, rule, run, streams);
    } else {
        measure_components(results, rule, run, streams);
    }
    return streams;
}

static bool has_anything(const Stream *stream)
{
    for (guint i = 0; i < stream->count; i++) {
        if (stream->wholes[i] > 0) {
            return true;
        }
    }
    return false;
}

Stream *stream_measure_span(Results *results, const ThresholdRule *rule, int run, ResultsSpan span)
{
    SimTime origin = rule->is_users ? find_origin(results, run) : SAMPLE_ORIGIN;
    SimSpan step = rule->is_users ? SIM_S : results_sample_interval(results);
    g_autoptr(GArray) meters = rule->is_users ? NULL : find_meters(results, rule);
    g_autoptr(GArray) spans = g_array_new(FALSE, FALSE, sizeof(ResultsSpan));
    Stream *stream;

    /* What begins within the stretch and ends after it would be cut. */
    span.end -= (span.end - origin) % step;
    g_array_append_val(spans, span);
    cut_to_steps(spans, origin, step);
    if (spans->len == 0 || (meters != NULL && meters->len == 0)) {
        return NULL;
    }
    span = g_array_index(spans, ResultsSpan, 0);
    stream = rule->is_users ? measure_users_span(results, rule, run, span)
                            : measure_together(results, rule, meters, run, span);
    if (!has_anything(stream)) {
        stream_free(stream);
        return NULL;
    }
    return stream;
}

static void merge_components(Results *results, const ThresholdRule *rule, int run, Histogram *into)
{
    g_autoptr(GArray) meters = find_meters(results, rule);
    g_autoptr(GArray) spans = find_sample_spans(results, rule, run);

    for (guint i = 0; i < spans->len; i++) {
        for (guint j = 0; j < meters->len; j++) {
            results_add_histogram(results, &g_array_index(meters, ResultsMeter, j), run,
                                  g_array_index(spans, ResultsSpan, i), into);
        }
    }
}

Histogram *stream_merge(Results *results, const ThresholdRule *rule, int run)
{
    Histogram *merged = histogram_new();
    ResultsUserFilter filter = stream_user_filter(rule);
    g_autoptr(GArray) spans = NULL;

    if (!rule->is_users) {
        merge_components(results, rule, run, merged);
        return merged;
    }
    spans = stream_user_spans(results, rule, run);
    for (guint i = 0; i < spans->len; i++) {
        results_add_latency(results, &filter, run, g_array_index(spans, ResultsSpan, i), merged);
    }
    return merged;
}
