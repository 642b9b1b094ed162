/* histogram.h - counts of whole non-negative values in log-linear buckets: 128 to an octave.
 * A value reported differs from the value added by at most 0.4 % (values below 256 are exact).
 * Merging is exact and does not depend on the order, so percentiles over windows, sites and
 * replications come from merged histograms and are never averaged. Source of the idea: HdrHistogram
 * (Tene, 2012). */
#pragma once

#include <glib.h>
#include <stdint.h>

typedef struct Histogram Histogram;

Histogram *histogram_new(void);
void histogram_free(Histogram *histogram);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Histogram, histogram_free)

/* Adds one value (negative ones are a programmer's error), or `count` times the same value. */
static inline void histogram_add(Histogram *histogram, int64_t value);
void histogram_add_many(Histogram *histogram, int64_t value, uint64_t count);

/* Adds all of `from` into `into`. */
void histogram_merge(Histogram *into, const Histogram *from);

/* Empties it without giving memory back. */
void histogram_reset(Histogram *histogram);

/* How many values; their exact sum as a double, smallest and largest (exact; 0 when empty). */
uint64_t histogram_count(const Histogram *histogram);
double histogram_sum(const Histogram *histogram);
int64_t histogram_min(const Histogram *histogram);
int64_t histogram_max(const Histogram *histogram);

/* Mean of the exact sum; NAN when empty. */
double histogram_mean(const Histogram *histogram);

/* Sample variance, to bucket accuracy (each value stands in the middle of its bucket); NAN for
 * fewer than two values. */
double histogram_variance(const Histogram *histogram);

/* The ceil(p n)-th smallest value, as the middle of its bucket; the smallest and the largest value
 * themselves are exact. -1 when empty. 0 <= p <= 1. */
int64_t histogram_quantile(const Histogram *histogram, double p);

/* How many values lie above `value`, to bucket accuracy. */
uint64_t histogram_count_above(const Histogram *histogram, int64_t value);

/* Calls `each` for every non-empty bucket in rising order with the bucket's lowest and highest
 * value. */
typedef void HistogramEach(int64_t lowest, int64_t highest, uint64_t count, void *context);
void histogram_each(const Histogram *histogram, HistogramEach *each, void *context);

/* A compact, portable form (little endian, varints); caller owns the bytes. */
GBytes *histogram_to_bytes(const Histogram *histogram);

/* NULL when the bytes are not a histogram's. */
Histogram *histogram_from_bytes(const void *bytes, size_t size);

/* --- what happens at every value ---------------------------------------------------------------
 * Open so that adding one needs no call; nobody else looks in. Bucket index: the value itself below
 * 256; above, the octave's 128 buckets follow one another, so that indices are contiguous and block
 * index / 128 holds exactly one octave (two for 0..255). */

#define HISTOGRAM_SUB_BITS 7
#define HISTOGRAM_SUB_BUCKETS (1 << HISTOGRAM_SUB_BITS)
#define HISTOGRAM_EXACT_LIMIT (2 * HISTOGRAM_SUB_BUCKETS) /* below it a bucket is one value */
#define HISTOGRAM_BLOCKS (63 - HISTOGRAM_SUB_BITS + 1)    /* values below 2^63 */

struct Histogram {
    uint64_t *blocks[HISTOGRAM_BLOCKS]; /* NULL while no value fell there */
    uint64_t count;
    unsigned __int128 sum; /* exact: 2^64 values below 2^63 stay below 2^127 */
    int64_t lowest;        /* INT64_MAX when empty */
    int64_t highest;       /* -1 when empty */
};

static inline size_t histogram_bucket_of(int64_t value)
{
    uint64_t bits = (uint64_t)value;
    unsigned shift;

    if (bits < HISTOGRAM_EXACT_LIMIT) {
        return (size_t)bits;
    }
    shift = 63u - HISTOGRAM_SUB_BITS - (unsigned)__builtin_clzll(bits);
    return ((size_t)shift << HISTOGRAM_SUB_BITS) + (size_t)(bits >> shift);
}

/* The block where `bucket` is, made new. */
uint64_t *histogram_make_block(Histogram *histogram, size_t bucket);

static inline uint64_t *histogram_bucket_at(Histogram *histogram, size_t bucket)
{
    uint64_t *block = histogram->blocks[bucket >> HISTOGRAM_SUB_BITS];

    if (G_UNLIKELY(block == NULL)) {
        block = histogram_make_block(histogram, bucket);
    }
    return &block[bucket & (HISTOGRAM_SUB_BUCKETS - 1)];
}

static inline void histogram_add(Histogram *histogram, int64_t value)
{
    g_assert(value >= 0);
    *histogram_bucket_at(histogram, histogram_bucket_of(value)) += 1;
    histogram->count += 1;
    histogram->sum += (uint64_t)value;
    if (value < histogram->lowest) {
        histogram->lowest = value;
    }
    if (value > histogram->highest) {
        histogram->highest = value;
    }
}
