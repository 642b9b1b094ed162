/* view.h - one campaign as the sections of a report see it: its results file, its faults as bars,
 * its phases, and the steps in which its figures go over time. */
#pragma once

#include "reports/chart.h"
#include "sim/results/results_series.h"

/* A fault as it is drawn: from its earliest begin to its latest end in any replication. */
typedef struct ViewBar {
    const char *name, *func;
    SimTime begin, end;
} ViewBar;

typedef struct View {
    Results *results;
    const ResultsRun *runs;
    guint run_count;
    double confidence;
    char *title;
    SimTime end;  /* of what is shown; it begins at 0 */
    SimSpan step; /* of figures over time: whole seconds */
    guint step_count;
    GPtrArray *phases;  /* names; the first is NULL, the whole measured part; no warm-up */
    GPtrArray *dcs;     /* data centres that answered users, ends with NULL */
    GPtrArray *regions; /* where users are, ends with NULL */
    GArray *bars;       /* of ViewBar, in order of their begin */
} View;

/* NULL and `error` when the file cannot be read. */
View *view_open(const char *path, GError **error);
void view_free(View *view);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(View, view_free)

/* A fact of the campaign, or `otherwise`. */
const char *view_fact(const View *view, const char *name, const char *otherwise);

/* "whole run" for NULL, else the phase's own name. */
const char *view_phase_name(const char *phase);

/* A whole number of `grain`s, at least `least`, of which no more than 600 make `length`. */
SimSpan view_choose_step(SimSpan length, SimSpan grain, SimSpan least);

/* Puts the faults' bars into a chart. */
void view_add_bars(const View *view, Chart *chart);

/* Whether `time` lies in one of the ResultsSpans. */
bool view_is_within(const GArray *spans, SimTime time);

/* Place of a text in a list that ends with NULL; -1 when it is not there. */
int view_find(const GPtrArray *texts, const char *text);
