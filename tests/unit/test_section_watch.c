/* test_section_watch.c - what monitors would have said stands beside what was true, to the second.
 */
#include <glib/gstdio.h>
#include <string.h>

#include "reports/report.h"
#include "sim/base/words.h"
#include "sim/results/results_write.h"
#include "tests/support/suite.h"

#define SECONDS 1000
enum { TRUE_MONITOR, WRONG_MONITOR, DENIED_MONITOR };

/* Bad from 100 to 400 and from 420 to 431, which is one outage, and 2 s at 700, which is none. */
static bool is_bad(int second)
{
    return (second >= 100 && second < 400) || (second >= 420 && second < 431) || second == 700 ||
           second == 701;
}

/* One says so from 150.25 s to 500 s; the other from 50 to 60 s, when all is well. */
static double says_down(int monitor, int second)
{
    if (monitor == DENIED_MONITOR) {
        return 0.0;
    }
    if (monitor == WRONG_MONITOR) {
        return second >= 50 && second < 60 ? 1.0 : 0.0;
    }
    return second == 150 ? 0.75 : second > 150 && second < 500 ? 1.0 : 0.0;
}

static void write_second(ResultsWriter *writer, int second)
{
    bool bad = is_bad(second);
    g_autoptr(Histogram) latency = histogram_new();
    ResultsUsers users = {.run = 0,
                          .time = second * SIM_S,
                          .client = "web",
                          .region = "EU",
                          .dc = bad ? "" : "DC01",
                          .ok = bad ? 0 : 10,
                          .failed = bad ? 10 : 0,
                          .attempts = 10,
                          .latency = latency};

    for (int i = 0; !bad && i < 10; i++) {
        histogram_add(latency, 50 * SIM_MS);
    }
    results_write_users(writer, &users);
    users.region = "NA";
    users.dc = "DC02";
    users.ok = 10;
    users.failed = 0;
    results_write_users(writer, &users);
    if (second == 200) {
        results_write_sample(writer, 0, DENIED_MONITOR, 1, second * SIM_S, 3.0, 3.0);
        results_write_sample(writer, 0, DENIED_MONITOR, 2, second * SIM_S, 2.0, 2.0);
    }
    for (int monitor = TRUE_MONITOR; monitor <= DENIED_MONITOR; monitor++) {
        double level = says_down(monitor, second);

        results_write_sample(writer, 0, monitor, 0, second * SIM_S, level, level > 0 ? 1.0 : 0.0);
    }
}

static void write_results(const char *path)
{
    GError *error = NULL;
    ResultsWriter *writer = results_write_new(path, &error);
    ResultsRun run = {.run = 0, .seed = 1, .simulated = SECONDS * SIM_S, .ended = "completed"};

    ck_assert_ptr_nonnull(writer);
    results_write_fact(writer, "title", "watched");
    results_write_fact(writer, "sample_interval_ns", "1000000000");
    results_write_component(writer, TRUE_MONITOR, "zabbix_web@true", "zabbix_web", NULL, NULL, NULL,
                            "EU");
    results_write_component(writer, WRONG_MONITOR, "zabbix_web@wrong", "zabbix_web", NULL, NULL,
                            NULL, "NA");
    results_write_component(writer, DENIED_MONITOR, "uptimerobot@denied", "uptimerobot", NULL, NULL,
                            NULL, "EU");
    results_write_metric(writer, 0, "says_down", "gauge", "ratio", "1 while it says so");
    results_write_metric(writer, 1, "watch_checks_failed", "counter", "1", "Checks that failed");
    results_write_metric(writer, 2, "denied", "counter", "1", "Checks that were denied");
    results_write_run(writer, &run);
    results_write_phase(writer, 0, "baseline", 0, SECONDS * SIM_S);
    for (int second = 0; second < SECONDS; second++) {
        write_second(writer, second);
    }
    ck_assert(results_write_close(writer, &error));
}

/* From the first to the second text. */
static char *between(const char *page, const char *first, const char *second)
{
    const char *begin = strstr(page, first);
    const char *end = begin != NULL ? strstr(begin, second) : NULL;

    ck_assert_msg(end != NULL, "no '%s' before '%s'", first, second);
    return g_strndup(begin, (gsize)(end - begin));
}

static void expect_value(const char *text, double value, const char *unit)
{
    g_autofree char *words = words_value(value, unit);

    ck_assert_msg(strstr(text, words) != NULL, "no '%s' in: %s", words, text);
}

/* Region by region, and why a monitor could not know. */
static void expect_reasons(const char *page)
{
    g_autofree char *regions = between(page, "who asked from the same place", "</table>");
    g_autofree char *met = words_value(1 - 313.0 / SECONDS, "ratio");
    g_autofree char *elsewhere = g_strdup_printf(
        "zabbix_web@wrong said 99 %% while users of EU met %s: it asks from NA, where users met "
        "100 %%.",
        met);
    g_autofree char *denied = g_strdup_printf(
        "uptimerobot@denied said 100 %% while users of EU met %s: 3 of its checks failed, "
        "and re-checks from other places denied 2 of them",
        met);

    ck_assert_ptr_nonnull(strstr(regions, "DC02 100 %"));
    ck_assert_ptr_nonnull(strstr(regions, "zabbix_web@true, uptimerobot@denied"));
    ck_assert_ptr_nonnull(strstr(page, elsewhere));
    ck_assert_ptr_nonnull(strstr(page, denied));
    ck_assert_ptr_null(strstr(page, "zabbix_web@true said"));
}

START_TEST(what_monitors_said_stands_beside_the_truth)
{
    g_autofree char *directory = g_dir_make_tmp("dcdrill-XXXXXX", NULL);
    g_autofree char *results = g_build_filename(directory, "results.sqlite", NULL);
    g_autofree char *html = g_build_filename(directory, "report.html", NULL);
    const char *const paths[] = {results, NULL};
    g_autofree char *page = NULL;
    GError *error = NULL;

    write_results(results);
    ck_assert_msg(report_write(paths, html, &error), "%s", error != NULL ? error->message : "");
    ck_assert(g_file_get_contents(html, &page, NULL, NULL));
    g_autofree char *truth = between(page, "true, as users met it", "zabbix_web@true");
    g_autofree char *right = between(page, "zabbix_web@true", "zabbix_web@wrong");
    g_autofree char *wrong = between(strstr(page, "zabbix_web@wrong"), "zabbix_web@wrong", "</tr>");

    expect_value(truth, 1 - 313.0 / SECONDS, "ratio");
    expect_value(right, 1 - 349.75 / SECONDS, "ratio");
    expect_value(right, 50.25, "s");
    ck_assert_ptr_nonnull(strstr(right, "1 of 1"));
    expect_value(wrong, 0.99, "ratio");
    ck_assert_ptr_nonnull(strstr(wrong, "0 of 1"));
    ck_assert_ptr_nonnull(strstr(wrong, ">1<")); /* false alarm */
    expect_reasons(page);
    g_remove(results);
    g_remove(html);
    ck_assert_int_eq(g_rmdir(directory), 0);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("section_watch");
    TCase *tests = tcase_create("monitors");

    tcase_add_test(tests, what_monitors_said_stands_beside_the_truth);
    suite_add_tcase(suite, tests);
    return suite;
}
