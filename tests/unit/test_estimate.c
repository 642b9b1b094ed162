/* test_estimate.c - intervals and cuts against worked examples and against their promised
 * coverage. */
#include <glib.h>
#include <gsl/gsl_cdf.h>
#include <gsl/gsl_randist.h>
#include <math.h>
#include <stdlib.h>

#include "sim/base/estimate.h"
#include "sim/base/rng.h"
#include "tests/support/suite.h"

enum { SERIES = 200, CUT = 50, KEPT = SERIES - CUT };

/* The series every procedure is worked out for: a decaying start on a wave. */
static void fill_series(double *series)
{
    for (int i = 0; i < SERIES; i++) {
        series[i] = 10 + 8 * exp(-i / 12.0) + sin(1.7 * i);
    }
}

static void assert_near(double got, double expected, double relative)
{
    ck_assert_msg(fabs(got - expected) <= relative * fabs(expected), "got %.15g, expected %.15g",
                  got, expected);
}

START_TEST(a_stable_sum_keeps_what_a_plain_sum_loses)
{
    double values[] = {1, 1e100, 1, -1e100};
    double thousand[1000];

    for (int i = 0; i < 1000; i++) {
        thousand[i] = 0.1;
    }
    ck_assert_double_eq(estimate_stable_sum(values, 4), 2);
    ck_assert_double_eq(estimate_stable_sum(thousand, 1000), 100);
    ck_assert_double_eq(estimate_stable_sum(NULL, 0), 0);
}
END_TEST

START_TEST(an_infinite_value_makes_an_infinite_sum)
{
    double values[] = {1, INFINITY, 2};

    ck_assert(isinf(estimate_stable_sum(values, 3)));
}
END_TEST

START_TEST(student_factors_are_those_of_the_tables)
{
    static const double known[][4] = {{4, 2.131846781, 2.776445105, 4.604094871},
                                      {9, 1.833112933, 2.262157163, 3.249835544},
                                      {19, 1.729132812, 2.093024054, 2.860934606},
                                      {29, 1.699127027, 2.045229642, 2.756385904},
                                      {99, 1.660391156, 1.984216952, 2.626405456}};

    for (size_t i = 0; i < 5; i++) {
        assert_near(estimate_student_factor(0.90, known[i][0]), known[i][1], 1e-8);
        assert_near(estimate_student_factor(0.95, known[i][0]), known[i][2], 1e-8);
        assert_near(estimate_student_factor(0.99, known[i][0]), known[i][3], 1e-8);
    }
}
END_TEST

START_TEST(the_warmup_cut_is_the_worked_one)
{
    double series[SERIES];
    bool is_too_short = true;

    fill_series(series);
    ck_assert_uint_eq(estimate_warmup_cut(series, SERIES, &is_too_short), CUT);
    ck_assert(!is_too_short);
    assert_near(estimate_average(series, SERIES), 10.4991797550, 1e-10);
    assert_near(estimate_average(series + CUT, KEPT), 10.002479968340, 1e-12);
}
END_TEST

START_TEST(a_series_that_never_settles_is_too_short)
{
    double series[SERIES];
    bool is_too_short = false;

    for (int i = 0; i < SERIES; i++) {
        series[i] = i;
    }
    estimate_warmup_cut(series, SERIES, &is_too_short);
    ck_assert(is_too_short);
    estimate_warmup_cut(series, 19, &is_too_short);
    ck_assert(is_too_short);
}
END_TEST

START_TEST(the_variance_by_overlapping_batches_is_the_worked_one)
{
    double series[SERIES];

    fill_series(series);
    assert_near(estimate_asymptotic_variance(series + CUT, KEPT, 15), 0.00603290673073, 1e-9);
}
END_TEST

START_TEST(von_neumann_is_the_worked_one)
{
    double series[SERIES];
    double means[10];
    double statistic;

    fill_series(series);
    for (size_t i = 0; i < 10; i++) {
        means[i] = estimate_average(series + CUT + i * 15, 15);
    }
    assert_near(estimate_variance(means, 10), 0.00090706788325, 1e-9);
    assert_near(estimate_von_neumann(means, 10, &statistic), 2.653142262, 1e-8);
    assert_near(statistic, 0.754202441086, 1e-9);
}
END_TEST

START_TEST(ranks_for_a_quantile_are_the_worked_ones)
{
    static const struct {
        size_t n;
        double p;
        double lower;
        double upper;
    } known[] = {{100, 0.5, 40, 61},
                 {1000, 0.95, 936, 964},
                 {1000, 0.99, 983, 997},
                 {10000, 0.99, 9880, 9920},
                 {10000, 0.999, 9983, 9997}};
    double *ranks = calloc(10000, sizeof(double));

    for (int i = 0; i < 10000; i++) {
        ranks[i] = i + 1;
    }
    for (size_t i = 0; i < 5; i++) {
        Estimate estimate = estimate_quantile_of_sorted(ranks, known[i].n, known[i].p, 0.95);

        ck_assert_double_eq(estimate.low, known[i].lower);
        ck_assert_double_eq(estimate.high, known[i].upper);
        ck_assert_double_eq(estimate.value, ceil(known[i].p * (double)known[i].n - 1e-9));
        ck_assert(estimate.is_reliable);
    }
    free(ranks);
}
END_TEST

START_TEST(too_few_values_leave_the_interval_open)
{
    double ranks[300];
    Estimate estimate;

    for (int i = 0; i < 300; i++) {
        ranks[i] = i + 1;
    }
    estimate = estimate_quantile_of_sorted(ranks, 300, 0.99, 0.95);
    ck_assert_double_eq(estimate.low, 293);
    ck_assert(isnan(estimate.high));
    ck_assert(!estimate.is_reliable);
    /* 0.99^n <= 0.025 from n = 368 on. */
    ck_assert_uint_eq(estimate.more_needed, 68);
}
END_TEST

START_TEST(replications_for_a_bound_are_the_known_ones)
{
    ck_assert_uint_eq(estimate_bound_replications(0.90, 0.95), 29);
    ck_assert_uint_eq(estimate_bound_replications(0.95, 0.95), 59);
    ck_assert_uint_eq(estimate_bound_replications(0.99, 0.95), 299);
    ck_assert_uint_eq(estimate_bound_replications(0.999, 0.95), 2995);
    ck_assert_uint_eq(estimate_bound_replications(0.99, 0.99), 459);
}
END_TEST

static const double sample_a[] = {12.1, 11.8, 12.4, 12.0, 12.3, 11.9, 12.2, 12.6};
static const double sample_b[] = {12.9, 13.1, 12.5, 12.8, 13.4, 12.7, 13.0, 12.55};

START_TEST(welch_is_the_worked_one)
{
    Comparison comparison = estimate_compare(sample_a, 8, sample_b, 8, 0.95);

    assert_near(comparison.t, -4.986295544, 1e-9);
    assert_near(comparison.degrees, 13.8262532, 1e-7);
    assert_near(comparison.p, 0.0002070794982, 1e-6);
    assert_near(comparison.difference.value, 0.706250, 1e-9);
    assert_near(comparison.difference.low, 0.40210771, 1e-6);
    assert_near(comparison.difference.high, 1.01039229, 1e-6);
}
END_TEST

START_TEST(the_paired_difference_is_the_worked_one)
{
    Comparison comparison = estimate_compare_paired(sample_a, sample_b, 8, 0.95);

    assert_near(comparison.t, -4.341111105, 1e-9);
    assert_near(comparison.p, 0.003391464575, 1e-8);
    assert_near(comparison.difference.low, 0.32155220, 1e-7);
    assert_near(comparison.difference.high, 1.09094780, 1e-7);
}
END_TEST

START_TEST(a_difference_is_judged_in_four_words)
{
    Comparison comparison = estimate_compare_paired(sample_a, sample_b, 8, 0.95);

    ck_assert_int_eq(estimate_judge(&comparison, 0.1, true), COMPARISON_WORSE);
    ck_assert_int_eq(estimate_judge(&comparison, 0.1, false), COMPARISON_BETTER);
    ck_assert_int_eq(estimate_judge(&comparison, 2, true), COMPARISON_EQUIVALENT);
    comparison.difference.low = -0.2;
    ck_assert_int_eq(estimate_judge(&comparison, 0.1, true), COMPARISON_UNDECIDED);
    comparison.difference.low = NAN;
    ck_assert_int_eq(estimate_judge(&comparison, 2, true), COMPARISON_UNDECIDED);
}
END_TEST

START_TEST(equal_samples_are_equivalent_even_without_spread)
{
    double same[] = {2, 2, 2};
    Comparison comparison = estimate_compare(same, 3, same, 3, 0.95);

    ck_assert_double_eq(comparison.difference.low, 0);
    ck_assert_double_eq(comparison.p, 1);
    ck_assert_int_eq(estimate_judge(&comparison, 0, true), COMPARISON_EQUIVALENT);
}
END_TEST

START_TEST(one_replication_has_no_interval)
{
    double value = 5;
    Estimate mean = estimate_mean(&value, 1, 0.95);
    Estimate ratio = estimate_ratio(&value, &value, 1, 0.95);
    Comparison comparison = estimate_compare_paired(&value, &value, 1, 0.95);

    ck_assert_double_eq(mean.value, 5);
    ck_assert(isnan(mean.low) && isnan(mean.high) && !mean.is_reliable);
    ck_assert_uint_eq(mean.more_needed, 9);
    ck_assert(isnan(ratio.low) && !ratio.is_reliable);
    ck_assert(isnan(comparison.difference.low) && !comparison.difference.is_reliable);
}
END_TEST

START_TEST(a_ratio_is_not_the_mean_of_ratios)
{
    double errors[] = {1, 0, 5};
    double requests[] = {10, 10, 1000};
    Estimate estimate = estimate_ratio(errors, requests, 3, 0.95);
    double r = 6 / 1020.0;
    double squares = pow(1 - r * 10, 2) + pow(r * 10, 2) + pow(5 - r * 1000, 2);

    assert_near(estimate.value, r, 1e-14);
    assert_near(estimate.high - r, 4.30265272975 * sqrt(squares / 2) / (340 * sqrt(3)), 1e-9);
}
END_TEST

/* One of four replications had all the failures: Student's t would begin at -0.05. */
START_TEST(an_interval_of_what_is_never_negative_ends_at_0)
{
    const double parts[] = {0, 0, 0, 10}, losses[] = {0, 0, 0, -10},
                 wholes[] = {100, 100, 100, 100};
    Estimate estimate = estimate_ratio(parts, wholes, 4, 0.95);

    ck_assert_double_eq(estimate.low, 0);
    ck_assert_double_gt(estimate.high, estimate.value);
    ck_assert_double_lt(estimate_ratio(losses, wholes, 4, 0.95).low, 0);
}
END_TEST

/* No width is no certainty: it is the bucket of the histogram that all fell into. */
START_TEST(a_quantile_without_a_width_says_why)
{
    const double same[] = {2, 2, 2}, other[] = {2, 2, 2.1};

    ck_assert_ptr_nonnull(
        strstr(estimate_quantile(0.5, 2, same, 3, 10000, 1, 0.95).method, "same bucket"));
    ck_assert_ptr_null(
        strstr(estimate_quantile(0.5, 2, other, 3, 10000, 1, 0.95).method, "same bucket"));
}
END_TEST

START_TEST(a_ratio_of_nothing_has_no_value)
{
    double zeros[] = {0, 0};

    ck_assert(isnan(estimate_ratio(zeros, zeros, 2, 0.95).value));
}
END_TEST

START_TEST(a_quantile_says_how_many_values_it_lacks)
{
    double each[10] = {9, 10, 11, 9, 10, 11, 9, 10, 11, 10};
    Estimate few = estimate_quantile(0.99, 10.5, each, 10, 4000, 1, 0.95);
    Estimate enough = estimate_quantile(0.99, 10.5, each, 10, 10000, 1, 0.95);
    Estimate correlated = estimate_quantile(0.99, 10.5, each, 10, 10000, 150, 0.95);

    ck_assert(!few.is_reliable);
    ck_assert_uint_eq(few.more_needed, 60000);
    ck_assert_str_eq(few.more_of, "values");
    ck_assert(enough.is_reliable);
    ck_assert_double_eq(enough.value, 10.5);
    assert_near(enough.high - 10.5, 2.262157163 * sqrt(6.0 / 9) / sqrt(10), 1e-8);
    ck_assert(!correlated.is_reliable);
    ck_assert_uint_eq(correlated.more_needed, 50000);
}
END_TEST

/* Means that are exponential, as those of a queue with a heavy tail nearly are: plain t intervals
 * of ten cover 90 %. */
START_TEST(skewed_means_are_covered_as_often_as_promised)
{
    enum { REPETITIONS = 4000 };
    Rng rng;
    int plain = 0;
    int corrected = 0;

    rng_init(&rng, 11, "skewed");
    for (int i = 0; i < REPETITIONS; i++) {
        double means[10];
        double half;
        Estimate estimate;

        for (int j = 0; j < 10; j++) {
            means[j] = -log(rng_uniform(&rng));
        }
        estimate = estimate_mean(means, 10, 0.95);
        half = estimate_student_factor(0.95, 9) * sqrt(estimate_variance(means, 10) / 10);
        plain += fabs(estimate.value - 1) <= half;
        corrected += estimate.low <= 1 && 1 <= estimate.high;
    }
    ck_assert_int_lt(plain, REPETITIONS * 91 / 100);
    ck_assert_int_gt(corrected, REPETITIONS * 93 / 100);
}
END_TEST

START_TEST(without_skewness_the_interval_is_the_plain_one)
{
    double even[10] = {1, 2, 3, 4, 5, 5, 4, 3, 2, 1};
    double few[3] = {1, 1, 4};

    ck_assert_double_eq_tol(estimate_skewness(even, 10), 0, 1e-12);
    ck_assert_double_eq(estimate_skewed_factor(2.5, 0, 10), 2.5);
    /* (1/3) sum z^3 of 1, 1, 4 with the sample's deviation sqrt(3): n sum / ((n - 1) (n - 2)) */
    assert_near(estimate_skewness(few, 3), 3 * (2 * -1 + 8) / (2 * pow(3, 1.5)), 1e-12);
    assert_near(estimate_skewed_factor(2, 6, 9),
                (cbrt(1 + 6 * (1.0 / 3) * (2 - 1.0 / 3)) - 1) / (2 * (1.0 / 3)), 1e-12);
}
END_TEST

/* Ten runs of 1,000 values with variance 1: were they independent, the means would spread by
 * sqrt(1/1000); they spread by sqrt(0.02), as if 20 values counted for one. */
START_TEST(runs_that_differ_show_how_alike_their_values_are)
{
    double totals[10];
    double counts[10];

    for (int i = 0; i < 10; i++) {
        counts[i] = 1000;
        totals[i] = 1000 * (5 + (i % 2 == 0 ? 1 : -1) * sqrt(0.02 * 9 / 10));
    }
    assert_near(estimate_correlation_between(totals, counts, 10, 1), 20, 1e-9);
    ck_assert_double_eq(estimate_correlation_between(totals, counts, 1, 1), 1);
    ck_assert_double_eq(estimate_correlation_between(totals, counts, 10, 1e6), 1);
    ck_assert_double_eq(estimate_correlation_between(totals, counts, 10, 0), 1);
}
END_TEST

START_TEST(doubt_is_told_in_words)
{
    double each[10] = {9, 10, 11, 9, 10, 11, 9, 10, 11, 10};
    Estimate few = estimate_quantile(0.99, 10.5, each, 10, 4000, 1, 0.95);
    Estimate sure = estimate_mean(each, 10, 0.95);
    Estimate wide = estimate_mean(each, 3, 0.95);
    g_autofree char *of_few = estimate_doubt(&few);
    g_autofree char *of_wide = estimate_doubt(&wide);

    ck_assert_str_eq(of_few, "interval not reliable: needs about 60000 more values");
    ck_assert_str_eq(of_wide, "interval not reliable: needs about 7 more replications");
    ck_assert_ptr_null(estimate_doubt(&sure));
    ck_assert(estimate_lacks_values(&few));
    ck_assert(!estimate_lacks_values(&wide));
    ck_assert(isnan(few.low) && isnan(few.high));
}
END_TEST

START_TEST(a_share_of_none_or_all_has_a_limit)
{
    double parts[10] = {0};
    double wholes[10];
    Estimate none, all;

    for (int i = 0; i < 10; i++) {
        wholes[i] = 100;
    }
    none = estimate_ratio(parts, wholes, 10, 0.95);
    estimate_limit_share(&none, 0, 1000);
    ck_assert_double_eq(none.low, 0);
    assert_near(none.high, 1 - pow(0.05, 1e-3), 1e-9);
    all = estimate_ratio(wholes, wholes, 10, 0.95);
    estimate_limit_share(&all, 1000, 1000);
    ck_assert_double_eq(all.high, 1);
    assert_near(all.low, pow(0.05, 1e-3), 1e-9);
}
END_TEST

START_TEST(the_next_look_has_enough_and_at_most_twice_as_many)
{
    Estimate estimate = {.value = 100, .low = 94, .high = 106, .replications = 10};

    ck_assert_uint_eq(estimate_next_for_half(&estimate, 0.10 / 1.10 * 100, 1000), 10);
    ck_assert_uint_eq(estimate_next_for_half(&estimate, 0.05 / 1.05 * 100, 1000), 16);
    ck_assert_uint_eq(estimate_next_for_half(&estimate, 0.01 / 1.01 * 100, 1000), 20);
    ck_assert_uint_eq(estimate_next_for_half(&estimate, 0.01 / 1.01 * 100, 12), 12);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("estimate");
    TCase *worked = tcase_create("worked");
    TCase *behaviour = tcase_create("behaviour");

    tcase_add_test(worked, a_stable_sum_keeps_what_a_plain_sum_loses);
    tcase_add_test(worked, an_infinite_value_makes_an_infinite_sum);
    tcase_add_test(worked, student_factors_are_those_of_the_tables);
    tcase_add_test(worked, the_warmup_cut_is_the_worked_one);
    tcase_add_test(worked, the_variance_by_overlapping_batches_is_the_worked_one);
    tcase_add_test(worked, von_neumann_is_the_worked_one);
    tcase_add_test(worked, ranks_for_a_quantile_are_the_worked_ones);
    tcase_add_test(worked, replications_for_a_bound_are_the_known_ones);
    tcase_add_test(worked, welch_is_the_worked_one);
    tcase_add_test(worked, the_paired_difference_is_the_worked_one);
    tcase_add_test(behaviour, a_series_that_never_settles_is_too_short);
    tcase_add_test(behaviour, too_few_values_leave_the_interval_open);
    tcase_add_test(behaviour, a_difference_is_judged_in_four_words);
    tcase_add_test(behaviour, equal_samples_are_equivalent_even_without_spread);
    tcase_add_test(behaviour, one_replication_has_no_interval);
    tcase_add_test(behaviour, a_ratio_is_not_the_mean_of_ratios);
    tcase_add_test(behaviour, a_ratio_of_nothing_has_no_value);
    tcase_add_test(behaviour, an_interval_of_what_is_never_negative_ends_at_0);
    tcase_add_test(behaviour, a_quantile_without_a_width_says_why);
    tcase_add_test(behaviour, a_quantile_says_how_many_values_it_lacks);
    tcase_add_test(behaviour, runs_that_differ_show_how_alike_their_values_are);
    tcase_add_test(behaviour, skewed_means_are_covered_as_often_as_promised);
    tcase_add_test(behaviour, without_skewness_the_interval_is_the_plain_one);
    tcase_add_test(behaviour, doubt_is_told_in_words);
    tcase_add_test(behaviour, a_share_of_none_or_all_has_a_limit);
    tcase_add_test(behaviour, the_next_look_has_enough_and_at_most_twice_as_many);
    suite_add_tcase(suite, worked);
    suite_add_tcase(suite, behaviour);
    return suite;
}
