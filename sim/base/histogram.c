/* histogram.c - log-linear buckets in blocks of one octave, made when first needed. */
#include "sim/base/histogram.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

enum {
    SUB_BITS = HISTOGRAM_SUB_BITS,
    SUB_BUCKETS = HISTOGRAM_SUB_BUCKETS,
    EXACT_LIMIT = HISTOGRAM_EXACT_LIMIT,
    BLOCKS = HISTOGRAM_BLOCKS,
    BUCKETS = BLOCKS * SUB_BUCKETS,
    MOST_VARINT_BYTES = 10,
};

/* The first bytes of the stored form; the digit is its version. */
static const char stored_magic[] = {'D', 'H', 'G', '1'};

static void bucket_bounds(size_t bucket, int64_t *lowest, int64_t *highest)
{
    unsigned shift;
    uint64_t start;

    if (bucket < EXACT_LIMIT) {
        *lowest = *highest = (int64_t)bucket;
        return;
    }
    shift = (unsigned)(bucket >> SUB_BITS) - 1;
    start = (uint64_t)(bucket - ((size_t)shift << SUB_BITS)) << shift;
    *lowest = (int64_t)start;
    *highest = (int64_t)(start + (UINT64_C(1) << shift) - 1);
}

Histogram *histogram_new(void)
{
    Histogram *histogram = g_new0(Histogram, 1);

    histogram->lowest = INT64_MAX;
    histogram->highest = -1;
    return histogram;
}

void histogram_free(Histogram *histogram)
{
    if (histogram == NULL) {
        return;
    }
    for (size_t i = 0; i < BLOCKS; i++) {
        g_free(histogram->blocks[i]);
    }
    g_free(histogram);
}

uint64_t *histogram_make_block(Histogram *histogram, size_t bucket)
{
    uint64_t *block = g_new0(uint64_t, SUB_BUCKETS);

    histogram->blocks[bucket >> SUB_BITS] = block;
    return block;
}

void histogram_add_many(Histogram *histogram, int64_t value, uint64_t count)
{
    g_assert(value >= 0);
    if (count == 0) {
        return;
    }
    *histogram_bucket_at(histogram, histogram_bucket_of(value)) += count;
    histogram->count += count;
    histogram->sum += (unsigned __int128)count * (uint64_t)value;
    histogram->lowest = MIN(histogram->lowest, value);
    histogram->highest = MAX(histogram->highest, value);
}

void histogram_merge(Histogram *into, const Histogram *from)
{
    for (size_t i = 0; i < BLOCKS; i++) {
        uint64_t *target;

        if (from->blocks[i] == NULL) {
            continue;
        }
        target = histogram_bucket_at(into, i << SUB_BITS);
        for (size_t j = 0; j < SUB_BUCKETS; j++) {
            target[j] += from->blocks[i][j];
        }
    }
    into->count += from->count;
    into->sum += from->sum;
    into->lowest = MIN(into->lowest, from->lowest);
    into->highest = MAX(into->highest, from->highest);
}

void histogram_reset(Histogram *histogram)
{
    if (histogram->count == 0) {
        return;
    }
    for (size_t i = 0; i < BLOCKS; i++) {
        if (histogram->blocks[i] != NULL) {
            memset(histogram->blocks[i], 0, SUB_BUCKETS * sizeof(uint64_t));
        }
    }
    histogram->count = 0;
    histogram->sum = 0;
    histogram->lowest = INT64_MAX;
    histogram->highest = -1;
}

uint64_t histogram_count(const Histogram *histogram)
{
    return histogram->count;
}

double histogram_sum(const Histogram *histogram)
{
    return (double)histogram->sum;
}

int64_t histogram_min(const Histogram *histogram)
{
    return histogram->count == 0 ? 0 : histogram->lowest;
}

int64_t histogram_max(const Histogram *histogram)
{
    return histogram->count == 0 ? 0 : histogram->highest;
}

double histogram_mean(const Histogram *histogram)
{
    return histogram->count == 0 ? NAN : (double)histogram->sum / (double)histogram->count;
}

/* The rank ceil(p n), from 1 to n. The product is taken down by a few units in its last place
 * first: 0.07 * 100 is 7.000000000000001 as doubles and would give rank 8. */
static uint64_t quantile_rank(double p, uint64_t count)
{
    double rank = ceil(p * (double)count * (1 - 0x1p-50));

    if (rank <= 1) {
        return 1;
    }
    return rank >= (double)count ? count : (uint64_t)rank;
}

/* The middle of the bucket with the `rank`-th smallest value. */
static int64_t value_at_rank(const Histogram *histogram, uint64_t rank)
{
    uint64_t seen = 0;

    for (size_t i = 0; i < BLOCKS; i++) {
        for (size_t j = 0; histogram->blocks[i] != NULL && j < SUB_BUCKETS; j++) {
            seen += histogram->blocks[i][j];
            if (seen >= rank) {
                int64_t lowest;
                int64_t highest;

                bucket_bounds((i << SUB_BITS) + j, &lowest, &highest);
                return lowest + (highest - lowest) / 2;
            }
        }
    }
    g_assert_not_reached();
}

int64_t histogram_quantile(const Histogram *histogram, double p)
{
    uint64_t rank;

    g_assert(p >= 0 && p <= 1);
    if (histogram->count == 0) {
        return -1;
    }
    rank = quantile_rank(p, histogram->count);
    if (rank == 1) {
        return histogram->lowest;
    }
    if (rank == histogram->count) {
        return histogram->highest;
    }
    return CLAMP(value_at_rank(histogram, rank), histogram->lowest, histogram->highest);
}

uint64_t histogram_count_above(const Histogram *histogram, int64_t value)
{
    size_t first;
    uint64_t above = 0;

    if (value < 0) {
        return histogram->count;
    }
    first = histogram_bucket_of(value) + 1;
    for (size_t i = first >> SUB_BITS; i < BLOCKS; i++) {
        size_t start = i == first >> SUB_BITS ? first & (SUB_BUCKETS - 1) : 0;

        for (size_t j = start; histogram->blocks[i] != NULL && j < SUB_BUCKETS; j++) {
            above += histogram->blocks[i][j];
        }
    }
    return above;
}

void histogram_each(const Histogram *histogram, HistogramEach *each, void *context)
{
    for (size_t i = 0; i < BLOCKS; i++) {
        for (size_t j = 0; histogram->blocks[i] != NULL && j < SUB_BUCKETS; j++) {
            if (histogram->blocks[i][j] != 0) {
                int64_t lowest;
                int64_t highest;

                bucket_bounds((i << SUB_BITS) + j, &lowest, &highest);
                each(lowest, highest, histogram->blocks[i][j], context);
            }
        }
    }
}

/* Squared distances from a mean, added up. */
typedef struct Spread {
    double mean, squares;
} Spread;

static void add_spread(int64_t lowest, int64_t highest, uint64_t count, void *context)
{
    Spread *spread = context;
    double middle = (double)lowest + (double)(highest - lowest) / 2;

    spread->squares += (double)count * (middle - spread->mean) * (middle - spread->mean);
}

double histogram_variance(const Histogram *histogram)
{
    Spread spread = {.mean = histogram_mean(histogram)};

    if (histogram->count < 2) {
        return NAN;
    }
    histogram_each(histogram, add_spread, &spread);
    return spread.squares / (double)(histogram->count - 1);
}

/* Seven bits a byte, the lowest first; the top bit says that more follow. Where the next goes. */
static guint8 *put_varint(guint8 *at, uint64_t number)
{
    for (; number >= 0x80; number >>= 7) {
        *at++ = (guint8)(number | 0x80);
    }
    *at++ = (guint8)number;
    return at;
}

static size_t count_blocks(const Histogram *histogram)
{
    size_t count = 0;

    for (size_t i = 0; i < BLOCKS; i++) {
        count += histogram->blocks[i] != NULL;
    }
    return count;
}

/* Magic, count; then, unless empty: lowest, highest, sum (low and high 64 bits), and for each
 * bucket in use the step from the one before and its count. */
GBytes *histogram_to_bytes(const Histogram *histogram)
{
    size_t numbers = 5 + 2 * SUB_BUCKETS * count_blocks(histogram), last = 0;
    guint8 *bytes = g_malloc(sizeof(stored_magic) + numbers * MOST_VARINT_BYTES);
    guint8 *at = put_varint(bytes + sizeof(stored_magic), histogram->count);

    memcpy(bytes, stored_magic, sizeof(stored_magic));
    if (histogram->count > 0) {
        at = put_varint(at, (uint64_t)histogram->lowest);
        at = put_varint(at, (uint64_t)histogram->highest);
        at = put_varint(at, (uint64_t)histogram->sum);
        at = put_varint(at, (uint64_t)(histogram->sum >> 64));
    }
    for (size_t i = 0; i < BLOCKS; i++) {
        for (size_t j = 0; histogram->blocks[i] != NULL && j < SUB_BUCKETS; j++) {
            size_t bucket = (i << SUB_BITS) + j;

            if (histogram->blocks[i][j] != 0) {
                at = put_varint(at, bucket - last);
                at = put_varint(at, histogram->blocks[i][j]);
                last = bucket;
            }
        }
    }
    return g_bytes_new_take(g_realloc(bytes, (gsize)(at - bytes)), (gsize)(at - bytes));
}

typedef struct Reader {
    const guint8 *at;
    const guint8 *end;
} Reader;

/* Takes only the shortest form of a number, so that equal histograms have equal bytes. */
static inline bool read_varint(Reader *reader, uint64_t *number)
{
    *number = 0;
    if (reader->at < reader->end && *reader->at < 0x80) { /* nearly always */
        *number = *reader->at++;
        return true;
    }
    for (unsigned shift = 0; reader->at < reader->end && shift < 64; shift += 7) {
        guint8 byte = *reader->at++;

        if (shift == 63 && byte > 1) {
            return false;
        }
        *number |= (uint64_t)(byte & 0x7f) << shift;
        if (byte < 0x80) {
            return byte != 0 || shift == 0;
        }
    }
    return false;
}

/* Reads the buckets up to the end of the bytes into `histogram`, whose count, sum and bounds are
 * set, and holds them against each other. */
static bool read_buckets(Reader *reader, Histogram *histogram)
{
    unsigned __int128 least = 0;
    unsigned __int128 most = 0;
    uint64_t left = histogram->count;
    uint64_t bucket = 0;
    bool is_first = true;

    while (left > 0) {
        uint64_t step;
        uint64_t count;
        int64_t lowest;
        int64_t highest;

        if (!read_varint(reader, &step) || !read_varint(reader, &count) || count == 0 ||
            count > left || step >= BUCKETS - bucket || (step == 0 && !is_first)) {
            return false;
        }
        bucket += step;
        left -= count;
        if ((is_first && bucket != histogram_bucket_of(histogram->lowest)) ||
            (left == 0 && bucket != histogram_bucket_of(histogram->highest))) {
            return false;
        }
        is_first = false;
        *histogram_bucket_at(histogram, (size_t)bucket) = count;
        bucket_bounds((size_t)bucket, &lowest, &highest);
        least += (unsigned __int128)count * (uint64_t)lowest;
        most += (unsigned __int128)count * (uint64_t)highest;
    }
    return reader->at == reader->end && histogram->sum >= least && histogram->sum <= most;
}

static bool read_head(Reader *reader, Histogram *histogram)
{
    uint64_t lowest;
    uint64_t highest;
    uint64_t sum_low;
    uint64_t sum_high;

    if (!read_varint(reader, &lowest) || !read_varint(reader, &highest) ||
        !read_varint(reader, &sum_low) || !read_varint(reader, &sum_high)) {
        return false;
    }
    if (lowest > highest || highest > INT64_MAX) {
        return false;
    }
    histogram->lowest = (int64_t)lowest;
    histogram->highest = (int64_t)highest;
    histogram->sum = ((unsigned __int128)sum_high << 64) | sum_low;
    return true;
}

Histogram *histogram_from_bytes(const void *bytes, size_t size)
{
    g_autoptr(Histogram) histogram = histogram_new();
    Reader reader = {bytes, (const guint8 *)bytes + size};

    if (size < sizeof(stored_magic) || memcmp(bytes, stored_magic, sizeof(stored_magic)) != 0) {
        return NULL;
    }
    reader.at += sizeof(stored_magic);
    if (!read_varint(&reader, &histogram->count)) {
        return NULL;
    }
    if (histogram->count > 0 && !read_head(&reader, histogram)) {
        return NULL;
    }
    if (!read_buckets(&reader, histogram)) {
        return NULL;
    }
    return g_steal_pointer(&histogram);
}
