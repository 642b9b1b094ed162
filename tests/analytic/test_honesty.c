/* test_honesty.c - the short form of the honesty tests: intervals of a queue hold the truth as
 * often as they say, what cannot be known is refused in words, and the same is not called
 * different. The long form is `make honesty`. */
#include <math.h>
#include <string.h>

#include "tests/support/honesty.h"
#include "tests/support/suite.h"

enum {
    REPETITIONS = 20,
    PAIRS = 5,
};

#define SEED 7
/* Of M/M/1 at 50 %: 2,600 customers a replication have 130 beyond the 95th percentile. */
#define SHORT_S 5200.0

START_TEST(replications_hold_the_truth_as_often_as_they_say)
{
    const HonestyCase *test = &honesty_cases[0];
    HonestyCount counts[HONESTY_FIGURES] = {{.given = 0}};
    guint least;
    guint most;

    honesty_bounds(REPETITIONS, &least, &most);
    for (guint i = 0; i < REPETITIONS; i++) {
        Estimate figures[HONESTY_FIGURES];

        honesty_estimate(test, SHORT_S, HONESTY_REPLICATIONS, SEED + i, 0.95, figures);
        for (guint j = 0; j < HONESTY_FIGURES; j++) {
            honesty_count(&counts[j], &figures[j], test->truth[j]);
        }
    }
    for (guint j = HONESTY_MEAN; j <= HONESTY_P95; j++) {
        ck_assert_msg(counts[j].covered >= least && counts[j].covered <= most,
                      "%s: %u of %u, not %u to %u", honesty_figures[j], counts[j].covered,
                      counts[j].given, least, most);
        ck_assert_uint_le(counts[j].refused, 2);
    }
    ck_assert_uint_eq(counts[HONESTY_P99].given, 0); /* 26 beyond */
}
END_TEST

START_TEST(what_cannot_be_known_is_refused_in_words)
{
    const HonestyRefusal *refusal = &honesty_refusals[_i];
    g_autofree char *words = honesty_words(refusal, SEED);

    ck_assert_msg(g_str_has_prefix(words, refusal->words), "%s: '%s', not '%s'", refusal->test.name,
                  words, refusal->words);
}
END_TEST

START_TEST(the_same_is_not_called_different)
{
    guint alarms = 0;

    for (guint i = 0; i < PAIRS; i++) {
        double a[HONESTY_FIGURES * HONESTY_REPLICATIONS];
        double b[HONESTY_FIGURES * HONESTY_REPLICATIONS];

        honesty_each(&honesty_cases[0], 1000, HONESTY_REPLICATIONS, 2 * i, a);
        honesty_each(&honesty_cases[0], 1000, HONESTY_REPLICATIONS, 2 * i + 1, b);
        for (guint j = 0; j < HONESTY_FIGURES; j++) {
            Comparison comparison = estimate_compare(
                a + j * HONESTY_REPLICATIONS, HONESTY_REPLICATIONS, b + j * HONESTY_REPLICATIONS,
                HONESTY_REPLICATIONS, ESTIMATE_ALARM_CONFIDENCE);
            ComparisonVerdict verdict = estimate_judge(&comparison, 0, true);

            alarms += verdict == COMPARISON_BETTER || verdict == COMPARISON_WORSE ? 1 : 0;
        }
    }
    ck_assert_uint_eq(alarms, 0);
}
END_TEST

START_TEST(bounds_are_those_of_four_hundred)
{
    guint least;
    guint most;

    honesty_bounds(400, &least, &most);
    ck_assert_uint_eq(least, 366);
    ck_assert_uint_eq(most, 392);
    honesty_bounds(REPETITIONS, &least, &most);
    ck_assert_uint_lt(least, REPETITIONS * 95 / 100);
    ck_assert_uint_ge(least, REPETITIONS * 3 / 4);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("honesty");
    TCase *tests = tcase_create("honesty");
    int count = 0;

    while (honesty_refusals[count].test.name != NULL) {
        count++;
    }
    tcase_set_timeout(tests, 120);
    tcase_add_test(tests, replications_hold_the_truth_as_often_as_they_say);
    tcase_add_loop_test(tests, what_cannot_be_known_is_refused_in_words, 0, count);
    tcase_add_test(tests, the_same_is_not_called_different);
    tcase_add_test(tests, bounds_are_those_of_four_hundred);
    suite_add_tcase(suite, tests);
    return suite;
}
