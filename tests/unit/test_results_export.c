/* test_results_export.c - summary.json and junit.xml say what is in the results. */
#include "sim/results/results_export.h"

#include <math.h>
#include <string.h>

#include "sim/base/rng.h"
#include "sim/config/json_place.h"
#include "sim/results/export/export_json.h"
#include "tests/support/results_rig.h"
#include "tests/support/suite.h"

START_TEST(numbers_are_short_and_read_back_unchanged)
{
    static const struct {
        double value;
        const char *text;
    } wanted[] = {
        {0, "0"},
        {0.1, "0.1"},
        {600, "600"},
        {24150000, "24150000"},
        {1.0 / 3, "0.3333333333333333"},
        {-2.5, "-2.5"},
        {1e-9, "1e-09"},
        {(double)NAN, "null"},
        {(double)INFINITY, "null"},
        {1e22, "1e+22"},
    };
    char text[EXPORT_NUMBER_TEXT];
    Rng rng;

    for (guint i = 0; i < G_N_ELEMENTS(wanted); i++) {
        ck_assert_str_eq(export_number(wanted[i].value, text), wanted[i].text);
    }
    rng_init(&rng, 4, "numbers");
    for (int i = 0; i < 2000; i++) {
        double value = (rng_uniform(&rng) - 0.5) * pow(10, (double)rng_below(&rng, 30) - 15);

        ck_assert_double_eq(g_ascii_strtod(export_number(value, text), NULL), value);
    }
}
END_TEST

/* Ten runs of 30 s; DC03 is lost from 10 to 20 s, and what it served fails. */
static ResultsRig *campaign(void)
{
    ResultsRig *rig = results_rig_new(10, 30);

    results_write_fact(rig->writer, "scenario", "drills/dc03 \"lost\".json");
    results_write_fact(rig->writer, "title", "DC03 <is> lost & gone");
    results_write_fact(rig->writer, "seed", "1");
    results_write_fact(rig->writer, "version", "0.1.0");
    results_write_fact(rig->writer, "cost_per_month", "125");
    results_write_component(rig->writer, 0, "host@DC03-app1", "host", "DC03", "app", "app1", NULL);
    results_write_metric(rig->writer, 0, "utilisation", "gauge", "ratio", "Share of its CPU");
    results_write_metric(rig->writer, 1, "refused", "counter", "1", "Connections refused");
    for (int i = 0; i < 10; i++) {
        results_rig_fault(rig, i, "DC03", 10, 20);
        for (int j = 0; j < 30; j++) {
            bool is_out = j >= 10 && j < 20;

            results_rig_users(rig, i, j, "Asia", "DC01", 1000, 0, 200 * SIM_MS);
            results_rig_users(rig, i, j, "Europe", "DC03", is_out ? 0 : 500, is_out ? 500 : 0,
                              20 * SIM_MS);
            results_write_sample(rig->writer, i, 0, 0, j * SIM_S, is_out ? 0 : 0.6, 0.8);
            results_write_sample(rig->writer, i, 0, 1, j * SIM_S, is_out ? 2 : 0, 0);
        }
        results_write_occurrence(rig->writer, &(ResultsOccurrence){.run = i,
                                                                   .event = "node.restarted",
                                                                   .count = 3,
                                                                   .first = (20 + i) * SIM_S,
                                                                   .last = (22 + i) * SIM_S});
    }
    results_write_check(rig->writer, &(ResultsCheck){.kind = "threshold",
                                                     .name = "http_req_failed",
                                                     .labels = "dc:DC03,phase:lose",
                                                     .condition = "rate<0.001",
                                                     .observed = 1,
                                                     .low = 1,
                                                     .high = 1,
                                                     .margin = -999,
                                                     .verdict = "fail",
                                                     .why = "worst of 10"});
    results_write_check(rig->writer, &(ResultsCheck){.kind = "must-happen",
                                                     .name = "came-back",
                                                     .observed = (double)NAN,
                                                     .low = (double)NAN,
                                                     .high = (double)NAN,
                                                     .margin = (double)NAN,
                                                     .verdict = "inconclusive",
                                                     .why = "seen too seldom"});
    results_write_check(rig->writer, &(ResultsCheck){.kind = "threshold",
                                                     .name = "goodput",
                                                     .condition = "min>1",
                                                     .margin = -5,
                                                     .verdict = "fail",
                                                     .why = "low",
                                                     .is_warning = true});
    results_rig_open(rig);
    return rig;
}

/* The metric with these labels, given as "phase" and "dc" (NULL: without). */
static const cJSON *find_metric(const cJSON *summary, const char *name, const char *phase,
                                const char *dc)
{
    const cJSON *metric;

    cJSON_ArrayForEach(metric, json_member(summary, "metrics"))
    {
        const cJSON *labels = json_member(metric, "labels");
        const char *its_phase = cJSON_GetStringValue(json_member(labels, "phase"));
        const char *its_dc = cJSON_GetStringValue(json_member(labels, "dc"));

        if (strcmp(cJSON_GetStringValue(json_member(metric, "name")), name) == 0 &&
            g_strcmp0(its_phase, phase) == 0 && g_strcmp0(its_dc, dc) == 0 &&
            json_member(labels, "region") == NULL) {
            return metric;
        }
    }
    return NULL;
}

static double value_of(const cJSON *metric, const char *figure)
{
    ck_assert_ptr_nonnull(metric);
    return cJSON_GetNumberValue(json_member(json_member(metric, figure), "value"));
}

START_TEST(the_summary_has_its_members_in_their_order)
{
    static const char *const members[] = {"format",      "scenario", "title",        "verdict",
                                          "ended",       "seed",     "replications", "fingerprint",
                                          "version",     "events",   "requests",     "simulated_s",
                                          "analysis",    "metrics",  "checks",       "theory",
                                          "events_seen", "faults",   "cost"};
    g_autoptr(ResultsRig) rig = campaign();
    g_autofree char *text = results_export_summary(rig->results, 0.95);
    cJSON *summary = cJSON_Parse(text);
    const cJSON *member = summary->child;

    for (guint i = 0; i < G_N_ELEMENTS(members); i++, member = member->next) {
        ck_assert_str_eq(member->string, members[i]);
    }
    ck_assert_ptr_null(member);
    ck_assert_str_eq(cJSON_GetStringValue(json_member(summary, "verdict")), "fail");
    ck_assert_str_eq(cJSON_GetStringValue(json_member(summary, "ended")), "completed");
    ck_assert_double_eq(cJSON_GetNumberValue(json_member(summary, "requests")), 5000);
    ck_assert_double_eq(cJSON_GetNumberValue(json_member(summary, "simulated_s")), 400);
    cJSON_Delete(summary);
}
END_TEST

START_TEST(metrics_are_those_of_their_labels)
{
    g_autoptr(ResultsRig) rig = campaign();
    g_autofree char *text = results_export_summary(rig->results, 0.95);
    cJSON *summary = cJSON_Parse(text);
    const cJSON *all = find_metric(summary, "http_req_duration", NULL, NULL);
    const cJSON *lost = find_metric(summary, "http_req_failed", "lose", "DC03");

    ck_assert_double_eq_tol(value_of(all, "p50"), 0.2, 0.001);
    ck_assert_double_eq_tol(value_of(all, "mean"), (1000 * 30 * 0.2 + 500 * 20 * 0.02) / 40000,
                            1e-9);
    ck_assert_double_eq(cJSON_GetNumberValue(json_member(all, "n")), 400000);
    ck_assert(cJSON_IsTrue(json_member(all, "reliable")) == false); /* 40 beyond p99.9 */
    ck_assert(cJSON_IsNull(json_member(json_member(all, "p99.9"), "low")));
    ck_assert(cJSON_IsNumber(json_member(json_member(all, "p99"), "low")));
    ck_assert_double_eq(value_of(lost, "rate"), 1);
    ck_assert_ptr_null(find_metric(summary, "http_req_duration", "lose", "DC03"));
    ck_assert_double_eq(value_of(find_metric(summary, "http_req_failed", NULL, NULL), "rate"),
                        5000.0 / 45000);
    ck_assert_double_eq(value_of(find_metric(summary, "http_reqs", NULL, "DC01"), "count"), 30000);
    ck_assert_double_eq(value_of(find_metric(summary, "outage_duration", NULL, "DC03"), "max"), 10);
    ck_assert_double_eq_tol(value_of(find_metric(summary, "utilisation", NULL, NULL), "mean"), 0.4,
                            1e-12);
    ck_assert_double_eq_tol(value_of(find_metric(summary, "utilisation", NULL, NULL), "max"), 0.6,
                            1e-12);
    ck_assert_double_eq(value_of(find_metric(summary, "refused", "lose", NULL), "count"), 20);
    cJSON_Delete(summary);
}
END_TEST

START_TEST(events_faults_and_cost_are_added_up)
{
    g_autoptr(ResultsRig) rig = campaign();
    g_autofree char *text = results_export_summary(rig->results, 0.95);
    cJSON *summary = cJSON_Parse(text);
    const cJSON *event = cJSON_GetArrayItem(json_member(summary, "events_seen"), 0);
    const cJSON *fault = cJSON_GetArrayItem(json_member(summary, "faults"), 0);
    const cJSON *cost = json_member(summary, "cost");

    ck_assert_double_eq(cJSON_GetNumberValue(json_member(event, "count")), 30);
    ck_assert_double_eq(cJSON_GetNumberValue(json_member(event, "first_s")), 20);
    ck_assert_double_eq(cJSON_GetNumberValue(json_member(event, "last_s")), 31);
    ck_assert_int_eq(cJSON_GetArraySize(json_member(summary, "faults")), 1);
    ck_assert_double_eq(cJSON_GetNumberValue(json_member(fault, "applied_s")), 10);
    ck_assert_double_eq(cJSON_GetNumberValue(json_member(fault, "bit")), 6);
    ck_assert_double_eq(cJSON_GetNumberValue(json_member(cost, "per_month")), 125);
    /* 1,500 requests a second over a month of 2,629,800 s. */
    ck_assert_double_eq_tol(cJSON_GetNumberValue(json_member(cost, "per_million_requests")),
                            125 / (1500 * 2629800.0) * 1e6, 1e-12);
    cJSON_Delete(summary);
}
END_TEST

START_TEST(what_is_no_number_is_null)
{
    g_autoptr(ResultsRig) rig = campaign();
    g_autofree char *text = results_export_summary(rig->results, 0.95);
    cJSON *summary = cJSON_Parse(text);
    const cJSON *check = cJSON_GetArrayItem(json_member(summary, "checks"), 1);
    const cJSON *labels =
        json_member(cJSON_GetArrayItem(json_member(summary, "checks"), 0), "labels");

    ck_assert(cJSON_IsNull(json_member(check, "observed")));
    ck_assert(cJSON_IsNull(json_member(check, "margin")));
    ck_assert_str_eq(cJSON_GetStringValue(json_member(labels, "phase")), "lose");
    ck_assert_ptr_null(strstr(text, "nan"));
    ck_assert_ptr_null(strstr(text, "inf"));
    cJSON_Delete(summary);
}
END_TEST

START_TEST(junit_maps_fail_inconclusive_and_warning)
{
    g_autoptr(ResultsRig) rig = campaign();
    g_autofree char *xml = results_export_junit(rig->results, "dcdrill run 'a' <b> && c");
    g_autoptr(GError) error = NULL;
    const GMarkupParser nothing = {.start_element = NULL};
    GMarkupParseContext *context = g_markup_parse_context_new(&nothing, 0, NULL, NULL);

    ck_assert(g_markup_parse_context_parse(context, xml, -1, &error));
    ck_assert(g_markup_parse_context_end_parse(context, &error));
    g_markup_parse_context_free(context);
    ck_assert_ptr_nonnull(
        strstr(xml, "tests=\"3\" failures=\"1\" errors=\"0\" skipped=\"2\" time=\"400\""));
    ck_assert_ptr_nonnull(strstr(xml, "<failure type=\"threshold\""));
    ck_assert_ptr_nonnull(strstr(xml, "<skipped message=\"warning, fail: "));
    ck_assert_ptr_nonnull(strstr(xml, "<system-out>dcdrill run &apos;a&apos; &lt;b&gt; &amp;&amp; "
                                      "c</system-out>"));
    ck_assert_ptr_nonnull(strstr(xml, "<property name=\"seed\" value=\"1\"/>"));
    ck_assert_ptr_nonnull(strstr(xml, "<property name=\"least margin\" value=\"-999\"/>"));
    ck_assert_ptr_nonnull(strstr(xml, "classname=\"drills/dc03 &quot;lost&quot;.json\""));
}
END_TEST

/* Two replications that went well, one that died, and a check that what is left passes. */
START_TEST(what_died_is_an_error_that_no_figure_counts_and_no_pass_outlives)
{
    g_autoptr(ResultsRig) rig = results_rig_new(2, 10);
    g_autofree char *junit = NULL;
    g_autofree char *incomplete = NULL;
    guint count;

    results_rig_users(rig, 0, 0, "Asia", "DC01", 100, 0, SIM_MS);
    results_write_run(rig->writer, &(ResultsRun){.run = 2, .ended = "errored", .note = "it died"});
    results_write_check(
        rig->writer,
        &(ResultsCheck){.kind = "threshold", .name = "http_reqs", .margin = 1, .verdict = "pass"});
    results_rig_open(rig);
    junit = results_export_junit(rig->results, "again");
    incomplete = verdict_incomplete_runs(rig->results);
    results_runs(rig->results, &count);
    ck_assert_uint_eq(count, 2);
    ck_assert_int_eq(results_lost_runs(rig->results, &count)->run, 2);
    ck_assert_uint_eq(count, 1);
    ck_assert_str_eq(results_export_ended(rig->results), "errored");
    ck_assert_int_eq(results_export_verdict(rig->results, NULL), VERDICT_INCONCLUSIVE);
    ck_assert_str_eq(incomplete, "replication 2 ended 'errored'");
    ck_assert_ptr_nonnull(strstr(junit, "errors=\"1\""));
    ck_assert_ptr_nonnull(strstr(junit, "<error message=\"it died\"/>"));
}
END_TEST

START_TEST(of_many_incomplete_replications_the_first_are_named)
{
    g_autoptr(ResultsRig) rig = results_rig_new(1, 10);
    g_autofree char *incomplete = NULL;

    for (int run = 1; run < 900; run++) {
        results_write_run(rig->writer, &(ResultsRun){.run = run, .ended = "interrupted"});
    }
    results_rig_open(rig);
    incomplete = verdict_incomplete_runs(rig->results);
    ck_assert_str_eq(incomplete,
                     "replication 1 ended 'interrupted', replication 2 ended 'interrupted', "
                     "replication 3 ended 'interrupted' and 896 more");
    ck_assert_str_eq(results_export_ended(rig->results), "interrupted");
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("results_export");
    TCase *tests = tcase_create("results_export");

    tcase_add_test(tests, numbers_are_short_and_read_back_unchanged);
    tcase_add_test(tests, the_summary_has_its_members_in_their_order);
    tcase_add_test(tests, metrics_are_those_of_their_labels);
    tcase_add_test(tests, events_faults_and_cost_are_added_up);
    tcase_add_test(tests, what_is_no_number_is_null);
    tcase_add_test(tests, junit_maps_fail_inconclusive_and_warning);
    tcase_add_test(tests, what_died_is_an_error_that_no_figure_counts_and_no_pass_outlives);
    tcase_add_test(tests, of_many_incomplete_replications_the_first_are_named);
    suite_add_tcase(suite, tests);
    return suite;
}
