/* test_chart.c - figures are drawn in memory, alike each time, and never as anything but a figure.
 */
#include "reports/chart.h"

#include <math.h>
#include <string.h>

#include "reports/gnuplot.h"
#include "reports/plot.h"
#include "tests/support/html_check.h"
#include "tests/support/path_rig.h"
#include "tests/support/suite.h"

static const char *const hostile = "'; system('touch pwned') #\"`touch pwned`\\@x $d0\n<b>&#x;";

/* A chart of two series from two replications over `count` steps, with a gap. */
static Chart *new_chart(ChartStyle style, guint count, const char *name)
{
    Chart *chart = chart_new(name, name, 2, count);
    g_autoptr(Bands) first = bands_new(count);
    g_autoptr(Bands) second = bands_new(count);
    g_autofree double *values = g_new(double, count);

    for (guint run = 0; run < 2; run++) {
        for (guint i = 0; i < count; i++) {
            values[i] = i == count / 2 ? (double)NAN : 10.0 + run + i;
        }
        bands_fold(first, values);
        bands_fold(second, values);
    }
    chart->style = style;
    chart_add(chart, name, first, 1);
    chart_add(chart, name, second, 3);
    chart_add_bar(chart, name, 4, 9);
    return chart;
}

static bool has_gnuplot(void)
{
    g_autofree char *path = g_find_program_in_path("gnuplot");

    return path != NULL;
}

/* --- bands ---------------------------------------------------------------------------------- */

START_TEST(bands_run_from_the_lowest_to_the_highest_replication)
{
    g_autoptr(Bands) bands = bands_new(3);
    const double runs[3][3] = {
        {1, (double)NAN, 5}, {3, (double)NAN, (double)NAN}, {8, (double)NAN, 1}};

    for (guint i = 0; i < 3; i++) {
        bands_fold(bands, runs[i]);
    }
    ck_assert_double_eq(bands_mean(bands, 0), 4);
    ck_assert_double_eq(bands_low(bands, 0), 1);
    ck_assert_double_eq(bands_high(bands, 0), 8);
    ck_assert_double_nan(bands_mean(bands, 1));
    ck_assert_double_nan(bands_low(bands, 1));
    ck_assert_double_eq(bands_mean(bands, 2), 3);
    ck_assert_double_eq(bands_high(bands, 2), 5);
}
END_TEST

/* --- scripts -------------------------------------------------------------------------------- */

START_TEST(names_are_nothing_but_names_to_gnuplot)
{
    g_autofree char *quoted = gnuplot_quote(hostile);
    size_t length = strlen(quoted);

    ck_assert_int_eq(quoted[0], '\'');
    ck_assert_int_eq(quoted[length - 1], '\'');
    ck_assert_uint_eq(strcspn(quoted + 1, "'\"`\\<>&{}@#$\n"), length - 2);
}
END_TEST

START_TEST(script_has_the_faults_bar_and_the_gap)
{
    g_autoptr(Chart) chart = new_chart(CHART_LINES, 10, "busy (%)");
    g_autofree char *script = chart_script(chart);

    ck_assert_ptr_nonnull(strstr(script, "set object rectangle from 4,graph 0 to 9,graph 1"));
    ck_assert_ptr_nonnull(strstr(script, "set xrange [0:20]"));
    ck_assert_ptr_nonnull(strstr(script, "set ylabel 'busy (%)'"));
    ck_assert_ptr_nonnull(strstr(script, "11 NaN NaN NaN"));
}
END_TEST

START_TEST(areas_stand_on_one_another)
{
    g_autoptr(Chart) chart = new_chart(CHART_STACK, 4, "x");
    g_autofree char *script = chart_script(chart);

    /* Step 0: 10.5 from 0, then three times that on top of it. */
    ck_assert_ptr_nonnull(strstr(script, "$d0 << END_OF_DATA\n1 10.5 0 10.5\n"));
    ck_assert_ptr_nonnull(strstr(script, "$d1 << END_OF_DATA\n1 31.5 10.5 42\n"));
}
END_TEST

/* Three values that differ in the middle must not become one and the same name. */
START_TEST(long_names_keep_what_tells_them_apart)
{
    static const struct {
        const char *names[3], *shown[3];
    } cases[] = {
        {{"exponential(mean=800us)", "exponential(mean=1000us)", "exponential(mean=1200us)"},
         {"'…nential(mean=800us)'", "'…ential(mean=1000us)'", "'…ential(mean=1200us)'"}},
        {{"lognormal(mean=1.2ms, sigma=0.6)", "lognormal(mean=1.4ms, sigma=0.6)", "1ms"},
         {"'…=1.2ms, sigma=0.6)'", "'…=1.4ms, sigma=0.6)'", "'1ms'"}},
        {{"lognormal(mean=1.2ms, sigma=0.6)", "lognormal(mean=1.4ms, sigma=0.6)",
          "lognormal(mean=2ms, sigma=0.6)"},
         {"'…gnormal(mean=1.2ms…'", "'…gnormal(mean=1.4ms…'", "'lognormal(mean=2ms…'"}},
        {{"/system/queueing/stations/pool/service", "rate", "/system/wildfly/cpu"},
         {"'…tions/pool/service'", "'rate'", "'/system/wildfly/cpu'"}},
    };

    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(Plot) plot = plot_new("x", "y", "z");
        g_autofree char *script = NULL;

        for (guint k = 0; k < 3; k++) {
            plot_add_tic(plot, cases[i].names[k], k, false);
        }
        script = plot_script(plot);
        for (guint k = 0; k < 3; k++) {
            ck_assert_msg(strstr(script, cases[i].shown[k]) != NULL, "%s is not in %s",
                          cases[i].shown[k], strstr(script, "set xtics"));
        }
    }
}
END_TEST

START_TEST(nothing_but_zeros_is_nothing_to_see)
{
    g_autoptr(Chart) chart = chart_new("x", "y", 1, 2);
    g_autoptr(Bands) bands = bands_new(2);
    const double zeros[] = {0, 0};

    bands_fold(bands, zeros);
    chart_add(chart, "x", bands, 1);
    ck_assert(!chart_has_something(chart));
}
END_TEST

START_TEST(limits_are_drawn_where_the_data_can_still_be_seen)
{
    static const struct {
        double limit;
        bool is_logarithmic, is_shown;
    } cases[] = {{25, false, true}, {500, false, false}, {0.1, false, false},
                 {400, true, true}, {1, true, true},     {5000, true, false}};

    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(Chart) chart = new_chart(CHART_LINES, 40, "x"); /* reaches up to 150 */
        g_autofree char *script = NULL;

        chart->is_logarithmic = cases[i].is_logarithmic;
        chart_add_limit(chart, "max<1", cases[i].limit);
        script = chart_script(chart);
        ck_assert_int_eq(strstr(script, "set arrow") != NULL, cases[i].is_shown);
    }
}
END_TEST

/* --- drawings ------------------------------------------------------------------------------- */

START_TEST(drawings_are_alike_and_can_stand_in_a_page)
{
    static const ChartStyle styles[] = {CHART_LINES, CHART_STACK};

    for (guint i = 0; i < G_N_ELEMENTS(styles) && has_gnuplot(); i++) {
        g_autoptr(Chart) chart = new_chart(styles[i], 30, hostile);
        GError *error = NULL;
        g_autofree char *first = chart_draw(chart, &error);
        g_autofree char *second = chart_draw(chart, NULL);
        g_autofree char *complaint = NULL;

        ck_assert_msg(first != NULL, "%s", error != NULL ? error->message : "");
        ck_assert_str_eq(first, second);
        complaint = html_check(first);
        ck_assert_msg(complaint == NULL, "%s", complaint);
        ck_assert_ptr_null(strstr(first, "http"));
        ck_assert_ptr_null(strstr(first, " id="));
        ck_assert_ptr_null(strcasestr(first, "gnuplot"));
        ck_assert_ptr_null(strstr(first, "<b>"));
        ck_assert_ptr_nonnull(strstr(first, "<polygon"));
        ck_assert_ptr_nonnull(strstr(first, "time (s)"));
    }
    ck_assert(!g_file_test("pwned", G_FILE_TEST_EXISTS));
}
END_TEST

START_TEST(logarithmic_axes_have_marks_of_their_own)
{
    g_autoptr(Chart) chart = new_chart(CHART_LINES, 30, "latency (ms)");
    g_autofree char *script = NULL;

    chart->is_logarithmic = true;
    script = chart_script(chart);
    ck_assert_ptr_nonnull(strstr(script, "set logscale y"));
    ck_assert_ptr_nonnull(strstr(script, "10, 20, 50, 100"));
    if (has_gnuplot()) {
        g_autofree char *svg = chart_draw(chart, NULL);

        ck_assert_ptr_nonnull(svg);
    }
}
END_TEST

/* --- without gnuplot ------------------------------------------------------------------------ */

START_TEST(missing_gnuplot_is_told_apart_from_a_failing_one)
{
    g_autoptr(Chart) chart = new_chart(CHART_LINES, 5, "x");
    G_GNUC_UNUSED g_autoptr(PathRig) rig = path_rig_new("gnuplot", NULL);
    g_autoptr(GError) error = NULL;
    g_autofree char *svg = chart_draw(chart, &error);

    ck_assert_ptr_null(svg);
    ck_assert(g_error_matches(error, GNUPLOT_ERROR, GNUPLOT_ERROR_MISSING));
}
END_TEST

START_TEST(failing_gnuplot_is_an_error_with_its_words)
{
    static const struct {
        const char *script, *words;
    } cases[] = {
        {"#!/bin/sh\necho 'undefined terminal' >&2\nexit 1\n",
         "gnuplot failed: undefined terminal"},
        {"#!/bin/sh\nexit 0\n", "gnuplot failed: no reason given"},
        {"#!/bin/sh\nkill -9 $$\n", "gnuplot failed: no reason given"},
        {"#!/bin/sh\necho '<svg>nonsense'\n",
         "gnuplot's drawing is not the kind of SVG that was asked for"},
    };

    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(Chart) chart = new_chart(CHART_LINES, 5, "x");
        G_GNUC_UNUSED g_autoptr(PathRig) rig = path_rig_new("gnuplot", cases[i].script);
        g_autoptr(GError) error = NULL;
        g_autofree char *svg = chart_draw(chart, &error);

        ck_assert_ptr_null(svg);
        ck_assert(g_error_matches(error, GNUPLOT_ERROR, GNUPLOT_ERROR_FAILED));
        ck_assert_str_eq(error->message, cases[i].words);
    }
}
END_TEST

/* A script longer than any pipe holds, to a child that does not read it. */
START_TEST(child_that_does_not_read_does_not_stop_us)
{
    g_autoptr(Chart) chart = new_chart(CHART_LINES, 20000, "x");
    G_GNUC_UNUSED g_autoptr(PathRig) rig = path_rig_new("gnuplot", "#!/bin/sh\nexit 7\n");
    g_autoptr(GError) error = NULL;
    g_autofree char *svg = chart_draw(chart, &error);

    ck_assert_ptr_null(svg);
    ck_assert_ptr_nonnull(error);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("chart");
    TCase *tests = tcase_create("chart");

    tcase_add_test(tests, bands_run_from_the_lowest_to_the_highest_replication);
    tcase_add_test(tests, names_are_nothing_but_names_to_gnuplot);
    tcase_add_test(tests, script_has_the_faults_bar_and_the_gap);
    tcase_add_test(tests, areas_stand_on_one_another);
    tcase_add_test(tests, long_names_keep_what_tells_them_apart);
    tcase_add_test(tests, nothing_but_zeros_is_nothing_to_see);
    tcase_add_test(tests, limits_are_drawn_where_the_data_can_still_be_seen);
    tcase_add_test(tests, drawings_are_alike_and_can_stand_in_a_page);
    tcase_add_test(tests, logarithmic_axes_have_marks_of_their_own);
    tcase_add_test(tests, missing_gnuplot_is_told_apart_from_a_failing_one);
    tcase_add_test(tests, failing_gnuplot_is_an_error_with_its_words);
    tcase_add_test(tests, child_that_does_not_read_does_not_stop_us);
    suite_add_tcase(suite, tests);
    return suite;
}
