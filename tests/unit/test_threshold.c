/* test_threshold.c - conditions on metrics are read as k6 users write them. */
#include "sim/results/threshold.h"
#include "tests/support/suite.h"

static const ThresholdMetric declared[] = {
    {"utilisation", THRESHOLD_GAUGE, "ratio", "Share of its CPU that a host uses"},
    {"hints_pending", THRESHOLD_GAUGE, "B", "Hints waiting"},
    {"hint_age", THRESHOLD_HISTOGRAM, "s", "Age of hints when they are replayed"},
    {"refused", THRESHOLD_COUNTER, "1", "Connections refused"},
    {.name = NULL},
};
static const char *const dcs[] = {"DC01", "DC03", NULL};
static const char *const phases[] = {"baseline", "lose-dc03", "recovery", NULL};
static const ThresholdLabelValues values[] = {{"dc", dcs}, {"phase", phases}, {.label = NULL}};
static const ThresholdKnown known = {.declared = declared, .values = values};

static const struct Good {
    const char *metric, *condition;
    ThresholdType type;
    ThresholdAggregate aggregate;
    double quantile;
    ThresholdOperator comparison;
    double limit;
} good[] = {
    {"http_req_failed", "rate<0.001", THRESHOLD_RATIO, THRESHOLD_RATE, 0, THRESHOLD_LESS, 0.001},
    {"http_req_failed", "rate<=2%", THRESHOLD_RATIO, THRESHOLD_RATE, 0, THRESHOLD_AT_MOST, 0.02},
    {"http_req_duration", "p(99)<300ms", THRESHOLD_HISTOGRAM, THRESHOLD_PERCENTILE, 0.99,
     THRESHOLD_LESS, 0.3},
    {"http_req_duration{phase:lose-dc03}", " p(99.9) < 2500ms ", THRESHOLD_HISTOGRAM,
     THRESHOLD_PERCENTILE, 0.999, THRESHOLD_LESS, 2.5},
    {"http_req_duration", "med<=1.5s", THRESHOLD_HISTOGRAM, THRESHOLD_PERCENTILE, 0.5,
     THRESHOLD_AT_MOST, 1.5},
    {"http_req_duration", "avg!=1s", THRESHOLD_HISTOGRAM, THRESHOLD_AVG, 0, THRESHOLD_UNEQUAL, 1},
    {"goodput", "min>=2850", THRESHOLD_SPEED, THRESHOLD_MIN, 0, THRESHOLD_AT_LEAST, 2850},
    {"outage_duration", "max==0s", THRESHOLD_OUTAGE, THRESHOLD_MAX, 0, THRESHOLD_EQUAL, 0},
    {"outage_duration{region:*}", "count<2", THRESHOLD_OUTAGE, THRESHOLD_COUNT, 0, THRESHOLD_LESS,
     2},
    {"reroute_time{dc:DC03}", "p(90)<100s", THRESHOLD_REROUTE, THRESHOLD_PERCENTILE, 0.9,
     THRESHOLD_LESS, 100},
    {"retry_amplification", "value<1.2", THRESHOLD_QUOTIENT, THRESHOLD_VALUE, 0, THRESHOLD_LESS,
     1.2},
    {"http_reqs", "rate>2000/s", THRESHOLD_COUNTER, THRESHOLD_RATE, 0, THRESHOLD_MORE, 2000},
    {"utilisation{role:app,phase:baseline}", "max<80%", THRESHOLD_GAUGE, THRESHOLD_MAX, 0,
     THRESHOLD_LESS, 0.8},
    {"hints_pending", "max<64MiB", THRESHOLD_GAUGE, THRESHOLD_MAX, 0, THRESHOLD_LESS, 67108864},
    {"hint_age", "p(50)<1min", THRESHOLD_HISTOGRAM, THRESHOLD_PERCENTILE, 0.5, THRESHOLD_LESS, 60},
    {"refused", "count<10", THRESHOLD_COUNTER, THRESHOLD_COUNT, 0, THRESHOLD_LESS, 10},
};

START_TEST(each_condition_is_read_with_its_unit)
{
    const struct Good *wanted = &good[_i];
    g_autoptr(GError) error = NULL;
    g_autoptr(ThresholdRule) rule =
        threshold_parse(wanted->metric, wanted->condition, &known, &error);

    ck_assert_msg(rule != NULL, "%s %s: %s", wanted->metric, wanted->condition,
                  error != NULL ? error->message : "");
    ck_assert_int_eq(rule->type, wanted->type);
    ck_assert_int_eq(rule->aggregate, wanted->aggregate);
    ck_assert_int_eq(rule->comparison, wanted->comparison);
    ck_assert_double_eq_tol(rule->limit, wanted->limit, 1e-12);
    if (wanted->quantile > 0) {
        ck_assert_double_eq_tol(rule->quantile, wanted->quantile, 1e-12);
    }
}
END_TEST

static const struct Bad {
    const char *metric, *condition, *message;
} bad[] = {
    {"http_req_duraton", "p(99)<300ms",
     "unknown metric 'http_req_duraton'; did you mean 'http_req_duration'?"},
    {"utilization", "max<0.8", "unknown metric 'utilization'; did you mean 'utilisation'?"},
    {"http_reqs{dz:DC03}", "rate>1", "unknown label 'dz'; there are"},
    {"http_reqs{role:app}", "rate>1", "unknown label 'role'"},
    {"http_reqs{dc:DC09}", "rate>1", "unknown value of label 'dc' 'DC09'"},
    {"http_reqs{phase:baselin}", "rate>1", "did you mean 'baseline'?"},
    {"http_reqs{dc:DC03,dc:DC01}", "rate>1", "label 'dc' stands twice"},
    {"http_reqs{dc}", "rate>1", "label 'dc' must be written as 'name:value'"},
    {"http_reqs{dc:}", "rate>1", "label 'dc' has no value"},
    {"http_reqs{dc:DC03", "rate>1", "labels '{dc:DC03' must be written as"},
    {"http_reqs{}", "rate>1", "label '' must be written as"},
    {"http_reqs", "rate", "condition 'rate' must compare"},
    {"http_reqs", "p(99)<1", "unknown aggregate of 'http_reqs' 'p(99)'"},
    {"http_req_failed", "rte<1", "unknown aggregate of 'http_req_failed' 'rte'"},
    {"http_req_failed", "rate<1.5", "limit '1.5' of 'http_req_failed' is not one"},
    {"http_req_failed", "rate<", "limit '' of 'http_req_failed' is not one"},
    {"http_req_failed", "rate<0x1", "limit '0x1'"},
    {"http_req_failed", "rate<nan", "limit 'nan'"},
    {"http_req_duration", "p(99)<300", "needs a unit (ns, us, ms, s, min, h, d), like \"300ms\""},
    {"http_req_duration", "p(99)<fast", "limit 'fast' of 'http_req_duration' is not a duration"},
    {"http_req_duration", "p(100)<1s", "percentile 'p(100)' must lie between 0 and 100"},
    {"http_req_duration", "p()<1s", "percentile 'p()' must lie between 0 and 100"},
    {"hints_pending", "max<64", "limit '64' of 'hints_pending' is not one"},
    {"refused", "count<ten", "limit 'ten' of 'refused' is not one"},
    {"outage_duration{bucket:1.5s}", "max<1s", "must be a whole number of seconds"},
    {"outage_duration{success:99}", "max<1s", "must be a ratio from 0 to 1"},
    {"http_reqs{bucket:1s}", "rate>1", "unknown label 'bucket'"},
    {"reroute_time", "max<1s", "needs the data centre that its users have to leave"},
};

START_TEST(each_mistake_is_named)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(ThresholdRule) rule =
        threshold_parse(bad[_i].metric, bad[_i].condition, &known, &error);

    ck_assert_ptr_null(rule);
    ck_assert_msg(strstr(error->message, bad[_i].message) != NULL, "%s", error->message);
}
END_TEST

START_TEST(labels_may_hold_blanks_and_come_back_as_written)
{
    g_autoptr(ThresholdRule) rule = threshold_parse(
        "http_req_duration{ region:Europe central , dc : DC03 }", "p(95)<1s", &known, NULL);
    g_autoptr(ThresholdRule) other = threshold_with_label(rule, "dc", "DC01");
    g_autofree char *text = threshold_labels_text(rule);

    ck_assert_str_eq(text, "region:Europe central,dc:DC03");
    ck_assert_str_eq(threshold_label(rule, "region"), "Europe central");
    ck_assert_str_eq(threshold_label(other, "dc"), "DC01");
    ck_assert_ptr_null(threshold_label(rule, "phase"));
}
END_TEST

START_TEST(each_comparison_holds_on_its_side_only)
{
    const char *conditions[] = {"count<2",  "count<=2", "count>2",
                                "count>=2", "count==2", "count!=2"};
    const bool wanted[][3] = {{true, false, false}, {true, true, false},  {false, false, true},
                              {false, true, true},  {false, true, false}, {true, false, true}};

    for (int i = 0; i < 6; i++) {
        g_autoptr(ThresholdRule) rule = threshold_parse("http_reqs", conditions[i], NULL, NULL);

        for (int value = 1; value <= 3; value++) {
            ck_assert_int_eq(threshold_holds(rule, value), wanted[i][value - 1]);
        }
    }
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("threshold");
    TCase *tests = tcase_create("threshold");

    tcase_add_loop_test(tests, each_condition_is_read_with_its_unit, 0, G_N_ELEMENTS(good));
    tcase_add_loop_test(tests, each_mistake_is_named, 0, G_N_ELEMENTS(bad));
    tcase_add_test(tests, labels_may_hold_blanks_and_come_back_as_written);
    tcase_add_test(tests, each_comparison_holds_on_its_side_only);
    suite_add_tcase(suite, tests);
    return suite;
}
