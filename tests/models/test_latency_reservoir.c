/* test_latency_reservoir.c - the speculation threshold against the bucket limits of the reference.
 */
#include "models/data/cassandra/latency_reservoir.h"

#include "tests/support/suite.h"

static SimSpan quantile_of(SimSpan latency)
{
    LatencyReservoir reservoir;

    latency_reservoir_init(&reservoir);
    latency_reservoir_add(&reservoir, latency);
    return latency_reservoir_quantile(&reservoir, 0.99);
}

START_TEST(latencies_are_rounded_up_to_the_limits)
{
    ck_assert_int_eq(quantile_of(44 * SIM_MS), 52066354);
    ck_assert_int_eq(quantile_of(100 * SIM_MS), 107964792);
    ck_assert_int_eq(quantile_of(5000 * SIM_MS), 5960319812);
    ck_assert_int_eq(quantile_of(1), 1);
    ck_assert_int_eq(quantile_of(9), 10);
}
END_TEST

/* More than one read in a hundred that timed out puts the threshold beyond the timeout. */
START_TEST(timeouts_switch_speculation_off)
{
    LatencyReservoir reservoir;

    latency_reservoir_init(&reservoir);
    for (int i = 0; i < 990; i++) {
        latency_reservoir_add(&reservoir, SIM_MS);
    }
    for (int i = 0; i < 10; i++) {
        latency_reservoir_add(&reservoir, 5 * SIM_S);
    }
    ck_assert_int_lt(latency_reservoir_quantile(&reservoir, 0.99), 2 * SIM_MS);
    latency_reservoir_add(&reservoir, 5 * SIM_S);
    latency_reservoir_add(&reservoir, 5 * SIM_S);
    ck_assert_int_gt(latency_reservoir_quantile(&reservoir, 0.99), 5 * SIM_S);
}
END_TEST

START_TEST(a_minute_halves_the_weight)
{
    LatencyReservoir reservoir;

    latency_reservoir_init(&reservoir);
    for (int i = 0; i < 1000; i++) {
        latency_reservoir_add(&reservoir, SIM_S);
    }
    for (int i = 0; i < 12; i++) {
        latency_reservoir_age(&reservoir);
    }
    for (int i = 0; i < 499; i++) {
        latency_reservoir_add(&reservoir, SIM_MS);
    }
    ck_assert_int_ge(latency_reservoir_quantile(&reservoir, 0.5), SIM_S);
    for (int i = 0; i < 4; i++) {
        latency_reservoir_add(&reservoir, SIM_MS);
    }
    ck_assert_int_lt(latency_reservoir_quantile(&reservoir, 0.5), 2 * SIM_MS);
}
END_TEST

START_TEST(what_is_not_used_is_forgotten)
{
    LatencyReservoir reservoir;

    latency_reservoir_init(&reservoir);
    latency_reservoir_add(&reservoir, SIM_S);
    for (int i = 0; i < 13; i++) {
        latency_reservoir_age(&reservoir);
    }
    ck_assert_int_eq(latency_reservoir_quantile(&reservoir, 0.99), 0);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("latency_reservoir");
    TCase *tests = tcase_create("reservoir");

    tcase_add_test(tests, latencies_are_rounded_up_to_the_limits);
    tcase_add_test(tests, timeouts_switch_speculation_off);
    tcase_add_test(tests, a_minute_halves_the_weight);
    tcase_add_test(tests, what_is_not_used_is_forgotten);
    suite_add_tcase(suite, tests);
    return suite;
}
