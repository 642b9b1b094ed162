/* test_study_report.c - a study is told in fourteen parts, with the same digits in all forms. */
#include "reports/study/study_report.h"

#include <cjson/cJSON.h>
#include <glib/gstdio.h>
#include <math.h>
#include <string.h>

#include "sim/base/words.h"
#include "tests/support/fake_study.h"
#include "tests/support/html_check.h"
#include "tests/support/path_rig.h"
#include "tests/support/suite.h"

#define STUDIES 6

typedef struct StudyRig {
    char *root;
    char *directories[STUDIES + 1]; /* ends with NULL */
} StudyRig;

static void rig_add(StudyRig *rig, guint index, void (*make)(const char *, const char *),
                    const char *name)
{
    g_autofree char *leaf = g_strdup_printf("s%u", index);

    rig->directories[index] = g_build_filename(rig->root, leaf, NULL);
    make(rig->directories[index], name);
}

static StudyRig *rig_bare(void)
{
    StudyRig *rig = g_new0(StudyRig, 1);

    rig->root = g_dir_make_tmp("dcdrill-XXXXXX", NULL);
    return rig;
}

static StudyRig *rig_new(const char *name)
{
    StudyRig *rig = rig_bare();

    rig_add(rig, 0, fake_study_capacity, name);
    rig_add(rig, 1, fake_study_sweep, name);
    rig_add(rig, 2, fake_study_map, name);
    rig_add(rig, 3, fake_study_tornado, name);
    rig_add(rig, 4, fake_study_diff, name);
    rig_add(rig, 5, fake_study_intent, name);
    return rig;
}

static void rig_free(StudyRig *rig)
{
    for (guint i = 0; rig->directories[i] != NULL; i++) {
        g_autofree char *path = g_build_filename(rig->directories[i], "study.json", NULL);

        g_remove(path);
        ck_assert_int_eq(g_rmdir(rig->directories[i]), 0);
        g_free(rig->directories[i]);
    }
    ck_assert_int_eq(g_rmdir(rig->root), 0);
    g_free(rig->root);
    g_free(rig);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(StudyRig, rig_free)

static StudyReport *make_report(const StudyRig *rig)
{
    GError *error = NULL;
    StudyReport *report = study_report_make((const char *const *)rig->directories, &error);
    g_autofree char *complaint = NULL;

    ck_assert_msg(report != NULL, "%s", error != NULL ? error->message : "");
    complaint = html_check(report->html);
    ck_assert_msg(complaint == NULL, "%s", complaint);
    return report;
}

static void check_has(const char *page, const char *what)
{
    ck_assert_msg(strstr(page, what) != NULL, "'%s' is not there", what);
}

/* --- content -------------------------------------------------------------------------------- */

START_TEST(fourteen_parts_stand_in_their_order)
{
    G_GNUC_UNUSED g_autoptr(PathRig) path = path_rig_new("gnuplot", NULL);
    g_autoptr(StudyRig) rig = rig_new("x");
    g_autoptr(StudyReport) report = make_report(rig);
    const char *last = report->html;

    for (guint i = 1; i <= 14; i++) {
        g_autofree char *id = g_strdup_printf("<section id=\"part-%u\">", i);
        const char *at = strstr(report->html, id);

        ck_assert_msg(at != NULL && at > last, "part %u is missing or too early", i);
        last = at;
    }
}
END_TEST

START_TEST(answer_says_what_is_carried_and_what_was_promised)
{
    G_GNUC_UNUSED g_autoptr(PathRig) path = path_rig_new("gnuplot", NULL);
    g_autoptr(StudyRig) rig = rig_new("x");
    g_autoptr(StudyReport) report = make_report(rig);
    static const char *const said[] = {
        "<strong>KEPT IN PART</strong> Sustains 2,741/s [2,700; 2,783] at http_req_duration "
        "p(99)&lt;800ms with any one site lost (the worst case: without DC03).",
        "Sustains 3,898/s [3,857; 3,940] at the same with all sites up.",
        "with any one site lost, the lower end is met, the upper end is not met.",
        "The bottleneck: CPU of app0 x (without DC03); rate at which it is full, by the "
        "utilisation law: 3,313/s.",
        "relieve &#39;CPU of app0 x&#39;",
        "with 95 % confidence",
    };

    for (guint i = 0; i < G_N_ELEMENTS(said); i++) {
        check_has(report->html, said[i]);
    }
    ck_assert(strstr(report->html, said[0]) < strstr(report->html, "id=\"part-2\""));
}
END_TEST

/* A month after 2026-11-22 at 3 % of 2,000 a month, 741.25 more: 12.35 months. */
START_TEST(growth_and_cost_are_those_of_the_study)
{
    G_GNUC_UNUSED g_autoptr(PathRig) path = path_rig_new("gnuplot", NULL);
    g_autoptr(StudyRig) rig = rig_new("x");
    g_autoptr(StudyReport) report = make_report(rig);

    check_has(report->text, "full at the earliest, linear growth: 12.4 months");
    check_has(report->html, "2027-12 to 2029-12");
    check_has(report->text, "a month, together: 325.97 EUR");
    check_has(report->text, "a million requests at the average rate: 0.1048 EUR");
    check_has(report->text, "a month for what only the loss of a site needs: 78.23 EUR");
    check_has(report->text, "CPU of app1 x safely busy: 75 %"); /* 2741.25 / 3655.5 */
}
END_TEST

/* A growth of 1 % a month reaches what 3 % reaches in 12.35 months after 37.06: both ends stand in
 * every form. */
START_TEST(dates_and_the_closed_form_stand_in_all_forms)
{
    G_GNUC_UNUSED g_autoptr(PathRig) path = path_rig_new("gnuplot", NULL);
    g_autoptr(StudyRig) rig = rig_new("x");
    g_autoptr(StudyReport) report = make_report(rig);

    check_has(report->text, "full at the latest, linear growth: 37.1 months");
    check_has(report->csv, "requests, one site lost full at the latest, linear growth");
    check_has(report->csv, "\"37.1 months\"");
    /* 3898.234 * 2 / 3, of three sites that serve users */
    check_has(report->html, "over the 2 others that serve users and none on backup sites, it would "
                            "be 2,599/s; simulated is more.");
}
END_TEST

START_TEST(a_choice_is_told_in_its_unit_with_its_price_and_its_second_run)
{
    G_GNUC_UNUSED g_autoptr(PathRig) path = path_rig_new("gnuplot", NULL);
    g_autoptr(StudyRig) rig = rig_new("x");
    g_autoptr(StudyReport) report = make_report(rig);

    check_has(report->html, "Asked for is the cheapest at which every promise holds of 2 "
                            "alternatives: &#39;x&#39;. Run again with fresh seeds (from 8) it has "
                            "http_req_duration p(99) 432 ms [421; 443]; every promise holds.");
    check_has(report->text, "figure of x: 422 ms [409; 434]");
    check_has(report->text, "x against the cheapest: −310 ms [−333; −287]");
    ck_assert_ptr_null(strstr(report->text, "as it stands against the cheapest"));
    check_has(report->text, "Choose 'x'. Expected effect: http_req_duration p(99) 432 ms [421; "
                            "443]; every promise holds. Cost: 141.50 EUR a month");
    check_has(report->html, "Made by &#39;dcdrill capacity x.json --intent y.json&#39;, seed 7, "
                            "fingerprint 00c0ffee00c0ffee.");
}
END_TEST

/* At a wall half of the replications break the promise at the capacity itself: what can be counted
 * on stands first. */
START_TEST(headline_at_a_wall_is_what_nine_in_ten_hold)
{
    G_GNUC_UNUSED g_autoptr(PathRig) path = path_rig_new("gnuplot", NULL);
    g_autoptr(StudyRig) rig = rig_bare();
    g_autoptr(StudyReport) report = NULL;

    rig_add(rig, 0, fake_study_wall, "x");
    report = make_report(rig);
    check_has(report->html, "Sustains 449.1/s in nine of ten replications and 468/s [426.6; 509.4] "
                            "in every second one, at  with any one site lost");
    check_has(report->html, "by the utilisation law: at most 3,313/s.");
    check_has(report->csv, "\"at most 3,313/s\"");
    /* 449.12 of the 8,123 at which the last tier is full */
    check_has(report->text, "CPU of app3 x safely busy: 5.53 %");
}
END_TEST

START_TEST(tornados_say_the_unit_that_they_draw)
{
    g_autofree char *gnuplot = g_find_program_in_path("gnuplot");
    g_autoptr(StudyRig) rig = rig_new("x");
    g_autoptr(StudyReport) report = make_report(rig);

    if (gnuplot != NULL) {
        check_has(report->html, "change (ms)");
        check_has(report->html, "change (a second)");
        check_has(report->html, "change (percentage points)");
    }
    check_has(report->text, "change of goodput rate with /system/0/x at 1: −0.0523/s");
}
END_TEST

START_TEST(what_was_not_asked_is_said)
{
    G_GNUC_UNUSED g_autoptr(PathRig) path = path_rig_new("gnuplot", NULL);
    g_autoptr(StudyRig) alone = rig_bare();
    g_autoptr(StudyRig) sweep = rig_bare();
    g_autoptr(StudyReport) capacity_report = NULL;
    g_autoptr(StudyReport) sweep_report = NULL;

    rig_add(alone, 0, fake_study_capacity, "x");
    rig_add(sweep, 0, fake_study_sweep, "x");
    capacity_report = make_report(alone);
    sweep_report = make_report(sweep);
    check_has(capacity_report->html, "--sensitivity --over");
    check_has(capacity_report->html, "dcdrill run scenarios/drills/dc03-lost.json");
    check_has(capacity_report->html, "No alternative was tried");
    check_has(sweep_report->html, "Not asked, so not told: ");
    check_has(sweep_report->html, "The knee of http_req_duration p(99) lies at 2,413/s");
    ck_assert_ptr_null(strstr(sweep_report->html, "<section id=\"part-10\">"));
}
END_TEST

/* --- the same digits ------------------------------------------------------------------------ */

/* The text of a cell that says which figure it shows. */
static char *read_cell(const char *html, guint part, const char *name)
{
    g_autofree char *escaped = g_markup_escape_text(name, -1);
    g_autofree char *key = g_strdup_printf("data-figure=\"%u %s\">", part, escaped);
    const char *begin = strstr(html, key);
    const char *end = begin != NULL ? strstr(begin, "</td>") : NULL;
    g_autofree char *inner = NULL;
    g_auto(GStrv) pieces = NULL;

    if (end == NULL) {
        return NULL;
    }
    inner = g_strndup(begin + strlen(key), (gsize)(end - begin) - strlen(key));
    pieces = g_strsplit(inner, "<small>", -1);
    if (pieces[1] == NULL) {
        return g_strdup(inner);
    }
    *strstr(pieces[1], "</small>") = '\0';
    return g_strdup_printf("%s %s", pieces[0], pieces[1]);
}

static double number_of(const cJSON *figure, const char *name)
{
    const cJSON *number = cJSON_GetObjectItem(figure, name);

    return cJSON_IsNumber(number) ? number->valuedouble : (double)NAN;
}

/* What is printed is the number, printed by the one function that prints. */
static void check_digits(const cJSON *figure, const char *printed)
{
    const char *unit = cJSON_GetObjectItem(figure, "unit")->valuestring;
    double value = number_of(figure, "value");
    double ends[] = {number_of(figure, "low"), number_of(figure, "high")};
    g_autofree char *number = words_value(value, strcmp(unit, "EUR") == 0 ? "money" : unit);
    const char *space = strrchr(number, ' ');
    size_t digits = space != NULL ? (size_t)(space - number) : strlen(number);

    ck_assert_msg(!isfinite(value) || strncmp(printed, number, digits) == 0,
                  "%s does not begin with %s", printed, number);
    for (guint i = 0; i < G_N_ELEMENTS(ends) && isfinite(value) && isfinite(ends[i]); i++) {
        g_autofree char *end = words_value(ends[i], unit);

        *strchrnul(end, ' ') = '\0';
        ck_assert_msg(strstr(printed, end) != NULL, "%s is not in %s", end, printed);
    }
}

static guint check_figure(const StudyReport *report, guint part, const cJSON *figure)
{
    const char *name = cJSON_GetObjectItem(figure, "name")->valuestring;
    const char *printed = cJSON_GetObjectItem(figure, "printed")->valuestring;
    g_autofree char *line = g_strdup_printf("   - %s: %s\n", name, printed);
    g_autofree char *row = g_strdup_printf("\n%u,\"%s\",", part, name);
    g_autofree char *end = g_strdup_printf(",\"%s\"\n", printed);
    g_autofree char *cell = read_cell(report->html, part, name);
    const char *in_csv = strstr(report->csv, row);

    check_digits(figure, printed);
    check_has(report->text, line);
    ck_assert_msg(in_csv != NULL, "%s is not in the CSV", name);
    ck_assert_msg(g_str_has_prefix(strchr(in_csv + 1, '\n') - strlen(end) + 1, end),
                  "another %s in the CSV", name);
    if (isfinite(number_of(figure, "value"))) {
        ck_assert_double_eq(g_ascii_strtod(in_csv + strlen(row), NULL), number_of(figure, "value"));
    }
    if (cell == NULL) { /* it stands in a sentence */
        check_has(report->html, printed);
        return 0;
    }
    ck_assert_str_eq(cell, printed);
    return 1;
}

START_TEST(all_forms_carry_the_same_digits)
{
    G_GNUC_UNUSED g_autoptr(PathRig) path = path_rig_new("gnuplot", NULL);
    g_autoptr(StudyRig) rig = rig_new("x");
    g_autoptr(StudyReport) report = make_report(rig);
    cJSON *json = cJSON_Parse(report->json);
    const cJSON *part;
    const cJSON *figure;
    guint cells = 0;

    cJSON_ArrayForEach(part, cJSON_GetObjectItem(json, "parts"))
    {
        guint number = (guint)cJSON_GetObjectItem(part, "part")->valueint;

        cJSON_ArrayForEach(figure, cJSON_GetObjectItem(part, "figures"))
        {
            cells += check_figure(report, number, figure);
        }
    }
    cJSON_Delete(json);
    ck_assert_uint_gt(cells, 150);
}
END_TEST

/* --- the page ------------------------------------------------------------------------------- */

START_TEST(ids_are_unique_and_nothing_comes_from_outside)
{
    g_autofree char *gnuplot = g_find_program_in_path("gnuplot");
    g_autoptr(StudyRig) rig = rig_new("x");
    g_autoptr(StudyReport) report = make_report(rig);
    g_autoptr(GHashTable) seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    g_autoptr(GRegex) ids = g_regex_new(" id=[\"']([^\"']*)[\"']", 0, 0, NULL);
    g_autoptr(GMatchInfo) match = NULL;

    g_regex_match(ids, report->html, 0, &match);
    for (; g_match_info_matches(match); g_match_info_next(match, NULL)) {
        char *id = g_match_info_fetch(match, 1);

        ck_assert_msg(g_hash_table_add(seen, id), "'%s' twice", id);
    }
    ck_assert_ptr_null(strstr(report->html, "http:"));
    ck_assert_ptr_null(strstr(report->html, "https:"));
    ck_assert_ptr_null(strstr(report->html, "<image"));
    if (gnuplot != NULL) {
        ck_assert_ptr_null(strstr(report->html, "Not drawn"));
        check_has(report->html, "url(#g");
        check_has(report->html, "href=\"#g");
    }
}
END_TEST

START_TEST(numbers_stand_open_without_gnuplot)
{
    G_GNUC_UNUSED g_autoptr(PathRig) path = path_rig_new("gnuplot", NULL);
    g_autoptr(StudyRig) rig = rig_new("x");
    g_autoptr(StudyReport) report = make_report(rig);

    check_has(report->html, "Not drawn: there is no gnuplot.");
    check_has(report->html, "<details open=\"open\">");
    check_has(report->html, "Figures are left out: there is no gnuplot on this machine.");
    ck_assert_ptr_null(strstr(report->html, "role=\"img\""));
}
END_TEST

START_TEST(texts_of_a_scenario_stay_texts)
{
    static const char evil[] = "</script><script>alert(1)</script><b \"q\" 'p' &amp; \x01 ${x}`";
    g_autoptr(StudyRig) rig = rig_new(evil);
    g_autoptr(StudyReport) report = make_report(rig);
    cJSON *json = cJSON_Parse(report->json);

    ck_assert_ptr_nonnull(json);
    cJSON_Delete(json);
    ck_assert_ptr_null(strstr(report->html, "<script>"));
    ck_assert_ptr_null(strstr(report->html, "<b "));
    check_has(report->html, "&lt;/script&gt;&lt;script&gt;alert(1)");
    check_has(report->csv, "<b \"\"q\"\" 'p'");
}
END_TEST

/* --- studies that are none ------------------------------------------------------------------ */

static void check_refused(const char *text, const char *why)
{
    g_autoptr(StudyRig) rig = rig_new("x");
    g_autoptr(GError) error = NULL;

    fake_study_write(rig->directories[1], text);
    ck_assert_ptr_null(study_report_make((const char *const *)rig->directories, &error));
    check_has(error->message, why);
    check_has(error->message, "study.json");
}

START_TEST(broken_study_is_an_error)
{
    check_refused("{\"format\": \"dcdrill-sweep-1\"", "no study");
    check_refused("[]", "no study");
    check_refused("{\"format\": \"dcdrill-plan-1\"}", "no study");
}
END_TEST

START_TEST(study_with_holes_is_told_as_far_as_it_goes)
{
    static const char *const bare[] = {
        "{\"format\":\"dcdrill-capacity-1\"}",
        "{\"format\":\"dcdrill-capacity-1\",\"cases\":[{}],\"outlook\":{}}",
        ("{\"format\":\"dcdrill-capacity-1\",\"cases\":[{\"case\":\"intact\",\"end\":\"never\","
         "\"tiers\":[{}],\"looks\":[{}]}],\"outlook\":{\"walls\":[{}],\"items\":[{}]}}"),
        "{\"format\":\"dcdrill-sweep-1\",\"over\":[1],\"metrics\":[2],\"points\":[{\"at\":[]}]}",
        "{\"format\":\"dcdrill-tornado-1\",\"effects\":[{},3]}",
        "{\"format\":\"dcdrill-intent-1\",\"winner\":{},\"alternatives\":[{}]}",
        "{\"format\":\"dcdrill-morris-1\",\"effects\":[{}]}",
        "{\"format\":\"dcdrill-diff-1\",\"metrics\":[{}]}",
    };

    for (guint i = 0; i < G_N_ELEMENTS(bare); i++) {
        g_autoptr(StudyRig) rig = rig_bare();
        g_autoptr(StudyReport) report = NULL;

        rig->directories[0] = g_build_filename(rig->root, "s0", NULL);
        fake_study_write(rig->directories[0], bare[i]);
        report = make_report(rig);
        check_has(report->html, "<section id=\"part-1\">");
    }
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("study_report");
    TCase *content = tcase_create("content");

    tcase_set_timeout(content, 60);
    tcase_add_test(content, fourteen_parts_stand_in_their_order);
    tcase_add_test(content, answer_says_what_is_carried_and_what_was_promised);
    tcase_add_test(content, growth_and_cost_are_those_of_the_study);
    tcase_add_test(content, dates_and_the_closed_form_stand_in_all_forms);
    tcase_add_test(content, a_choice_is_told_in_its_unit_with_its_price_and_its_second_run);
    tcase_add_test(content, headline_at_a_wall_is_what_nine_in_ten_hold);
    tcase_add_test(content, tornados_say_the_unit_that_they_draw);
    tcase_add_test(content, what_was_not_asked_is_said);
    tcase_add_test(content, all_forms_carry_the_same_digits);
    tcase_add_test(content, ids_are_unique_and_nothing_comes_from_outside);
    tcase_add_test(content, numbers_stand_open_without_gnuplot);
    tcase_add_test(content, texts_of_a_scenario_stay_texts);
    tcase_add_test(content, broken_study_is_an_error);
    tcase_add_test(content, study_with_holes_is_told_as_far_as_it_goes);
    suite_add_tcase(suite, content);
    return suite;
}
