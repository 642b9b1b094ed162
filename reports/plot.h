/* plot.h - a figure over anything but time: curves with bands over a rate, bars of groups, effects
 * around a base, a map of two settings. Drawn by gnuplot as an SVG; the names of the series stand
 * in the page (reports/page_plot.h). No series is told by its colour alone: lines differ in dashes
 * and points, bars in patterns. */
#pragma once

#include <glib.h>
#include <stdbool.h>

typedef enum PlotMark {
    PLOT_LINE,    /* row: x, y, band from low to high */
    PLOT_STEADY,  /* the same without points: something computed, not measured */
    PLOT_POINTS,  /* the same without lines between them, the band as thin lines */
    PLOT_BOX,     /* row: a bar at height y from low to high, x units thick */
    PLOT_WHISKER, /* row: a thin line at height y from low to high; not in the legend */
} PlotMark;

typedef struct PlotRow {
    double x, y, low, high; /* NAN: nothing to be seen */
} PlotRow;

typedef struct PlotSeries {
    char *name;
    const char *color; /* "#rrggbb" */
    PlotMark mark;
    guint look;   /* 0, 1, 2...: its dashes, points or pattern */
    GArray *rows; /* of PlotRow */
} PlotSeries;

/* A line across at a value of one axis, or a stretch of it; `to` NAN: a line. */
typedef struct PlotLine {
    char *name;
    double from, to;
    bool is_of_y;
} PlotLine;

typedef struct PlotTic {
    char *name;
    double at;
    bool is_of_y;
} PlotTic;

/* A cell of a map; `strength` from 0 to 1 is its colour. */
typedef struct PlotCell {
    char *text;
    double x, y, strength; /* its middle; a cell is 1 by 1 */
} PlotCell;

typedef struct Plot {
    char *title; /* a sentence that says what is shown */
    char *x_label, *y_label;
    double x_from, x_to, y_from, y_to; /* NAN: as the data need */
    bool is_y_log;
    int width, height;
    guint left; /* letters of room for the names at the left */
    GPtrArray *series, *lines, *tics, *cells;
} Plot;

Plot *plot_new(const char *title, const char *x_label, const char *y_label);
void plot_free(Plot *plot);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Plot, plot_free)

/* The colour and the look of a series are those of its place among the named ones. */
PlotSeries *plot_add(Plot *plot, const char *name, PlotMark mark);
void plot_add_row(PlotSeries *series, double x, double y, double low, double high);
void plot_add_line(Plot *plot, const char *name, double at, bool is_of_y);
void plot_add_stretch(Plot *plot, const char *name, double from, double to);
void plot_add_tic(Plot *plot, const char *name, double at, bool is_of_y);
void plot_add_cell(Plot *plot, const char *text, double x, double y, double strength);

/* Whether there is anything to draw. */
bool plot_has_something(const Plot *plot);

/* The SVG, to stand in a page, its ids beginning with `prefix`. NULL and `error` of gnuplot.h.
 * Caller frees. */
char *plot_draw(const Plot *plot, const char *prefix, GError **error);

/* What plot_draw gives to gnuplot. Caller frees. */
char *plot_script(const Plot *plot);
