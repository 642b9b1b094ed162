/* section_steady.c - which kind of experiment it was, and Welch's figure: whether the measured part
 * begins where the steady state does. */
#include <math.h>

#include "reports/sections.h"
#include "sim/base/words.h"
#include "sim/results/evidence/experiment.h"

enum {
    POINTS_MOST = 600, /* in a figure; longer series are averaged */
    FIGURES_MOST = 4,
    WINDOW_SHARE = 20, /* the moving average goes over a twentieth of the figure to each side */
};

/* Averages of `stride` steps each, so that at most POINTS_MOST are left. Caller unrefs. */
static GArray *thin_out(const ExperimentSeries *series, guint stride)
{
    GArray *points = g_array_new(FALSE, FALSE, sizeof(double));

    for (guint i = 0; i + stride <= series->count; i += stride) {
        double mean = estimate_average(series->means + i, stride);

        g_array_append_val(points, mean);
    }
    return points;
}

/* Welch's: over 2 w + 1 points, fewer at the begin, none where the window would stick out at the
 * end. */
static void smooth(const GArray *points, guint w, double *smoothed)
{
    for (guint i = 0; i < points->len; i++) {
        guint reach = MIN(i, w);

        smoothed[i] =
            i + reach < points->len
                ? estimate_average(&g_array_index(points, double, i - reach), 2 * reach + 1)
                : (double)NAN;
    }
}

static void add_line(Chart *chart, const char *name, const double *values, double scale)
{
    g_autoptr(Bands) bands = bands_new(chart->count);

    bands_fold(bands, values);
    chart_add(chart, name, bands, scale);
}

static void put_welch(const Telling *telling, const ExperimentSeries *series)
{
    guint stride = (series->count + POINTS_MOST - 1) / POINTS_MOST;
    g_autoptr(GArray) points = thin_out(series, stride);
    guint w = MAX(points->len / WINDOW_SHARE, 1);
    g_autofree double *smoothed = g_new(double, MAX(points->len, 1));
    bool is_time = g_strcmp0(series->unit, "s") == 0;
    double step_s = sim_span_to_s(series->step * stride);
    double cut_s = sim_span_to_s(series->cut - series->begin);
    g_autofree char *title = g_strdup_printf("Welch's figure of %s", series->name);
    g_autofree char *width = words_time(series->step * stride * (2 * w + 1));
    g_autofree char *cut = words_time(series->cut - series->begin);
    g_autofree char *note = g_strdup_printf(
        "Mean of all replications from the begin of the warm-up on, and its moving average over %u "
        "points (%s). The bar is the warm-up that the scenario leaves out; the line is where "
        "MSER-5 finds the steady state: at %s.",
        2 * w + 1, width, cut);
    g_autoptr(Chart) chart = chart_new(title, is_time ? "mean (ms)" : "mean", step_s, points->len);

    smooth(points, w, smoothed);
    add_line(chart, "each step", (const double *)(const void *)points->data, is_time ? 1e3 : 1);
    add_line(chart, "moving average", smoothed, is_time ? 1e3 : 1);
    if (series->begin < 0) {
        chart_add_bar(chart, "warm-up", 0, -sim_span_to_s(series->begin));
    }
    chart_add_bar(chart, "MSER-5", cut_s, cut_s);
    page_chart_put(telling->page, telling->drawer, chart, note);
}

/* "0.34", "not tested". */
static char *words_p(double p)
{
    return isnan(p) ? g_strdup("not tested") : g_strdup_printf("%.2g", p);
}

static void put_series(const Telling *telling, const Experiment *experiment)
{
    static const char *const heads[] = {"Series",
                                        "#Warm-up",
                                        "#MSER-5 cuts",
                                        "#p of the first tenth like the second half",
                                        "#Drift of the last quarter",
                                        "#p of no drift",
                                        NULL};

    page_table_begin(
        telling->page,
        "Where series become steady. A cut beyond the warm-up counts when the first "
        "tenth of the measured part differs from its second half, a drift when its "
        "third quarter differs from the fourth, each by more than chance would make it "
        "in 0.5 % of campaigns, all series together.",
        heads);
    for (guint i = 0; i < experiment->series->len; i++) {
        const ExperimentSeries *series = experiment->series->pdata[i];
        g_autofree char *warmup = words_time(-series->begin);
        g_autofree char *cut = words_time(series->cut - series->begin);
        g_autofree char *start =
            series->cut <= 0 ? g_strdup("within the warm-up") : words_p(series->p_start);
        g_autofree char *drift = words_margin(series->drift);
        g_autofree char *p = words_p(series->p_drift);

        page_row_begin(telling->page);
        page_cell(telling->page, series->name);
        page_cell(telling->page, warmup);
        page_cell_format(telling->page, "%s%s", cut, series->is_late ? ", half of it" : "");
        page_cell(telling->page, start);
        page_cell(telling->page, drift);
        page_cell(telling->page, p);
        page_row_end(telling->page);
    }
    page_table_end(telling->page);
}

void section_steady(const Telling *telling)
{
    const Experiment *experiment = experiment_examine(telling->view->results);
    g_autofree char *words = experiment_describe(telling->view->results);

    section_begin(telling, "steady", "Kind of experiment");
    page_element(telling->page, "p", experiment->doubt != NULL ? "missing" : NULL, words);
    if (experiment->series->len > 0) {
        for (guint i = 0; i < MIN(experiment->series->len, FIGURES_MOST); i++) {
            put_welch(telling, experiment->series->pdata[i]);
        }
        put_series(telling, experiment);
    }
    section_end(telling);
}
