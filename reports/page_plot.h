/* page_plot.h - a figure of plot.h in a page: the drawing, its legend, its numbers. Without gnuplot
 * the numbers stand open. */
#pragma once

#include "reports/page_chart.h"
#include "reports/plot.h"

/* Puts the drawing with its legend and opens the place for its numbers, a table of the caller's;
 * `note` (may be NULL) says how it was made. */
void page_plot_begin(Page *page, Drawer *drawer, const Plot *plot, const char *note);
void page_plot_end(Page *page);
