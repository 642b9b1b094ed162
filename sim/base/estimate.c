/* estimate.c - sums, intervals from replications, comparison of two configurations. */
#include "sim/base/estimate.h"

#include "sim/base/fixed_math.h"

#include <glib.h>
#include <gsl/gsl_cdf.h>
#include <math.h>
#include <string.h>

static const char replications_word[] = "replications";
static const char values_word[] = "values";

double estimate_stable_sum(const double *values, size_t count)
{
    double sum = 0;
    double lost = 0;

    for (size_t i = 0; i < count; i++) {
        double next = sum + values[i];

        /* What the smaller of the two lost in the addition; an infinite sum loses nothing. */
        if (fabs(sum) >= fabs(values[i])) {
            lost += (sum - next) + values[i];
        } else {
            lost += (values[i] - next) + sum;
        }
        sum = next;
    }
    return isfinite(sum) ? sum + lost : sum;
}

double estimate_average(const double *values, size_t count)
{
    return count == 0 ? NAN : estimate_stable_sum(values, count) / (double)count;
}

double estimate_variance(const double *values, size_t count)
{
    double average = estimate_average(values, count);
    g_autofree double *squares = NULL;

    if (count < 2) {
        return NAN;
    }
    squares = g_new(double, count);
    for (size_t i = 0; i < count; i++) {
        squares[i] = (values[i] - average) * (values[i] - average);
    }
    return estimate_stable_sum(squares, count) / (double)(count - 1);
}

double estimate_student_factor(double confidence, double degrees)
{
    g_assert(confidence > 0 && confidence < 1 && degrees > 0);
    return fixed_round(gsl_cdf_tdist_Pinv((1 + confidence) / 2, degrees));
}

double estimate_skewness(const double *values, size_t count)
{
    double average = estimate_average(values, count);
    double deviation = sqrt(estimate_variance(values, count));
    double n = (double)count;
    g_autofree double *cubes = g_new(double, MAX(count, 1));

    if (count < 3 || !(deviation > 0)) {
        return 0;
    }
    for (size_t i = 0; i < count; i++) {
        double z = (values[i] - average) / deviation;

        cubes[i] = z * z * z;
    }
    return estimate_stable_sum(cubes, count) * n / ((n - 1) * (n - 2));
}

double estimate_skewed_factor(double factor, double skewness, double count)
{
    double b = skewness / (6 * sqrt(count));

    if (fabs(b) < 1e-6) {
        return factor;
    }
    return (fixed_round(cbrt(1 + 6 * b * (factor - b))) - 1) / (2 * b);
}

/* An estimate from replications whose interval is value +- t s / sqrt(R); where there are enough of
 * them to see a skewness, of factors that it moves. */
static Estimate from_replications(double value, double deviation, double skewness, size_t count,
                                  double confidence, const char *method)
{
    Estimate estimate = {
        .value = value,
        .low = NAN,
        .high = NAN,
        .confidence = confidence,
        .n = count,
        .replications = (uint32_t)count,
        .is_reliable = count >= ESTIMATE_FEWEST_REPLICATIONS && isfinite(value),
        .method = count < 2 ? "one replication: no interval" : method,
        .more_of = replications_word,
    };

    if (count < ESTIMATE_FEWEST_REPLICATIONS) {
        estimate.more_needed = ESTIMATE_FEWEST_REPLICATIONS - count;
        skewness = 0;
    }
    if (count >= 2) {
        double factor = estimate_student_factor(confidence, (double)(count - 1));
        double error = deviation / sqrt((double)count);

        estimate.low = value - estimate_skewed_factor(factor, skewness, (double)count) * error;
        estimate.high = value - estimate_skewed_factor(-factor, skewness, (double)count) * error;
    }
    return estimate;
}

Estimate estimate_mean(const double *means, size_t count, double confidence)
{
    return from_replications(estimate_average(means, count), sqrt(estimate_variance(means, count)),
                             estimate_skewness(means, count), count, confidence,
                             "replications, Student t with skewness");
}

Estimate estimate_ratio(const double *parts, const double *wholes, size_t count, double confidence)
{
    double whole = estimate_average(wholes, count);
    double ratio = whole == 0 ? NAN : estimate_average(parts, count) / whole;
    g_autofree double *misses = g_new(double, MAX(count, 1));

    bool is_never_negative = true;

    for (size_t i = 0; i < count; i++) {
        misses[i] = parts[i] - ratio * wholes[i];
        is_never_negative = is_never_negative && parts[i] >= 0 && wholes[i] >= 0;
    }
    Estimate estimate =
        from_replications(ratio, sqrt(estimate_variance(misses, count)) / fabs(whole),
                          estimate_skewness(misses, count), count, confidence,
                          "ratio of replications, Student t with skewness");

    if (is_never_negative && estimate.low < 0) {
        estimate.low = 0;
    }
    return estimate;
}

void estimate_limit_share(Estimate *share, double part, double whole)
{
    double limit;

    if (whole > 0 && (part == 0 || part == whole)) {
        limit = 1 - fixed_pow(1 - share->confidence, 1 / whole);
        share->low = part == 0 ? 0 : 1 - limit;
        share->high = part == 0 ? limit : 1;
        share->method = part == 0 ? "none seen: 3/n limit, requests taken as independent"
                                  : "only such seen: 3/n limit, requests taken as independent";
    } else if (!isnan(share->low)) {
        share->low = fmax(share->low, 0);
        share->high = fmin(share->high, 1);
    }
}

/* V, the variance of the mean times the number of values, is that of total - mean * count over the
 * mean count. */
double estimate_correlation_between(const double *totals, const double *counts, size_t count,
                                    double variance)
{
    double values = estimate_stable_sum(counts, count);
    double mean = estimate_stable_sum(totals, count) / values;
    g_autofree double *misses = g_new(double, MAX(count, 1));

    if (count < 2 || !(variance > 0)) {
        return 1;
    }
    for (size_t i = 0; i < count; i++) {
        misses[i] = totals[i] - mean * counts[i];
    }
    return fmax(1, estimate_variance(misses, count) / (values / (double)count) / variance);
}

Estimate estimate_quantile(double p, double pooled, const double *each, size_t count,
                           uint64_t fewest, double correlation_length, double confidence)
{
    Estimate estimate = from_replications(
        pooled, sqrt(estimate_variance(each, count)), estimate_skewness(each, count), count,
        confidence, "pooled quantile, Student t with skewness over replications");
    double beyond = ceil(ESTIMATE_FEWEST_BEYOND / (1 - p) * (1 - 1e-12));
    double needed = MAX(beyond, ceil(100 * correlation_length));

    g_assert(p >= 0 && p < 1);
    if ((double)fewest < needed) {
        estimate.is_reliable = false;
        estimate.more_of = values_word;
        estimate.more_needed = (uint64_t)((needed - (double)fewest) * (double)MAX(count, 1));
    }
    if ((double)fewest < beyond) {
        estimate.low = estimate.high = NAN;
    } else if (count > 1 && estimate.low == estimate.high) {
        estimate.method = "pooled quantile, the same bucket of a histogram (at most 0.8 % wide) in "
                          "all replications";
    }
    return estimate;
}

bool estimate_lacks_values(const Estimate *estimate)
{
    return !estimate->is_reliable && estimate->more_of != NULL &&
           strcmp(estimate->more_of, replications_word) != 0;
}

char *estimate_doubt(const Estimate *estimate)
{
    if (isnan(estimate->value)) {
        return g_strdup(estimate->method);
    }
    if (estimate->is_reliable) {
        return NULL;
    }
    if (estimate->more_needed == 0 || estimate->more_of == NULL) {
        return g_strdup("interval not reliable");
    }
    return g_strdup_printf("interval not reliable: needs about %" G_GUINT64_FORMAT " more %s",
                           estimate->more_needed, estimate->more_of);
}

/* Largest k with P(Bin(n, p) <= k) <= bound, or -1: by halving, as the probability rises. */
static int64_t binomial_below(uint64_t n, double p, double bound)
{
    int64_t low = -1;
    int64_t high = (int64_t)n;

    while (high - low > 1) {
        int64_t middle = low + (high - low) / 2;

        if (gsl_cdf_binomial_P((unsigned)middle, p, (unsigned)n) <= bound) {
            low = middle;
        } else {
            high = middle;
        }
    }
    return low;
}

Estimate estimate_quantile_of_sorted(const double *sorted, size_t count, double p,
                                     double confidence)
{
    double tail = (1 - confidence) / 2;
    size_t rank = (size_t)MAX(1, ceil(p * (double)count * (1 - 1e-14)));
    int64_t lower;
    int64_t upper;
    Estimate estimate = {
        .value = NAN,
        .low = NAN,
        .high = NAN,
        .confidence = confidence,
        .n = count,
        .replications = (uint32_t)count,
        .method = "order statistics",
        .more_of = values_word,
    };

    g_assert(p > 0 && p < 1 && count <= UINT32_MAX);
    if (count == 0) {
        estimate.method = "no value";
        return estimate;
    }
    estimate.value = sorted[MIN(rank, count) - 1];
    /* Ranks from 1: largest l with P(Bin <= l - 1) <= tail, smallest u with P(Bin <= u - 1) >= 1 -
     * tail. At u = n the probability is 1 - p^n, and beyond it there is no value. */
    lower = binomial_below(count, p, tail) + 1;
    upper = binomial_below(count, p, 1 - tail) + 2;
    if (lower >= 1) {
        estimate.low = sorted[lower - 1];
    }
    if (upper <= (int64_t)count) {
        estimate.high = sorted[upper - 1];
    }
    estimate.is_reliable = !isnan(estimate.low) && !isnan(estimate.high);
    if (!estimate.is_reliable) {
        uint64_t needed = estimate_bound_replications(MAX(p, 1 - p), 1 - tail);

        estimate.more_needed = needed > count ? needed - count : 1;
    }
    return estimate;
}

uint64_t estimate_bound_replications(double p, double confidence)
{
    g_assert(p > 0 && p < 1 && confidence > 0 && confidence < 1);
    return (uint64_t)ceil(log1p(-confidence) / log(p) * (1 - 1e-14));
}

double estimate_half_width(const Estimate *estimate)
{
    if (isnan(estimate->low) || isnan(estimate->high)) {
        return NAN;
    }
    return fmax(estimate->high - estimate->value, estimate->value - estimate->low);
}

uint32_t estimate_next_for_half(const Estimate *estimate, double allowed, uint32_t most)
{
    double half = estimate_half_width(estimate);
    double next = 2.0 * estimate->replications;

    g_assert(allowed >= 0);
    if (half <= allowed) {
        return estimate->replications;
    }
    if (allowed > 0 && isfinite(half)) {
        next = MIN(next, ceil(estimate->replications * (half / allowed) * (half / allowed)));
    }
    return next < most ? (uint32_t)next : most;
}

/* The difference and its interval; a deviation of 0 leaves t infinite, or 0 for no difference. */
static Comparison compare(double difference, double error, double degrees, double confidence)
{
    Comparison comparison = {.degrees = degrees};
    double half = estimate_student_factor(confidence, degrees) * error;

    comparison.difference = (Estimate){
        .value = difference,
        .low = difference - half,
        .high = difference + half,
        .confidence = confidence,
        .more_of = replications_word,
    };
    comparison.t = difference == 0 ? 0 : -difference / error;
    comparison.p = 2 * fixed_round(gsl_cdf_tdist_Q(fabs(comparison.t), degrees));
    return comparison;
}

static Comparison no_comparison(double difference, size_t count, double confidence)
{
    Comparison comparison = {.t = NAN, .degrees = NAN, .p = NAN};

    comparison.difference = from_replications(difference, NAN, 0, MIN(count, 1), confidence, "");
    return comparison;
}

Comparison estimate_compare(const double *a, size_t a_count, const double *b, size_t b_count,
                            double confidence)
{
    double difference = estimate_average(b, b_count) - estimate_average(a, a_count);
    double a_part;
    double b_part;
    double both;
    double degrees;
    size_t fewest = MIN(a_count, b_count);
    Comparison comparison;

    if (fewest < 2) {
        return no_comparison(difference, fewest, confidence);
    }
    a_part = estimate_variance(a, a_count) / (double)a_count;
    b_part = estimate_variance(b, b_count) / (double)b_count;
    both = a_part + b_part;
    degrees = both == 0 ? (double)(a_count + b_count - 2)
                        : both * both /
                              (a_part * a_part / (double)(a_count - 1) +
                               b_part * b_part / (double)(b_count - 1));
    comparison = compare(difference, sqrt(both), degrees, confidence);
    comparison.difference.n = a_count + b_count;
    comparison.difference.replications = (uint32_t)fewest;
    comparison.difference.is_reliable = fewest >= ESTIMATE_FEWEST_REPLICATIONS;
    comparison.difference.more_needed =
        comparison.difference.is_reliable ? 0 : ESTIMATE_FEWEST_REPLICATIONS - fewest;
    comparison.difference.method = "independent replications, Welch t";
    return comparison;
}

Comparison estimate_compare_paired(const double *a, const double *b, size_t count,
                                   double confidence)
{
    g_autofree double *differences = g_new(double, MAX(count, 1));
    Estimate mean;
    Comparison comparison;

    for (size_t i = 0; i < count; i++) {
        differences[i] = b[i] - a[i];
    }
    mean = estimate_mean(differences, count, confidence);
    if (count < 2) {
        return no_comparison(mean.value, count, confidence);
    }
    comparison = compare(mean.value, sqrt(estimate_variance(differences, count) / (double)count),
                         (double)(count - 1), confidence);
    comparison.difference = mean;
    comparison.difference.method = "paired replications, Student t";
    return comparison;
}

ComparisonVerdict estimate_judge(const Comparison *comparison, double tolerance,
                                 bool is_smaller_better)
{
    const Estimate *difference = &comparison->difference;

    if (isnan(difference->low) || isnan(difference->high)) {
        return COMPARISON_UNDECIDED;
    }
    if (difference->low >= -tolerance && difference->high <= tolerance) {
        return COMPARISON_EQUIVALENT;
    }
    if (difference->high < 0) {
        return is_smaller_better ? COMPARISON_BETTER : COMPARISON_WORSE;
    }
    if (difference->low > 0) {
        return is_smaller_better ? COMPARISON_WORSE : COMPARISON_BETTER;
    }
    return COMPARISON_UNDECIDED;
}
