/* test_fixed_math.c - the fixed functions against the C library's in long double, against GSL's
 * distributions, and against the bits they had when this file was written. */
#include <float.h>
#include <gsl/gsl_cdf.h>
#include <math.h>
#include <string.h>

#include "sim/base/fixed_math.h"
#include "sim/base/rng.h"
#include "tests/support/suite.h"

enum { SAMPLES = 100000 };

/* A finite double above 0 with any exponent, below the normal numbers too. */
static double any_positive(Rng *rng)
{
    for (;;) {
        uint64_t bits = rng_next(rng) >> 1;
        double x;

        memcpy(&x, &bits, sizeof(x));
        if (x > 0 && x <= DBL_MAX) {
            return x;
        }
    }
}

static void assert_close(double got, long double expected, long double relative, double argument)
{
    ck_assert_msg(fabsl(got - expected) <= relative * fabsl(expected),
                  "at %a: got %.17g, expected %.20Lg", argument, got, expected);
}

START_TEST(log_is_the_logarithm)
{
    Rng rng;

    rng_init(&rng, 1, "log");
    for (int i = 0; i < SAMPLES; i++) {
        double x = i % 2 == 0 ? any_positive(&rng) : 0.5 + rng_uniform(&rng);

        assert_close(fixed_log(x), logl(x), 4e-15L, x);
    }
    ck_assert_double_eq(fixed_log(1), 0);
    assert_close(fixed_log(DBL_MAX), logl(DBL_MAX), 4e-15L, DBL_MAX);
    assert_close(fixed_log(0x1p-1074), logl(0x1p-1074), 4e-15L, 0x1p-1074);
}
END_TEST

START_TEST(exp_is_the_exponential)
{
    Rng rng;

    rng_init(&rng, 2, "exp");
    for (int i = 0; i < SAMPLES; i++) {
        double x = (rng_uniform(&rng) - 0.5) * (i % 2 == 0 ? 1416 : 2);

        assert_close(fixed_exp(x), expl(x), 4e-15L, x);
    }
    ck_assert_double_eq(fixed_exp(0), 1);
    assert_close(fixed_exp(709.78), expl(709.78), 4e-15L, 709.78);
}
END_TEST

START_TEST(exp_ends_in_zero_and_infinity)
{
    ck_assert_double_eq(fixed_exp(-746), 0);
    ck_assert_double_eq(fixed_exp(-INFINITY), 0);
    ck_assert(isinf(fixed_exp(709.79)));
    ck_assert(isinf(fixed_exp(INFINITY)));
    ck_assert(isnan(fixed_exp(NAN)));
    /* Below the normal numbers it loses bits, but not its size. */
    ck_assert_double_eq(fixed_exp(-745.1), 0x1p-1074);
    assert_close(fixed_exp(-720), expl(-720), 1e-8L, -720);
}
END_TEST

START_TEST(exp_rises)
{
    Rng rng;

    rng_init(&rng, 3, "rise");
    for (int i = 0; i < SAMPLES; i++) {
        double x = (rng_uniform(&rng) - 0.5) * 1400;

        ck_assert(fixed_exp(x) <= fixed_exp(x + fabs(x) * 1e-15));
    }
}
END_TEST

START_TEST(pow_is_the_power)
{
    Rng rng;

    rng_init(&rng, 4, "pow");
    for (int i = 0; i < SAMPLES; i++) {
        double x = rng_uniform(&rng) * 100;
        double y = (rng_uniform(&rng) - 0.5) * 40;

        assert_close(fixed_pow(x, y), powl(x, y), 1e-12L, x);
    }
    ck_assert_double_eq(fixed_pow(0, 2), 0);
    ck_assert_double_eq(fixed_pow(0, 0), 1);
    ck_assert_double_eq(fixed_pow(3, 0), 1);
    ck_assert(isinf(fixed_pow(0, -1)));
}
END_TEST

/* What differs in its last bits only is the same afterwards; nothing moves by more than a rounding.
 */
START_TEST(round_takes_the_last_bits_away)
{
    double value = 4.302652729749464;

    ck_assert(fixed_round(value) == fixed_round(nextafter(nextafter(value, 9), 9)));
    ck_assert_double_eq_tol(fixed_round(value), value, 4.3 / 0x1p40);
    ck_assert(fixed_round(-0.375) == -0.375);
    ck_assert(fixed_round(0) == 0);
}
END_TEST

START_TEST(normal_quantile_inverts_the_normal_distribution)
{
    Rng rng;

    rng_init(&rng, 5, "normal");
    for (int i = 0; i < SAMPLES; i++) {
        double u = rng_uniform(&rng);

        u = i % 3 == 1 ? exp(-700 * u) : i % 3 == 2 ? 1 - exp(-30 * u) : u;
        if (u < 1) {
            double z = fixed_normal_quantile(u);

            assert_close(u < 0.5 ? gsl_cdf_ugaussian_P(z) : gsl_cdf_ugaussian_Q(z),
                         u < 0.5 ? u : 1 - u, 1e-11L, u);
        }
    }
    ck_assert_double_eq(fixed_normal_quantile(0.5), 0);
    ck_assert_double_eq_tol(fixed_normal_quantile(0.975), 1.959963984540054, 1e-14);
    ck_assert_double_eq_tol(fixed_normal_quantile(0.99), 2.326347874040841, 1e-14);
}
END_TEST

START_TEST(log_gamma_is_the_logarithm_of_the_gamma_function)
{
    Rng rng;

    rng_init(&rng, 6, "lgamma");
    for (int i = 0; i < SAMPLES; i++) {
        double x = rng_uniform(&rng) * (i % 2 == 0 ? 1000 : 3);

        ck_assert_msg(fabsl(fixed_log_gamma(x) - lgammal(x)) <= 1e-12L + 4e-16L * lgammal(x),
                      "at %a: got %.17g, expected %.20Lg", x, fixed_log_gamma(x), lgammal(x));
    }
}
END_TEST

START_TEST(gamma_quantile_inverts_the_gamma_distribution)
{
    static const double shapes[] = {0.05, 0.3, 0.5, 0.7, 1, 1.5, 2, 4, 10, 50, 300, 5000};
    double shape = shapes[_i];
    Rng rng;

    rng_init(&rng, 7, "gamma");
    for (int i = 0; i < 3000; i++) {
        double u = rng_uniform(&rng);
        double x;
        double relative;

        u = i % 3 == 1 ? exp(-30 * u) : i % 3 == 2 ? 1 - exp(-30 * u) : u;
        if (u >= 1) {
            continue;
        }
        x = fixed_gamma_quantile(shape, u);
        if (x < 1e-290) {
            continue; /* GSL's density underflows there */
        }
        /* The error in the probability, brought back to x by the density. */
        relative =
            u < 0.5 ? gsl_cdf_gamma_P(x, shape, 1) - u : 1 - u - gsl_cdf_gamma_Q(x, shape, 1);
        relative /= x * exp((shape - 1) * log(x) - x - lgamma(shape));
        ck_assert_msg(fabs(relative) < 1e-9, "shape %g at u = %a: off by %g", shape, u, relative);
    }
}
END_TEST

static uint64_t fold(uint64_t hash, double x)
{
    uint64_t bits;

    memcpy(&bits, &x, sizeof(bits));
    return (hash ^ bits) * UINT64_C(0x100000001b3);
}

/* One bit of one result changes the hash: the fingerprints of all runs would change with it. */
START_TEST(results_have_the_bits_they_always_had)
{
    uint64_t logs = 0;
    uint64_t exponentials = 0;
    uint64_t normals = 0;
    uint64_t gammas = 0;
    Rng rng;

    rng_init(&rng, 8, "bits");
    for (int i = 0; i < SAMPLES; i++) {
        double u = rng_uniform(&rng);

        logs = fold(logs, fixed_log(any_positive(&rng)));
        exponentials = fold(exponentials, fixed_exp((u - 0.5) * 1480));
        exponentials = fold(exponentials, fixed_pow(u, 40 * (u - 0.5)));
        normals = fold(normals, fixed_normal_quantile(u));
        if (i % 50 == 0) {
            gammas = fold(gammas, fixed_gamma_quantile(0.1 + 20 * rng_uniform(&rng), u));
            gammas = fold(gammas, fixed_log_gamma(100 * u));
        }
    }
    ck_assert_msg(
        logs == UINT64_C(0xfedaa473d5a3d467) && exponentials == UINT64_C(0x2db39aa76961bac4) &&
            normals == UINT64_C(0xdc4b198797b635cf) && gammas == UINT64_C(0x1a42c4d4824fddff),
        "logs 0x%016lx, exponentials 0x%016lx, normals 0x%016lx, gammas 0x%016lx",
        (unsigned long)logs, (unsigned long)exponentials, (unsigned long)normals,
        (unsigned long)gammas);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("fixed_math");
    TCase *tests = tcase_create("fixed_math");

    tcase_add_test(tests, log_is_the_logarithm);
    tcase_add_test(tests, exp_is_the_exponential);
    tcase_add_test(tests, exp_ends_in_zero_and_infinity);
    tcase_add_test(tests, exp_rises);
    tcase_add_test(tests, pow_is_the_power);
    tcase_add_test(tests, round_takes_the_last_bits_away);
    tcase_add_test(tests, normal_quantile_inverts_the_normal_distribution);
    tcase_add_test(tests, log_gamma_is_the_logarithm_of_the_gamma_function);
    tcase_add_loop_test(tests, gamma_quantile_inverts_the_gamma_distribution, 0, 12);
    tcase_add_test(tests, results_have_the_bits_they_always_had);
    suite_add_tcase(suite, tests);
    return suite;
}
