/* test_change_point.c - changes of level are found where they are, and none where there is none. */
#include "sim/base/change_point.h"

#include <math.h>

#include "sim/base/rng.h"
#include "tests/support/suite.h"

#define SEED 20261122

/* Noise of mean 0 and deviation 1, close to normal. */
static double noise(Rng *rng)
{
    double sum = -6;

    for (int i = 0; i < 12; i++) {
        sum += rng_uniform(rng);
    }
    return sum;
}

/* `count` values around `level` with a deviation of 1 %. */
static void fill(double *values, guint count, double level, Rng *rng)
{
    for (guint i = 0; i < count; i++) {
        values[i] = level * (1 + 0.01 * noise(rng));
    }
}

START_TEST(a_step_is_found_at_its_place)
{
    double values[60];
    Rng rng;

    rng_init(&rng, SEED, "step");
    fill(values, 35, 100, &rng);
    fill(values + 35, 25, 104, &rng);
    g_autoptr(GArray) found = change_points_find(values, 60, 0.01, SEED);

    ck_assert_uint_eq(found->len, 1);
    ck_assert_uint_ge(g_array_index(found, ChangePoint, 0).index, 34);
    ck_assert_uint_le(g_array_index(found, ChangePoint, 0).index, 36);
    ck_assert_double_eq_tol(g_array_index(found, ChangePoint, 0).before, 100, 0.7);
    ck_assert_double_eq_tol(g_array_index(found, ChangePoint, 0).after, 104, 0.7);
}
END_TEST

/* With the end of the later side held fast, the way up and the way back would hide each other. */
START_TEST(a_bump_in_the_middle_has_two_ends)
{
    double values[90];
    Rng rng;

    rng_init(&rng, SEED, "bump");
    fill(values, 30, 100, &rng);
    fill(values + 30, 30, 105, &rng);
    fill(values + 60, 30, 100, &rng);
    g_autoptr(GArray) found = change_points_find(values, 90, 0.01, SEED);

    ck_assert_uint_eq(found->len, 2);
    ck_assert_uint_ge(g_array_index(found, ChangePoint, 0).index, 29);
    ck_assert_uint_le(g_array_index(found, ChangePoint, 0).index, 31);
    ck_assert_uint_ge(g_array_index(found, ChangePoint, 1).index, 59);
    ck_assert_uint_le(g_array_index(found, ChangePoint, 1).index, 61);
}
END_TEST

/* At a level of 1 % after a first look of 5 %, 100 histories may show one or two. */
START_TEST(noise_alone_seldom_changes)
{
    guint alarms = 0;

    for (int i = 0; i < 100; i++) {
        double values[30];
        Rng rng;

        rng_init(&rng, SEED + (uint64_t)i, "noise");
        fill(values, 30, 100, &rng);
        g_autoptr(GArray) found = change_points_find(values, 30, 0.01, SEED);

        alarms += found->len > 0;
    }
    ck_assert_uint_le(alarms, 5);
}
END_TEST

START_TEST(a_lone_spike_is_no_change)
{
    double values[40];
    Rng rng;

    rng_init(&rng, SEED, "spike");
    fill(values, 40, 100, &rng);
    values[17] = 150;
    g_autoptr(GArray) found = change_points_find(values, 40, 0.01, SEED);

    ck_assert_uint_eq(found->len, 0);
}
END_TEST

START_TEST(a_change_that_does_not_matter_is_left_out)
{
    double values[60];
    Rng rng;

    rng_init(&rng, SEED, "little");
    fill(values, 30, 100, &rng);
    fill(values + 30, 30, 104, &rng);
    g_autoptr(GArray) found = change_points_find(values, 60, 0.1, SEED);

    ck_assert_uint_eq(found->len, 0);
}
END_TEST

START_TEST(values_without_noise_change_where_they_change)
{
    double values[20];

    for (int i = 0; i < 20; i++) {
        values[i] = i < 12 ? 7 : 8;
    }
    g_autoptr(GArray) found = change_points_find(values, 20, 0.01, SEED);

    ck_assert_uint_eq(found->len, 1);
    ck_assert_uint_eq(g_array_index(found, ChangePoint, 0).index, 12);
    g_autoptr(GArray) none = change_points_find(values, 5, 0.01, SEED);

    ck_assert_uint_eq(none->len, 0);
}
END_TEST

/* The yearly flow of the Nile at Aswan, 1871 to 1970 (Cobb, "The problem of the Nile", 1978): the
 * published change, which E-divisive finds as well (Matteson and James, 2014), is after 1898. */
START_TEST(the_nile_changes_after_1898_and_only_then)
{
    static const double flow[] = {
        1120, 1160, 963, 1210, 1160, 1160, 813,  1230, 1370, 1140, 995,  935,  1110, 994,  1020,
        960,  1180, 799, 958,  1140, 1100, 1210, 1150, 1250, 1260, 1220, 1030, 1100, 774,  840,
        874,  694,  940, 833,  701,  916,  692,  1020, 1050, 969,  831,  726,  456,  824,  702,
        1120, 1100, 832, 764,  821,  768,  845,  864,  862,  698,  845,  744,  796,  1040, 759,
        781,  865,  845, 944,  984,  897,  822,  1010, 771,  676,  649,  846,  812,  742,  801,
        1040, 860,  874, 848,  890,  744,  749,  838,  1050, 918,  986,  797,  923,  975,  815,
        1020, 906,  901, 1170, 912,  746,  919,  718,  714,  740};
    g_autoptr(GArray) found = change_points_find(flow, G_N_ELEMENTS(flow), 0.01, SEED);

    ck_assert_uint_eq(found->len, 1);
    ck_assert_uint_eq(g_array_index(found, ChangePoint, 0).index, 28);
    ck_assert_double_eq_tol(g_array_index(found, ChangePoint, 0).before, 1097.75, 0.005);
    ck_assert_double_eq_tol(g_array_index(found, ChangePoint, 0).after, 849.97, 0.005);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("change_point");
    TCase *tests = tcase_create("change_point");

    tcase_add_test(tests, a_step_is_found_at_its_place);
    tcase_add_test(tests, a_bump_in_the_middle_has_two_ends);
    tcase_add_test(tests, noise_alone_seldom_changes);
    tcase_add_test(tests, a_lone_spike_is_no_change);
    tcase_add_test(tests, a_change_that_does_not_matter_is_left_out);
    tcase_add_test(tests, values_without_noise_change_where_they_change);
    tcase_add_test(tests, the_nile_changes_after_1898_and_only_then);
    suite_add_tcase(suite, tests);
    return suite;
}
