/* test_early_return.c - a site whose web servers are back before its applications is told of. */
#include "reports/early_return.h"

#include <string.h>

#include "tests/support/results_rig.h"
#include "tests/support/suite.h"

enum { DOWN, ANSWERS_503 };

/* Two runs of 40 s; DC03 is lost from 5 to 10 s. Its web server is down until `back` s and answers
 * three times a second 503 from then to `ready` s. */
static GPtrArray *advice_for(int back, int ready)
{
    g_autoptr(ResultsRig) rig = results_rig_new(2, 40);
    GPtrArray *advice = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(View) view = NULL;

    results_write_component(rig->writer, 0, "httpd@DC03-app1", "httpd", "DC03", "app", "DC03-app1",
                            NULL);
    results_write_component(rig->writer, 1, "httpd@DC01-app1", "httpd", "DC01", "app", "DC01-app1",
                            NULL);
    results_write_metric(rig->writer, DOWN, "down", "gauge", "1", NULL);
    results_write_metric(rig->writer, ANSWERS_503, "answers_503", "counter", "1", NULL);
    for (int run = 0; run < 2; run++) {
        results_rig_fault(rig, run, "DC03", 5, 10);
        for (int second = -10; second < 40; second++) {
            bool is_down = second >= 5 && second < back;
            bool is_early = second >= back && second < ready;

            results_write_sample(rig->writer, run, 0, DOWN, second * SIM_S, is_down, is_down);
            results_write_sample(rig->writer, run, 0, ANSWERS_503, second * SIM_S, is_early ? 3 : 0,
                                 is_early ? 3 : 0);
            results_write_sample(rig->writer, run, 1, DOWN, second * SIM_S, 0, 0);
            results_write_sample(rig->writer, run, 1, ANSWERS_503, second * SIM_S, 2, 2);
        }
    }
    results_rig_open(rig);
    view = view_open(rig->path, NULL);
    ck_assert_ptr_nonnull(view);
    early_return_advise(view, advice);
    return advice;
}

START_TEST(a_site_that_answers_503_after_its_return_is_told_of)
{
    g_autoptr(GPtrArray) advice = advice_for(12, 20);

    ck_assert_uint_eq(advice->len, 1);
    ck_assert_msg(strstr(advice->pdata[0],
                         "'DC03' came back from 'lose' before it could serve: in "
                         "2 of 2 replications its web servers answered 502, 503 "
                         "or 504, at most 24 times in one and up to 20 s") != NULL,
                  "%s", (const char *)advice->pdata[0]);
}
END_TEST

/* Errors of a site that was never down have another reason. */
START_TEST(a_site_that_serves_when_it_is_back_is_not)
{
    g_autoptr(GPtrArray) advice = advice_for(12, 12);

    ck_assert_uint_eq(advice->len, 0);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("early_return");
    TCase *tests = tcase_create("early_return");

    tcase_add_test(tests, a_site_that_answers_503_after_its_return_is_told_of);
    tcase_add_test(tests, a_site_that_serves_when_it_is_back_is_not);
    suite_add_tcase(suite, tests);
    return suite;
}
