/* test_precision.c - when a campaign knows its figures exactly enough. */
#include "sim/results/judge/precision.h"

#include <string.h>

#include "sim/base/rng.h"
#include "tests/support/results_rig.h"
#include "tests/support/suite.h"

static const ThresholdMetric declared[] = {
    {"refused", THRESHOLD_COUNTER, "1", "Connections refused"},
    {.name = NULL},
};
static const ThresholdKnown known = {.declared = declared};

static PrecisionGoal *goal_of(const char *text)
{
    g_autoptr(GError) error = NULL;
    PrecisionGoal *goal = precision_goal_parse(text, &known, &error);

    g_assert_no_error(error);
    return goal;
}

START_TEST(a_goal_is_a_metric_an_aggregate_and_a_width)
{
    g_autoptr(PrecisionGoal) relative =
        goal_of("http_req_duration{dc:DC03, phase:baseline}  p(99)  5% ");
    g_autoptr(PrecisionGoal) absolute = goal_of("http_req_failed rate 0.001");
    g_autoptr(PrecisionGoal) span = goal_of("http_req_duration avg 5ms");
    g_autoptr(PrecisionGoal) counter = goal_of("refused rate 2%");

    ck_assert(relative->is_relative);
    ck_assert_double_eq(relative->most, 0.05);
    ck_assert_double_eq(relative->rule->quantile, 0.99);
    ck_assert_str_eq(threshold_label(relative->rule, "dc"), "DC03");
    ck_assert(!absolute->is_relative);
    ck_assert_double_eq(absolute->most, 0.001);
    ck_assert_double_eq(span->most, 0.005);
    ck_assert_double_eq(counter->most, 0.02);
}
END_TEST

static const struct {
    const char *text, *message;
} refused[] = {
    {"", "needs a metric, an aggregate and a half-width"},
    {"http_req_duration", "needs a metric, an aggregate and a half-width"},
    {"http_req_duration p(99)", "needs a metric, an aggregate and a half-width"},
    {"http_req_durations p(99) 5%", "did you mean 'http_req_duration'?"},
    {"http_req_duration p(99) 0%", "needs a half-width above 0"},
    {"http_req_duration p(99) -5%", "needs a half-width above 0"},
    {"http_req_duration p(99) five%", "needs a half-width above 0"},
    {"http_req_duration p(99) inf%", "needs a half-width above 0"},
    {"http_req_duration p(99) 5", "needs a unit"},
    {"http_req_duration max 5%", "needs avg, rate or a percentile"},
    {"http_req_duration count 5%", "needs avg, rate or a percentile"},
    {"outage_duration avg 5%", "needs avg, rate or a percentile"},
    {"http_req_duration{dc:*} avg 5%", "needs one value for each label"},
};

START_TEST(what_is_no_goal_is_refused_in_words)
{
    g_autoptr(GError) error = NULL;

    ck_assert_ptr_null(precision_goal_parse(refused[_i].text, &known, &error));
    ck_assert_ptr_nonnull(error);
    ck_assert_msg(strstr(error->message, refused[_i].message) != NULL, "'%s' lacks '%s'",
                  error->message, refused[_i].message);
}
END_TEST

/* Runs whose mean latency is 100 ms, off by up to `spread`; 1,000 requests in each of 30 s. */
static ResultsRig *campaign(int runs, double spread)
{
    ResultsRig *rig = results_rig_new(runs, 30);

    for (int i = 0; i < runs; i++) {
        Rng rng;
        double off;

        rng_init(&rng, (uint64_t)i + 1, "latency");
        off = 1 + spread * (2 * rng_uniform(&rng) - 1);
        for (int j = 0; j < 30; j++) {
            results_rig_users(rig, i, j, "Europe", "DC01", 1000, 0,
                              (SimSpan)(off * 0.1 * (double)SIM_S));
        }
    }
    results_rig_open(rig);
    return rig;
}

static Precision *precision_of(const char *text, guint most)
{
    GPtrArray *goals = g_ptr_array_new_with_free_func((GDestroyNotify)precision_goal_free);

    g_ptr_array_add(goals, goal_of(text));
    return precision_new(goals, most, 0.95);
}

static void assert_judged(const Precision *precision, Results *results, Verdict verdict,
                          const char *words)
{
    g_autoptr(GPtrArray) judged = g_ptr_array_new_with_free_func((GDestroyNotify)judged_free);
    const Judged *one;

    precision_judge(precision, results, judged);
    ck_assert_uint_eq(judged->len, 1);
    one = judged->pdata[0];
    ck_assert_str_eq(one->kind, "precision");
    ck_assert_int_eq(one->verdict, verdict);
    ck_assert_msg(strstr(one->why, words) != NULL, "'%s' lacks '%s'", one->why, words);
}

START_TEST(ten_replications_come_first_and_no_more_than_allowed)
{
    g_autoptr(Precision) precision = precision_of("http_req_duration avg 5%", 40);
    g_autoptr(Precision) few = precision_of("http_req_duration avg 5%", 4);

    ck_assert_uint_eq(precision_begin(precision, 3), 10);
    ck_assert_uint_eq(precision_begin(precision, 25), 25);
    ck_assert_uint_eq(precision_begin(precision, 50), 40);
    ck_assert_uint_eq(precision_begin(few, 3), 4);
}
END_TEST

START_TEST(a_narrow_interval_ends_it)
{
    g_autoptr(Precision) precision = precision_of("http_req_duration avg 5%", 100);
    g_autoptr(ResultsRig) rig = campaign(10, 0.02);

    ck_assert_uint_eq(precision_look(precision, rig->results, 10), 10);
    assert_judged(precision, rig->results, VERDICT_PASS, "after 10 replications");
}
END_TEST

START_TEST(a_wide_interval_asks_for_as_many_as_it_needs)
{
    g_autoptr(Precision) precision = precision_of("http_req_duration avg 5%", 100);
    g_autoptr(Precision) closer = precision_of("http_req_duration avg 1%", 100);
    g_autoptr(Precision) bound = precision_of("http_req_duration avg 1%", 12);
    g_autoptr(ResultsRig) rig = campaign(10, 0.1);
    guint next = precision_look(precision, rig->results, 10);

    ck_assert_uint_ge(next, 10);
    ck_assert_uint_lt(next, 20);
    ck_assert_uint_eq(precision_look(closer, rig->results, 10), 20);
    ck_assert_uint_eq(precision_look(bound, rig->results, 10), 12);
    assert_judged(closer, rig->results, VERDICT_INCONCLUSIVE, "not converged: reached ");
}
END_TEST

START_TEST(what_more_replications_would_not_help_ends_it)
{
    g_autoptr(Precision) precision = precision_of("http_req_duration p(99.9) 5%", 100);
    g_autoptr(ResultsRig) rig = campaign(10, 0);

    ck_assert_uint_eq(precision_look(precision, rig->results, 10), 10);
    assert_judged(precision, rig->results, VERDICT_INCONCLUSIVE,
                  "not converged: interval not reliable: needs about 700000 more requests; more "
                  "replications would not help");
}
END_TEST

START_TEST(several_goals_share_the_risk)
{
    g_autoptr(GPtrArray) judged = g_ptr_array_new_with_free_func((GDestroyNotify)judged_free);
    GPtrArray *goals = g_ptr_array_new_with_free_func((GDestroyNotify)precision_goal_free);
    g_autoptr(Precision) precision = NULL;
    g_autoptr(ResultsRig) rig = campaign(10, 0.02);

    g_ptr_array_add(goals, goal_of("http_req_duration avg 5%"));
    g_ptr_array_add(goals, goal_of("http_req_failed rate 0.001"));
    precision = precision_new(goals, 100, 0.95);
    ck_assert_uint_eq(precision_look(precision, rig->results, 10), 10);
    precision_judge(precision, rig->results, judged);
    ck_assert_uint_eq(judged->len, 2);
    ck_assert_ptr_nonnull(strstr(((Judged *)judged->pdata[0])->why, "97.5 % interval"));
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("precision");
    TCase *tests = tcase_create("precision");

    tcase_add_test(tests, a_goal_is_a_metric_an_aggregate_and_a_width);
    tcase_add_loop_test(tests, what_is_no_goal_is_refused_in_words, 0, (int)G_N_ELEMENTS(refused));
    tcase_add_test(tests, ten_replications_come_first_and_no_more_than_allowed);
    tcase_add_test(tests, a_narrow_interval_ends_it);
    tcase_add_test(tests, a_wide_interval_asks_for_as_many_as_it_needs);
    tcase_add_test(tests, what_more_replications_would_not_help_ends_it);
    tcase_add_test(tests, several_goals_share_the_risk);
    suite_add_tcase(suite, tests);
    return suite;
}
