/* page_plot.c - a figure over anything but time in a page. */
#include "reports/page_plot.h"

#include <math.h>

/* --- the legend ----------------------------------------------------------------------------- */

/* Strokes that look like gnuplot's pattern of the same place; NULL: filled. */
static const char *const hatches[] = {
    NULL,
    "M0,2L8,10M4,-4L18,10M14,-4L28,10M24,-4L28,0",
    "M0,8L8,0M4,14L18,0M14,14L28,0M24,14L28,10",
    "M0,0L10,10M10,0L0,10M10,0L20,10M20,0L10,10M20,0L28,8M28,2L20,10",
    "M0,0L5,10L10,0L15,10L20,0L25,10M0,10L5,0L10,10L15,0L20,10L25,0M0,5H28",
    "M2,10L6,0M8,10L12,0M14,10L18,0M20,10L24,0",
    "M2,0L6,10M8,0L12,10M14,0L18,10M20,0L24,10",
};

static const char *const strokes[] = {NULL, "8,3", "2,2", "8,3,2,3", "13,4"};

static void put_path(Page *page, const char *path, const char *stroke, const char *dash,
                     const char *fill)
{
    page_open(page, "path", "d", path, "stroke", stroke, "stroke-width", "1.8", "stroke-dasharray",
              dash, "fill", fill, NULL);
    page_close(page, "path");
}

static void put_mark(Page *page, const PlotSeries *series)
{
    page_open(page, "svg", "class", "mark", "viewBox", "0 0 28 10", "aria-hidden", "true", NULL);
    if (series->mark == PLOT_BOX) {
        const char *hatch = hatches[series->look % G_N_ELEMENTS(hatches)];

        put_path(page, "M0,0H28V10H0z", series->color, NULL,
                 hatch == NULL ? series->color : "none");
        if (hatch != NULL) {
            put_path(page, hatch, series->color, NULL, "none");
        }
    } else if (series->mark == PLOT_POINTS) { /* a disc, a square */
        put_path(page, series->look == 0 ? "M10,5a4,4 0 1 0 8,0a4,4 0 1 0 -8,0z" : "M11,2h6v6h-6z",
                 series->color, NULL, series->look == 0 ? series->color : "none");
    } else {
        put_path(page, "M0,5H28", series->color, strokes[series->look % G_N_ELEMENTS(strokes)],
                 "none");
    }
    page_close(page, "svg");
}

static void put_item(Page *page, const PlotSeries *series, const char *text)
{
    page_open(page, "li", NULL);
    if (series != NULL) {
        put_mark(page, series);
    } else {
        page_open(page, "span", "class", "bar", NULL);
        page_close(page, "span");
    }
    page_text(page, text);
    page_close(page, "li");
}

static void put_legend(Page *page, const Plot *plot)
{
    page_open(page, "ul", "class", "legend", NULL);
    for (guint i = 0; i < plot->series->len; i++) {
        const PlotSeries *series = g_ptr_array_index(plot->series, i);

        if (series->mark != PLOT_WHISKER && series->rows->len > 0) {
            put_item(page, series, series->name);
        }
    }
    for (guint i = 0; i < plot->lines->len; i++) {
        const PlotLine *line = g_ptr_array_index(plot->lines, i);

        if (isfinite(line->to)) {
            put_item(page, NULL, line->name);
        }
    }
    page_close(page, "ul");
}

/* --- the whole ------------------------------------------------------------------------------ */

static bool put_drawing(Page *page, Drawer *drawer, const Plot *plot)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *prefix = g_strdup_printf("g%u", drawer->drawn + drawer->failed);
    g_autofree char *svg = drawer->is_missing ? NULL : plot_draw(plot, prefix, &error);

    if (svg == NULL) {
        drawer_fail(drawer, page, error);
        return false;
    }
    page_open(page, "div", "class", "drawing", "tabindex", "0", "role", "group", "aria-label",
              plot->title, NULL);
    page_raw(page, svg);
    page_close(page, "div");
    put_legend(page, plot);
    drawer->drawn++;
    return true;
}

void page_plot_begin(Page *page, Drawer *drawer, const Plot *plot, const char *note)
{
    bool is_drawn;

    page_open(page, "figure", NULL);
    page_open(page, "figcaption", NULL);
    page_element(page, "strong", NULL, plot->title);
    if (note != NULL) {
        page_text(page, " ");
        page_element(page, "span", "note", note);
    }
    page_close(page, "figcaption");
    is_drawn = put_drawing(page, drawer, plot);
    page_open(page, "details", "open", is_drawn ? NULL : "open", NULL);
    page_element(page, "summary", NULL, "The numbers");
}

void page_plot_end(Page *page)
{
    page_close(page, "details");
    page_close(page, "figure");
}
