/* test_draw.c - draws against the distributions they claim. */
#include <glib.h>
#include <gsl/gsl_cdf.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "sim/base/draw.h"
#include "sim/base/draw_ahead.h"
#include "sim/base/draw_law.h"
#include "sim/base/fixed_math.h"
#include "sim/base/quick_log.h"
#include "tests/support/suite.h"

enum { SAMPLES = 100000 };

static Draw parse(DrawUnit unit, const char *text)
{
    g_autoptr(GError) error = NULL;
    Draw draw = {NULL};

    ck_assert_msg(draw_parse(&draw, unit, text, &error), "\"%s\": %s", text,
                  error == NULL ? "no message" : error->message);
    return draw;
}

/* --- known distribution functions ----------------------------------------------------------- */

static double uniform_cdf(double x)
{
    return CLAMP((x - 1) / 2, 0, 1);
}

static double exponential_cdf(double x)
{
    return gsl_cdf_exponential_P(x, 2);
}

static double erlang_cdf(double x)
{
    return gsl_cdf_gamma_P(x, 4, 0.5);
}

static double gamma_cdf(double x)
{
    return gsl_cdf_gamma_P(x, 2, 1);
}

static double small_gamma_cdf(double x)
{
    return gsl_cdf_gamma_P(x, 0.3, 2 / 0.3);
}

/* log(40 / 2) / 2.32634787... */
static double lognormal_cdf(double x)
{
    return gsl_cdf_lognormal_P(x, log(2), log(20) / 2.3263478740408408);
}

static double mean_lognormal_cdf(double x)
{
    return gsl_cdf_lognormal_P(x, log(2) - log(5) / 2, sqrt(log(5)));
}

static double weibull_cdf(double x)
{
    return gsl_cdf_weibull_P(x, 2, 0.7);
}

static double pareto_cdf(double x)
{
    return gsl_cdf_pareto_P(x, 3.8, 1.5);
}

/* Balanced means: both branches have half of the mean 2; the scv of 4 makes p = (1 + sqrt(3/5))/2.
 */
static double hyperexponential_cdf(double x)
{
    double often = (1 + sqrt(0.6)) / 2;

    return often * gsl_cdf_exponential_P(x, 1 / often) +
           (1 - often) * gsl_cdf_exponential_P(x, 1 / (1 - often));
}

static double mixture_cdf(double x)
{
    return 0.018 * gsl_cdf_exponential_P(x, 46) +
           (x > 1.5 ? 0.982 * gsl_cdf_pareto_P(x, 3.8, 1.5) : 0);
}

static double shifted_cdf(double x)
{
    return x > 1 ? gsl_cdf_exponential_P(x - 1, 2) : 0;
}

/* The law of number and span laws alike, in plain units (spans: s), with mean and scv. */
static const struct {
    const char *number;
    const char *span;
    double (*cdf)(double x);
    double mean;
    double scv;
} laws[] = {
    {"uniform(1, 3)", "uniform(1s, 3s)", uniform_cdf, 2, 1.0 / 12},
    {"exponential(mean=2)", "exponential(mean=2s)", exponential_cdf, 2, 1},
    {"erlang(k=4, mean=2)", "erlang(k=4, mean=2s)", erlang_cdf, 2, 0.25},
    {"gamma(shape=2, mean=2)", "gamma(shape=2, mean=2s)", gamma_cdf, 2, 0.5},
    {"gamma(shape=0.3, mean=2)", "gamma(shape=0.3, mean=2s)", small_gamma_cdf, 2, 1 / 0.3},
    {"lognormal(median=2, p99=40)", "lognormal(median=2s, p99=40s)", lognormal_cdf,
     4.58268431930295, 4.250248892596286},
    {"lognormal(mean=2, scv=4)", "lognormal(mean=2s, scv=4)", mean_lognormal_cdf, 2, 4},
    {"weibull(shape=0.7, scale=2)", "weibull(shape=0.7, scale=2s)", weibull_cdf, 2.5316470121145667,
     2.138685631851167},
    {"pareto(min=1.5, shape=3.8)", "pareto(min=1.5s, shape=3.8)", pareto_cdf, 1.5 * 3.8 / 2.8,
     1 / (3.8 * 1.8)},
    {"hyperexponential(mean=2, scv=4)", "hyperexponential(mean=2s, scv=4)", hyperexponential_cdf, 2,
     4},
    {"mixture(0.018: exponential(mean=46), 0.982: pareto(min=1.5, shape=3.8))",
     "mixture(0.018: exponential(mean=46s), 0.982: pareto(min=1.5s, shape=3.8))", mixture_cdf,
     0.018 * 46 + 0.982 * 1.5 * 3.8 / 2.8, 9.11475640383844},
    {"shifted(1, exponential(mean=2))", "shifted(1s, exponential(mean=2s))", shifted_cdf, 3,
     4.0 / 9},
};

static int compare_doubles(const void *left, const void *right)
{
    double a = *(const double *)left;
    double b = *(const double *)right;

    return (a > b) - (a < b);
}

/* Kolmogorov and Smirnov's distance times sqrt(n); above 2.7 once in a million. */
static double distance(double *values, size_t count, double (*cdf)(double x))
{
    double worst = 0;

    qsort(values, count, sizeof(double), compare_doubles);
    for (size_t i = 0; i < count; i++) {
        double expected = cdf(values[i]);

        worst = fmax(worst, expected - (double)i / (double)count);
        worst = fmax(worst, (double)(i + 1) / (double)count - expected);
    }
    return worst * sqrt((double)count);
}

START_TEST(numbers_have_the_distribution_they_claim)
{
    double *values = calloc(SAMPLES, sizeof(double));
    Draw draw = parse(DRAW_NUMBER, laws[_i].number);
    double off;
    Rng rng;

    rng_init(&rng, 40, "numbers");
    for (int i = 0; i < SAMPLES; i++) {
        values[i] = draw_number(draw, &rng);
    }
    off = distance(values, SAMPLES, laws[_i].cdf);
    ck_assert_msg(off < 2.7, "%s is off by %g", laws[_i].number, off);
    draw_clear(&draw);
    free(values);
}
END_TEST

START_TEST(spans_have_the_distribution_they_claim)
{
    double *values = calloc(SAMPLES, sizeof(double));
    Draw draw = parse(DRAW_SPAN, laws[_i].span);
    double off;
    Rng rng;

    rng_init(&rng, 41, "spans");
    for (int i = 0; i < SAMPLES; i++) {
        values[i] = (double)draw_span(draw, &rng) / 1e9;
    }
    off = distance(values, SAMPLES, laws[_i].cdf);
    ck_assert_msg(off < 2.7, "%s is off by %g", laws[_i].span, off);
    draw_clear(&draw);
    free(values);
}
END_TEST

START_TEST(mean_and_scv_are_the_formula)
{
    Draw draw = parse(DRAW_NUMBER, laws[_i].number);

    ck_assert_double_eq_tol(draw_mean(draw), laws[_i].mean, 1e-6 * laws[_i].mean);
    ck_assert_double_eq_tol(draw_scv(draw), laws[_i].scv, 1e-5 * laws[_i].scv);
    draw_clear(&draw);
}
END_TEST

/* The quantile function integrated: no bias of a table may hide behind the noise of draws. */
START_TEST(what_is_drawn_has_no_bias)
{
    enum { STEPS = 1 << 20 };
    Draw draw = parse(DRAW_NUMBER, laws[_i].number);
    double sum = 0;

    for (int i = 0; i < STEPS; i++) {
        /* Densest at the top: u = 1 - v^2 has the slope 2 v. */
        double v = (i + 0.5) / STEPS;

        sum += law_value(draw.law, 1 - v * v) * 2 * v;
    }
    ck_assert_double_eq_tol(sum / STEPS, laws[_i].mean, 5e-5 * laws[_i].mean);
    draw_clear(&draw);
}
END_TEST

START_TEST(the_quantile_inverts_the_distribution)
{
    static const double places[] = {1e-7, 1e-4, 0.01, 0.1,  0.25,  0.499,   0.5,
                                    0.7,  0.9,  0.95, 0.99, 0.999, 1 - 1e-6};
    Draw draw = parse(DRAW_NUMBER, laws[_i].number);

    for (size_t i = 0; i < G_N_ELEMENTS(places); i++) {
        double u = places[i];
        double got = laws[_i].cdf(draw_quantile(draw, u));

        ck_assert_msg(fabs(got - u) < 1e-5 * fmin(u, 1 - u), "%s at %g: %.15g", laws[_i].number, u,
                      got);
    }
    draw_clear(&draw);
}
END_TEST

START_TEST(values_rise_with_the_uniform)
{
    Draw draw = parse(DRAW_NUMBER, laws[_i].number);
    double last = 0;
    Rng rng;

    rng_init(&rng, 42, "rise");
    for (int i = 1; i < 20000; i++) {
        double value = draw_quantile(draw, i / 20000.0);

        ck_assert(value >= last);
        last = value;
        if (strstr(laws[_i].number, "mix") != NULL || strstr(laws[_i].number, "hyper") != NULL) {
            i += 500; /* searched for: slow */
        }
    }
    draw_clear(&draw);
}
END_TEST

START_TEST(a_draw_takes_one_uniform)
{
    Draw draw = parse(DRAW_SPAN, laws[_i].span);
    Rng rng;
    Rng twin;

    rng_init(&rng, 43, "one");
    twin = rng;
    for (int i = 0; i < 1000; i++) {
        draw_span(draw, &rng);
        rng_next(&twin);
    }
    ck_assert_mem_eq(&rng, &twin, sizeof(Rng));
    draw_clear(&draw);
}
END_TEST

/* Whatever the law, and when it is another one now and then, in the middle of a row as well. */
START_TEST(what_is_drawn_ahead_is_what_is_drawn_one_by_one)
{
    Draw draw = parse(DRAW_SPAN, laws[_i].span);
    Draw other = parse(DRAW_SPAN, laws[((size_t)_i + 1) % G_N_ELEMENTS(laws)].span);
    DrawAhead ahead = {0};
    Rng rng, changes;

    rng_init(&rng, 44, "ahead");
    rng_init(&changes, 44, "changes");
    ahead.rng = rng;
    for (int i = 0; i < 20000; i++) {
        Draw now = rng_chance(&changes, 0.05) ? other : draw;

        ck_assert_int_eq(draw_ahead_span(&ahead, now), draw_span(now, &rng));
    }
    draw_ahead_clear(&ahead);
    draw_clear(&draw);
    draw_clear(&other);
}
END_TEST

/* Too short, or too long, for the quick logarithm to settle each of a row. */
START_TEST(a_row_of_exponentials_is_exact_at_any_mean)
{
    static const char *const texts[] = {"exponential(mean=1ns)", "exponential(mean=1us)",
                                        "exponential(mean=270s)", "exponential(mean=280s)",
                                        "exponential(mean=400d)"};

    for (size_t i = 0; i < G_N_ELEMENTS(texts); i++) {
        Draw draw = parse(DRAW_SPAN, texts[i]);
        DrawAhead ahead = {0};
        Rng rng;

        rng_init(&rng, i, "ahead");
        ahead.rng = rng;
        for (int j = 0; j < 50000; j++) {
            double exact = -draw_mean(draw) * fixed_log(1 - rng_uniform(&rng)) + 0.5;

            ck_assert_int_eq(draw_ahead_span(&ahead, draw), (SimSpan)exact);
        }
        draw_ahead_clear(&ahead);
        draw_clear(&draw);
    }
}
END_TEST

/* A law that is gone may leave its address to another one. */
START_TEST(a_row_outlives_the_law_it_was_drawn_by)
{
    DrawAhead ahead = {0};
    Draw draw = parse(DRAW_SPAN, "exponential(mean=2s)");
    Rng rng;

    rng_init(&rng, 45, "ahead");
    ahead.rng = rng;
    for (int i = 0; i < 100; i++) {
        g_autofree char *text = g_strdup_printf("exponential(mean=%dms)", i + 1);

        ck_assert_int_eq(draw_ahead_span(&ahead, draw), draw_span(draw, &rng));
        draw_clear(&draw);
        draw = parse(DRAW_SPAN, text);
    }
    draw_ahead_clear(&ahead);
    draw_clear(&draw);
}
END_TEST

/* --- single laws ---------------------------------------------------------------------------- */

START_TEST(a_constant_is_always_itself)
{
    static const char *const texts[] = {"2.5ms", "constant(2.5ms)", " constant( 2500us ) "};

    for (size_t i = 0; i < 3; i++) {
        Draw draw = parse(DRAW_SPAN, texts[i]);
        Rng rng;

        rng_init(&rng, 44, "constant");
        ck_assert_int_eq(draw_span(draw, &rng), 2500000);
        ck_assert_double_eq(draw_mean(draw), 2500000);
        ck_assert_double_eq(draw_scv(draw), 0);
        ck_assert_double_eq(draw_quantile(draw, 0.01), 2500000);
        draw_clear(&draw);
    }
}
END_TEST

START_TEST(lognormal_is_the_same_however_it_is_given)
{
    Draw by_tail = parse(DRAW_SPAN, "lognormal(median=2ms, p99=40ms)");
    Draw by_sigma = parse(DRAW_SPAN, "lognormal(median=2ms, sigma=1.2877)");
    Draw by_mean = parse(DRAW_SPAN, "lognormal(mean=4.58269ms, scv=4.2503)");

    ck_assert_double_eq_tol(draw_quantile(by_tail, 0.99), 40e6, 40);
    ck_assert_double_eq_tol(draw_quantile(by_tail, 0.5), 2e6, 2);
    ck_assert_double_eq_tol(draw_quantile(by_sigma, 0.99), 40e6, 40e3);
    ck_assert_double_eq_tol(draw_quantile(by_mean, 0.99), 40e6, 40e3);
    draw_clear(&by_tail);
    draw_clear(&by_sigma);
    draw_clear(&by_mean);
}
END_TEST

/* E[min(max(X, 1), 5)] = 1 + 2 (exp(-1/2) - exp(-5/2)) for an exponential of mean 2. */
START_TEST(clipped_values_move_to_the_bound)
{
    Draw draw = parse(DRAW_NUMBER, "clipped(1, 5, exponential(mean=2))");
    double mean = 1 + 2 * (exp(-0.5) - exp(-2.5));
    double second = 1 + 12 * exp(-0.5) - 28 * exp(-2.5);

    ck_assert_double_eq_tol(draw_mean(draw), mean, 1e-9);
    ck_assert_double_eq_tol(draw_scv(draw), (second - mean * mean) / (mean * mean), 1e-9);
    ck_assert_double_eq(draw_quantile(draw, 0.1), 1);
    ck_assert_double_eq(draw_quantile(draw, 0.99), 5);
    ck_assert_double_eq_tol(draw_quantile(draw, 0.6), -2 * log(0.4), 1e-12);
    draw_clear(&draw);
}
END_TEST

START_TEST(clipping_reaches_through_other_laws)
{
    Draw deep = parse(DRAW_NUMBER, "clipped(2, 6, shifted(1, clipped(0, 100, mixture(1: "
                                   "exponential(mean=2), 3: exponential(mean=2)))))");
    Draw plain = parse(DRAW_NUMBER, "shifted(1, clipped(1, 5, exponential(mean=2)))");

    ck_assert_double_eq_tol(draw_mean(deep), draw_mean(plain), 1e-9);
    ck_assert_double_eq_tol(draw_scv(deep), draw_scv(plain), 1e-9);
    ck_assert_double_eq_tol(draw_quantile(deep, 0.7), draw_quantile(plain, 0.7), 1e-9);
    draw_clear(&deep);
    draw_clear(&plain);
}
END_TEST

START_TEST(a_tail_without_a_mean_says_infinity)
{
    Draw no_mean = parse(DRAW_NUMBER, "pareto(min=1, shape=0.9)");
    Draw no_variance = parse(DRAW_NUMBER, "mixture(1: 5, 1: pareto(min=1, shape=1.5))");
    Draw cut = parse(DRAW_NUMBER, "clipped(0, 100, pareto(min=1, shape=0.9))");

    ck_assert(isinf(draw_mean(no_mean)) && isinf(draw_scv(no_mean)));
    ck_assert_double_eq_tol(draw_mean(no_variance), 4, 1e-12);
    ck_assert(isinf(draw_scv(no_variance)));
    /* 1 + integral from 1 to 100 of x^-0.9 */
    ck_assert_double_eq_tol(draw_mean(cut), 1 + 10 * (pow(100, 0.1) - 1), 1e-6);
    draw_clear(&no_mean);
    draw_clear(&no_variance);
    draw_clear(&cut);
}
END_TEST

START_TEST(a_long_tail_does_not_overflow_a_span)
{
    Draw draw = parse(DRAW_SPAN, "pareto(min=1h, shape=0.1)");
    Rng rng;

    rng_init(&rng, 45, "tail");
    for (int i = 0; i < 10000; i++) {
        SimSpan span = draw_span(draw, &rng);

        ck_assert(span >= SIM_HOUR && span <= INT64_MAX / 4);
    }
    draw_clear(&draw);
}
END_TEST

START_TEST(spans_are_rounded_not_cut)
{
    Draw draw = parse(DRAW_SPAN, "uniform(0ns, 4ns)");
    int counts[5] = {0};
    Rng rng;

    rng_init(&rng, 46, "round");
    for (int i = 0; i < 80000; i++) {
        counts[draw_span(draw, &rng)]++;
    }
    ck_assert(abs(counts[0] - 10000) < 500 && abs(counts[4] - 10000) < 500);
    ck_assert(abs(counts[2] - 20000) < 700);
    draw_clear(&draw);
}
END_TEST

START_TEST(the_common_law_needs_no_notation)
{
    Draw draw = parse(DRAW_SPAN, "exponential(mean=5ms)");
    Rng rng;
    Rng twin;

    rng_init(&rng, 47, "common");
    twin = rng;
    for (int i = 0; i < 1000; i++) {
        ck_assert_int_eq(draw_exponential_span(5 * SIM_MS, &rng), draw_span(draw, &twin));
    }
    draw_clear(&draw);
}
END_TEST

/* What is settled by a quick logarithm is what the exact one gives, to the nanosecond. */
START_TEST(quick_exponentials_are_the_exact_ones)
{
    static const SimSpan means[] = {1,           3,        999,     100 * SIM_US,
                                    5 * SIM_MS,  SIM_S,    SIM_MIN, 270 * SIM_S,
                                    280 * SIM_S, SIM_HOUR, SIM_DAY, 400 * SIM_DAY};

    for (size_t i = 0; i < G_N_ELEMENTS(means); i++) {
        Rng rng, twin;

        rng_init(&rng, i, "quick");
        twin = rng;
        for (int j = 0; j < 50000; j++) {
            double exact = -(double)means[i] * fixed_log(1 - rng_uniform(&twin)) + 0.5;
            SimSpan span = draw_exponential_span(means[i], &rng);

            if (span != (SimSpan)exact) {
                ck_abort_msg("mean %" G_GINT64_FORMAT ", draw %d", means[i], j);
            }
        }
    }
}
END_TEST

/* From the first value to the last, and at the borders of the table's intervals. */
START_TEST(the_quick_logarithm_is_less_off_than_it_says)
{
    Rng rng;

    rng_init(&rng, 48, "quick");
    for (int i = 0; i < 500000; i++) {
        int64_t whole = (int64_t)1 << 53 >> i % 54;

        whole = i % 2 == 0 ? whole - 1 - i % 3
                           : whole / 512 * (512 - i % 511) + (int64_t)rng_below(&rng, 5) - 2;
        whole = CLAMP(whole, 1, ((int64_t)1 << 53) - 1);
        if (!(fabs(quick_log_times(1, whole) + fixed_log((double)whole * 0x1p-53)) <
              QUICK_LOG_DOUBT / 2)) {
            ck_abort_msg("at %" G_GINT64_FORMAT, whole);
        }
    }
}
END_TEST

START_TEST(copies_share_the_law)
{
    Draw draw = parse(DRAW_SPAN, "  exponential(mean=2ms) ");
    Draw copy = draw_copy(draw);
    Draw none = {NULL};

    draw_clear(&draw);
    ck_assert_ptr_null(draw.law);
    ck_assert_str_eq(draw_text(copy), "exponential(mean=2ms)");
    draw_clear(&copy);
    none = draw_copy(none);
    draw_clear(&none);
}
END_TEST

/* The bits of draws decide runs: they must not change unnoticed. */
START_TEST(draws_have_the_bits_they_always_had)
{
    uint64_t hash = 0;
    Rng rng;

    rng_init(&rng, 48, "bits");
    for (size_t i = 0; i < G_N_ELEMENTS(laws); i++) {
        Draw draw = parse(DRAW_NUMBER, laws[i].number);

        for (int j = 0; j < 20000; j++) {
            double value = draw_number(draw, &rng);
            uint64_t bits;

            memcpy(&bits, &value, sizeof(bits));
            hash = (hash ^ bits) * UINT64_C(0x100000001b3);
        }
        draw_clear(&draw);
    }
    ck_assert_msg(hash == UINT64_C(0x06dbfdf0d9fca423), "0x%016lx", (unsigned long)hash);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("draw");
    TCase *each = tcase_create("each law");
    TCase *single = tcase_create("single laws");
    int count = (int)G_N_ELEMENTS(laws);

    tcase_add_loop_test(each, numbers_have_the_distribution_they_claim, 0, count);
    tcase_add_loop_test(each, spans_have_the_distribution_they_claim, 0, count);
    tcase_add_loop_test(each, mean_and_scv_are_the_formula, 0, count);
    tcase_add_loop_test(each, what_is_drawn_has_no_bias, 0, count);
    tcase_add_loop_test(each, the_quantile_inverts_the_distribution, 0, count);
    tcase_add_loop_test(each, values_rise_with_the_uniform, 0, count);
    tcase_add_loop_test(each, a_draw_takes_one_uniform, 0, count);
    tcase_add_loop_test(each, what_is_drawn_ahead_is_what_is_drawn_one_by_one, 0, count);
    tcase_add_test(single, a_row_of_exponentials_is_exact_at_any_mean);
    tcase_add_test(single, a_row_outlives_the_law_it_was_drawn_by);
    tcase_add_test(single, a_constant_is_always_itself);
    tcase_add_test(single, lognormal_is_the_same_however_it_is_given);
    tcase_add_test(single, clipped_values_move_to_the_bound);
    tcase_add_test(single, clipping_reaches_through_other_laws);
    tcase_add_test(single, a_tail_without_a_mean_says_infinity);
    tcase_add_test(single, a_long_tail_does_not_overflow_a_span);
    tcase_add_test(single, spans_are_rounded_not_cut);
    tcase_add_test(single, the_common_law_needs_no_notation);
    tcase_add_test(single, quick_exponentials_are_the_exact_ones);
    tcase_add_test(single, the_quick_logarithm_is_less_off_than_it_says);
    tcase_add_test(single, copies_share_the_law);
    tcase_add_test(single, draws_have_the_bits_they_always_had);
    suite_add_tcase(suite, each);
    suite_add_tcase(suite, single);
    return suite;
}
