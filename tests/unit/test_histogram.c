/* test_histogram.c - the histogram against a sorted array, and its bytes against damage. */
#include <math.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/base/fixed_math.h"
#include "sim/base/histogram_row.h"
#include "sim/base/rng.h"
#include "tests/support/suite.h"

enum { MOST_VALUES = 20000 };

/* The naive twin: all values in an array. */
typedef struct Twin {
    Histogram *histogram;
    int64_t values[MOST_VALUES];
    size_t count;
} Twin;

static Twin *twin_new(void)
{
    Twin *twin = calloc(1, sizeof(Twin));

    twin->histogram = histogram_new();
    return twin;
}

static void twin_free(Twin *twin)
{
    histogram_free(twin->histogram);
    free(twin);
}

static void twin_add(Twin *twin, int64_t value)
{
    twin->values[twin->count++] = value;
    histogram_add(twin->histogram, value);
}

static int compare_values(const void *left, const void *right)
{
    int64_t a = *(const int64_t *)left;
    int64_t b = *(const int64_t *)right;

    return (a > b) - (a < b);
}

/* Values of four kinds: small, a long tail, all sizes, nearly equal ones. */
static int64_t any_value(Rng *rng, int kind)
{
    switch (kind) {
    case 0:
        return (int64_t)rng_below(rng, 300);
    case 1:
        return (int64_t)(2e6 * fixed_exp(1.3 * fixed_normal_quantile(rng_uniform(rng))));
    case 2:
        return (int64_t)(rng_next(rng) >> (1 + rng_below(rng, 63)));
    default:
        return 1000000 + (int64_t)rng_below(rng, 50);
    }
}

static Twin *filled_twin(int kind, size_t count)
{
    Twin *twin = twin_new();
    Rng rng;

    rng_init(&rng, 20 + (uint64_t)kind, "histogram");
    for (size_t i = 0; i < count; i++) {
        twin_add(twin, any_value(&rng, kind));
    }
    qsort(twin->values, twin->count, sizeof(int64_t), compare_values);
    return twin;
}

static void assert_close(int64_t got, int64_t expected)
{
    ck_assert_msg(llabs(got - expected) <= (expected < 256 ? 0 : expected / 256 + 1),
                  "got %ld, expected %ld", (long)got, (long)expected);
}

START_TEST(quantiles_are_those_of_the_sorted_values)
{
    static const size_t per_mille[] = {0, 1, 10, 70, 250, 500, 900, 950, 990, 999, 1000};
    static const size_t counts[] = {1, 2, 10, 999, 1000, MOST_VALUES};

    for (size_t c = 0; c < 6; c++) {
        Twin *twin = filled_twin(_i, counts[c]);

        for (size_t i = 0; i < 11; i++) {
            size_t rank = (per_mille[i] * counts[c] + 999) / 1000; /* exactly ceil(p n) */

            assert_close(histogram_quantile(twin->histogram, (double)per_mille[i] / 1000),
                         twin->values[rank == 0 ? 0 : rank - 1]);
        }
        twin_free(twin);
    }
}
END_TEST

START_TEST(count_sum_and_bounds_are_exact)
{
    Twin *twin = filled_twin(_i, MOST_VALUES);
    unsigned __int128 sum = 0;

    for (size_t i = 0; i < twin->count; i++) {
        sum += (uint64_t)twin->values[i];
    }
    ck_assert_uint_eq(histogram_count(twin->histogram), MOST_VALUES);
    ck_assert_double_eq(histogram_sum(twin->histogram), (double)sum);
    ck_assert_double_eq(histogram_mean(twin->histogram), (double)sum / MOST_VALUES);
    ck_assert_int_eq(histogram_min(twin->histogram), twin->values[0]);
    ck_assert_int_eq(histogram_max(twin->histogram), twin->values[MOST_VALUES - 1]);
    twin_free(twin);
}
END_TEST

START_TEST(values_above_a_limit_are_counted_to_a_bucket)
{
    Twin *twin = filled_twin(_i, MOST_VALUES);

    for (size_t i = 0; i < MOST_VALUES; i += 97) {
        int64_t limit = twin->values[i];
        uint64_t at_least = 0;
        uint64_t at_most = 0;
        uint64_t got = histogram_count_above(twin->histogram, limit);

        for (size_t j = 0; j < MOST_VALUES; j++) {
            at_least += twin->values[j] > limit + limit / 128;
            at_most += twin->values[j] > limit;
        }
        ck_assert_uint_le(at_least, got);
        ck_assert_uint_le(got, at_most);
    }
    ck_assert_uint_eq(histogram_count_above(twin->histogram, -1), MOST_VALUES);
    ck_assert_uint_eq(histogram_count_above(twin->histogram, INT64_MAX), 0);
    twin_free(twin);
}
END_TEST

typedef struct Walk {
    int64_t last;
    uint64_t count;
    const Twin *twin;
} Walk;

static void visit(int64_t lowest, int64_t highest, uint64_t count, void *context)
{
    Walk *walk = context;
    uint64_t inside = 0;

    ck_assert_int_gt(lowest, walk->last);
    ck_assert_int_ge(highest, lowest);
    ck_assert_int_le(highest - lowest, lowest / 128);
    for (size_t i = 0; i < walk->twin->count; i++) {
        inside += walk->twin->values[i] >= lowest && walk->twin->values[i] <= highest;
    }
    ck_assert_uint_eq(count, inside);
    walk->last = highest;
    walk->count += count;
}

START_TEST(the_buckets_hold_every_value_once)
{
    Twin *twin = filled_twin(_i, 3000);
    Walk walk = {-1, 0, twin};

    histogram_each(twin->histogram, visit, &walk);
    ck_assert_uint_eq(walk.count, 3000);
    twin_free(twin);
}
END_TEST

START_TEST(an_empty_histogram_says_so)
{
    g_autoptr(Histogram) histogram = histogram_new();

    ck_assert_uint_eq(histogram_count(histogram), 0);
    ck_assert_int_eq(histogram_quantile(histogram, 0.5), -1);
    ck_assert_int_eq(histogram_min(histogram), 0);
    ck_assert_int_eq(histogram_max(histogram), 0);
    ck_assert(isnan(histogram_mean(histogram)));
    ck_assert_uint_eq(histogram_count_above(histogram, 0), 0);
}
END_TEST

START_TEST(the_largest_value_has_its_place)
{
    g_autoptr(Histogram) histogram = histogram_new();

    histogram_add_many(histogram, INT64_MAX, 3);
    histogram_add(histogram, 0);
    ck_assert_int_eq(histogram_max(histogram), INT64_MAX);
    ck_assert_int_eq(histogram_quantile(histogram, 1), INT64_MAX);
    ck_assert_double_eq(histogram_sum(histogram), 3 * 0x1p63);
}
END_TEST

static GBytes *bytes_of_parts(int order)
{
    g_autoptr(Histogram) all = histogram_new();

    for (int i = 0; i < 4; i++) {
        Twin *twin = filled_twin((i + order) % 4, 1000);

        histogram_merge(all, twin->histogram);
        twin_free(twin);
    }
    return histogram_to_bytes(all);
}

START_TEST(merging_does_not_depend_on_the_order)
{
    g_autoptr(GBytes) first = bytes_of_parts(0);

    for (int order = 1; order < 4; order++) {
        g_autoptr(GBytes) other = bytes_of_parts(order);

        ck_assert(g_bytes_equal(first, other));
    }
}
END_TEST

START_TEST(merging_is_adding_one_by_one)
{
    g_autoptr(Histogram) one_by_one = histogram_new();
    g_autoptr(GBytes) merged = bytes_of_parts(0);
    g_autoptr(GBytes) added = NULL;

    for (int i = 0; i < 4; i++) {
        Twin *twin = filled_twin(i, 1000);

        for (size_t j = 0; j < twin->count; j++) {
            histogram_add(one_by_one, twin->values[j]);
        }
        twin_free(twin);
    }
    added = histogram_to_bytes(one_by_one);
    ck_assert(g_bytes_equal(merged, added));
}
END_TEST

START_TEST(merging_nothing_changes_nothing)
{
    g_autoptr(Histogram) histogram = histogram_new();
    g_autoptr(Histogram) empty = histogram_new();

    histogram_add(histogram, 5);
    histogram_merge(histogram, empty);
    histogram_merge(empty, histogram);
    ck_assert_int_eq(histogram_min(histogram), 5);
    ck_assert_int_eq(histogram_min(empty), 5);
    ck_assert_int_eq(histogram_max(empty), 5);
}
END_TEST

START_TEST(a_reset_histogram_is_like_a_new_one)
{
    Twin *twin = filled_twin(2, 5000);
    g_autoptr(Histogram) fresh = histogram_new();
    g_autoptr(GBytes) reused = NULL;
    g_autoptr(GBytes) expected = NULL;

    histogram_reset(twin->histogram);
    histogram_add(twin->histogram, 77);
    histogram_add(fresh, 77);
    reused = histogram_to_bytes(twin->histogram);
    expected = histogram_to_bytes(fresh);
    ck_assert(g_bytes_equal(reused, expected));
    twin_free(twin);
}
END_TEST

/* Whether the bytes are read; what is read must write the same bytes again. */
static bool reads(const void *bytes, size_t size)
{
    g_autoptr(Histogram) histogram = histogram_from_bytes(bytes, size);
    g_autoptr(GBytes) again = NULL;

    if (histogram == NULL) {
        return false;
    }
    again = histogram_to_bytes(histogram);
    ck_assert_uint_eq(g_bytes_get_size(again), size);
    ck_assert_mem_eq(g_bytes_get_data(again, NULL), bytes, size);
    return true;
}

START_TEST(bytes_read_back_as_the_same_histogram)
{
    static const size_t counts[] = {0, 1, 100, MOST_VALUES};

    for (size_t i = 0; i < 4; i++) {
        Twin *twin = filled_twin(_i, counts[i]);
        g_autoptr(GBytes) bytes = histogram_to_bytes(twin->histogram);

        ck_assert(reads(g_bytes_get_data(bytes, NULL), g_bytes_get_size(bytes)));
        twin_free(twin);
    }
}
END_TEST

START_TEST(cut_bytes_are_refused)
{
    Twin *twin = filled_twin(_i, 50);
    g_autoptr(GBytes) bytes = histogram_to_bytes(twin->histogram);
    const char *data = g_bytes_get_data(bytes, NULL);

    for (size_t size = 0; size < g_bytes_get_size(bytes); size++) {
        g_autofree char *copy = g_memdup2(data, size); /* exact, so that a read beyond shows */

        ck_assert(!reads(copy, size));
    }
    twin_free(twin);
}
END_TEST

/* Damage either is noticed or gives another whole histogram; it never crashes. */
START_TEST(damaged_bytes_do_no_harm)
{
    Twin *twin = filled_twin(_i, 200);
    g_autoptr(GBytes) bytes = histogram_to_bytes(twin->histogram);
    size_t size = g_bytes_get_size(bytes);
    Rng rng;

    rng_init(&rng, 30, "damage");
    for (int i = 0; i < 20000; i++) {
        g_autofree guint8 *copy = g_memdup2(g_bytes_get_data(bytes, NULL), size);
        uint64_t changes = 1 + rng_below(&rng, 3);

        for (uint64_t j = 0; j < changes; j++) {
            copy[rng_below(&rng, size)] ^= (guint8)(1u << rng_below(&rng, 8));
        }
        reads(copy, size);
    }
    twin_free(twin);
}
END_TEST

START_TEST(random_bytes_do_no_harm)
{
    Rng rng;

    rng_init(&rng, 31, "noise");
    for (int i = 0; i < 50000; i++) {
        guint8 noise[64] = {'D', 'H', 'G', '1'};
        size_t size = (size_t)rng_below(&rng, sizeof(noise) + 1);

        for (size_t j = i % 2 == 0 ? 4 : 0; j < size; j++) {
            noise[j] = (guint8)rng_below(&rng, i % 3 == 0 ? 6 : 256);
        }
        reads(noise, size);
    }
}
END_TEST

START_TEST(the_variance_is_that_of_the_values)
{
    g_autoptr(Histogram) histogram = histogram_new();

    ck_assert(isnan(histogram_variance(histogram)));
    for (int64_t value = 1; value <= 100; value++) {
        histogram_add_many(histogram, value, 3);
    }
    /* of 1..n three times: (n^2 - 1) / 12 * 3 n / (3 n - 1) */
    ck_assert_double_eq_tol(histogram_variance(histogram), 9999 / 12.0 * 300 / 299, 1e-9);
}
END_TEST

/* GLib's last words would be read as part of the test report. */
static void silence(void)
{
    ck_assert_ptr_nonnull(freopen("/dev/null", "w", stdout));
    ck_assert_ptr_nonnull(freopen("/dev/null", "w", stderr));
}

START_TEST(a_negative_value_stops_the_program)
{
    silence();
    histogram_add(histogram_new(), -1);
}
END_TEST

/* --- rows ----------------------------------------------------------------------------------- */

#define STEPS 50

/* Adds one value to a step, and to its twin. */
static void row_add(HistogramRow *row, Histogram **twins, guint step, int64_t value)
{
    Histogram *part = histogram_new();

    histogram_add(part, value);
    histogram_add(twins[step], value);
    histogram_row_take(row, step, part);
}

static bool are_alike(const Histogram *one, const Histogram *other)
{
    g_autoptr(GBytes) a = histogram_to_bytes(one);
    g_autoptr(GBytes) b = histogram_to_bytes(other);

    return g_bytes_equal(a, b);
}

/* In any order, and read in between. */
START_TEST(a_row_holds_what_histograms_hold)
{
    g_autoptr(HistogramRow) row = histogram_row_new(STEPS);
    Histogram *twins[STEPS];
    Rng rng;

    rng_init(&rng, (uint64_t)_i + 1, "row");
    for (guint i = 0; i < STEPS; i++) {
        twins[i] = histogram_new();
    }
    for (guint i = 0; i < 2000; i++) {
        guint step = (guint)rng_below(&rng, STEPS - 1); /* nothing in the last one */
        guint run = (guint)rng_below(&rng, 5);

        for (guint j = 0; j <= run; j++) {
            row_add(row, twins, step, (int64_t)(rng_next(&rng) >> (1 + rng_below(&rng, 63))));
        }
        if (rng_chance(&rng, 0.1)) {
            guint seen = (guint)rng_below(&rng, STEPS - 1);
            g_autoptr(Histogram) step_now = histogram_row_get(row, seen);

            ck_assert(step_now != NULL ? are_alike(step_now, twins[seen])
                                       : histogram_count(twins[seen]) == 0);
        }
    }
    ck_assert_uint_eq(histogram_row_length(row), STEPS);
    ck_assert_ptr_null(histogram_row_get(row, STEPS - 1));
    for (guint i = 0; i < STEPS; i++) {
        g_autoptr(Histogram) step = histogram_row_get(row, i);

        ck_assert(i == STEPS - 1 || are_alike(step, twins[i]));
        histogram_free(twins[i]);
    }
}
END_TEST

/* 86,400 seconds of two requests each took 190 MiB as histograms. */
START_TEST(a_quiet_day_of_seconds_takes_few_mebibytes)
{
    g_autoptr(HistogramRow) row = histogram_row_new(86400);
    Rng rng;

    rng_init(&rng, 1, "day");
    for (guint i = 0; i < 86400; i++) {
        for (guint j = 0; j < 2; j++) {
            Histogram *part = histogram_new();

            histogram_add(part, (int64_t)rng_below(&rng, 1000000000));
            histogram_row_take(row, i, part);
        }
    }
    ck_assert_uint_lt(histogram_row_bytes(row), 6 << 20);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("histogram");
    TCase *values = tcase_create("values");
    TCase *stored = tcase_create("stored");
    TCase *rows = tcase_create("rows");

    tcase_add_loop_test(values, quantiles_are_those_of_the_sorted_values, 0, 4);
    tcase_add_loop_test(values, count_sum_and_bounds_are_exact, 0, 4);
    tcase_add_loop_test(values, values_above_a_limit_are_counted_to_a_bucket, 0, 4);
    tcase_add_loop_test(values, the_buckets_hold_every_value_once, 0, 4);
    tcase_add_test(values, an_empty_histogram_says_so);
    tcase_add_test(values, the_variance_is_that_of_the_values);
    tcase_add_test(values, the_largest_value_has_its_place);
    tcase_add_test(values, merging_does_not_depend_on_the_order);
    tcase_add_test(values, merging_is_adding_one_by_one);
    tcase_add_test(values, merging_nothing_changes_nothing);
    tcase_add_test(values, a_reset_histogram_is_like_a_new_one);
    tcase_add_test_raise_signal(values, a_negative_value_stops_the_program, SIGABRT);
    tcase_add_loop_test(stored, bytes_read_back_as_the_same_histogram, 0, 4);
    tcase_add_loop_test(stored, cut_bytes_are_refused, 0, 4);
    tcase_add_loop_test(stored, damaged_bytes_do_no_harm, 0, 4);
    tcase_add_test(stored, random_bytes_do_no_harm);
    tcase_add_loop_test(rows, a_row_holds_what_histograms_hold, 0, 4);
    tcase_add_test(rows, a_quiet_day_of_seconds_takes_few_mebibytes);
    suite_add_tcase(suite, values);
    suite_add_tcase(suite, rows);
    suite_add_tcase(suite, stored);
    return suite;
}
