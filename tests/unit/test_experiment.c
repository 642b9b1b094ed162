/* test_experiment.c - kinds of experiments, and what is refused in words, on made-up campaigns. */
#include "sim/results/evidence/experiment.h"

#include <math.h>
#include <string.h>

#include "sim/base/rng.h"
#include "sim/results/judge/judge.h"
#include "tests/support/results_rig.h"
#include "tests/support/suite.h"

#define WARMUP 10 /* s, of the rig */

/* Mean latency at a second of the scenario, which is negative in the warm-up. */
typedef double LatencyAt(int second);

static double steady(int second)
{
    (void)second;
    return 0.1;
}

static double growing(int second)
{
    return second < 0 ? 0.1 : 0.1 + 0.001 * second;
}

/* Half as slow again until 15 s after the warm-up. */
static double slow_start(int second)
{
    return second < 15 ? 0.15 : 0.1;
}

static double slow_warmup(int second)
{
    return second < 0 ? 0.15 : 0.1;
}

/* 100 requests a second; each second's latency is off by up to 20 %, by luck. */
static ResultsRig *campaign(int runs, int seconds, LatencyAt *at, uint64_t seed)
{
    ResultsRig *rig = results_rig_new(runs, seconds);

    for (int i = 0; i < runs; i++) {
        Rng rng;

        rng_init(&rng, seed + (uint64_t)i, "latency");
        for (int j = -WARMUP; j < seconds; j++) {
            double luck = 0.8 + 0.4 * rng_uniform(&rng);

            results_rig_users(rig, i, j, "Europe", "DC01", 99, 1,
                              (SimSpan)(at(j) * luck * (double)SIM_S));
        }
    }
    return rig;
}

static Estimate estimate(ResultsRig *rig, const char *metric, const char *condition)
{
    g_autoptr(ThresholdRule) rule = threshold_parse(metric, condition, NULL, NULL);

    return judge_estimate(rig->results, rule, 0.95);
}

static void assert_words(Results *results, const char *words)
{
    g_autofree char *told = experiment_describe(results);

    ck_assert_msg(strstr(told, words) != NULL, "'%s' does not say '%s'", told, words);
}

START_TEST(a_steady_campaign_is_told_with_its_cut)
{
    g_autoptr(ResultsRig) rig = campaign(10, 60, slow_warmup, 1);
    const Experiment *experiment = experiment_examine(results_rig_open(rig));
    const ExperimentSeries *series = experiment->series->pdata[0];

    ck_assert_int_eq(experiment->kind, EXPERIMENT_STEADY);
    ck_assert_uint_eq(experiment->series->len, 1);
    ck_assert_str_eq(series->name, "http_req_duration");
    ck_assert_int_eq(series->begin, -WARMUP * SIM_S);
    ck_assert_uint_eq(series->count, 70);
    ck_assert_int_eq(series->cut, 0);
    ck_assert_ptr_null(experiment->doubt);
    assert_words(rig->results,
                 "steady state: no drift; MSER-5 cuts 10s, within the warm-up of 10s");
    ck_assert_double_eq_tol(estimate(rig, "http_req_duration", "avg<1s").value, 0.1, 0.002);
}
END_TEST

START_TEST(a_drift_takes_means_and_percentiles_but_no_shares)
{
    g_autoptr(ResultsRig) rig = campaign(10, 60, growing, 1);
    g_autoptr(ThresholdRule) rule = threshold_parse("http_req_duration", "p(95)<1h", NULL, NULL);
    g_autoptr(Judged) judged = NULL;
    Estimate mean;

    results_rig_open(rig);
    assert_words(rig->results, "not stable: http_req_duration drifts");
    mean = estimate(rig, "http_req_duration", "avg<1s");
    ck_assert(isnan(mean.value) && isnan(mean.low) && isnan(mean.high));
    ck_assert(!mean.is_reliable);
    ck_assert(g_str_has_prefix(mean.method, "not stable: "));
    judged = judge_threshold(rig->results, rule, 0, 0.95);
    ck_assert_int_eq(judged->verdict, VERDICT_INCONCLUSIVE);
    ck_assert(g_str_has_prefix(judged->why, "not stable: http_req_duration drifts"));
    ck_assert_double_eq_tol(estimate(rig, "http_req_failed", "rate<1").value, 0.01, 1e-12);
}
END_TEST

START_TEST(a_warmup_too_short_is_told_with_a_better_one)
{
    g_autoptr(ResultsRig) rig = campaign(10, 200, slow_start, 1);

    results_rig_open(rig);
    assert_words(rig->results, "not converged: http_req_duration is steady only from 15s on");
    assert_words(rig->results, "make simulation.warmup at least 25s");
    ck_assert(isnan(estimate(rig, "http_req_duration", "p(50)<1s").value));
}
END_TEST

START_TEST(too_few_steps_are_told)
{
    g_autoptr(ResultsRig) rig = campaign(10, 9, growing, 1);

    ck_assert_ptr_null(experiment_examine(results_rig_open(rig))->doubt);
    assert_words(rig->results, "too short to tell whether it is steady");
}
END_TEST

START_TEST(three_replications_of_few_steps_cannot_show_a_drift)
{
    g_autoptr(ResultsRig) rig = campaign(3, 40, steady, 1);

    results_rig_open(rig);
    assert_words(rig->results, "too short to see a drift");
}
END_TEST

START_TEST(one_long_replication_can_show_a_drift)
{
    g_autoptr(ResultsRig) rig = campaign(1, 200, growing, 1);

    results_rig_open(rig);
    assert_words(rig->results, "not stable: http_req_duration drifts");
}
END_TEST

/* A fault is what the drill is about: only what comes before it must be steady. */
START_TEST(a_fault_makes_it_a_response_and_only_the_baseline_must_be_steady)
{
    g_autoptr(ResultsRig) rig = campaign(10, 60, growing, 1);
    const Experiment *experiment;

    for (int i = 0; i < 10; i++) {
        results_rig_fault(rig, i, "DC01", 40, 50);
    }
    experiment = experiment_examine(results_rig_open(rig));
    ck_assert_int_eq(experiment->kind, EXPERIMENT_FAULT);
    ck_assert_int_eq(experiment->end, 40 * SIM_S);
    assert_words(rig->results, "before the first fault at 40s: not stable");
    ck_assert(isnan(estimate(rig, "http_req_duration{phase:baseline}", "avg<1s").value));
    ck_assert(!isnan(estimate(rig, "http_req_duration{phase:lose}", "avg<1s").value));
    ck_assert(!isnan(estimate(rig, "http_req_duration", "avg<1s").value));
}
END_TEST

START_TEST(a_load_that_changes_makes_it_terminating_and_nothing_is_asked)
{
    g_autoptr(ResultsRig) rig = campaign(10, 60, growing, 1);

    results_write_fact(rig->writer, "experiment", "terminating");
    ck_assert_int_eq(experiment_examine(results_rig_open(rig))->kind, EXPERIMENT_TERMINATING);
    assert_words(rig->results, "terminating: the load changes");
    ck_assert(!isnan(estimate(rig, "http_req_duration", "avg<1s").value));
}
END_TEST

static void write_event(ResultsRig *rig, const char *event, const char *label, const char *value)
{
    results_write_occurrence(rig->writer, &(ResultsOccurrence){.event = event,
                                                               .component = "station@web",
                                                               .label1 = label,
                                                               .value1 = value,
                                                               .count = 1});
}

START_TEST(an_overloaded_station_is_named_with_its_load)
{
    g_autoptr(ResultsRig) rig = campaign(10, 60, steady, 1);

    write_event(rig, "station.overloaded", "offered", "1.04");
    results_rig_open(rig);
    assert_words(rig->results, "not stable: station 'web' is offered 1.04 of its capacity");
}
END_TEST

START_TEST(an_infinite_mean_is_refused_and_percentiles_are_not)
{
    g_autoptr(ResultsRig) rig = campaign(10, 60, steady, 1);
    Estimate mean;

    write_event(rig, "station.no-mean-wait", NULL, NULL);
    results_rig_open(rig);
    mean = estimate(rig, "http_req_duration", "avg<1s");
    ck_assert(isnan(mean.value));
    ck_assert(g_str_has_prefix(mean.method, "no finite mean: the service of station 'web'"));
    ck_assert(!isnan(estimate(rig, "http_req_duration", "p(50)<1s").value));
}
END_TEST

/* 1 % of campaigns in which nothing drifts may be doubted: of 300 no more than 9 but once in
 * 10,000. */
START_TEST(doubt_without_reason_is_rare)
{
    guint doubted = 0;

    for (uint64_t i = 0; i < 300; i++) {
        g_autoptr(ResultsRig) rig = campaign(6, 20, steady, 100 * i);

        doubted += experiment_examine(results_rig_open(rig))->doubt != NULL ? 1 : 0;
    }
    ck_assert_uint_le(doubted, 9);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("experiment");
    TCase *tests = tcase_create("experiment");

    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, a_steady_campaign_is_told_with_its_cut);
    tcase_add_test(tests, a_drift_takes_means_and_percentiles_but_no_shares);
    tcase_add_test(tests, a_warmup_too_short_is_told_with_a_better_one);
    tcase_add_test(tests, too_few_steps_are_told);
    tcase_add_test(tests, three_replications_of_few_steps_cannot_show_a_drift);
    tcase_add_test(tests, one_long_replication_can_show_a_drift);
    tcase_add_test(tests, a_fault_makes_it_a_response_and_only_the_baseline_must_be_steady);
    tcase_add_test(tests, a_load_that_changes_makes_it_terminating_and_nothing_is_asked);
    tcase_add_test(tests, an_overloaded_station_is_named_with_its_load);
    tcase_add_test(tests, an_infinite_mean_is_refused_and_percentiles_are_not);
    tcase_add_test(tests, doubt_without_reason_is_rare);
    suite_add_tcase(suite, tests);
    return suite;
}
