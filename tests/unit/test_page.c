/* test_page.c - pages are well formed whatever is put into them. */
#include "reports/page.h"

#include <glib.h>
#include <math.h>
#include <string.h>

#include "sim/base/words.h"
#include "tests/support/html_check.h"
#include "tests/support/suite.h"

static const char *const hostile = "<script>alert(\"x\")</script> & 'quoted' \x01\xff ]]>";

static void check_well_formed(const char *text)
{
    g_autofree char *complaint = html_check(text);

    ck_assert_msg(complaint == NULL, "%s", complaint);
}

/* --- the checker itself --------------------------------------------------------------------- */

START_TEST(checker_refuses_what_is_not_well_formed)
{
    static const char *const wrong[] = {
        "<p>",           "</p>",   "<p></b>",        "<p><b></p></b>",
        "a & b",         "a < b",  "a > b",          "<p class=x></p>",
        "<p class></p>", "&nbsp;", "<p a=\"<\"></p>"};

    for (guint i = 0; i < G_N_ELEMENTS(wrong); i++) {
        g_autofree char *complaint = html_check(wrong[i]);

        ck_assert_msg(complaint != NULL, "'%s' was accepted", wrong[i]);
    }
    check_well_formed("<!DOCTYPE html>\n<p class=\"a\"><b>x &lt; y</b><path d='M0'/></p>");
}
END_TEST

/* --- pages ---------------------------------------------------------------------------------- */

START_TEST(texts_and_attributes_are_escaped)
{
    g_autoptr(Page) page = page_new();
    g_autofree char *text = NULL;

    page_open(page, "p", "title", hostile, "class", NULL, NULL);
    page_text(page, hostile);
    page_close(page, "p");
    text = page_to_text(page);
    check_well_formed(text);
    ck_assert_ptr_null(strstr(text, "<script"));
    ck_assert_ptr_null(strstr(text, "class"));
    ck_assert_ptr_nonnull(strstr(text, "&lt;script&gt;alert(&quot;x&quot;)"));
    ck_assert_ptr_null(strchr(text, '\x01'));
    ck_assert_int_eq(g_utf8_validate(text, -1, NULL), TRUE);
}
END_TEST

START_TEST(tables_have_a_head_for_each_cell)
{
    static const char *const heads[] = {"Name", "#Figure", NULL};
    g_autoptr(Page) page = page_new();
    g_autofree char *text = NULL;

    page_table_begin(page, hostile, heads);
    page_row_begin(page);
    page_cell(page, hostile);
    page_cell_range(page, "41 ms", "[38; 44]");
    page_row_end(page);
    page_table_end(page);
    text = page_to_text(page);
    check_well_formed(text);
    ck_assert_ptr_nonnull(strstr(text, "<th scope=\"col\" class=\"figure\">Figure</th>"));
    ck_assert_ptr_nonnull(strstr(text, "<td class=\"figure\">41 ms<small>[38; 44]</small></td>"));
}
END_TEST

/* --- figures -------------------------------------------------------------------------------- */

START_TEST(figures_have_units_and_no_needless_digits)
{
    static const struct {
        double value;
        const char *unit, *words;
    } cases[] = {
        {0.642, "s", "642 ms"},        {0, "s", "0 s"},
        {0.000012, "s", "12 µs"},      {12.345, "s", "12.3 s"},
        {303.2, "s", "303 s"},         {4000, "s", "4,000 s"},
        {0.00041, "ratio", "0.041 %"}, {0.99998, "ratio", "99.998 %"},
        {1, "ratio", "100 %"},         {0.5, "ratio", "50 %"},
        {1536, "B", "1.5 KiB"},        {2750, "1", "2,750"},
        {3.14159, NULL, "3.14"},       {-12, NULL, "−12"},
        {(double)NAN, "s", "–"},       {(double)INFINITY, NULL, "–"},
        {0, "money", "0.00"},          {0.0403, "money", "0.0403"},
        {1125, "money", "1,125.00"},
    };

    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *words = words_value(cases[i].value, cases[i].unit);

        ck_assert_str_eq(words, cases[i].words);
    }
}
END_TEST

START_TEST(ranges_of_months_say_each_word_once)
{
    static const struct {
        const char *start;
        double first, last;
        const char *words;
    } cases[] = {
        {NULL, 8.9, 26.7, "in 8.9 to 26.7 months"},
        {NULL, 8.9, (double)INFINITY, "in 8.9 months to never"},
        {NULL, 8.9, 5000, "in 8.9 months to over 100 years"},
        {NULL, (double)INFINITY, (double)INFINITY, "never"},
        {"2026-11-22", 4, 13, "2027-03 to 2027-12"},
        {"2026-11-01", 0, 0.5, "2026-11"},
    };

    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *words = words_months(cases[i].start, cases[i].first, cases[i].last);

        ck_assert_str_eq(words, cases[i].words);
    }
}
END_TEST

START_TEST(counts_are_separated_by_thousands)
{
    static const struct {
        double count;
        const char *words;
    } cases[] = {{0, "0"},
                 {999, "999"},
                 {1000, "1,000"},
                 {10800000, "10,800,000"},
                 {1e15, "1,000,000,000,000,000"}};

    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *words = words_count(cases[i].count);

        ck_assert_str_eq(words, cases[i].words);
    }
}
END_TEST

START_TEST(intervals_share_a_unit_or_name_each)
{
    g_autofree char *shared = words_with_interval(0.642, 0.618, 0.667, "s");
    g_autofree char *mixed = words_with_interval(1.1, 0.9, 1.3, "s");
    g_autofree char *upper = words_with_interval(0, (double)NAN, 0.03, "ratio");
    g_autofree char *none = words_with_interval(5, (double)NAN, (double)NAN, NULL);

    ck_assert_str_eq(shared, "642 ms [618; 667]");
    ck_assert_str_eq(mixed, "1.1 s [900 ms; 1.3 s]");
    ck_assert_str_eq(upper, "0 % at most 3 %");
    ck_assert_str_eq(none, "5");
}
END_TEST

START_TEST(an_end_that_never_came_is_said_in_words)
{
    g_autofree char *never = words_time(SIM_NEVER);
    g_autofree char *some = words_time(120 * SIM_S + 250 * SIM_MS);

    ck_assert_str_eq(never, "not before the end");
    ck_assert_str_eq(some, "120.25 s");
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("page");
    TCase *tests = tcase_create("page");

    tcase_add_test(tests, checker_refuses_what_is_not_well_formed);
    tcase_add_test(tests, texts_and_attributes_are_escaped);
    tcase_add_test(tests, tables_have_a_head_for_each_cell);
    tcase_add_test(tests, figures_have_units_and_no_needless_digits);
    tcase_add_test(tests, ranges_of_months_say_each_word_once);
    tcase_add_test(tests, counts_are_separated_by_thousands);
    tcase_add_test(tests, intervals_share_a_unit_or_name_each);
    tcase_add_test(tests, an_end_that_never_came_is_said_in_words);
    suite_add_tcase(suite, tests);
    return suite;
}
