/* estimate_series.c - what one long series allows to say: warm-up, batches, trend. */
#include <glib.h>
#include <math.h>

#include "sim/base/estimate.h"

enum {
    MSER_BATCH = 5,
    FEWEST_SERIES = 20,       /* values, for a warm-up cut */
    LONG_RUN_BATCHES = 10,    /* that would fit into a long run side by side */
    SKEWNESS_PIECES = 60,     /* of a long run, for the skewness of its mean */
    FEWEST_FOR_LONG_RUN = 30, /* values */
    TREND_BATCHES = 10,       /* in each of the quarters compared */
    FEWEST_FOR_TREND = 80,    /* two values in each of their batches */
};

/* Von Neumann's statistic is rejected above this, 5 % one-sided. */
#define VON_NEUMANN_LIMIT 1.645

size_t estimate_warmup_cut(const double *series, size_t count, bool *is_too_short)
{
    size_t batches = count / MSER_BATCH;
    size_t best = 0;
    double least = INFINITY;
    double mean = 0;
    double squares = 0;
    g_autofree double *statistic = NULL;

    *is_too_short = count < FEWEST_SERIES;
    if (*is_too_short) {
        return 0;
    }
    /* From the end: mean and squared deviations of batches d.. grow by one batch a step (Welford),
     * and M(d) = squares / (batches - d)^2. */
    statistic = g_new(double, batches);
    for (size_t d = batches; d-- > 0;) {
        double batch = estimate_average(series + d * MSER_BATCH, MSER_BATCH);
        double kept = (double)(batches - d);
        double step = batch - mean;

        mean += step / kept;
        squares += step * (batch - mean);
        statistic[d] = squares / (kept * kept);
    }
    for (size_t d = 0; d <= batches / 2; d++) {
        if (statistic[d] < least) {
            least = statistic[d];
            best = d;
        }
    }
    *is_too_short = best == batches / 2;
    return best * MSER_BATCH;
}

double estimate_von_neumann(const double *batches, size_t count, double *statistic)
{
    double average = estimate_average(batches, count);
    double steps = 0;
    double squares = 0;
    double correlation;
    double b = (double)count;

    g_assert(count >= 3);
    for (size_t i = 0; i < count; i++) {
        double step = i == 0 ? 0 : batches[i] - batches[i - 1];

        steps += step * step;
        squares += (batches[i] - average) * (batches[i] - average);
    }
    correlation = squares == 0 ? 0 : 1 - steps / (2 * squares);
    if (statistic != NULL) {
        *statistic = correlation;
    }
    return correlation * sqrt((b * b - 1) / (b - 2));
}

/* Means of `batches` batches of `size` values, the last ones of the series. Caller frees. */
static double *batch_means(const double *series, size_t count, size_t batches, size_t size)
{
    double *means = g_new(double, batches);
    const double *first = series + (count - batches * size);

    for (size_t i = 0; i < batches; i++) {
        means[i] = estimate_average(first + i * size, size);
    }
    return means;
}

/* An estimate without an interval from one run. */
static Estimate one_run(double value, size_t count, double confidence, const char *method)
{
    return (Estimate){
        .value = value,
        .low = NAN,
        .high = NAN,
        .confidence = confidence,
        .n = count,
        .replications = 1,
        .method = method,
        .more_of = "values",
    };
}

double estimate_asymptotic_variance(const double *series, size_t count, size_t size)
{
    double average = estimate_average(series, count);
    double n = (double)count;
    double m = (double)size;
    double window = 0;
    double squares = 0;

    g_assert(size >= 1 && size <= count / 2);
    /* The sum over the window of deviations from the mean: small numbers, so that taking away what
     * leaves and adding what enters does not drift. */
    for (size_t i = 0; i < count; i++) {
        window += series[i] - average;
        if (i >= size) {
            window -= series[i - size] - average;
        }
        if (i + 1 >= size) {
            squares += window / m * (window / m);
        }
    }
    return n * m / ((n - m + 1) * (n - m)) * squares;
}

/* Skewness of the means of pieces much shorter than batches, and how many pieces it comes from: ten
 * batches would hardly tell it. */
static double find_skewness(const double *series, size_t count, double *pieces)
{
    size_t number = MIN((size_t)SKEWNESS_PIECES, count / 2);
    g_autofree double *means = batch_means(series, count, number, count / number);

    *pieces = (double)number;
    return estimate_skewness(means, number);
}

Estimate estimate_long_run(const double *series, size_t count, double confidence)
{
    size_t size = count / LONG_RUN_BATCHES;
    g_autofree double *means = NULL;
    double factor;
    double error;
    double pieces;
    double skewness;
    Estimate estimate = one_run(estimate_average(series, count), count, confidence,
                                "one replication, too short for batches");

    if (count < FEWEST_FOR_LONG_RUN) {
        estimate.more_needed = FEWEST_FOR_LONG_RUN - count;
        return estimate;
    }
    factor = estimate_student_factor(confidence, LONG_RUN_BATCHES - 1);
    error = sqrt(estimate_asymptotic_variance(series, count, size) / (double)count);
    skewness = find_skewness(series, count, &pieces);
    estimate.low = estimate.value - estimate_skewed_factor(factor, skewness, pieces) * error;
    estimate.high = estimate.value - estimate_skewed_factor(-factor, skewness, pieces) * error;
    estimate.method = "overlapping batch means, Student t with skewness";
    means = batch_means(series, count, LONG_RUN_BATCHES, size);
    estimate.is_reliable =
        estimate_von_neumann(means, LONG_RUN_BATCHES, NULL) <= VON_NEUMANN_LIMIT &&
        !estimate_has_trend(series, count);
    estimate.more_needed = estimate.is_reliable ? 0 : count;
    return estimate;
}

bool estimate_has_trend(const double *series, size_t count)
{
    size_t size = count / (4 * TREND_BATCHES);
    g_autofree double *means = NULL;
    Comparison comparison;

    if (count < FEWEST_FOR_TREND) {
        return false;
    }
    means = batch_means(series, count, 2 * TREND_BATCHES, size);
    comparison = estimate_compare(means, TREND_BATCHES, means + TREND_BATCHES, TREND_BATCHES, 0.99);
    return comparison.p < 0.01;
}
