/* page_chart.c - a figure in a page. */
#include "reports/page_chart.h"

#include <math.h>
#include <string.h>

#include "reports/gnuplot.h"
#include "sim/base/words.h"

#define ROWS_MOST 60 /* of the table of a figure's numbers */

Drawer *drawer_new(void)
{
    Drawer *drawer = g_new0(Drawer, 1);

    g_autofree char *gnuplot = g_find_program_in_path("gnuplot");

    drawer->is_missing = gnuplot == NULL;
    drawer->faults = g_ptr_array_new_with_free_func(g_free);
    return drawer;
}

void drawer_free(Drawer *drawer)
{
    if (drawer != NULL) {
        g_ptr_array_unref(drawer->faults);
        g_free(drawer);
    }
}

static void note_fault(Drawer *drawer, const GError *error)
{
    drawer->is_missing =
        drawer->is_missing || g_error_matches(error, GNUPLOT_ERROR, GNUPLOT_ERROR_MISSING);
    if (!g_ptr_array_find_with_equal_func(drawer->faults, error->message, g_str_equal, NULL)) {
        g_ptr_array_add(drawer->faults, g_strdup(error->message));
    }
}

void drawer_fail(Drawer *drawer, Page *page, const GError *error)
{
    drawer->failed++;
    if (error != NULL) {
        note_fault(drawer, error);
    }
    page_element_format(page, "p", "missing", "Not drawn: %s.",
                        error != NULL ? error->message : "there is no gnuplot");
}

/* --- the legend ----------------------------------------------------------------------------- */

static const char *dash_of(const Chart *chart, const ChartSeries *series)
{
    static const char *const patterns[] = {NULL, NULL, "8,3", "2,2", "8,3,2,3", "13,4"};

    return chart->style == CHART_STACK ? NULL : patterns[series->dash];
}

/* A piece of line, or of area. */
static void put_mark(Page *page, const char *color, const char *dash, bool is_area)
{
    page_open(page, "svg", "class", "mark", "viewBox", "0 0 28 10", "aria-hidden", "true", NULL);
    page_open(page, "path", "d", is_area ? "M0,0H28V10H0z" : "M0,5H28", "stroke",
              is_area ? NULL : color, "stroke-width", is_area ? NULL : "2.5", "stroke-dasharray",
              dash, "fill", is_area ? color : "none", "fill-opacity", is_area ? "0.75" : NULL,
              NULL);
    page_close(page, "path");
    page_close(page, "svg");
}

static void put_series_mark(Page *page, const Chart *chart, const ChartSeries *series)
{
    const char *color =
        strcmp(series->color, CHART_COLOR_FAILED) == 0 ? "currentColor" : series->color;

    put_mark(page, color, dash_of(chart, series), chart->style == CHART_STACK);
}

void page_chart_put_legend(Page *page, const Chart *chart)
{
    page_open(page, "ul", "class", "legend", NULL);
    for (guint i = 0; i < chart->series->len; i++) {
        const ChartSeries *series = g_ptr_array_index(chart->series, i);

        page_open(page, "li", NULL);
        put_series_mark(page, chart, series);
        page_text(page, series->name);
        page_close(page, "li");
    }
    for (guint i = 0; i < chart->limits->len; i++) {
        const ChartLimit *limit = g_ptr_array_index(chart->limits, i);

        if (chart_shows_limit(chart, limit)) {
            page_open(page, "li", NULL);
            put_mark(page, "currentColor", "2,3", false);
            page_format(page, "limit %s", limit->name);
            page_close(page, "li");
        }
    }
    if (chart->bars->len > 0) {
        page_open(page, "li", NULL);
        page_open(page, "span", "class", "bar", NULL);
        page_close(page, "span");
        page_text(page, "a fault is on");
        page_close(page, "li");
    }
    page_close(page, "ul");
}

/* --- the numbers ---------------------------------------------------------------------------- */

/* The mean over steps [first, last) of what is known. */
static double mean_of(const double *values, guint first, guint last)
{
    double sum = 0;
    guint known = 0;

    for (guint i = first; i < last; i++) {
        if (!isnan(values[i])) {
            sum += values[i];
            known++;
        }
    }
    return known > 0 ? sum / known : (double)NAN;
}

static void put_numbers(Page *page, const Chart *chart)
{
    g_autoptr(GPtrArray) heads = g_ptr_array_new();
    guint width = (chart->count + ROWS_MOST - 1) / ROWS_MOST;
    g_autofree char *caption =
        g_strdup_printf("%s: %s", chart->y_label,
                        width > 1 ? "mean of the figure's values in each stretch" : "by step");

    g_ptr_array_add(heads, (gpointer) "#from (s)");
    g_ptr_array_add(heads, (gpointer) "#to (s)");
    for (guint i = 0; i < chart->series->len && i < 20; i++) {
        g_ptr_array_add(heads, ((ChartSeries *)g_ptr_array_index(chart->series, i))->name);
    }
    g_ptr_array_add(heads, NULL);
    page_open(page, "details", NULL);
    page_element(page, "summary", NULL, "The numbers");
    page_table_begin(page, caption, (const char *const *)heads->pdata);
    for (guint i = 0; i < chart->count; i += MAX(width, 1)) {
        guint end = MIN(i + width, chart->count);

        page_row_begin(page);
        page_cell_format(page, "%.6g", i * chart->step_s);
        page_cell_format(page, "%.6g", end * chart->step_s);
        for (guint j = 0; j + 3 < heads->len; j++) {
            const ChartSeries *series = g_ptr_array_index(chart->series, j);
            g_autofree char *value = words_value(mean_of(series->means, i, end), NULL);

            page_cell_class(page, "figure", value);
        }
        page_row_end(page);
    }
    page_table_end(page);
    page_close(page, "details");
}

/* --- the whole ------------------------------------------------------------------------------ */

static void put_drawing(Page *page, Drawer *drawer, const Chart *chart)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *svg = drawer->is_missing ? NULL : chart_draw(chart, &error);

    if (svg != NULL) {
        page_open(page, "div", "class", "drawing", NULL);
        page_raw(page, svg);
        page_close(page, "div");
        if (!chart->is_panel) {
            page_chart_put_legend(page, chart);
        }
        drawer->drawn++;
        return;
    }
    drawer_fail(drawer, page, error);
}

void page_chart_put(Page *page, Drawer *drawer, const Chart *chart, const char *note)
{
    page_open(page, "figure", NULL);
    page_open(page, "figcaption", NULL);
    page_element(page, "strong", NULL, chart->title);
    if (note != NULL) {
        page_text(page, " ");
        page_element(page, "span", "note", note);
    }
    page_close(page, "figcaption");
    if (chart_has_something(chart)) {
        put_drawing(page, drawer, chart);
        put_numbers(page, chart);
    } else {
        page_element(page, "p", "note", "Nothing to be seen: all values are 0.");
    }
    page_close(page, "figure");
}
