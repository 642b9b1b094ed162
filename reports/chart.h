/* chart.h - a figure over time: lines with bands, or areas that stand on one another, with the
 * faults' bars behind them. Drawn by gnuplot as an SVG without any text of its own besides the axes
 * and the bars' names; names of the series stand in the page (reports/page_chart.h). */
#pragma once

#include <glib.h>
#include <stdbool.h>

#include "reports/bands.h"

typedef enum ChartStyle {
    CHART_LINES,
    CHART_STACK, /* means on top of one another, without bands */
} ChartStyle;

typedef struct ChartSeries {
    char *name;
    char *color;   /* "#rrggbb"; chosen by the order of the series unless set */
    guint dash;    /* 0: solid; else a pattern of gnuplot's, 2 to 5 */
    double *means; /* NAN: nothing to be seen */
    double *lows, *highs;
} ChartSeries;

/* A fault, in seconds. */
typedef struct ChartBar {
    char *name;
    double begin, end;
} ChartBar;

/* A limit that a check sets: a line across. */
typedef struct ChartLimit {
    char *name; /* the condition */
    double value;
} ChartLimit;

typedef struct Chart {
    char *title;   /* a sentence that says what is shown */
    char *y_label; /* with its unit */
    ChartStyle style;
    bool is_panel; /* one of several: smaller, their one legend is put by itself */
    bool is_logarithmic;
    double step_s; /* step i is [i, i + 1) * step_s */
    guint count;   /* of steps */
    double y_most; /* top of the axis; 0: as the data needs */
    int width, height;
    GPtrArray *series, *bars, *limits;
} Chart;

Chart *chart_new(const char *title, const char *y_label, double step_s, guint count);
void chart_free(Chart *chart);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Chart, chart_free)

/* What failed, in the text's own colour: black on white, white on black. */
#define CHART_COLOR_FAILED "#000000"

/* Adds a series from folded replications of `count` steps, times `scale`. */
ChartSeries *chart_add(Chart *chart, const char *name, const Bands *bands, double scale);

/* The same for requests that failed. */
void chart_add_failed(Chart *chart, const Bands *bands, double scale);

void chart_add_bar(Chart *chart, const char *name, double begin, double end);

void chart_add_limit(Chart *chart, const char *name, double value);

/* Whether it is drawn: when it is neither far above the data, where it would press them to the
 * ground, nor on the ground itself. */
bool chart_shows_limit(const Chart *chart, const ChartLimit *limit);

/* Whether any series has a value above 0. */
bool chart_has_something(const Chart *chart);

/* The SVG, to stand in an HTML page. NULL and `error` of gnuplot.h. Caller frees. */
char *chart_draw(const Chart *chart, GError **error);

/* What chart_draw gives to gnuplot. Caller frees. */
char *chart_script(const Chart *chart);
