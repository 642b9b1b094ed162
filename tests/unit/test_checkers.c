/* test_checkers.c - checkers find what is wrong and nothing else: the short form of `make
 * checkers`. */
#include "tests/support/checker_trials.h"
#include "tests/support/suite.h"

START_TEST(legal_histories_give_no_alarm)
{
    checker_trial_legal(100000);
}
END_TEST

/* Updates have a book and trials of their own: test_update_book.c. */
START_TEST(a_planted_violation_is_caught_and_counted_as_by_brute_force)
{
    checker_trial_planted((Check)(_i < CHECK_UPDATE_LOST ? _i : _i + 1), 10000);
}
END_TEST

START_TEST(any_history_is_judged_as_by_brute_force)
{
    checker_trial_wild(20000);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("checkers");
    TCase *cases = tcase_create("checkers");

    tcase_set_timeout(cases, 120);
    tcase_add_test(cases, legal_histories_give_no_alarm);
    tcase_add_loop_test(cases, a_planted_violation_is_caught_and_counted_as_by_brute_force, 0,
                        CHECKS - 1);
    tcase_add_test(cases, any_history_is_judged_as_by_brute_force);
    suite_add_tcase(suite, cases);
    return suite;
}
