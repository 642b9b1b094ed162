/* distribution.c - what one histogram a replication allows to say. */
#include "sim/results/evidence/distribution.h"

#include <math.h>

static Histogram *merge_all(const Distribution *distribution)
{
    Histogram *pooled = histogram_new();

    for (guint i = 0; i < distribution->count; i++) {
        histogram_merge(pooled, distribution->each[i]);
    }
    return pooled;
}

/* Totals and counts of each replication, in the histograms' own unit. */
static void list_totals(const Distribution *distribution, double *totals, double *counts)
{
    for (guint i = 0; i < distribution->count; i++) {
        totals[i] = histogram_sum(distribution->each[i]);
        counts[i] = (double)histogram_count(distribution->each[i]);
    }
}

double distribution_correlation(const Distribution *distribution)
{
    g_autoptr(Histogram) pooled = merge_all(distribution);
    g_autofree double *totals = g_new(double, MAX(distribution->count, 1));
    g_autofree double *counts = g_new(double, MAX(distribution->count, 1));

    list_totals(distribution, totals, counts);
    return estimate_correlation_between(totals, counts, distribution->count,
                                        histogram_variance(pooled));
}

/* Histograms hold nothing below 0. */
static void keep_positive(Estimate *estimate)
{
    if (estimate->low < 0) { /* and not NAN */
        estimate->low = 0;
    }
}

/* A law without a finite mean shows itself so: however many replications there are, one of them
 * makes up a good part of the total. */
#define LARGEST_SHARE 0.5
#define FEWEST_FOR_SHARES 5

static bool is_of_one(const double *totals, guint count)
{
    double sum = estimate_stable_sum(totals, count);
    double most = 0;

    for (guint i = 0; i < count; i++) {
        most = fmax(most, totals[i]);
    }
    return count >= FEWEST_FOR_SHARES && most > LARGEST_SHARE * sum;
}

Estimate distribution_mean(const Distribution *distribution)
{
    g_autofree double *totals = g_new(double, MAX(distribution->count, 1));
    g_autofree double *counts = g_new(double, MAX(distribution->count, 1));
    Estimate mean;

    list_totals(distribution, totals, counts);
    for (guint i = 0; i < distribution->count; i++) {
        totals[i] *= distribution->scale;
    }
    mean = estimate_ratio(totals, counts, distribution->count, distribution->confidence);
    mean.n = (uint64_t)estimate_stable_sum(counts, distribution->count);
    if (is_of_one(totals, distribution->count)) {
        mean.low = mean.high = (double)NAN;
        mean.is_reliable = false;
        mean.method = "one replication makes up half of the total: no finite mean, or too few of "
                      "them";
    }
    keep_positive(&mean);
    return mean;
}

Estimate distribution_quantile(const Distribution *distribution, double p)
{
    g_autoptr(Histogram) pooled = merge_all(distribution);
    g_autofree double *each = g_new(double, MAX(distribution->count, 1));
    uint64_t fewest = UINT64_MAX;
    Estimate quantile;
    double value = histogram_count(pooled) > 0
                       ? (double)histogram_quantile(pooled, p) * distribution->scale
                       : (double)NAN;

    for (guint i = 0; i < distribution->count; i++) {
        each[i] = (double)histogram_quantile(distribution->each[i], p) * distribution->scale;
        fewest = MIN(fewest, histogram_count(distribution->each[i]));
    }
    quantile = estimate_quantile(p, value, each, distribution->count, fewest,
                                 distribution_correlation(distribution), distribution->confidence);
    quantile.n = histogram_count(pooled);
    if (estimate_lacks_values(&quantile)) {
        quantile.more_of = distribution->what;
    }
    keep_positive(&quantile);
    return quantile;
}

uint64_t distribution_count_beyond(const Distribution *distribution, double p)
{
    g_autoptr(Histogram) pooled = merge_all(distribution);
    uint64_t n = histogram_count(pooled);

    return n - (uint64_t)fmax(1, ceil(p * (double)n * (1 - 1e-14)));
}
