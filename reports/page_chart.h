/* page_chart.h - a figure in a page: the drawing, its legend, its numbers. Without gnuplot the
 * numbers stay. */
#pragma once

#include "reports/chart.h"
#include "reports/page.h"

/* Draws a page's figures; the same for all of them. */
typedef struct Drawer {
    guint drawn, failed;
    bool is_missing;   /* there is no gnuplot */
    GPtrArray *faults; /* what went wrong, each text once */
} Drawer;

Drawer *drawer_new(void);
void drawer_free(Drawer *drawer);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Drawer, drawer_free)

/* A drawing was not made; `error` NULL: there is no gnuplot. Says so in the page. */
void drawer_fail(Drawer *drawer, Page *page, const GError *error);

/* The legend that several panels share, out of one of them. */
void page_chart_put_legend(Page *page, const Chart *chart);

/* Puts `chart` into the page; `note` (may be NULL) says how it was made. Takes nothing. */
void page_chart_put(Page *page, Drawer *drawer, const Chart *chart, const char *note);
