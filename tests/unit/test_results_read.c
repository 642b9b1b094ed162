/* test_results_read.c - sums over a results file are those of its rows, whatever their order. */
#include "sim/results/results_read.h"

#include <string.h>

#include "sim/base/rng.h"
#include "sim/results/results_phase.h"
#include "sim/results/results_series.h"
#include "tests/support/results_rig.h"
#include "tests/support/suite.h"

static const ResultsUserFilter everyone = {.dc = NULL};

START_TEST(seconds_add_up_the_cells_that_match)
{
    g_autoptr(ResultsRig) rig = results_rig_new(2, 5);
    ResultsUserFilter filter = {.region = "Europe", .dc = "DC03"};
    ResultsSpan span = {SIM_S, 4 * SIM_S};
    g_autoptr(GArray) all = NULL;
    g_autoptr(GArray) some = NULL;
    Results *results;

    for (int i = 0; i < 5; i++) {
        results_rig_users(rig, 0, i, "Asia", "DC01", 10, 1, SIM_MS);
        results_rig_users(rig, 0, i, "Europe", "DC03", (uint64_t)(100 + i), 2, SIM_MS);
        results_rig_users(rig, 1, i, "Europe", "DC03", 7000, 0, SIM_MS);
    }
    results = results_rig_open(rig);
    all = results_user_seconds(results, &everyone, 0, span);
    some = results_user_seconds(results, &filter, 0, span);
    ck_assert_uint_eq(all->len, 3);
    ck_assert_uint_eq(g_array_index(all, ResultsCounts, 0).ok, 111);
    ck_assert_uint_eq(g_array_index(all, ResultsCounts, 0).failed, 3);
    ck_assert_uint_eq(g_array_index(all, ResultsCounts, 2).attempts, 116);
    ck_assert_uint_eq(g_array_index(some, ResultsCounts, 2).ok, 103);
}
END_TEST

START_TEST(latency_by_second_and_as_a_whole_hold_the_same_values)
{
    g_autoptr(ResultsRig) rig = results_rig_new(1, 6);
    ResultsSpan span = {0, 6 * SIM_S};
    g_autoptr(Histogram) whole = histogram_new();
    g_autoptr(Histogram) sum = histogram_new();
    g_autoptr(HistogramRow) seconds = NULL;
    Results *results;

    for (int i = 0; i < 6; i += 2) {
        results_rig_users(rig, 0, i, "Asia", "DC01", 10, 0, (i + 1) * SIM_MS);
        results_rig_users(rig, 0, i, "Europe", "DC03", 5, 0, (i + 50) * SIM_MS);
    }
    results = results_rig_open(rig);
    results_add_latency(results, &everyone, 0, span, whole);
    seconds = results_latency_seconds(results, &everyone, 0, span);
    ck_assert_uint_eq(histogram_row_length(seconds), 6);
    for (guint i = 0; i < 6; i++) {
        g_autoptr(Histogram) second = histogram_row_get(seconds, i);

        ck_assert((second == NULL) == (i % 2 == 1));
        if (second != NULL) {
            histogram_merge(sum, second);
        }
    }
    ck_assert_uint_eq(histogram_count(whole), 45);
    ck_assert_uint_eq(histogram_count(sum), 45);
    ck_assert_int_eq(histogram_quantile(whole, 0.9), histogram_quantile(sum, 0.9));
    ck_assert_double_eq(histogram_sum(whole), histogram_sum(sum));
}
END_TEST

START_TEST(labels_are_listed_sorted_and_nowhere_is_no_data_centre)
{
    g_autoptr(ResultsRig) rig = results_rig_new(1, 2);
    g_autoptr(GPtrArray) dcs = NULL;
    g_autoptr(GPtrArray) regions = NULL;

    results_rig_users(rig, 0, 0, "Europe", "DC03", 1, 0, SIM_MS);
    results_rig_users(rig, 0, 0, "Europe", NULL, 0, 1, SIM_MS);
    results_rig_users(rig, 0, 1, "Asia", "DC01", 1, 0, SIM_MS);
    results_rig_open(rig);
    dcs = results_user_values(rig->results, "dc");
    regions = results_user_values(rig->results, "region");
    ck_assert_uint_eq(dcs->len, 3);
    ck_assert_str_eq(dcs->pdata[0], "DC01");
    ck_assert_str_eq(dcs->pdata[1], "DC03");
    ck_assert_ptr_null(dcs->pdata[2]);
    ck_assert_str_eq(regions->pdata[0], "Asia");
    ck_assert_uint_eq(regions->len, 3);
}
END_TEST

START_TEST(intervals_that_were_left_out_read_as_zero)
{
    g_autoptr(ResultsRig) rig = results_rig_new(1, 6);
    const double values[] = {0, 0.5, 0, 0, 0.25, 0};
    ResultsComponentFilter filter = {.role = "app"};
    g_autoptr(GArray) meters = NULL;
    g_autoptr(GArray) levels = NULL;

    results_write_component(rig->writer, 4, "host@DC03-app1", "host", "DC03", "app", "DC03-app1",
                            NULL);
    results_write_component(rig->writer, 5, "host@DC03-db1", "host", "DC03", "db", "DC03-db1",
                            NULL);
    results_write_component(rig->writer, 6, "httpd@DC03-app1", "httpd", "DC03", "app", "DC03-app1",
                            NULL);
    results_write_metric(rig->writer, 2, "utilisation", "gauge", "ratio", "Share of its CPU");
    for (int i = -10; i < 6; i++) {
        results_write_sample(rig->writer, 0, 4, 2, i * SIM_S, i < 0 ? 0 : values[i],
                             i < 0 ? 0 : 2 * values[i]);
        results_write_sample(rig->writer, 0, 5, 2, i * SIM_S, 1, 1);
    }
    results_rig_open(rig);
    ck_assert_int_eq(results_sample_interval(rig->results), SIM_S);
    meters = results_meters(rig->results, "utilisation", &filter);
    ck_assert_uint_eq(meters->len, 1);
    levels = results_levels(rig->results, &g_array_index(meters, ResultsMeter, 0), 0,
                            (ResultsSpan){0, 6 * SIM_S});
    ck_assert_uint_eq(levels->len, 6);
    for (guint i = 0; i < 6; i++) {
        ck_assert_double_eq(g_array_index(levels, ResultsLevel, i).value, values[i]);
        ck_assert_double_eq(g_array_index(levels, ResultsLevel, i).most, 2 * values[i]);
    }
}
END_TEST

START_TEST(the_measured_part_ends_where_settling_begins)
{
    g_autoptr(ResultsRig) rig = results_rig_new(1, 20);
    g_autoptr(GArray) measured = NULL;
    g_autoptr(GArray) felt = NULL;
    g_autoptr(GArray) repeated = NULL;
    g_autoptr(GArray) absent = NULL;
    g_autoptr(GPtrArray) names = NULL;

    results_write_phase(rig->writer, 0, "kill", 3 * SIM_S, 6 * SIM_S);
    results_write_phase(rig->writer, 0, "kill", 5 * SIM_S, 8 * SIM_S);
    results_write_phase(rig->writer, 0, "kill", 12 * SIM_S, 13 * SIM_S);
    results_write_phase(rig->writer, 0, "settle", 20 * SIM_S, 30 * SIM_S);
    results_write_phase(rig->writer, 0, "drain", 30 * SIM_S, 31 * SIM_S);
    results_rig_open(rig);
    measured = results_spans(rig->results, 0, NULL);
    felt = results_felt_spans(rig->results, 0);
    repeated = results_spans(rig->results, 0, "kill");
    absent = results_spans(rig->results, 0, "absent");
    names = results_phase_names(rig->results);
    ck_assert_int_eq(g_array_index(measured, ResultsSpan, 0).begin, 0);
    ck_assert_int_eq(g_array_index(measured, ResultsSpan, 0).end, 20 * SIM_S);
    ck_assert_int_eq(g_array_index(felt, ResultsSpan, 0).end, 30 * SIM_S);
    ck_assert_uint_eq(repeated->len, 2);
    ck_assert_int_eq(g_array_index(repeated, ResultsSpan, 0).end, 8 * SIM_S);
    ck_assert_uint_eq(absent->len, 0);
    ck_assert_uint_eq(names->len, 6);
    ck_assert_str_eq(names->pdata[2], "kill");
}
END_TEST

START_TEST(reasons_are_counted_most_frequent_first)
{
    g_autoptr(ResultsRig) rig = results_rig_new(1, 4);
    ResultsSpan span = {0, 3 * SIM_S};
    g_autoptr(GArray) reasons = NULL;

    for (int i = 0; i < 4; i++) {
        results_write_failure(rig->writer, 0, i * SIM_S, "users", "Asia", "DC01", "http-503", 1);
        results_write_failure(rig->writer, 0, i * SIM_S, "users", "Europe", NULL, "timeout", 5);
    }
    results_rig_open(rig);
    reasons = results_reasons(rig->results, &everyone, 0, span);
    ck_assert_uint_eq(reasons->len, 2);
    ck_assert_str_eq(g_array_index(reasons, ResultsReason, 0).reason, "timeout");
    ck_assert_uint_eq(g_array_index(reasons, ResultsReason, 0).count, 15);
}
END_TEST

/* Cells of random seconds are summed like a twin that looks at every one of them. */
START_TEST(sums_agree_with_a_naive_twin)
{
    enum { SECONDS = 40, ROUNDS = 60 };
    static const char *const regions[] = {"A", "B", "C"};
    static const char *const dcs[] = {"DC01", "DC02"};
    uint64_t counts[SECONDS][3][2] = {0};
    g_autoptr(ResultsRig) rig = results_rig_new(1, SECONDS);
    Rng rng;

    rng_init(&rng, 11, "cells");
    for (int i = 0; i < SECONDS; i++) {
        for (int j = 0; j < 6; j++) {
            if (rng_chance(&rng, 0.5)) {
                counts[i][j / 2][j % 2] = 1 + rng_below(&rng, 100);
                results_rig_users(rig, 0, i, regions[j / 2], dcs[j % 2], counts[i][j / 2][j % 2], 0,
                                  SIM_MS);
            }
        }
    }
    results_rig_open(rig);
    for (int round = 0; round < ROUNDS; round++) {
        int region = (int)rng_below(&rng, 4) - 1;
        int dc = (int)rng_below(&rng, 3) - 1;
        int begin = (int)rng_below(&rng, SECONDS);
        int end = begin + 1 + (int)rng_below(&rng, (uint64_t)(SECONDS - begin));
        ResultsUserFilter filter = {.region = region < 0 ? NULL : regions[region],
                                    .dc = dc < 0 ? NULL : dcs[dc]};
        g_autoptr(GArray) seconds = results_user_seconds(rig->results, &filter, 0,
                                                         (ResultsSpan){begin * SIM_S, end * SIM_S});

        for (int i = begin; i < end; i++) {
            uint64_t wanted = 0;

            for (int j = 0; j < 6; j++) {
                bool is_in = (region < 0 || region == j / 2) && (dc < 0 || dc == j % 2);

                wanted += is_in ? counts[i][j / 2][j % 2] : 0;
            }
            ck_assert_uint_eq(g_array_index(seconds, ResultsCounts, (guint)(i - begin)).ok, wanted);
        }
    }
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("results_read");
    TCase *tests = tcase_create("results_read");

    tcase_add_test(tests, seconds_add_up_the_cells_that_match);
    tcase_add_test(tests, latency_by_second_and_as_a_whole_hold_the_same_values);
    tcase_add_test(tests, labels_are_listed_sorted_and_nowhere_is_no_data_centre);
    tcase_add_test(tests, intervals_that_were_left_out_read_as_zero);
    tcase_add_test(tests, the_measured_part_ends_where_settling_begins);
    tcase_add_test(tests, reasons_are_counted_most_frequent_first);
    tcase_add_test(tests, sums_agree_with_a_naive_twin);
    suite_add_tcase(suite, tests);
    return suite;
}
