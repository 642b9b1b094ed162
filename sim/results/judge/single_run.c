/* single_run.c - what one replication alone allows to say. */
#include "sim/results/judge/single_run.h"

#include <math.h>

#define BATCHES 20u      /* of a quantile; each needs 100 values beyond it */
#define FEWEST_STEPS 60u /* of a mean */
#define TAU_BATCHES 15u  /* side by side, for the correlation length */

static Estimate no_interval(double value, double confidence, const char *method)
{
    return (Estimate){
        .value = value,
        .low = (double)NAN,
        .high = (double)NAN,
        .confidence = confidence,
        .replications = 1,
        .method = method,
    };
}

/* Whether a fault is on during the stretch, in which case one run is one draw of its outcome. */
static bool is_disturbed(Results *results, int run, ResultsSpan span)
{
    guint count;
    const ResultsFault *faults = results_faults(results, &count);

    for (guint i = 0; i < count; i++) {
        if (faults[i].run == run && faults[i].applied < span.end && faults[i].lifted > span.begin) {
            return true;
        }
    }
    return false;
}

/* The first run that measured the rule; NULL when none did. Caller unrefs. */
static GPtrArray *find_streams(Results *results, const ThresholdRule *rule, int *run)
{
    guint count;
    const ResultsRun *runs = results_runs(results, &count);

    for (guint i = 0; i < count; i++) {
        g_autoptr(GPtrArray) streams = stream_measure(results, rule, runs[i].run);

        for (guint j = 0; j < streams->len; j++) {
            const Stream *stream = g_ptr_array_index(streams, j);

            if (estimate_stable_sum(stream->wholes, stream->count) > 0) {
                *run = runs[i].run;
                return g_steal_pointer(&streams);
            }
        }
    }
    return NULL;
}

/* Why the streams allow no interval, or NULL. */
static const char *find_hindrance(Results *results, int run, const GPtrArray *streams)
{
    const Stream *stream = g_ptr_array_index(streams, 0);

    if (streams->len > 1) {
        return "one replication of a phase in pieces";
    }
    if (is_disturbed(results, run, stream->span)) {
        return "one replication, disturbed by a fault";
    }
    return stream->count < FEWEST_STEPS ? "one replication, too short for batches" : NULL;
}

static double total_ratio(const GPtrArray *streams)
{
    double part = 0;
    double whole = 0;

    for (guint i = 0; i < streams->len; i++) {
        const Stream *stream = g_ptr_array_index(streams, i);

        part += estimate_stable_sum(stream->parts, stream->count);
        whole += estimate_stable_sum(stream->wholes, stream->count);
    }
    return whole > 0 ? part / whole : (double)NAN;
}

/* The ratio r moves by the mean of (part - r whole) over the mean whole. */
static Estimate ratio_from_steps(const Stream *stream, double ratio, double confidence)
{
    double whole = estimate_stable_sum(stream->wholes, stream->count) / stream->count;
    g_autofree double *misses = g_new(double, stream->count);
    Estimate estimate;

    for (guint i = 0; i < stream->count; i++) {
        misses[i] = stream->parts[i] - ratio * stream->wholes[i];
    }
    if (estimate_has_trend(misses, stream->count)) {
        return no_interval(ratio, confidence, "one replication that drifts");
    }
    estimate = estimate_long_run(misses, stream->count, confidence);
    estimate.low = ratio + (estimate.low - estimate.value) / whole;
    estimate.high = ratio + (estimate.high - estimate.value) / whole;
    estimate.value = ratio;
    estimate.method = "one replication, overlapping batches of its steps";
    return estimate;
}

Estimate single_run_ratio(Results *results, const ThresholdRule *rule, double confidence)
{
    int run = 0;
    g_autoptr(GPtrArray) streams = find_streams(results, rule, &run);
    const char *hindrance;
    double ratio;

    if (streams == NULL) {
        return no_interval((double)NAN, confidence, "nothing measured");
    }
    ratio = total_ratio(streams);
    if (rule->type == THRESHOLD_GAUGE && rule->aggregate == THRESHOLD_VALUE) {
        const Stream *last = g_ptr_array_index(streams, streams->len - 1);

        return no_interval(last->parts[last->count - 1] / last->wholes[last->count - 1], confidence,
                           "one sample of one replication");
    }
    hindrance = find_hindrance(results, run, streams);
    return hindrance != NULL ? no_interval(ratio, confidence, hindrance)
                             : ratio_from_steps(g_ptr_array_index(streams, 0), ratio, confidence);
}

/* tau, how many values count for one: the variance of the mean in the long run, by overlapping
 * batches of steps, times the number of values, over the variance of the values. */
static double find_correlation(const Stream *stream, double variance)
{
    g_autofree double *misses = g_new(double, stream->count);
    double values = estimate_stable_sum(stream->wholes, stream->count);
    double mean = estimate_stable_sum(stream->parts, stream->count) / values;
    double long_run;

    for (guint i = 0; i < stream->count; i++) {
        misses[i] = stream->parts[i] - mean * stream->wholes[i];
    }
    long_run = estimate_asymptotic_variance(misses, stream->count, stream->count / TAU_BATCHES);
    return variance > 0 ? fmax(1, long_run / (values / stream->count) / variance) : 1;
}

static Estimate quantile_from_batches(const ThresholdRule *rule, const Stream *stream,
                                      const Histogram *all, double confidence)
{
    double scale = stream_scale(rule);
    double value = (double)histogram_quantile(all, rule->quantile) * scale;
    double each[BATCHES];
    uint64_t fewest = UINT64_MAX;
    guint size = stream->count / BATCHES;
    Estimate estimate;

    for (guint i = 0; i < BATCHES; i++) {
        g_autoptr(Histogram) batch = histogram_new();

        for (guint j = i * size; j < (i + 1) * size; j++) {
            g_autoptr(Histogram) step = histogram_row_get(stream->row, j);

            if (step != NULL) {
                histogram_merge(batch, step);
            }
        }
        if (histogram_count(batch) == 0) {
            return no_interval(value, confidence, "one replication with empty batches");
        }
        fewest = MIN(fewest, histogram_count(batch));
        each[i] = (double)histogram_quantile(batch, rule->quantile) * scale;
    }
    estimate = estimate_quantile(rule->quantile, value, each, BATCHES, fewest,
                                 find_correlation(stream, histogram_variance(all) * scale * scale),
                                 confidence);
    estimate.n = histogram_count(all);
    estimate.replications = 1;
    if (estimate_lacks_values(&estimate)) {
        estimate.more_of = stream_value_word(rule);
    }
    estimate.method = "one replication, quantiles of 20 batches";
    return estimate;
}

Estimate single_run_quantile(Results *results, const ThresholdRule *rule, double confidence)
{
    int run = 0;
    g_autoptr(GPtrArray) streams = find_streams(results, rule, &run);
    g_autoptr(Histogram) merged = NULL;
    const char *hindrance;
    double value;

    if (streams == NULL) {
        return no_interval((double)NAN, confidence, "nothing measured");
    }
    merged = stream_merge(results, rule, run);
    value = (double)histogram_quantile(merged, rule->quantile) * stream_scale(rule);
    hindrance = find_hindrance(results, run, streams);
    return hindrance != NULL
               ? no_interval(value, confidence, hindrance)
               : quantile_from_batches(rule, g_ptr_array_index(streams, 0), merged, confidence);
}
