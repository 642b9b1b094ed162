/* test_regression.c - results held against what a repository keeps of earlier ones. */
#include "sim/results/regression/regression.h"

#include <glib/gstdio.h>
#include <math.h>
#include <string.h>

#include "sim/config/json_place.h"
#include "sim/results/regression/trend.h"
#include "tests/support/results_rig.h"
#include "tests/support/suite.h"

enum { RUNS = 12, SECONDS = 20 };

/* What differs between two versions. */
typedef struct Version {
    const char *scenario, *version, *seed, *resolved, *verdict;
    SimSpan slower; /* added to each latency */
    uint64_t fingerprint;
    double instructions; /* 0: unknown */
    const char *compiler;
} Version;

static const Version usual = {
    "scenarios/x.json", "0.1.0", "7", "{\"a\":1}", "pass", 0, 1000, 1e9, "12"};

static Baseline *baseline_of(const Version *version)
{
    g_autoptr(ResultsRig) rig = results_rig_new(RUNS, SECONDS);
    cJSON *meta = cJSON_CreateObject();

    results_write_fact(rig->writer, "scenario", version->scenario);
    results_write_fact(rig->writer, "version", version->version);
    results_write_fact(rig->writer, "seed", version->seed);
    results_write_fact(rig->writer, "resolved", version->resolved);
    for (int run = 0; run < RUNS; run++) {
        for (int second = 0; second < SECONDS; second++) {
            results_rig_users(rig, run, second, "Asia", "DC01", 100, 0,
                              (100 + 3 * run + second) * SIM_MS + version->slower);
        }
        results_write_total(rig->writer, run, "reads_checked", (double)version->fingerprint + run);
    }
    results_write_check(rig->writer, &(ResultsCheck){.kind = "threshold",
                                                     .name = "http_req_failed",
                                                     .labels = "",
                                                     .condition = "rate<0.1",
                                                     .why = "",
                                                     .verdict = version->verdict});
    Results *results = results_rig_open(rig);
    g_autoptr(GPtrArray) metrics = paired_metrics_list(results);

    if (version->instructions > 0) {
        cJSON_AddNumberToObject(meta, "instructions", version->instructions);
    } else {
        cJSON_AddStringToObject(meta, "instructions_unknown", "no counter here");
    }
    cJSON_AddStringToObject(meta, "compiler", version->compiler);
    Baseline *baseline = baseline_take(results, metrics, meta, NULL);

    cJSON_Delete(meta);
    ck_assert_ptr_nonnull(baseline);
    for (guint i = 0; i < baseline->runs->len; i++) { /* the rig's runs all have the same */
        g_array_index(baseline->runs, BaselineRun, i).order = version->fingerprint + i;
    }
    return baseline;
}

static Regression *compare(const Version *after, const char *declared, GError **error)
{
    return regression_new("x", baseline_of(&usual), baseline_of(after), declared, 0.95, error);
}

START_TEST(the_same_is_fine_and_compares_no_metric)
{
    g_autoptr(Regression) regression = compare(&usual, NULL, NULL);

    ck_assert_ptr_nonnull(regression);
    ck_assert(regression->is_same);
    ck_assert_int_eq(regression->verdict, REGRESSION_FINE);
    ck_assert_uint_eq(regression->rows->len, 0);
}
END_TEST

START_TEST(a_model_that_behaves_otherwise_must_be_declared)
{
    Version other = usual;

    other.fingerprint = 5000;
    g_autoptr(Regression) silent = compare(&other, NULL, NULL);
    g_autoptr(Regression) declared = compare(&other, "retries were wrong", NULL);

    ck_assert_int_eq(silent->verdict, REGRESSION_BROKEN);
    ck_assert_ptr_nonnull(strstr(silent->fingerprint, "in what users saw in 0, in counters in 12"));
    ck_assert_int_eq(declared->verdict, REGRESSION_FINE);
    ck_assert_ptr_nonnull(strstr(declared->fingerprint, "declared: retries were wrong"));
    ck_assert_uint_gt(declared->rows->len, 3);
}
END_TEST

START_TEST(a_changed_scenario_is_judged_by_its_metrics)
{
    Version other = usual;

    other.fingerprint = 5000;
    other.resolved = "{\"a\":2}";
    other.slower = 5 * SIM_MS;
    g_autoptr(Regression) slower = compare(&other, NULL, NULL);

    ck_assert_int_eq(slower->verdict, REGRESSION_WORSE);
    other.slower = -5 * SIM_MS;
    g_autoptr(Regression) faster = compare(&other, NULL, NULL);

    ck_assert_int_eq(faster->verdict, REGRESSION_FINE);
}
END_TEST

START_TEST(how_often_a_scenario_is_run_does_not_change_it)
{
    Version other = usual;
    Version more = usual;

    other.resolved = "{\"a\":1,\"simulation\":{\"replications\":5}}";
    more.resolved = "{\"a\":1,\"simulation\":{\"replications\":50}}";
    g_autoptr(Baseline) one = baseline_of(&other);
    g_autoptr(Baseline) two = baseline_of(&more);

    ck_assert_str_eq(one->scenario_hash, two->scenario_hash);
}
END_TEST

START_TEST(a_check_that_fails_and_did_not_is_broken)
{
    Version other = usual;

    other.verdict = "fail";
    g_autoptr(Regression) regression = compare(&other, NULL, NULL);

    ck_assert_int_eq(regression->verdict, REGRESSION_BROKEN);
    ck_assert_str_eq(regression->broken->pdata[0],
                     "threshold http_req_failed rate<0.1 fails, was: pass");
    g_autoptr(Regression) both =
        regression_new("x", baseline_of(&other), baseline_of(&other), NULL, 0.95, NULL);

    ck_assert_int_eq(both->verdict, REGRESSION_FINE);
}
END_TEST

START_TEST(instructions_are_compared_where_they_can_be)
{
    Version dearer = usual, little = usual, unknown = usual, other = usual;

    dearer.instructions = 1.06e9;
    little.instructions = 1.04e9;
    unknown.instructions = 0;
    other.instructions = 2e9;
    other.compiler = "13";
    g_autoptr(Regression) one = compare(&dearer, NULL, NULL);
    g_autoptr(Regression) two = compare(&little, NULL, NULL);
    g_autoptr(Regression) three = compare(&unknown, NULL, NULL);
    g_autoptr(Regression) four = compare(&other, NULL, NULL);

    ck_assert_int_eq(one->verdict, REGRESSION_WORSE);
    ck_assert_int_eq(two->verdict, REGRESSION_FINE);
    ck_assert_int_eq(three->verdict, REGRESSION_FINE);
    ck_assert_ptr_nonnull(strstr(three->cost, "no counter here"));
    ck_assert_int_eq(four->verdict, REGRESSION_FINE);
    ck_assert_ptr_nonnull(strstr(four->cost, "not judged: built by '13'"));
}
END_TEST

START_TEST(what_cannot_be_compared_is_refused_in_words)
{
    Version others[3] = {usual, usual, usual};
    static const char *const words[] = {"another scenario", "another version", "another seed"};

    others[0].scenario = "scenarios/y.json";
    others[1].version = "0.2.0";
    others[2].seed = "8";
    for (int i = 0; i < 3; i++) {
        g_autoptr(GError) error = NULL;

        ck_assert_ptr_null(compare(&others[i], NULL, &error));
        ck_assert_msg(strstr(error->message, words[i]) != NULL, "%s", error->message);
    }
    others[0].scenario = "/elsewhere/x.json"; /* where it stands does not matter */
    g_autoptr(Regression) moved = compare(&others[0], NULL, NULL);

    ck_assert_ptr_nonnull(moved);
}
END_TEST

/* --- the file ------------------------------------------------------------------------------- */

static char *scratch(const char *text)
{
    char *path = NULL;
    int file = g_file_open_tmp("regression-XXXXXX", &path, NULL);

    g_close(file, NULL);
    ck_assert(g_file_set_contents(path, text, -1, NULL));
    return path;
}

START_TEST(a_baseline_reads_back_to_the_same_bytes)
{
    g_autoptr(Baseline) baseline = baseline_of(&usual);
    g_autofree char *text = baseline_print(baseline);
    g_autofree char *path = scratch(text);
    g_autoptr(Baseline) again = baseline_read(path, NULL);

    ck_assert_ptr_nonnull(again);
    g_autofree char *second = baseline_print(again);

    ck_assert_str_eq(text, second);
    g_unlink(path);
}
END_TEST

START_TEST(a_baseline_that_was_cut_off_is_refused)
{
    g_autoptr(Baseline) baseline = baseline_of(&usual);
    g_autofree char *text = baseline_print(baseline);

    for (size_t length = 0; length + 1 < strlen(text); length += 97) {
        g_autofree char *part = g_strndup(text, length);
        g_autofree char *path = scratch(part);
        g_autoptr(GError) error = NULL;

        ck_assert_ptr_null(baseline_read(path, &error));
        ck_assert_msg(g_str_has_prefix(error->message, path), "%s", error->message);
        g_unlink(path);
    }
}
END_TEST

START_TEST(a_baseline_of_another_format_is_refused)
{
    g_autoptr(Baseline) baseline = baseline_of(&usual);
    g_autoptr(GString) text = g_string_new(NULL);
    g_autofree char *printed = baseline_print(baseline);
    g_autoptr(GError) error = NULL;

    g_string_assign(text, printed);
    g_string_replace(text, "\"format\": 1", "\"format\": 9", 1);
    g_autofree char *path = scratch(text->str);

    ck_assert_ptr_null(baseline_read(path, &error));
    ck_assert_msg(strstr(error->message, "3:13: error: a baseline of another format") != NULL, "%s",
                  error->message);
    g_unlink(path);
}
END_TEST

/* --- all forms ------------------------------------------------------------------------------ */

START_TEST(text_markdown_json_and_junit_say_the_same)
{
    g_autoptr(GPtrArray) list = g_ptr_array_new_with_free_func((GDestroyNotify)regression_free);
    Version other = usual;

    other.resolved = "{\"a\":2}";
    other.slower = 5 * SIM_MS;
    other.fingerprint = 5000;
    g_ptr_array_add(list, compare(&other, NULL, NULL));
    g_ptr_array_add(list, regression_lonely("new", NULL, baseline_of(&usual)));
    g_autofree char *text = regression_to_text(list);
    g_autofree char *markdown = regression_to_markdown(list);
    g_autofree char *junit = regression_to_junit(list);
    g_autofree char *json = regression_to_json(list);
    cJSON *root = cJSON_Parse(json);
    const Regression *first = list->pdata[0];
    const cJSON *rows = json_member(json_member(root, "scenarios")->child, "metrics");

    ck_assert_int_eq(cJSON_GetArraySize(rows), (int)first->rows->len);
    for (guint i = 0; i < first->rows->len; i++) {
        const RegressionRow *row = &g_array_index(first->rows, RegressionRow, i);
        g_autofree char *after = g_strdup_printf("%.4g", row->figure.after);

        ck_assert_ptr_nonnull(strstr(text, after));
        ck_assert_ptr_nonnull(strstr(markdown, after));
        ck_assert_double_eq(json_member(cJSON_GetArrayItem(rows, (int)i), "after")->valuedouble,
                            row->figure.after);
    }
    ck_assert_ptr_nonnull(strstr(junit, "name=\"http_req_duration p(99)\">\n      <failure"));
    ck_assert_ptr_nonnull(strstr(junit, "<skipped message=\"there is no baseline"));
    ck_assert_int_eq(regression_merge(list), REGRESSION_UNDECIDED);
    cJSON_Delete(root);
}
END_TEST

/* --- the history ---------------------------------------------------------------------------- */

START_TEST(the_history_tells_where_a_metric_got_worse)
{
    g_autofree char *path = scratch("");
    g_autoptr(Trend) trend = trend_open(path, NULL);

    ck_assert_ptr_nonnull(trend);
    for (int i = 0; i < 16; i++) {
        g_autofree char *revision = g_strdup_printf("r%02d", i);
        Version version = usual;

        version.slower = (i < 10 ? 0 : 20) * SIM_MS + (i * 7 % 5) * SIM_US;
        g_autoptr(Baseline) baseline = baseline_of(&version);

        ck_assert(trend_add(trend, baseline, revision, "2026-11-22T00:00:00Z", NULL));
        ck_assert(trend_add(trend, baseline, revision, "2026-11-22T00:00:01Z", NULL));
    }
    g_autoptr(GPtrArray) changes = trend_changes(trend, NULL);
    guint found = 0;

    ck_assert_uint_eq(trend_count_revisions(trend), 16);
    for (guint i = 0; i < changes->len; i++) {
        const TrendChange *change = changes->pdata[i];

        if (strcmp(change->metric, "http_req_duration avg") == 0) {
            ck_assert_str_eq(change->last_before, "r09");
            ck_assert_str_eq(change->first_after, "r10");
            ck_assert(change->is_worse && !change->is_other_scenario);
            found++;
        }
        ck_assert_msg(g_str_has_prefix(change->metric, "http_req_duration"), "%s", change->metric);
    }
    ck_assert_uint_eq(found, 1);
    g_unlink(path);
}
END_TEST

START_TEST(a_file_of_something_else_is_no_history)
{
    g_autoptr(ResultsRig) rig = results_rig_new(1, 1);
    g_autoptr(GError) error = NULL;

    results_rig_open(rig);
    ck_assert_ptr_null(trend_open(rig->path, &error));
    ck_assert_ptr_nonnull(strstr(error->message, "is no history of dcdrill"));
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("regression");
    TCase *tests = tcase_create("regression");

    tcase_add_test(tests, the_same_is_fine_and_compares_no_metric);
    tcase_add_test(tests, a_model_that_behaves_otherwise_must_be_declared);
    tcase_add_test(tests, a_changed_scenario_is_judged_by_its_metrics);
    tcase_add_test(tests, how_often_a_scenario_is_run_does_not_change_it);
    tcase_add_test(tests, a_check_that_fails_and_did_not_is_broken);
    tcase_add_test(tests, instructions_are_compared_where_they_can_be);
    tcase_add_test(tests, what_cannot_be_compared_is_refused_in_words);
    tcase_add_test(tests, a_baseline_reads_back_to_the_same_bytes);
    tcase_add_test(tests, a_baseline_that_was_cut_off_is_refused);
    tcase_add_test(tests, a_baseline_of_another_format_is_refused);
    tcase_add_test(tests, text_markdown_json_and_junit_say_the_same);
    tcase_add_test(tests, the_history_tells_where_a_metric_got_worse);
    tcase_add_test(tests, a_file_of_something_else_is_no_history);
    suite_add_tcase(suite, tests);
    return suite;
}
