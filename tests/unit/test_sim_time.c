/* test_sim_time.c - spans read and print without loss. */
#include <math.h>

#include "sim/base/rng.h"
#include "sim/base/sim_time.h"
#include "tests/support/suite.h"

static const struct {
    const char *text;
    SimSpan span;
} readings[] = {
    {"0s", 0},
    {"250ms", 250 * SIM_MS},
    {"1.5s", 1500 * SIM_MS},
    {"2h", 2 * SIM_HOUR},
    {"5m", 5 * SIM_MIN},
    {"5min", 5 * SIM_MIN},
    {"1.5min", 90 * SIM_S},
    {"0.25d", 6 * SIM_HOUR},
    {"7ns", 7},
    {"12.345us", 12345},
    {"-3ms", -3 * SIM_MS},
    {"0.1s", 100 * SIM_MS},
    {"0.0000000005s", 1},
    {"0.0000000004s", 0},
    {"1.00000000000000000000000000001s", SIM_S},
    {"9223372036854775807ns", INT64_MAX},
    {"-9223372036854775808ns", INT64_MIN},
};

START_TEST(a_span_reads_as_written)
{
    SimSpan span = 42;

    ck_assert_msg(sim_span_parse(readings[_i].text, &span), "'%s' is refused", readings[_i].text);
    ck_assert_msg(span == readings[_i].span, "'%s' is %ld", readings[_i].text, (long)span);
}
END_TEST

static const char *const refused[] = {
    "",
    "5",
    "s",
    "5 s",
    " 5s",
    "5s ",
    "5S",
    "1e3s",
    "0x5s",
    ".5s",
    "5.s",
    "1.2.3s",
    "--5s",
    "+5s",
    "5sec",
    "5m30s",
    "inf s",
    "nans",
    "9223372036854775808ns",
    "-9223372036854775809ns",
    "106752d",
    "99999999999999999999999999999s",
};

START_TEST(what_is_no_span_is_refused)
{
    SimSpan span = 42;

    ck_assert_msg(!sim_span_parse(refused[_i], &span), "'%s' was read", refused[_i]);
    ck_assert_int_eq(span, 42);
}
END_TEST

static const struct {
    SimSpan span;
    const char *text;
} printings[] = {
    {0, "0s"},
    {1, "1ns"},
    {1500 * SIM_US, "1.5ms"},
    {1500 * SIM_MS, "1.5s"},
    {90 * SIM_S, "90s"},
    {60 * SIM_S, "1min"},
    {36 * SIM_HOUR, "36h"},
    {3 * SIM_DAY, "3d"},
    {1234567, "1.234567ms"},
    {-250 * SIM_MS, "-250ms"},
    {SIM_NEVER, "9223372036.854775807s"},
    {INT64_MIN, "-9223372036.854775808s"},
};

START_TEST(a_span_prints_with_the_unit_that_suits)
{
    char text[SIM_SPAN_TEXT];

    ck_assert_str_eq(sim_span_print(printings[_i].span, text), printings[_i].text);
}
END_TEST

START_TEST(what_is_printed_reads_back_unchanged)
{
    Rng rng;

    rng_init(&rng, 1, "spans");
    for (int i = 0; i < 100000; i++) {
        SimSpan span = (SimSpan)rng_next(&rng) >> rng_below(&rng, 64);
        SimSpan back = ~span;
        char text[SIM_SPAN_TEXT];

        if (i % 2 == 0) {
            span = span / SIM_MS * SIM_MS;
        }
        ck_assert(sim_span_parse(sim_span_print(span, text), &back));
        ck_assert_msg(back == span, "%ld became '%s'", (long)span, text);
    }
}
END_TEST

START_TEST(seconds_become_the_nearest_nanosecond)
{
    ck_assert_int_eq(sim_span_from_s(1.5), 1500 * SIM_MS);
    ck_assert_int_eq(sim_span_from_s(0.6e-9), 1);
    ck_assert_int_eq(sim_span_from_s(0.4e-9), 0);
    ck_assert_int_eq(sim_span_from_s(-0.6e-9), -1);
    ck_assert_int_eq(sim_span_from_s(1e30), INT64_MAX);
    ck_assert_int_eq(sim_span_from_s(-1e30), INT64_MIN);
    ck_assert_int_eq(sim_span_from_s(INFINITY), INT64_MAX);
    ck_assert_int_eq(sim_span_from_s(NAN), 0);
    ck_assert_double_eq(sim_span_to_s(1500 * SIM_MS), 1.5);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("sim_time");
    TCase *tests = tcase_create("sim_time");

    tcase_add_loop_test(tests, a_span_reads_as_written, 0, G_N_ELEMENTS(readings));
    tcase_add_loop_test(tests, what_is_no_span_is_refused, 0, G_N_ELEMENTS(refused));
    tcase_add_loop_test(tests, a_span_prints_with_the_unit_that_suits, 0, G_N_ELEMENTS(printings));
    tcase_add_test(tests, what_is_printed_reads_back_unchanged);
    tcase_add_test(tests, seconds_become_the_nearest_nanosecond);
    suite_add_tcase(suite, tests);
    return suite;
}
