/* test_margin.c - how far a trial is from its limits, where there is an interval and where not. */
#include "sim/study/margin.h"

#include <math.h>
#include <string.h>

#include "tests/support/results_rig.h"
#include "tests/support/suite.h"

/* A single replication with a fault in it, which gives no interval: `failed` of each 1,000 requests
 * fail where `condition` is asked for. */
static bool measure(uint64_t failed, const char *condition, FrontierPoint *point, GError **error)
{
    static const ThresholdMetric none[] = {{.name = NULL}};
    static const ThresholdKnown known = {.declared = none};
    g_autoptr(ResultsRig) rig = results_rig_new(1, 300);
    g_autoptr(ThresholdRule) rule = threshold_parse("http_req_failed", condition, &known, NULL);
    char *metric = (char *)(uintptr_t) "http_req_failed";
    Threshold threshold = {.metric = metric,
                           .condition = (char *)(uintptr_t)condition,
                           .rule = rule,
                           .confidence = 0.95};
    g_autoptr(GPtrArray) thresholds = g_ptr_array_new();
    Scenario scenario = {.thresholds = thresholds};
    Trial trial = {.scenario = &scenario, .replications = 1};

    g_ptr_array_add(thresholds, &threshold);
    results_rig_fault(rig, 0, "DC03", 100, 200);
    for (int i = 0; i < 300; i++) {
        results_rig_users(rig, 0, i, "Europe", "DC03", 1000 - failed, failed, SIM_MS);
    }
    trial.results = results_rig_open(rig);
    return margin_measure(&trial, point, error);
}

static void forget(FrontierPoint *point)
{
    g_free(point->binding);
    g_free(point->margins);
}

START_TEST(value_over_twice_its_limit_needs_no_interval)
{
    g_autoptr(GError) error = NULL;
    FrontierPoint point = {0};

    ck_assert(measure(21, "rate<0.01", &point, &error));
    ck_assert_ptr_null(error);
    ck_assert_double_eq_tol(point.middle, -1.1, 1e-9); /* 1 - 0.021 / 0.01 */
    ck_assert_double_eq(point.low, point.middle);
    ck_assert_double_eq(point.high, point.middle);
    ck_assert_str_eq(point.binding, "http_req_failed rate<0.01");
    forget(&point);
}
END_TEST

START_TEST(value_up_to_twice_its_limit_needs_one)
{
    static const uint64_t failed[] = {5, 15, 20};

    for (guint i = 0; i < G_N_ELEMENTS(failed); i++) {
        g_autoptr(GError) error = NULL;
        FrontierPoint point = {0};

        ck_assert(!measure(failed[i], "rate<0.01", &point, &error));
        ck_assert_ptr_nonnull(
            strstr(error->message, "'http_req_failed: rate<0.01' has no interval"));
        ck_assert_ptr_nonnull(strstr(error->message, "run more replications"));
        ck_assert_ptr_null(point.binding);
        forget(&point);
    }
}
END_TEST

/* Of a limit of 0 there is no share: what breaks it has the margin -1, which is not beyond it. */
START_TEST(limit_of_nothing_is_not_broken_grossly)
{
    g_autoptr(GError) error = NULL;
    FrontierPoint point = {0};

    ck_assert(!measure(500, "rate<=0", &point, &error));
    ck_assert_ptr_nonnull(strstr(error->message, "has no interval"));
    forget(&point);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("margin");
    TCase *all = tcase_create("all");

    tcase_add_test(all, value_over_twice_its_limit_needs_no_interval);
    tcase_add_test(all, value_up_to_twice_its_limit_needs_one);
    tcase_add_test(all, limit_of_nothing_is_not_broken_grossly);
    suite_add_tcase(suite, all);
    return suite;
}
