/* test_report.c - a report tells all that stands in the results, to anybody, on one page. */
#include "reports/report.h"

#include <cjson/cJSON.h>
#include <glib/gstdio.h>
#include <math.h>
#include <string.h>

#include "sim/base/words.h"
#include "sim/results/results_export.h"
#include "tests/support/fake_results.h"
#include "tests/support/html_check.h"
#include "tests/support/path_rig.h"
#include "tests/support/suite.h"

typedef struct ReportRig {
    char *directory, *results, *html, *markdown;
} ReportRig;

static ReportRig *report_rig_new(const FakeOrder *order)
{
    ReportRig *rig = g_new0(ReportRig, 1);

    rig->directory = g_dir_make_tmp("dcdrill-XXXXXX", NULL);
    rig->results = g_build_filename(rig->directory, "results.sqlite", NULL);
    rig->html = g_build_filename(rig->directory, "report.html", NULL);
    rig->markdown = g_build_filename(rig->directory, "summary.md", NULL);
    fake_results_write(rig->results, order);
    return rig;
}

static void report_rig_free(ReportRig *rig)
{
    g_remove(rig->results);
    g_remove(rig->html);
    g_remove(rig->markdown);
    ck_assert_int_eq(g_rmdir(rig->directory), 0); /* nothing else was left */
    g_free(rig->directory);
    g_free(rig->results);
    g_free(rig->html);
    g_free(rig->markdown);
    g_free(rig);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ReportRig, report_rig_free)

static char *read_file(const char *path)
{
    char *text = NULL;

    ck_assert_msg(g_file_get_contents(path, &text, NULL, NULL), "no '%s'", path);
    return text;
}

/* The page about the rig's results, well formed. */
static char *write_page(const ReportRig *rig)
{
    const char *const paths[] = {rig->results, NULL};
    g_autofree char *complaint = NULL;
    GError *error = NULL;
    bool is_written = report_write(paths, rig->html, &error);
    char *page;

    ck_assert_msg(is_written, "%s", error != NULL ? error->message : "");
    page = read_file(rig->html);
    complaint = html_check(page);
    ck_assert_msg(complaint == NULL, "%s", complaint);
    return page;
}

static void check_has(const char *page, const char *what)
{
    ck_assert_msg(strstr(page, what) != NULL, "'%s' is not in the page", what);
}

static const FakeOrder tame = {.runs = 3, .seconds = 60, .rate = 100, .verdict = "fail"};

static const char *const tables[] = {
    "Checks.",
    "What users felt",
    "Faults.",
    "What happened in the world",
    "Why requests failed",
    "How long after the fault",
    "Share of the vCPUs",
    "What the database counted",
    "every datum and version",
    "How outdated reads were",
    "Proofs: 3 of 3",
    "same fingerprint",
    "Share of each region",
};

/* --- content -------------------------------------------------------------------------------- */

START_TEST(page_has_verdict_tables_and_figures)
{
    g_autoptr(ReportRig) rig = report_rig_new(&tame);
    g_autofree char *page = write_page(rig);
    g_autofree char *gnuplot = g_find_program_in_path("gnuplot");

    check_has(page, "<strong>FAIL</strong>");
    check_has(page, "1 of 4 checks failed");
    check_has(page, "642 ms<small>[618; 667]</small>");
    check_has(page, "p(99)&lt;800ms");
    check_has(page, "125 EUR a month");
    check_has(page, "host: memory bandwidth");
    ck_assert_ptr_null(strstr(page, "absent: everything"));
    check_has(page, "key 88123");
    check_has(page, "Of the failed requests 100 % were those of users in europe");
    for (guint i = 0; i < G_N_ELEMENTS(tables); i++) {
        check_has(page, tables[i]);
    }
    if (gnuplot != NULL) {
        check_has(page, "role=\"img\"");
        check_has(page, "lose-dc03</text>");
        check_has(page, "limit p(99)&lt;800ms");
        ck_assert_ptr_null(strstr(page, "Not drawn"));
    }
}
END_TEST

START_TEST(answer_comes_before_the_evidence)
{
    G_GNUC_UNUSED g_autoptr(PathRig) path = path_rig_new("gnuplot", NULL);
    g_autoptr(ReportRig) rig = report_rig_new(&tame);
    g_autofree char *page = write_page(rig);
    static const char *const order[] = {"<h1>",
                                        "class=\"verdict fail\"",
                                        "id=\"c1-checks\"",
                                        "id=\"c1-assumptions\"",
                                        "id=\"c1-requests\"",
                                        "id=\"c1-load\"",
                                        "id=\"c1-faults\"",
                                        "id=\"c1-reroute\"",
                                        "id=\"c1-data\"",
                                        "id=\"c1-method\""};
    const char *last = page;

    for (guint i = 0; i < G_N_ELEMENTS(order); i++) {
        const char *at = strstr(page, order[i]);

        ck_assert_msg(at != NULL && at >= last, "'%s' is missing or too early", order[i]);
        last = at;
    }
}
END_TEST

/* The fault begins at 12 s; the made-up health checks notice after 8, 9 and 10 s, and 90 % of the
 * users have moved when exp(-t / (4 + run)) has fallen to a tenth. */
START_TEST(reroute_times_are_those_of_the_results)
{
    G_GNUC_UNUSED g_autoptr(PathRig) path = path_rig_new("gnuplot", NULL);
    g_autoptr(ReportRig) rig = report_rig_new(&tame);
    g_autofree char *page = write_page(rig);

    check_has(page, "9 s<small>[8 s; 10 s]</small>");
    check_has(page, "<td>DC03</td><td class=\"figure\">90 %</td>");
    check_has(page, ">3 of 3</td>");
}
END_TEST

START_TEST(same_results_give_the_same_bytes)
{
    g_autoptr(ReportRig) rig = report_rig_new(&tame);
    g_autofree char *first = write_page(rig);
    g_autofree char *second = write_page(rig);

    ck_assert_str_eq(first, second);
}
END_TEST

START_TEST(one_replication_gives_no_intervals)
{
    G_GNUC_UNUSED g_autoptr(PathRig) path = path_rig_new("gnuplot", NULL);
    const FakeOrder order = {.runs = 1, .seconds = 30, .rate = 50, .verdict = "inconclusive"};
    g_autoptr(ReportRig) rig = report_rig_new(&order);
    g_autofree char *page = write_page(rig);

    check_has(page, "<strong>INCONCLUSIVE</strong>");
    check_has(page, "no band can be given");
    check_has(page, "1 of 1");
}
END_TEST

START_TEST(nothing_measured_is_still_a_page)
{
    G_GNUC_UNUSED g_autoptr(PathRig) path = path_rig_new("gnuplot", NULL);
    const FakeOrder order = {.runs = 0, .seconds = 30, .rate = 50, .verdict = "pass"};
    g_autoptr(ReportRig) rig = report_rig_new(&order);
    g_autofree char *page = write_page(rig);

    check_has(page, "No user asked for anything.");
    check_has(page, "Nothing was done to the world.");
}
END_TEST

START_TEST(several_results_make_one_page)
{
    G_GNUC_UNUSED g_autoptr(PathRig) path = path_rig_new("gnuplot", NULL);
    g_autoptr(ReportRig) rig = report_rig_new(&tame);
    g_autoptr(ReportRig) other =
        report_rig_new(&(FakeOrder){.runs = 2, .seconds = 20, .rate = 20, .verdict = "pass"});
    const char *const paths[] = {rig->results, other->results, NULL};
    g_autofree char *page = NULL;
    g_autofree char *complaint = NULL;

    ck_assert(report_write(paths, rig->html, NULL));
    page = read_file(rig->html);
    complaint = html_check(page);
    ck_assert_msg(complaint == NULL, "%s", complaint);
    check_has(page, "What each campaign came to");
    check_has(page, "id=\"c1-checks\"");
    check_has(page, "id=\"c2-checks\"");
    check_has(page, "<strong>FAIL</strong>");
    check_has(page, "<strong>PASS</strong>");
}
END_TEST

/* What a metric says in summary.json, as the page would print it. */
static char *print_point(const cJSON *metric, const char *name, const char *unit)
{
    const cJSON *point = cJSON_GetObjectItemCaseSensitive(metric, name);
    const cJSON *low = cJSON_GetObjectItemCaseSensitive(point, "low");
    const cJSON *high = cJSON_GetObjectItemCaseSensitive(point, "high");
    Estimate estimate = {
        .value = cJSON_GetObjectItemCaseSensitive(point, "value")->valuedouble,
        .low = cJSON_IsNumber(low) ? low->valuedouble : (double)NAN,
        .high = cJSON_IsNumber(high) ? high->valuedouble : (double)NAN,
    };
    g_autofree char *value = words_value(estimate.value, unit);
    g_autofree char *range = words_range(&estimate, unit);

    return isnan(estimate.low) ? g_strdup_printf(">%s<small>too few beyond<", value)
                               : g_strdup_printf(">%s<small>%s<", value, range);
}

START_TEST(figures_are_those_of_the_summary)
{
    g_autoptr(ReportRig) rig = report_rig_new(&tame);
    G_GNUC_UNUSED g_autoptr(PathRig) path = path_rig_new("gnuplot", NULL);
    g_autofree char *page = write_page(rig);
    g_autoptr(Results) results = results_open(rig->results, NULL);
    g_autofree char *text = results_export_summary(results, 0.95);
    cJSON *summary = cJSON_Parse(text);
    const cJSON *metric;
    guint compared = 0;

    cJSON_ArrayForEach(metric, cJSON_GetObjectItemCaseSensitive(summary, "metrics"))
    {
        const char *name = cJSON_GetObjectItemCaseSensitive(metric, "name")->valuestring;
        const cJSON *labels = cJSON_GetObjectItemCaseSensitive(metric, "labels");
        static const char *const points[] = {"p50", "p95", "p99", "p99.9"};

        for (guint i = 0; i < G_N_ELEMENTS(points) && strcmp(name, "http_req_duration") == 0 &&
                          cJSON_GetObjectItemCaseSensitive(labels, "dc") == NULL;
             i++) {
            g_autofree char *words = print_point(metric, points[i], "s");

            check_has(page, words);
            compared++;
        }
    }
    cJSON_Delete(summary);
    ck_assert_uint_eq(compared, 4 * 4 * 4); /* percentiles; phases; all and three regions */
}
END_TEST

/* --- safety --------------------------------------------------------------------------------- */

START_TEST(page_asks_nobody_for_anything)
{
    static const char *const outside[] = {"http://", "https://", "src=",    "url(",
                                          "@import", "<script",  "<link",   "<iframe",
                                          "xlink",   "<image",   "<object", "//www"};
    g_autoptr(ReportRig) rig = report_rig_new(&tame);
    g_autofree char *page = write_page(rig);

    for (guint i = 0; i < G_N_ELEMENTS(outside); i++) {
        ck_assert_msg(strstr(page, outside[i]) == NULL, "'%s' is in the page", outside[i]);
    }
}
END_TEST

START_TEST(hostile_names_are_only_names)
{
    const FakeOrder order = {.runs = 2,
                             .seconds = 30,
                             .rate = 30,
                             .verdict = "fail",
                             .title = "</style><script src=x>'\"`touch pwned`&#x;\\$(x)\n|</svg>"};
    g_autoptr(ReportRig) rig = report_rig_new(&order);
    const char *const paths[] = {rig->results, NULL};
    g_autofree char *page = write_page(rig);
    g_autofree char *markdown = NULL;

    ck_assert_ptr_null(strstr(page, "<script"));
    ck_assert(!g_file_test("pwned", G_FILE_TEST_EXISTS));
    ck_assert(report_write_markdown(paths, rig->markdown, NULL));
    markdown = read_file(rig->markdown);
    ck_assert_ptr_null(strstr(markdown, "<script"));
}
END_TEST

/* --- without gnuplot ------------------------------------------------------------------------ */

START_TEST(tables_stay_without_gnuplot)
{
    g_autoptr(ReportRig) rig = report_rig_new(&tame);
    G_GNUC_UNUSED g_autoptr(PathRig) path = path_rig_new("gnuplot", NULL);
    g_autofree char *page = write_page(rig);

    check_has(page, "there is no gnuplot on this machine");
    check_has(page, "gnuplot drew 0 of");
    for (guint i = 0; i < G_N_ELEMENTS(tables); i++) {
        check_has(page, tables[i]);
    }
}
END_TEST

START_TEST(failing_gnuplot_is_told_in_the_page)
{
    g_autoptr(ReportRig) rig = report_rig_new(&tame);
    G_GNUC_UNUSED g_autoptr(PathRig) path =
        path_rig_new("gnuplot", "#!/bin/sh\necho 'no <fonts> & nothing' >&2\nexit 2\n");
    g_autofree char *page = write_page(rig);

    check_has(page, "Not drawn: gnuplot failed: no &lt;fonts&gt; &amp; nothing.");
    check_has(page, "What users felt");
}
END_TEST

/* --- files ---------------------------------------------------------------------------------- */

START_TEST(unreadable_results_leave_an_earlier_page_alone)
{
    g_autoptr(ReportRig) rig = report_rig_new(&tame);
    const char *const good[] = {rig->results, NULL};
    const char *const bad[] = {rig->results, "/nonexistent/results.sqlite", NULL};
    g_autoptr(GError) error = NULL;
    g_autofree char *before = NULL;
    g_autofree char *after = NULL;

    ck_assert(report_write_markdown(good, rig->html, NULL));
    before = read_file(rig->html);
    ck_assert(!report_write(bad, rig->html, &error));
    ck_assert_ptr_nonnull(strstr(error->message, "/nonexistent/results.sqlite"));
    after = read_file(rig->html);
    ck_assert_str_eq(before, after);
}
END_TEST

START_TEST(page_that_cannot_be_written_is_an_error)
{
    g_autoptr(ReportRig) rig = report_rig_new(&tame);
    const char *const paths[] = {rig->results, NULL};
    g_autoptr(GError) error = NULL;

    ck_assert(!report_write(paths, "/nonexistent/report.html", &error));
    ck_assert_ptr_nonnull(strstr(error->message, "/nonexistent/report.html"));
}
END_TEST

START_TEST(markdown_has_the_answer)
{
    g_autoptr(ReportRig) rig = report_rig_new(&tame);
    const char *const paths[] = {rig->results, NULL};
    g_autofree char *markdown = NULL;

    ck_assert(report_write_markdown(paths, rig->markdown, NULL));
    markdown = read_file(rig->markdown);
    check_has(markdown, "# DC03 is lost\n");
    check_has(markdown, "**FAIL** 1 of 4 checks failed");
    check_has(markdown, "| FAIL | http\\_req\\_duration{phase:lose-dc03} |");
    check_has(markdown, "3 replications, 54,000 requests, seed 1");
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("report");
    TCase *tests = tcase_create("report");

    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, page_has_verdict_tables_and_figures);
    tcase_add_test(tests, answer_comes_before_the_evidence);
    tcase_add_test(tests, reroute_times_are_those_of_the_results);
    tcase_add_test(tests, same_results_give_the_same_bytes);
    tcase_add_test(tests, one_replication_gives_no_intervals);
    tcase_add_test(tests, nothing_measured_is_still_a_page);
    tcase_add_test(tests, several_results_make_one_page);
    tcase_add_test(tests, figures_are_those_of_the_summary);
    tcase_add_test(tests, page_asks_nobody_for_anything);
    tcase_add_test(tests, hostile_names_are_only_names);
    tcase_add_test(tests, tables_stay_without_gnuplot);
    tcase_add_test(tests, failing_gnuplot_is_told_in_the_page);
    tcase_add_test(tests, unreadable_results_leave_an_earlier_page_alone);
    tcase_add_test(tests, page_that_cannot_be_written_is_an_error);
    tcase_add_test(tests, markdown_has_the_answer);
    suite_add_tcase(suite, tests);
    return suite;
}
