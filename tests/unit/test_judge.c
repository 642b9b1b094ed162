/* test_judge.c - thresholds on made-up campaigns with known answers. */
#include "sim/results/judge/judge.h"

#include <math.h>

#include "sim/base/rng.h"
#include "tests/support/results_rig.h"
#include "tests/support/suite.h"

static const ThresholdMetric declared[] = {
    {"utilisation", THRESHOLD_GAUGE, "ratio", "Share of its CPU that a host uses"},
    {"refused", THRESHOLD_COUNTER, "1", "Connections refused"},
    {"hint_age", THRESHOLD_HISTOGRAM, "s", "Age of hints"},
    {.name = NULL},
};
static const ThresholdKnown known = {.declared = declared};

static ThresholdRule *rule_of(const char *metric, const char *condition)
{
    g_autoptr(GError) error = NULL;
    ThresholdRule *rule = threshold_parse(metric, condition, &known, &error);

    g_assert_no_error(error);
    return rule;
}

static Judged *judge(ResultsRig *rig, const char *metric, const char *condition, SimSpan window)
{
    g_autoptr(ThresholdRule) rule = rule_of(metric, condition);

    if (rig->results == NULL) {
        results_rig_open(rig);
    }
    return judge_threshold(rig->results, rule, window, 0.95);
}

/* --- rates ---------------------------------------------------------------------------------- */

/* Every run has 990 of 1000 requests go well but for `spread`, which makes runs differ: failures
 * are 10 +- spread, alternating. */
static ResultsRig *failing_campaign(int runs, int spread)
{
    ResultsRig *rig = results_rig_new(runs, 10);

    for (int i = 0; i < runs; i++) {
        for (int j = 0; j < 10; j++) {
            uint64_t failed = (uint64_t)(10 + (i % 2 == 0 ? spread : -spread));

            results_rig_users(rig, i, j, "Europe", "DC03", 1000 - failed, failed, 20 * SIM_MS);
        }
    }
    return rig;
}

START_TEST(a_rate_whose_interval_meets_the_limit_passes)
{
    g_autoptr(ResultsRig) rig = failing_campaign(10, 1);
    g_autoptr(Judged) judged = judge(rig, "http_req_failed", "rate<0.02", 0);

    /* Of ten values 11 and 9 in turn s is 1.0541 and t(9) 2.2622: half-width 0.000754. */
    ck_assert_int_eq(judged->verdict, VERDICT_PASS);
    ck_assert_double_eq_tol(judged->observed, 0.01, 1e-12);
    ck_assert_double_eq_tol(judged->low, 0.01 - 0.00075407, 1e-7);
    ck_assert_double_eq_tol(judged->high, 0.01 + 0.00075407, 1e-7);
    ck_assert_double_eq_tol(judged->margin, (0.02 - judged->high) / 0.02, 1e-12);
}
END_TEST

START_TEST(a_rate_whose_interval_violates_the_limit_fails)
{
    g_autoptr(ResultsRig) rig = failing_campaign(10, 1);
    g_autoptr(Judged) judged = judge(rig, "http_req_failed", "rate<0.005", 0);

    ck_assert_int_eq(judged->verdict, VERDICT_FAIL);
    ck_assert_double_lt(judged->margin, 0);
}
END_TEST

START_TEST(an_interval_across_the_limit_is_inconclusive)
{
    g_autoptr(ResultsRig) rig = failing_campaign(10, 5);
    g_autoptr(Judged) judged = judge(rig, "http_req_failed", "rate<0.011", 0);

    ck_assert_int_eq(judged->verdict, VERDICT_INCONCLUSIVE);
    ck_assert_ptr_nonnull(strstr(judged->why, "straddles"));
    ck_assert_double_lt(judged->observed, 0.011);
    ck_assert_double_lt(judged->margin, 0);
}
END_TEST

START_TEST(no_failure_seen_is_not_a_rate_of_zero)
{
    g_autoptr(ResultsRig) rig = results_rig_new(3, 10);
    g_autoptr(Judged) loose = NULL;
    g_autoptr(Judged) tight = NULL;

    for (int i = 0; i < 3; i++) {
        for (int j = 0; j < 10; j++) {
            results_rig_users(rig, i, j, "Europe", "DC03", 100, 0, SIM_MS);
        }
    }
    loose = judge(rig, "http_req_failed", "rate<0.01", 0);
    tight = judge(rig, "http_req_failed", "rate<0.0005", 0);
    ck_assert_int_eq(loose->verdict, VERDICT_PASS);
    ck_assert_double_eq(loose->low, 0);
    ck_assert_double_eq_tol(loose->high, 1 - pow(0.05, 1.0 / 3000), 1e-12);
    ck_assert_int_eq(tight->verdict, VERDICT_INCONCLUSIVE);
}
END_TEST

START_TEST(a_phase_that_no_run_has_is_inconclusive)
{
    g_autoptr(ResultsRig) rig = failing_campaign(10, 1);
    g_autoptr(Judged) judged = judge(rig, "http_req_failed{phase:absent}", "rate<0.5", 0);

    ck_assert_int_eq(judged->verdict, VERDICT_INCONCLUSIVE);
    ck_assert(isnan(judged->observed));
    ck_assert_ptr_nonnull(strstr(judged->why, "nothing was measured"));
}
END_TEST

START_TEST(what_some_runs_did_not_measure_does_not_pass)
{
    g_autoptr(ResultsRig) rig = failing_campaign(10, 1);
    g_autoptr(Judged) judged = NULL;

    for (int i = 0; i < 9; i++) {
        results_write_phase(rig->writer, i, "late", 5 * SIM_S, 8 * SIM_S);
    }
    judged = judge(rig, "http_req_failed{phase:late}", "rate<0.5", 0);
    ck_assert_int_eq(judged->verdict, VERDICT_INCONCLUSIVE);
    ck_assert_ptr_nonnull(strstr(judged->why, "1 of 10 replications"));
}
END_TEST

START_TEST(an_unfinished_run_does_not_pass)
{
    g_autoptr(ResultsRig) rig = failing_campaign(10, 1);
    g_autoptr(Judged) judged = NULL;

    results_write_run(rig->writer, &(ResultsRun){.run = 10, .ended = "interrupted"});
    results_write_phase(rig->writer, 10, "baseline", 0, SIM_S);
    results_rig_users(rig, 10, 0, "Europe", "DC03", 990, 10, SIM_MS);
    judged = judge(rig, "http_req_failed", "rate<0.5", 0);
    ck_assert_int_eq(judged->verdict, VERDICT_INCONCLUSIVE);
    ck_assert_ptr_nonnull(strstr(judged->why, "replication 10 ended 'interrupted'"));
}
END_TEST

/* A mean over what a run showed before it was cut is no verdict on the whole; what a run has behind
 * it is, and so is a worst value. */
START_TEST(a_phase_that_was_cut_does_not_fail_for_its_mean)
{
    static const struct {
        const char *metric, *condition;
        Verdict verdict;
    } rows[] = {
        {"http_req_failed", "rate<0.005", VERDICT_INCONCLUSIVE},
        {"http_req_duration", "p(50)<10ms", VERDICT_INCONCLUSIVE},
        {"http_req_duration", "max<10ms", VERDICT_FAIL},
        {"http_req_duration", "max>1s", VERDICT_INCONCLUSIVE},
        {"http_req_failed{phase:early}", "rate<0.005", VERDICT_FAIL},
    };
    g_autoptr(ResultsRig) rig = failing_campaign(10, 1);

    results_write_run(rig->writer,
                      &(ResultsRun){.run = 10, .simulated = 6 * SIM_S, .ended = "interrupted"});
    for (int run = 0; run <= 10; run++) {
        results_write_phase(rig->writer, run, "early", 0, 4 * SIM_S);
    }
    results_write_phase(rig->writer, 10, "baseline", 0, 6 * SIM_S);
    for (int second = 0; second < 6; second++) {
        results_rig_users(rig, 10, second, "Europe", "DC03", 990, 10, 20 * SIM_MS);
    }
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(Judged) judged = judge(rig, rows[i].metric, rows[i].condition, 0);

        ck_assert_msg(judged->verdict == rows[i].verdict, "%s %s: %s", rows[i].metric,
                      rows[i].condition, judged->why);
    }
}
END_TEST

START_TEST(requests_a_second_and_tries_a_request_are_ratios_of_totals)
{
    g_autoptr(ResultsRig) rig = failing_campaign(10, 1);
    g_autoptr(Judged) rate = judge(rig, "http_reqs", "rate>=1000", 0);
    g_autoptr(Judged) count = judge(rig, "http_reqs", "count==10000", 0);
    g_autoptr(Judged) tries = judge(rig, "retry_amplification", "value<=1", 0);
    g_autoptr(Judged) good = judge(rig, "goodput", "avg>980", 0);

    ck_assert_int_eq(rate->verdict, VERDICT_PASS);
    ck_assert_double_eq(rate->observed, 1000);
    ck_assert_int_eq(count->verdict, VERDICT_PASS);
    ck_assert_int_eq(tries->verdict, VERDICT_PASS);
    ck_assert_double_eq_tol(good->observed, 990, 1e-9);
}
END_TEST

/* --- one replication ------------------------------------------------------------------------ */

START_TEST(one_steady_run_gives_an_interval_from_its_seconds)
{
    g_autoptr(ResultsRig) rig = results_rig_new(1, 300);
    g_autoptr(Judged) judged = NULL;
    Rng rng;

    rng_init(&rng, 3, "failures");
    for (int i = 0; i < 300; i++) {
        uint64_t failed = 5 + rng_below(&rng, 11);

        results_rig_users(rig, 0, i, "Europe", "DC03", 1000 - failed, failed, SIM_MS);
    }
    judged = judge(rig, "http_req_failed", "rate<0.02", 0);
    ck_assert_int_eq(judged->verdict, VERDICT_PASS);
    ck_assert_double_lt(judged->low, judged->observed);
    ck_assert_double_gt(judged->high, judged->observed);
    /* Independent seconds with a deviation of 3.16 in 1000: 95 % is about 0.00036. */
    ck_assert_double_lt(judged->high - judged->low, 4 * 0.00036);
    ck_assert_double_gt(judged->high - judged->low, 0.00036);
}
END_TEST

START_TEST(one_run_with_a_fault_gives_no_interval)
{
    g_autoptr(ResultsRig) rig = results_rig_new(1, 300);
    g_autoptr(Judged) judged = NULL;

    results_rig_fault(rig, 0, "DC03", 100, 200);
    for (int i = 0; i < 300; i++) {
        results_rig_users(rig, 0, i, "Europe", "DC03", 990, (uint64_t)(10 + i % 3), SIM_MS);
    }
    judged = judge(rig, "http_req_failed", "rate<0.5", 0);
    ck_assert_int_eq(judged->verdict, VERDICT_INCONCLUSIVE);
    ck_assert_ptr_nonnull(strstr(judged->why, "disturbed by a fault"));
}
END_TEST

START_TEST(one_run_can_fail_a_worst_case_but_not_pass_it)
{
    g_autoptr(ResultsRig) rig = results_rig_new(1, 20);
    g_autoptr(Judged) met = NULL;
    g_autoptr(Judged) violated = NULL;

    for (int i = 0; i < 20; i++) {
        results_rig_users(rig, 0, i, "Europe", "DC03", i == 7 ? 0 : 10, i == 7 ? 10 : 0, SIM_MS);
    }
    met = judge(rig, "outage_duration", "max<5s", 0);
    violated = judge(rig, "outage_duration", "max==0s", 0);
    ck_assert_int_eq(met->verdict, VERDICT_INCONCLUSIVE);
    ck_assert_int_eq(violated->verdict, VERDICT_FAIL);
    ck_assert_double_eq(violated->observed, 1);
}
END_TEST

/* --- percentiles ---------------------------------------------------------------------------- */

/* 20,000 requests a run, 2 % of them slow; run i's slow ones take 100 + i ms. */
static ResultsRig *slow_campaign(int per_second)
{
    ResultsRig *rig = results_rig_new(10, 20);

    for (int i = 0; i < 10; i++) {
        for (int j = 0; j < 20; j++) {
            g_autoptr(Histogram) latency = histogram_new();
            ResultsUsers users = {.run = i,
                                  .time = j * SIM_S,
                                  .client = "users",
                                  .region = "Europe",
                                  .dc = "DC03",
                                  .ok = (uint64_t)per_second,
                                  .attempts = (uint64_t)per_second,
                                  .latency = latency};

            histogram_add_many(latency, 10 * SIM_MS, (uint64_t)per_second * 98 / 100);
            histogram_add_many(latency, (100 + i) * SIM_MS, (uint64_t)per_second * 2 / 100);
            results_write_users(rig->writer, &users);
        }
    }
    return rig;
}

START_TEST(a_percentile_is_pooled_and_its_interval_over_replications)
{
    g_autoptr(ResultsRig) rig = slow_campaign(1000);
    g_autoptr(Judged) judged = judge(rig, "http_req_duration", "p(99)<120ms", 0);

    /* The 99 % of all together is the middle of the slow ones: 104 ms; the runs' own are 100 to
     * 109, s = 3.0277, half-width t(9) s / sqrt(10) = 2.1659. */
    ck_assert_int_eq(judged->verdict, VERDICT_PASS);
    ck_assert_double_eq_tol(judged->observed, 0.1045, 0.0011);
    ck_assert_double_eq_tol(judged->high - judged->low, 2 * 0.0021659, 0.0003);
    ck_assert_ptr_nonnull(strstr(judged->why, "failed ones have no latency"));
}
END_TEST

START_TEST(a_percentile_of_too_few_values_is_inconclusive)
{
    g_autoptr(ResultsRig) rig = slow_campaign(100);
    g_autoptr(Judged) judged = judge(rig, "http_req_duration", "p(99)<10s", 0);

    /* 2,000 values a run have 20 beyond the 99 %, of 100 needed. */
    ck_assert_int_eq(judged->verdict, VERDICT_INCONCLUSIVE);
    ck_assert_ptr_nonnull(strstr(judged->why, "needs about 80000 more requests"));
}
END_TEST

START_TEST(largest_latency_is_asked_of_every_run)
{
    g_autoptr(ResultsRig) rig = slow_campaign(1000);
    g_autoptr(Judged) pass = judge(rig, "http_req_duration", "max<=110ms", 0);
    g_autoptr(Judged) fail = judge(rig, "http_req_duration", "max<109ms", 0);

    ck_assert_int_eq(pass->verdict, VERDICT_PASS);
    ck_assert_double_eq_tol(pass->low, 0.1, 1e-9);
    ck_assert_double_eq_tol(pass->high, 0.109, 1e-9);
    ck_assert_int_eq(fail->verdict, VERDICT_FAIL);
    ck_assert_ptr_nonnull(strstr(fail->why, "violated in 1 of 10"));
}
END_TEST

/* --- components ----------------------------------------------------------------------------- */

/* Two hosts; app2 is busy at 0.9 for seconds 10 to 14 of run 1, at 0.5 otherwise; app1 at 0.3. */
static ResultsRig *busy_campaign(void)
{
    ResultsRig *rig = results_rig_new(3, 30);

    results_write_component(rig->writer, 0, "host@DC03-app1", "host", "DC03", "app", "app1", NULL);
    results_write_component(rig->writer, 1, "host@DC03-app2", "host", "DC03", "app", "app2", NULL);
    results_write_metric(rig->writer, 0, "utilisation", "gauge", "ratio", "Share of its CPU");
    results_write_metric(rig->writer, 1, "refused", "counter", "1", "Connections refused");
    results_write_metric(rig->writer, 2, "hint_age", "histogram", "s", "Age of hints");
    for (int i = 0; i < 3; i++) {
        for (int j = -10; j < 30; j++) {
            bool is_busy = i == 1 && j >= 10 && j < 15;
            g_autoptr(Histogram) ages = histogram_new();

            histogram_add_many(ages, 2 * SIM_S, 1000);
            results_write_sample(rig->writer, i, 0, 0, j * SIM_S, 0.3, 0.4);
            results_write_sample(rig->writer, i, 1, 0, j * SIM_S, is_busy ? 0.9 : 0.5, 1);
            results_write_sample(rig->writer, i, 0, 1, j * SIM_S, j == 20 ? 6 : 0, 0);
            results_write_sample(rig->writer, i, 1, 1, j * SIM_S, j == 3 ? 2 + i : 0, 0);
            results_write_histogram(rig->writer, i, 1, 2, j * SIM_S, ages);
        }
    }
    return rig;
}

START_TEST(the_largest_level_is_a_window_of_one_component)
{
    g_autoptr(ResultsRig) rig = busy_campaign();
    g_autoptr(Judged) judged = judge(rig, "utilisation{role:app}", "max<0.8", 0);
    g_autoptr(Judged) sharp = judge(rig, "utilisation{role:app}", "max<0.8", 5 * SIM_S);

    ck_assert_int_eq(judged->verdict, VERDICT_PASS);
    ck_assert_double_eq_tol(judged->observed, 0.7, 1e-12);
    ck_assert_double_eq_tol(judged->low, 0.5, 1e-12);
    ck_assert_int_eq(sharp->verdict, VERDICT_FAIL);
    ck_assert_double_eq_tol(sharp->observed, 0.9, 1e-12);
}
END_TEST

START_TEST(the_mean_level_is_over_components_and_time)
{
    g_autoptr(ResultsRig) rig = busy_campaign();
    g_autoptr(Judged) judged = judge(rig, "utilisation{node:*}", "avg<0.55", 0);
    g_autoptr(Judged) both = judge(rig, "utilisation{role:app}", "avg<0.5", 0);

    ck_assert_double_eq_tol(both->observed, (0.4 * 89 + 0.4 + 5 * 0.2) / 90, 1e-9);
    ck_assert_double_eq_tol(judged->observed, 0.5 + 5 * 0.4 / 90, 1e-9);
    ck_assert_ptr_nonnull(strstr(judged->why, "'app2'"));
}
END_TEST

START_TEST(counters_add_up_over_components_and_count_in_every_run)
{
    g_autoptr(ResultsRig) rig = busy_campaign();
    g_autoptr(Judged) count = judge(rig, "refused{role:app}", "count<=9", 0);
    g_autoptr(Judged) rate = judge(rig, "refused{node:app1}", "rate<1", 0);

    ck_assert_double_eq(count->observed, 10);
    ck_assert_double_eq(count->low, 8);
    ck_assert_int_eq(count->verdict, VERDICT_FAIL);
    ck_assert_double_eq_tol(rate->observed, 0.2, 1e-12);
}
END_TEST

START_TEST(histograms_of_components_have_percentiles)
{
    g_autoptr(ResultsRig) rig = busy_campaign();
    g_autoptr(Judged) judged = judge(rig, "hint_age{dc:DC03}", "p(99)<3s", 0);
    g_autoptr(Judged) count = judge(rig, "hint_age", "count>=30000", 0);

    ck_assert_double_eq_tol(judged->observed, 2, 0.01);
    ck_assert_int_eq(judged->verdict, VERDICT_PASS);
    ck_assert_int_eq(count->verdict, VERDICT_PASS);
}
END_TEST

START_TEST(a_metric_that_nobody_measures_is_inconclusive)
{
    g_autoptr(ResultsRig) rig = busy_campaign();
    g_autoptr(Judged) judged = judge(rig, "utilisation{role:db}", "max<0.8", 0);
    g_autoptr(Judged) all = judge(rig, "utilisation{role:db,node:*}", "max<0.8", 0);

    ck_assert_int_eq(judged->verdict, VERDICT_INCONCLUSIVE);
    ck_assert_int_eq(all->verdict, VERDICT_INCONCLUSIVE);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("judge");
    TCase *tests = tcase_create("judge");

    tcase_add_test(tests, a_rate_whose_interval_meets_the_limit_passes);
    tcase_add_test(tests, a_rate_whose_interval_violates_the_limit_fails);
    tcase_add_test(tests, an_interval_across_the_limit_is_inconclusive);
    tcase_add_test(tests, no_failure_seen_is_not_a_rate_of_zero);
    tcase_add_test(tests, a_phase_that_no_run_has_is_inconclusive);
    tcase_add_test(tests, what_some_runs_did_not_measure_does_not_pass);
    tcase_add_test(tests, an_unfinished_run_does_not_pass);
    tcase_add_test(tests, a_phase_that_was_cut_does_not_fail_for_its_mean);
    tcase_add_test(tests, requests_a_second_and_tries_a_request_are_ratios_of_totals);
    tcase_add_test(tests, one_steady_run_gives_an_interval_from_its_seconds);
    tcase_add_test(tests, one_run_with_a_fault_gives_no_interval);
    tcase_add_test(tests, one_run_can_fail_a_worst_case_but_not_pass_it);
    tcase_add_test(tests, a_percentile_is_pooled_and_its_interval_over_replications);
    tcase_add_test(tests, a_percentile_of_too_few_values_is_inconclusive);
    tcase_add_test(tests, largest_latency_is_asked_of_every_run);
    tcase_add_test(tests, the_largest_level_is_a_window_of_one_component);
    tcase_add_test(tests, the_mean_level_is_over_components_and_time);
    tcase_add_test(tests, counters_add_up_over_components_and_count_in_every_run);
    tcase_add_test(tests, histograms_of_components_have_percentiles);
    tcase_add_test(tests, a_metric_that_nobody_measures_is_inconclusive);
    suite_add_tcase(suite, tests);
    return suite;
}
