/* test_estimate_runs.c - how often intervals of runs hold the truth, and what drifts. */
#include <gsl/gsl_randist.h>
#include <math.h>
#include <stdlib.h>

#include "sim/base/estimate.h"
#include "sim/base/rng.h"
#include "tests/support/suite.h"

static void assert_near(double got, double expected, double relative)
{
    ck_assert_msg(fabs(got - expected) <= relative * fabs(expected), "got %.15g, expected %.15g",
                  got, expected);
}

/* x_i = phi x_{i-1} + noise, begun in its steady state. */
static void fill_ar1(double *series, size_t count, double phi, gsl_rng *rng)
{
    double x = gsl_ran_gaussian(rng, 1 / sqrt(1 - phi * phi));

    for (size_t i = 0; i < count; i++) {
        series[i] = x;
        x = phi * x + gsl_ran_gaussian(rng, 1);
    }
}

START_TEST(correlation_is_not_ignored)
{
    enum { COUNT = 200000 };
    gsl_rng *rng = gsl_rng_alloc(rng_gsl_type());
    double *series = calloc(COUNT, sizeof(double));

    gsl_rng_set(rng, 11);
    fill_ar1(series, COUNT, 0.9, rng);
    assert_near(estimate_asymptotic_variance(series, COUNT, 1000), 100, 0.2);
    free(series);
    gsl_rng_free(rng);
}
END_TEST

START_TEST(long_run_intervals_cover_as_often_as_promised)
{
    enum { COUNT = 1500, RUNS = 400 };
    gsl_rng *rng = gsl_rng_alloc(rng_gsl_type());
    double *series = calloc(COUNT, sizeof(double));
    int covered = 0;
    int reliable = 0;

    gsl_rng_set(rng, 12);
    for (int i = 0; i < RUNS; i++) {
        Estimate estimate;

        fill_ar1(series, COUNT, 0.5, rng);
        estimate = estimate_long_run(series, COUNT, 0.95);
        covered += estimate.low <= 0 && estimate.high >= 0;
        reliable += estimate.is_reliable;
    }
    ck_assert_msg(covered >= 366 && covered <= 392, "%d of 400", covered);
    ck_assert_int_ge(reliable, 340);
    free(series);
    gsl_rng_free(rng);
}
END_TEST

START_TEST(long_run_intervals_of_a_skewed_law_cover_as_often_as_promised)
{
    enum { COUNT = 200, RUNS = 1000 };
    const double sigma = sqrt(log(9)); /* of a lognormal law of mean 1 and scv 8 */
    gsl_rng *rng = gsl_rng_alloc(rng_gsl_type());
    double *series = calloc(COUNT, sizeof(double));
    int covered = 0;

    gsl_rng_set(rng, 14);
    for (int i = 0; i < RUNS; i++) {
        Estimate estimate;

        for (int j = 0; j < COUNT; j++) {
            series[j] = gsl_ran_lognormal(rng, -sigma * sigma / 2, sigma);
        }
        estimate = estimate_long_run(series, COUNT, 0.95);
        covered += estimate.low <= 1 && estimate.high >= 1;
    }
    /* Three standard deviations around 95 %; with the skewness of 15 batches alone it is 922. */
    ck_assert_msg(covered >= 930 && covered <= 970, "%d of 1000", covered);
    free(series);
    gsl_rng_free(rng);
}
END_TEST

START_TEST(replication_intervals_cover_as_often_as_promised)
{
    gsl_rng *rng = gsl_rng_alloc(rng_gsl_type());
    int covered = 0;

    gsl_rng_set(rng, 13);
    for (int i = 0; i < 400; i++) {
        double means[10];
        Estimate estimate;

        for (int j = 0; j < 10; j++) {
            means[j] = 7 + gsl_ran_gaussian(rng, 2);
        }
        estimate = estimate_mean(means, 10, 0.95);
        covered += estimate.low <= 7 && estimate.high >= 7;
    }
    ck_assert_msg(covered >= 366 && covered <= 392, "%d of 400", covered);
    gsl_rng_free(rng);
}
END_TEST

START_TEST(a_growing_queue_has_a_trend_and_a_steady_one_rarely)
{
    gsl_rng *rng = gsl_rng_alloc(rng_gsl_type());
    double series[2000];
    int steady = 0;
    int growing = 0;

    gsl_rng_set(rng, 14);
    for (int i = 0; i < 200; i++) {
        fill_ar1(series, 2000, 0.5, rng);
        steady += estimate_has_trend(series, 2000);
        for (int j = 0; j < 2000; j++) {
            series[j] += j * 0.002;
        }
        growing += estimate_has_trend(series, 2000);
    }
    ck_assert_int_le(steady, 8);
    ck_assert_int_ge(growing, 190);
    gsl_rng_free(rng);
}
END_TEST

START_TEST(a_drifting_long_run_is_not_reliable)
{
    double series[600];

    for (int i = 0; i < 600; i++) {
        series[i] = i + sin(i);
    }
    ck_assert(!estimate_long_run(series, 600, 0.95).is_reliable);
    ck_assert(isnan(estimate_long_run(series, 29, 0.95).low));
}
END_TEST
Suite *test_suite(void)
{
    Suite *suite = suite_create("estimate_runs");
    TCase *covered = tcase_create("covered");

    tcase_add_test(covered, correlation_is_not_ignored);
    tcase_add_test(covered, long_run_intervals_cover_as_often_as_promised);
    tcase_add_test(covered, long_run_intervals_of_a_skewed_law_cover_as_often_as_promised);
    tcase_add_test(covered, replication_intervals_cover_as_often_as_promised);
    tcase_add_test(covered, a_growing_queue_has_a_trend_and_a_steady_one_rarely);
    tcase_add_test(covered, a_drifting_long_run_is_not_reliable);
    suite_add_tcase(suite, covered);
    return suite;
}
