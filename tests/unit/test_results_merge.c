/* test_results_merge.c - replications taken out of merged results and merged again. */
#include <glib/gstdio.h>

#include "sim/results/results_write.h"
#include "tests/support/results_rig.h"
#include "tests/support/suite.h"

enum { RUNS = 3 };

static void write_closed(ResultsWriter *writer)
{
    g_autoptr(GError) error = NULL;

    ck_assert_msg(results_write_close(writer, &error), "%s", error != NULL ? error->message : "");
}

/* Writes each replication of `whole` to a file of its own, and all of them to `path`. */
static void part_and_merge(const char *whole, const char *path)
{
    ResultsWriter *all = results_write_new(path, NULL);

    for (int run = 0; run < RUNS; run++) {
        g_autofree char *part = g_strdup_printf("%s.%d", path, run);
        ResultsWriter *one = results_write_new(part, NULL);

        ck_assert(results_write_merge_run(one, whole, run, NULL));
        write_closed(one);
        ck_assert(results_write_merge(all, part, NULL));
        g_unlink(part);
    }
    write_closed(all);
}

/* Three replications with users, failures, faults, samples, a fact and a check. */
static ResultsRig *campaign(void)
{
    ResultsRig *rig = results_rig_new(RUNS, 20);

    results_write_fact(rig->writer, "title", "All three");
    results_write_component(rig->writer, 0, "host@DC03-app1", "host", "DC03", "app", "app1", NULL);
    results_write_metric(rig->writer, 0, "utilisation", "gauge", "ratio", "Share of its CPU");
    for (int run = 0; run < RUNS; run++) {
        results_rig_fault(rig, run, "DC03", 5, 10);
        for (int second = 0; second < 20; second++) {
            results_rig_users(rig, run, second, "Asia", "DC01", 90, 10 + (uint64_t)run,
                              20 * SIM_MS);
            results_write_sample(rig->writer, run, 0, 0, second * SIM_S, 0.1 * run, 0.8);
        }
    }
    results_write_check(
        rig->writer, &(ResultsCheck){.kind = "threshold", .name = "http_reqs", .verdict = "pass"});
    results_rig_open(rig);
    return rig;
}

START_TEST(runs_taken_out_of_merged_results_merge_to_the_same_bytes)
{
    g_autoptr(ResultsRig) rig = campaign();
    g_autofree char *first = g_strconcat(rig->path, ".first", NULL);
    g_autofree char *second = g_strconcat(rig->path, ".second", NULL);
    g_autofree char *bytes = NULL;
    g_autofree char *again = NULL;
    gsize size;
    gsize size_again;

    part_and_merge(rig->path, first);
    part_and_merge(first, second);
    ck_assert(g_file_get_contents(first, &bytes, &size, NULL));
    ck_assert(g_file_get_contents(second, &again, &size_again, NULL));
    ck_assert_uint_eq(size, size_again);
    ck_assert_mem_eq(bytes, again, size);
    g_unlink(first);
    g_unlink(second);
}
END_TEST

START_TEST(a_run_taken_out_leaves_facts_checks_and_other_runs_behind)
{
    g_autoptr(ResultsRig) rig = campaign();
    g_autofree char *path = g_strconcat(rig->path, ".one", NULL);
    ResultsWriter *writer = results_write_new(path, NULL);
    guint count;

    ck_assert(results_write_merge_run(writer, rig->path, 1, NULL));
    write_closed(writer);
    g_autoptr(Results) results = results_open(path, NULL);

    ck_assert_int_eq(results_runs(results, &count)->run, 1);
    ck_assert_uint_eq(count, 1);
    ck_assert_uint_eq(results_cells(results, &count)->failed, 11);
    ck_assert_uint_eq(count, 20);
    results_components(results, &count);
    ck_assert_uint_eq(count, 1);
    results_checks(results, &count);
    ck_assert_uint_eq(count, 0);
    ck_assert_ptr_null(results_fact(results, "title"));
    g_unlink(path);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("results_merge");
    TCase *tests = tcase_create("results_merge");

    tcase_add_test(tests, runs_taken_out_of_merged_results_merge_to_the_same_bytes);
    tcase_add_test(tests, a_run_taken_out_leaves_facts_checks_and_other_runs_behind);
    suite_add_tcase(suite, tests);
    return suite;
}
