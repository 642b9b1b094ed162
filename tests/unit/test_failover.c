/* test_failover.c - the page about a lost data centre: times, losses and what to change first, from
 * results that were made up. */
#include <glib/gstdio.h>
#include <string.h>

#include "reports/report.h"
#include "sim/results/results_write.h"
#include "tests/support/html_check.h"
#include "tests/support/suite.h"

#define SECONDS 400
#define RUNS 3
#define LOST_AT 100
#define BACK_AT 300

/* DC03 serves EU until it is lost; half of the users have moved `moved` s later, the rest at the
 * end. 10 requests a second. */
static void write_second(ResultsWriter *writer, int run, int second, int moved)
{
    bool is_lost = second >= LOST_AT && second < BACK_AT;
    bool has_moved = is_lost && second >= LOST_AT + moved;
    g_autoptr(Histogram) latency = histogram_new();
    ResultsUsers users = {.run = run,
                          .time = second * SIM_S,
                          .client = "web",
                          .region = "EU",
                          .dc = is_lost && !has_moved ? ""
                                : has_moved           ? "DC01"
                                                      : "DC03",
                          .ok = is_lost && !has_moved ? 0 : 10,
                          .failed = is_lost && !has_moved ? 10 : 0,
                          .attempts = 10,
                          .latency = latency};

    for (uint64_t i = 0; i < users.ok; i++) {
        histogram_add(latency, 50 * SIM_MS);
    }
    results_write_users(writer, &users);
    results_write_sample(writer, run, 0, 0, second * SIM_S, is_lost && !has_moved ? 10 : 0, 0);
    results_write_sample(writer, run, 0, 1, second * SIM_S, 10, 0);
}

static void write_event(ResultsWriter *writer, int run, const char *event, int second)
{
    results_write_occurrence(writer, &(ResultsOccurrence){.run = run,
                                                          .event = event,
                                                          .component = "route53",
                                                          .label1 = "dc",
                                                          .value1 = "DC03",
                                                          .label2 = "to",
                                                          .value2 = "unhealthy",
                                                          .count = 1,
                                                          .first = second * SIM_S,
                                                          .last = second * SIM_S});
}

static void write_run(ResultsWriter *writer, int run, int noticed, int changed, int moved)
{
    ResultsRun row = {.run = run, .seed = 1, .simulated = SECONDS * SIM_S, .ended = "completed"};

    results_write_run(writer, &row);
    results_write_phase(writer, run, "baseline", 0, SECONDS * SIM_S);
    results_write_fault(writer, &(ResultsFault){.run = run,
                                                .name = "lose",
                                                .func = "dc.outage",
                                                .targets_text = "host@DC03-app1",
                                                .applied = LOST_AT * SIM_S,
                                                .lifted = BACK_AT * SIM_S,
                                                .targets = 1,
                                                .bit = 1});
    write_event(writer, run, "route53.health-changed", LOST_AT + noticed);
    write_event(writer, run, "route53.answers-changed", LOST_AT + changed);
    for (int second = 0; second < SECONDS; second++) {
        write_second(writer, run, second, moved);
    }
}

/* Three replications, `step` s apart in all their times. Caller frees. */
static char *page_of(int noticed, int changed, int moved, int step)
{
    g_autofree char *directory = g_dir_make_tmp("dcdrill-XXXXXX", NULL);
    g_autofree char *path = g_build_filename(directory, "results.sqlite", NULL);
    g_autofree char *html = g_build_filename(directory, "report.html", NULL);
    const char *const paths[] = {path, NULL};
    GError *error = NULL;
    ResultsWriter *writer = results_write_new(path, &error);
    ResultsCheck check = {.kind = "threshold",
                          .name = "http_req_failed",
                          .labels = "",
                          .condition = "rate<0.001",
                          .observed = 0.1,
                          .verdict = "fail",
                          .why = "made up"};
    ResultsTheory detection = {.metric = "route53.health-changed{dc:DC03,to:unhealthy}",
                               .aggregate = "delay",
                               .family = "dns-checkers",
                               .question = "",
                               .predicted = 77.5,
                               .observed = 70,
                               .why = ""};
    ResultsTheory stale = {.metric = "stale{after:50,at:web/EU,dc:DC03,fault:dc.outage}",
                           .aggregate = "stale",
                           .family = "dns-caches",
                           .question = "",
                           .predicted = 1,
                           .observed = 1,
                           .why = ""};
    ResultsTheory caches = {.metric = "stale{after_change:15,at:web/EU,dc:DC03,fault:dc.outage}",
                            .aggregate = "stale",
                            .family = "dns-caches",
                            .question = "",
                            .predicted = 0.75,
                            .observed = 0.762,
                            .low = 0.74,
                            .high = 0.784,
                            .within = RESULTS_WITHIN,
                            .why = ""};
    ResultsTheory changes = {.metric = "route53.answers-changed{dc:DC03,to:unhealthy}",
                             .aggregate = "delay",
                             .family = "dns-checkers",
                             .question = "",
                             .predicted = 81.5,
                             .observed = 80,
                             .why = ""};
    char *page = NULL;

    ck_assert_ptr_nonnull(writer);
    results_write_fact(writer, "title", "lost");
    results_write_fact(writer, "sample_interval_ns", "1000000000");
    results_write_component(writer, 0, "client@web/EU", "client", NULL, NULL, NULL, "EU");
    results_write_metric(writer, 0, "first_dark", "counter", "1", "To a dead host");
    results_write_metric(writer, 1, "first_tries", "counter", "1", "To any host");
    for (int run = 0; run < RUNS; run++) {
        write_run(writer, run, noticed + run * step, changed + run * step, moved + run * step);
    }
    results_write_check(writer, &check);
    results_write_theory(writer, &detection);
    results_write_theory(writer, &changes);
    results_write_theory(writer, &stale);
    results_write_theory(writer, &caches);
    ck_assert(results_write_close(writer, &error));
    ck_assert(report_write(paths, html, &error));
    ck_assert(g_file_get_contents(html, &page, NULL, NULL));
    g_autofree char *complaint = html_check(page);

    ck_assert_msg(complaint == NULL, "%s", complaint);
    g_remove(path);
    g_remove(html);
    ck_assert_int_eq(g_rmdir(directory), 0);
    return page;
}

/* Whether the row that begins with `first` holds `figure`. */
static bool row_has(const char *page, const char *first, const char *figure)
{
    const char *row = strstr(page, first);
    const char *end = row != NULL ? strstr(row, "</tr>") : NULL;
    g_autofree char *text = end != NULL ? g_strndup(row, (gsize)(end - row)) : NULL;

    return text != NULL && strstr(text, figure) != NULL;
}

START_TEST(the_time_line_tells_median_and_worst_beside_the_closed_form)
{
    g_autofree char *page = page_of(70, 75, 90, 5);

    ck_assert(row_has(page, "health checks have noticed", "75 s"));
    ck_assert(row_has(page, "health checks have noticed", "80 s"));
    ck_assert(row_has(page, "health checks have noticed", "77.5 s"));
    ck_assert(row_has(page, "answers have changed", "85 s"));
    ck_assert(row_has(page, "answers have changed", "81.5 s"));
    ck_assert(row_has(page, "the last client has left", "95 s"));
    ck_assert(row_has(page, "the last client has left", "100 s"));
}
END_TEST

START_TEST(what_was_lost_is_told_by_population_and_region)
{
    g_autofree char *page = page_of(70, 75, 90, 5);

    /* 900, 950 and 1,000 of 2,000; theory: all of 50 s at 10 requests/s */
    ck_assert(row_has(page, "Requests lost after", "Population"));
    const char *losses = strstr(page, "Requests lost after");

    ck_assert(row_has(losses, ">web<", "EU"));
    ck_assert(row_has(losses, ">web<", "950"));
    ck_assert(row_has(losses, ">web<", "1,000"));
    ck_assert(row_has(losses, ">web<", "47.5 %"));
    ck_assert(row_has(losses, ">web<", "500"));
}
END_TEST

START_TEST(who_is_still_sent_there_stands_beside_the_closed_form)
{
    g_autofree char *page = page_of(70, 75, 90, 5);
    const char *table = strstr(page, "still turn to the lost site");

    ck_assert_ptr_nonnull(strstr(page, "Who is still sent to DC03"));
    ck_assert_ptr_nonnull(table);
    ck_assert(row_has(table, "the new answers", "15 s"));
    ck_assert(row_has(table, "the new answers", "76.2 %"));
    ck_assert(row_has(table, "the new answers", "[74; 78.4]"));
    ck_assert(row_has(table, "the new answers", "75 %"));
    ck_assert(row_has(table, "the new answers", "+1.2"));
    ck_assert(row_has(table, ">the fault<", "50 s"));
}
END_TEST

START_TEST(the_error_budget_is_a_months)
{
    g_autofree char *page = page_of(70, 75, 90, 5);

    /* 0.1 % of 25,920,000 requests in 30 days; 950 of 25,920 are 3.67 % */
    ck_assert_ptr_nonnull(strstr(page, "burns 3.67 %"));
    ck_assert_ptr_nonnull(strstr(page, "25,920 requests"));
}
END_TEST

START_TEST(the_longest_part_is_to_be_changed_first)
{
    g_autofree char *detection = page_of(70, 75, 90, 0);
    g_autofree char *caches = page_of(10, 12, 90, 0);
    g_autofree char *propagation = page_of(5, 80, 90, 0);

    ck_assert_ptr_nonnull(strstr(detection, "change first: detection"));
    ck_assert_ptr_nonnull(strstr(caches, "change first: caches"));
    ck_assert_ptr_nonnull(strstr(propagation, "change first: propagation"));
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("failover");
    TCase *tests = tcase_create("all");

    tcase_add_test(tests, the_time_line_tells_median_and_worst_beside_the_closed_form);
    tcase_add_test(tests, what_was_lost_is_told_by_population_and_region);
    tcase_add_test(tests, who_is_still_sent_there_stands_beside_the_closed_form);
    tcase_add_test(tests, the_error_budget_is_a_months);
    tcase_add_test(tests, the_longest_part_is_to_be_changed_first);
    suite_add_tcase(suite, tests);
    return suite;
}
