/* test_backoff.c - waits before retries: doubling, capped, with full jitter. */
#include "models/parts/backoff.h"

#include <check.h>

#include "tests/support/suite.h"

#define DRAWS 20000

START_TEST(waits_double_up_to_the_most)
{
    static const SimSpan waits[] = {SIM_S, 2 * SIM_S, 4 * SIM_S, 8 * SIM_S, 10 * SIM_S, 10 * SIM_S};
    Backoff backoff = {.first = SIM_S, .most = 10 * SIM_S};
    Rng rng;

    rng_init(&rng, 1, "backoff");
    for (uint32_t i = 0; i < sizeof waits / sizeof *waits; i++) {
        ck_assert_int_eq(backoff_wait(&backoff, i + 1, &rng), waits[i]);
    }
    ck_assert_int_eq(backoff_wait(&backoff, 1000000, &rng), 10 * SIM_S);
}
END_TEST

START_TEST(a_first_wait_above_the_most_is_cut)
{
    Backoff backoff = {.first = 20 * SIM_S, .most = 10 * SIM_S};
    Rng rng;

    rng_init(&rng, 2, "backoff");
    ck_assert_int_eq(backoff_wait(&backoff, 1, &rng), 10 * SIM_S);
}
END_TEST

START_TEST(no_wait_stays_no_wait)
{
    Backoff backoff = {.first = 0, .most = 10 * SIM_S, .has_jitter = true};
    Rng rng;

    rng_init(&rng, 3, "backoff");
    ck_assert_int_eq(backoff_wait(&backoff, 7, &rng), 0);
}
END_TEST

/* Full jitter: uniform from 0, so mean 1/2 and variance 1/12 of the whole wait's. */
START_TEST(jitter_is_uniform_from_zero_to_the_whole_wait)
{
    Backoff backoff = {.first = SIM_S, .most = 60 * SIM_S, .has_jitter = true};
    double sum = 0.0, squares = 0.0;
    Rng rng;

    rng_init(&rng, 4, "backoff");
    for (int i = 0; i < DRAWS; i++) {
        SimSpan wait = backoff_wait(&backoff, 3, &rng);
        double share = (double)wait / (4.0 * (double)SIM_S);

        ck_assert_int_ge(wait, 0);
        ck_assert_int_lt(wait, 4 * SIM_S);
        sum += share;
        squares += share * share;
    }
    ck_assert_double_eq_tol(sum / DRAWS, 0.5, 0.008); /* 4 standard errors */
    ck_assert_double_eq_tol(squares / DRAWS - sum / DRAWS * sum / DRAWS, 1.0 / 12.0, 0.003);
}
END_TEST

/* So that switching jitter on or off shifts no other draw of the stream. */
START_TEST(each_wait_draws_once)
{
    Backoff without = {.first = SIM_S, .most = 60 * SIM_S};
    Backoff with = {.first = SIM_S, .most = 60 * SIM_S, .has_jitter = true};
    Rng one, two, naive;

    rng_init(&one, 5, "backoff");
    rng_init(&two, 5, "backoff");
    rng_init(&naive, 5, "backoff");
    backoff_wait(&without, 9, &one);
    backoff_wait(&with, 1, &two);
    rng_next(&naive);
    ck_assert_uint_eq(rng_next(&one), rng_next(&two));
    rng_next(&naive);
    ck_assert_uint_eq(rng_next(&one), rng_next(&naive));
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("backoff");
    TCase *tests = tcase_create("backoff");

    tcase_add_test(tests, waits_double_up_to_the_most);
    tcase_add_test(tests, a_first_wait_above_the_most_is_cut);
    tcase_add_test(tests, no_wait_stays_no_wait);
    tcase_add_test(tests, jitter_is_uniform_from_zero_to_the_whole_wait);
    tcase_add_test(tests, each_wait_draws_once);
    suite_add_tcase(suite, tests);
    return suite;
}
