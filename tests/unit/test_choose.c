/* test_choose.c - planning arithmetic and selection against reference vectors. */
#include "sim/study/choose.h"

#include <math.h>

#include "sim/base/rng.h"
#include "sim/study/money.h"
#include "sim/study/usl.h"
#include "tests/support/suite.h"

/* --- reference vectors of the simulation methodology ------------------------------------------ */

START_TEST(the_constants_of_kim_and_nelson_are_those_of_the_reference)
{
    static const struct {
        guint settings, first;
        double eta, h2;
    } rows[] = {
        {2, 10, 0.3340502686, 6.0129048348},
        {5, 10, 0.634967265154, 11.4294107728},
        {10, 20, 0.302933803649, 11.5114845387},
    };

    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        ck_assert_double_eq_tol(choose_eta(0.05, rows[i].settings, rows[i].first), rows[i].eta,
                                1e-10);
        ck_assert_double_eq_tol(choose_h2(0.05, rows[i].settings, rows[i].first), rows[i].h2, 1e-9);
    }
}
END_TEST

START_TEST(a_budget_is_spread_as_the_reference_has_it)
{
    const double means[] = {1, 2, 3, 4};
    const double deviations[] = {1, 1, 1, 1};
    const double wanted[] = {432.363934, 417.038742, 104.259686, 46.337638};
    double shares[4];

    choose_spread(means, deviations, 4, 1000, shares);
    for (guint i = 0; i < 4; i++) {
        ck_assert_double_eq_tol(shares[i], wanted[i], 1e-6);
    }
}
END_TEST

START_TEST(scalability_is_fitted_as_the_reference_has_it)
{
    const double small_n[] = {1, 2, 4, 6, 8, 10};
    const double small_x[] = {1, 1.8868, 3.0769, 3.5294, 3.5398, 3.3557};
    const double spec_n[] = {1, 18, 36, 72, 108, 144, 216};
    const double spec_x[] = {64.9, 995.9, 1652.4, 1853.2, 1828.9, 1775.0, 1702.2};
    Usl usl;

    ck_assert(usl_fit(small_n, small_x, 6, &usl));
    ck_assert_double_eq_tol(usl.alpha, 0.02000576, 1e-8);
    ck_assert_double_eq_tol(usl.beta, 0.01999967, 1e-8);
    ck_assert_double_eq_tol(usl.gamma, 1.00000512, 1e-8);
    ck_assert_double_eq_tol(usl.peak, 7.000038, 1e-6);
    ck_assert(usl_fit(spec_n, spec_x, 7, &usl));
    /* the minimum by Gauss-Newton in 50 digits; the reference's own 0.02772841 and 89.995183 are
     * right to the sixth digit only */
    ck_assert_double_eq_tol(usl.alpha, 0.0277284756186344, 1e-12);
    ck_assert_double_eq_tol(usl.beta, 0.000104365483844091, 1e-14);
    ck_assert_double_eq_tol(usl.gamma, 89.9952331043322, 1e-9);
    ck_assert_double_eq_tol(usl.alpha_error, 0.009122, 1e-6);
    ck_assert_double_eq_tol(usl.beta_error, 1.99e-05, 1e-7);
    ck_assert_double_eq_tol(usl.gamma_error, 14.2135, 1e-3);
    ck_assert_double_eq_tol(usl.residual, 82.84582, 1e-5);
    ck_assert_uint_eq(usl.degrees, 4);
    ck_assert_double_eq_tol(usl.peak_rate, 1883.8993, 1e-3);
    ck_assert_double_eq_tol(usl.peak, 96.5195, 1e-3);
    ck_assert(usl_has_peak(&usl));
}
END_TEST

START_TEST(throughput_that_only_grows_shows_no_peak)
{
    const double n[] = {1, 2, 4, 8, 16};
    const double x[] = {10, 20.1, 39.9, 80.2, 159.8};
    Usl usl;

    ck_assert(usl_fit(n, x, 5, &usl));
    ck_assert(usl.alpha >= 0 && usl.beta >= 0);
    ck_assert(!usl_has_peak(&usl));
    ck_assert(!usl_fit(n, x, 3, &usl)); /* three points fit anything */
}
END_TEST

/* --- hosts and cost reference, section 10 ------------------------------------------------------
 */

static const Prices prices = {.eur_per_usd = 0.92,
                              .traffic_per_tb = 1,
                              .volume_per_gb = 0.04,
                              .route53_zone_usd = 0.5,
                              .route53_check_usd = 0.75,
                              .route53_option_usd = 2,
                              .route53_million_queries_usd = 0.7};

START_TEST(route_53_costs_what_the_reference_says)
{
    ck_assert_double_eq_tol(money_route53_usd(&prices, 5, 0, 0), 4.25, 1e-12);
    ck_assert_double_eq_tol(money_route53_usd(&prices, 5, 3, 0), 34.25, 1e-12);
    ck_assert_double_eq_tol(money_million_queries(38, 60), 1.6416, 1e-12);
    ck_assert_double_eq_tol(money_million_queries(2000, 60), 86.4, 1e-12);
    ck_assert_double_eq_tol(money_route53_usd(&prices, 0, 0, 86.4) - 0.5, 60.48, 1e-9);
}
END_TEST

START_TEST(a_million_requests_cost_what_the_reference_says)
{
    static const double rows[][2] = {{3000, 0.0161}, {2500, 0.0193}, {1200, 0.0402}, {100, 0.482}};

    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        ck_assert_double_eq_tol(money_per_million(125, rows[i][0]), rows[i][1], rows[i][1] * 0.004);
    }
}
END_TEST

START_TEST(traffic_is_what_the_reference_says_and_within_the_quota)
{
    double answers = money_traffic_tb(1200, 3000, 0, 0, 5);
    double copies = money_traffic_tb(0, 0, 700, 1000, 5);

    ck_assert_double_eq_tol(answers, 9.8, 0.05);
    ck_assert_double_eq_tol(copies / 1.05, 7.26, 0.01); /* 7.6 with hints and repair */
    ck_assert_double_eq(money_overage(&prices, answers + copies, 20, 18), 0);
    ck_assert_double_eq_tol(money_overage(&prices, 25, 20, 1), 5, 1e-12);
}
END_TEST

/* --- procedures --------------------------------------------------------------------------------
 */

/* Five settings; chance is shared between them but for a part. */
static bool look(void *context, guint i, guint index, double *value, GError **error)
{
    guint64 seed = *(guint64 *)context;
    Rng common;
    Rng own;
    const double means[] = {1.0, 0.8, 1.2, 0.9, 1.5};

    (void)error;
    rng_init(&common, seed * 100000 + index, "common");
    rng_init(&own, seed * 100000 + index * 10 + i, "own");
    *value = means[i] + rng_uniform(&common) + 0.3 * rng_uniform(&own);
    return true;
}

START_TEST(the_best_setting_is_chosen_as_often_as_promised)
{
    guint right = 0;
    guint runs = 0;

    for (guint64 seed = 1; seed <= 200; seed++) {
        ChooseOrder order = {.settings = 5,
                             .first = 10,
                             .most = 2000,
                             .alpha = 0.05,
                             .delta = 0.1,
                             .look = look,
                             .context = &seed};
        g_autoptr(Choice) choice = choose_smallest(&order, NULL);

        ck_assert(choice->is_guaranteed);
        right += choice->best == 1;
        runs += choice->replications[4];
    }
    ck_assert_msg(right >= 190, "%u of 200", right);
    ck_assert_msg(runs <= 200 * 12, "the worst one took %u", runs); /* and is soon out */
}
END_TEST

static bool plane(void *context, const double *point, guint trajectory, double *value,
                  GError **error)
{
    (void)context;
    (void)trajectory;
    (void)error;
    *value = 3 * point[0] + 2 * point[1] - point[2];
    return true;
}

START_TEST(screening_finds_the_slopes_of_a_plane)
{
    g_autoptr(GArray) effects = screen_factors(3, 10, 7, plane, NULL, NULL);
    const double means[] = {3, 2, -1};

    for (guint i = 0; i < 3; i++) {
        const ScreenEffect *effect = &g_array_index(effects, ScreenEffect, i);

        ck_assert_double_eq_tol(effect->mean, means[i], 1e-9);
        ck_assert_double_eq_tol(effect->size, fabs(means[i]), 1e-9);
        ck_assert_double_eq_tol(effect->spread, 0, 1e-9);
    }
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("choose");
    TCase *cases = tcase_create("choose");

    tcase_add_test(cases, the_constants_of_kim_and_nelson_are_those_of_the_reference);
    tcase_add_test(cases, a_budget_is_spread_as_the_reference_has_it);
    tcase_add_test(cases, scalability_is_fitted_as_the_reference_has_it);
    tcase_add_test(cases, throughput_that_only_grows_shows_no_peak);
    tcase_add_test(cases, route_53_costs_what_the_reference_says);
    tcase_add_test(cases, a_million_requests_cost_what_the_reference_says);
    tcase_add_test(cases, traffic_is_what_the_reference_says_and_within_the_quota);
    tcase_add_test(cases, the_best_setting_is_chosen_as_often_as_promised);
    tcase_add_test(cases, screening_finds_the_slopes_of_a_plane);
    suite_add_tcase(suite, cases);
    return suite;
}
