/* failover.h - for each data centre that a fault took away: when it was noticed, when answers
 * changed, when the last client left, what was lost by whom, beside closed forms, and what to
 * change first. */
#pragma once

#include "reports/sections.h"

void failover_put(const Telling *telling);

/* One row: over the replications with the fault. NAN: not known. */
typedef struct FailoverFigure {
    const char *what, *unit;
    double median, low, high, p95, worst, closed_form;
    guint replications;
} FailoverFigure;

/* What followed the loss of one data centre, in short. */
typedef struct FailoverShort {
    const char *dc;            /* the view's */
    FailoverFigure figures[4]; /* noticed, answers changed, last client left, requests lost */
    double promised;           /* share of requests that may fail; NAN: no check limits it */
    double budget;             /* of 30 days, burnt by one such fault */
    double burn_rate;          /* share that failed while it was on, over the promised one */
} FailoverShort;

/* Of each data centre that a fault took away. Caller unrefs the array of FailoverShort. */
GArray *failover_shorten(const View *view);
