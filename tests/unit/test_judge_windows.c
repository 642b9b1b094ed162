/* test_judge_windows.c - worst windows, outages and rerouting on made-up campaigns. */
#include "sim/results/judge/window.h"

#include <math.h>

#include "sim/base/rng.h"
#include "sim/results/judge/judge.h"
#include "sim/results/judge/outage.h"
#include "sim/results/judge/reroute.h"
#include "tests/support/results_rig.h"
#include "tests/support/suite.h"

static ThresholdRule *rule_of(const char *metric, const char *condition)
{
    g_autoptr(GError) error = NULL;
    ThresholdRule *rule = threshold_parse(metric, condition, NULL, &error);

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

/* --- windows -------------------------------------------------------------------------------- */

START_TEST(a_sliding_window_sees_what_aligned_ones_miss)
{
    g_autoptr(ResultsRig) rig = results_rig_new(2, 30);
    g_autoptr(Judged) judged = NULL;

    /* Seconds 7 to 12 fail wholly: windows of 10 s from 0, 10, 20 have 3 bad seconds each; the
     * one from 3 has 6. */
    for (int i = 0; i < 2; i++) {
        for (int j = 0; j < 30; j++) {
            bool is_bad = j >= 7 && j <= 12;

            results_rig_users(rig, i, j, "Europe", "DC03", is_bad ? 0 : 100, is_bad ? 100 : 0,
                              SIM_MS);
        }
    }
    judged = judge(rig, "http_req_failed", "rate<0.5", 10 * SIM_S);
    ck_assert_int_eq(judged->verdict, VERDICT_FAIL);
    ck_assert_double_eq_tol(judged->observed, 0.6, 1e-12);
    ck_assert_ptr_nonnull(strstr(judged->why, "the worst begins at 3s"));
    ck_assert_str_eq(judged->condition, "rate<0.5 in every 10s window");
}
END_TEST

START_TEST(one_bad_window_in_one_run_is_a_counterexample)
{
    g_autoptr(ResultsRig) rig = results_rig_new(10, 20);
    g_autoptr(Judged) judged = NULL;

    for (int i = 0; i < 10; i++) {
        for (int j = 0; j < 20; j++) {
            bool is_bad = i == 4 && j == 11;

            results_rig_users(rig, i, j, "Europe", "DC03", is_bad ? 0 : 100, is_bad ? 100 : 0,
                              SIM_MS);
        }
    }
    judged = judge(rig, "http_req_failed", "rate<0.05", 10 * SIM_S);
    ck_assert_int_eq(judged->verdict, VERDICT_FAIL);
    ck_assert_ptr_nonnull(strstr(judged->why, "replication 4"));
}
END_TEST

START_TEST(a_window_longer_than_the_phase_is_inconclusive)
{
    g_autoptr(ResultsRig) rig = slow_campaign(100);
    g_autoptr(Judged) judged = judge(rig, "http_req_failed", "rate<0.5", 21 * SIM_S);

    ck_assert_int_eq(judged->verdict, VERDICT_INCONCLUSIVE);
}
END_TEST

START_TEST(least_goodput_is_that_of_the_worst_ten_seconds_unless_said)
{
    g_autoptr(ResultsRig) rig = results_rig_new(2, 40);
    g_autoptr(Judged) ten = NULL;
    g_autoptr(Judged) five = NULL;

    for (int i = 0; i < 2; i++) {
        for (int j = 0; j < 40; j++) {
            results_rig_users(rig, i, j, "Europe", "DC03", j >= 15 && j < 20 ? 50 : 100, 0, SIM_MS);
        }
    }
    ten = judge(rig, "goodput", "min>=75", 0);
    five = judge(rig, "goodput", "min>=75", 5 * SIM_S);
    ck_assert_double_eq(ten->observed, 75);
    ck_assert_int_eq(ten->verdict, VERDICT_PASS);
    ck_assert_double_eq(five->observed, 50);
    ck_assert_int_eq(five->verdict, VERDICT_FAIL);
}
END_TEST

START_TEST(percentiles_of_thin_windows_do_not_pass)
{
    g_autoptr(ResultsRig) rig = slow_campaign(100);
    g_autoptr(Judged) thin = judge(rig, "http_req_duration", "p(99)<1s", 5 * SIM_S);
    g_autoptr(Judged) thick = judge(rig, "http_req_duration", "p(99)<1s", 10 * SIM_S);

    ck_assert_int_eq(thin->verdict, VERDICT_INCONCLUSIVE);
    ck_assert_int_eq(thick->verdict, VERDICT_PASS);
}
END_TEST

/* The worst window of a random stream is that of a twin that looks at all of them anew. */
START_TEST(worst_window_agrees_with_a_naive_twin)
{
    enum { ROUNDS = 300 };
    g_autoptr(ThresholdRule) rule = rule_of("http_req_failed", "rate<0.1");
    Rng rng;

    rng_init(&rng, 5, "windows");
    for (int round = 0; round < ROUNDS; round++) {
        guint count = 1 + (guint)rng_below(&rng, 30);
        guint length = 1 + (guint)rng_below(&rng, 12);
        double parts[30];
        double wholes[30];
        Stream stream = {.step = SIM_S, .count = count, .parts = parts, .wholes = wholes};
        WindowWorst worst = window_none();
        double wanted = (double)NAN;

        for (guint i = 0; i < count; i++) {
            wholes[i] = rng_chance(&rng, 0.3) ? 0 : (double)rng_below(&rng, 50);
            parts[i] = wholes[i] > 0 ? (double)rng_below(&rng, (uint64_t)wholes[i] + 1) : 0;
        }
        for (guint i = 0; i < count; i++) {
            double part = 0;
            double whole = 0;

            for (guint j = i; j < count && j < i + length; j++) {
                part += parts[j];
                whole += wholes[j];
            }
            if (i + length <= count && whole > 0) {
                wanted = fmax(wanted, part / whole);
            }
        }
        window_find_worst(rule, &stream, WINDOW_RATIO, length * SIM_S, &worst);
        ck_assert((isnan(wanted) && isnan(worst.value)) || wanted == worst.value);
    }
}
END_TEST

/* --- outages -------------------------------------------------------------------------------- */

/* Longest run by asking of every stretch whether it is one: bad at both ends, no good bucket in it.
 */
static double twin_longest(const ResultsCounts *seconds, guint count)
{
    double longest = 0;

    for (guint i = 0; i < count; i++) {
        for (guint j = i; j < count; j++) {
            bool is_outage = true;

            for (guint k = i; k <= j; k++) {
                uint64_t all = seconds[k].ok + seconds[k].failed;
                bool is_bad = all > 0 && (double)seconds[k].ok / (double)all < 0.99;

                is_outage = is_outage && (is_bad || (all == 0 && k != i && k != j));
            }
            if (is_outage) {
                longest = fmax(longest, j - i + 1);
            }
        }
    }
    return longest;
}

START_TEST(longest_outage_agrees_with_a_naive_twin)
{
    enum { ROUNDS = 400, MOST = 25 };
    Rng rng;

    rng_init(&rng, 9, "outages");
    for (int round = 0; round < ROUNDS; round++) {
        guint count = 1 + (guint)rng_below(&rng, MOST);
        ResultsCounts seconds[MOST] = {{.ok = 0}};
        Outages found;

        for (guint i = 0; i < count; i++) {
            uint64_t kind = rng_below(&rng, 4);

            seconds[i].ok = kind == 0 ? 0 : kind == 1 ? 97 : 200;
            seconds[i].failed = kind == 1 || kind == 2 ? 2 : 0;
            if (kind == 3) {
                seconds[i].ok = 0;
                seconds[i].failed = rng_below(&rng, 2);
            }
        }
        found = outage_find(&outage_rules, seconds, count);
        ck_assert_double_eq(found.longest_s, twin_longest(seconds, count));
    }
}
END_TEST

START_TEST(an_outage_of_one_region_hides_in_the_service_but_not_in_its_region)
{
    g_autoptr(ResultsRig) rig = results_rig_new(2, 30);
    g_autoptr(Judged) service = NULL;
    g_autoptr(Judged) worst = NULL;
    g_autoptr(Judged) count = NULL;
    g_autoptr(Judged) coarse = NULL;

    for (int i = 0; i < 2; i++) {
        for (int j = 0; j < 30; j++) {
            bool is_out = j >= 10 && j < 16 + i;

            results_rig_users(rig, i, j, "Asia", "DC01", 2000, 0, SIM_MS);
            results_rig_users(rig, i, j, "Europe", "DC03", is_out ? 0 : 10, is_out ? 10 : 0,
                              SIM_MS);
        }
    }
    service = judge(rig, "outage_duration", "max==0s", 0);
    worst = judge(rig, "outage_duration{region:*}", "max<7s", 0);
    count = judge(rig, "outage_duration{region:Europe}", "count<=1", 0);
    coarse = judge(rig, "outage_duration{region:Europe,bucket:5s,success:50%}", "max<=5s", 0);
    ck_assert_int_eq(service->verdict, VERDICT_PASS);
    ck_assert_int_eq(worst->verdict, VERDICT_FAIL);
    ck_assert_double_eq(worst->observed, 7);
    ck_assert_double_eq(worst->low, 6);
    ck_assert_ptr_nonnull(strstr(worst->why, "'Europe'"));
    ck_assert_str_eq(worst->labels, "region:*");
    ck_assert_int_eq(count->verdict, VERDICT_PASS);
    /* Out from 10 to 16 and 17 s: of the buckets of 5 s only the first is bad by half. */
    ck_assert_int_eq(coarse->verdict, VERDICT_PASS);
    ck_assert_ptr_nonnull(strstr(coarse->why, "buckets of 5 s with a success ratio after retries "
                                              "below 0.5"));
}
END_TEST

/* --- rerouting ------------------------------------------------------------------------------ */

/* Europe is served by DC03 until 60 s; from then on all fail until second `moves`, when the given
 * share is served by DC01, and all from `moves` + 20. Asia never used DC03. */
static ResultsRig *rerouted_campaign(int runs, int moves, uint64_t share)
{
    ResultsRig *rig = results_rig_new(runs, 200);

    for (int i = 0; i < runs; i++) {
        results_rig_fault(rig, i, "DC03", 60, 180);
        for (int j = 0; j < 200; j++) {
            int since = j - 60;
            uint64_t moved = since < moves + i ? 0 : since < moves + i + 20 ? share : 100;

            results_rig_users(rig, i, j, "Asia", "DC01", 500, 0, SIM_MS);
            if (since < 0 || j >= 180) {
                results_rig_users(rig, i, j, "Europe", "DC03", 100, 0, SIM_MS);
            } else {
                results_rig_users(rig, i, j, "Europe", "DC01", moved, 0, SIM_MS);
                results_rig_users(rig, i, j, "Europe", "DC03", 0, 100 - moved, SIM_MS);
            }
        }
    }
    return rig;
}

START_TEST(reroute_time_is_when_the_share_has_moved)
{
    g_autoptr(ResultsRig) rig = rerouted_campaign(3, 30, 92);
    g_autoptr(Judged) ninety = judge(rig, "reroute_time{dc:DC03}", "p(90)<100s", 0);
    g_autoptr(Judged) all = judge(rig, "reroute_time{dc:DC03}", "max<53s", 0);
    g_autoptr(Judged) other = judge(rig, "reroute_time{dc:DC01}", "max<53s", 0);

    /* Runs move in seconds 30, 31, 32 after the fault, whole at their ends; all together reach
     * 90 % when the last has moved. */
    ck_assert_int_eq(ninety->verdict, VERDICT_PASS);
    ck_assert_double_eq(ninety->observed, 33);
    ck_assert_double_eq_tol(ninety->high - ninety->low, 2 * 4.3027 / sqrt(3), 0.001);
    ck_assert_int_eq(all->verdict, VERDICT_FAIL);
    ck_assert_double_eq(all->observed, 53);
    ck_assert_double_eq(all->low, 51);
    ck_assert_int_eq(other->verdict, VERDICT_INCONCLUSIVE);
    ck_assert_ptr_nonnull(strstr(other->why, "no fault hit 'DC01'"));
}
END_TEST

START_TEST(a_share_that_never_moves_does_not_pass)
{
    g_autoptr(ResultsRig) rig = rerouted_campaign(3, 500, 50);
    g_autoptr(Judged) tight = judge(rig, "reroute_time{dc:DC03}", "p(50)<100s", 0);
    g_autoptr(Judged) loose = judge(rig, "reroute_time{dc:DC03}", "max<1000s", 0);

    ck_assert_int_eq(tight->verdict, VERDICT_FAIL);
    ck_assert_int_eq(loose->verdict, VERDICT_INCONCLUSIVE);
    ck_assert_ptr_nonnull(strstr(loose->why, "not reached while the fault lasted in 3 of 3"));
}
END_TEST

START_TEST(rising_fit_agrees_with_the_max_min_formula)
{
    enum { ROUNDS = 200, MOST = 12 };
    Rng rng;

    rng_init(&rng, 2, "isotonic");
    for (int round = 0; round < ROUNDS; round++) {
        guint count = 1 + (guint)rng_below(&rng, MOST);
        double values[MOST];
        double weights[MOST];
        double fitted[MOST];

        for (guint i = 0; i < count; i++) {
            values[i] = fitted[i] = rng_uniform(&rng);
            weights[i] = 1 + (double)rng_below(&rng, 5);
        }
        reroute_make_rising(fitted, weights, count);
        /* max over a <= i of min over b >= i of the weighted mean of a..b. */
        for (guint i = 0; i < count; i++) {
            double most = -INFINITY;

            for (guint a = 0; a <= i; a++) {
                double least = INFINITY;
                double sum = 0;
                double weight = 0;

                for (guint b = a; b < count; b++) {
                    sum += values[b] * weights[b];
                    weight += weights[b];
                    least = b >= i ? fmin(least, sum / weight) : least;
                }
                most = fmax(most, least);
            }
            ck_assert_double_eq_tol(fitted[i], most, 1e-12);
        }
    }
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("judge_windows");
    TCase *tests = tcase_create("judge_windows");

    tcase_add_test(tests, a_sliding_window_sees_what_aligned_ones_miss);
    tcase_add_test(tests, one_bad_window_in_one_run_is_a_counterexample);
    tcase_add_test(tests, a_window_longer_than_the_phase_is_inconclusive);
    tcase_add_test(tests, least_goodput_is_that_of_the_worst_ten_seconds_unless_said);
    tcase_add_test(tests, percentiles_of_thin_windows_do_not_pass);
    tcase_add_test(tests, worst_window_agrees_with_a_naive_twin);
    tcase_add_test(tests, longest_outage_agrees_with_a_naive_twin);
    tcase_add_test(tests, an_outage_of_one_region_hides_in_the_service_but_not_in_its_region);
    tcase_add_test(tests, reroute_time_is_when_the_share_has_moved);
    tcase_add_test(tests, a_share_that_never_moves_does_not_pass);
    tcase_add_test(tests, rising_fit_agrees_with_the_max_min_formula);
    suite_add_tcase(suite, tests);
    return suite;
}
