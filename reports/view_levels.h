/* view_levels.h - what components measured: a gauge or counter of all components of a kind of place
 * (a role in a data centre, say), over time and by phase. */
#pragma once

#include "reports/view.h"
#include "sim/base/estimate.h"

typedef enum LevelFold {
    LEVEL_MEAN, /* over the components: utilisation */
    LEVEL_SUM,  /* hints that wait */
} LevelFold;

typedef struct Levels {
    const View *view;
    SimSpan step; /* a whole number of sample intervals */
    guint step_count;
    guint components;
    Bands *bands;
    double *phases; /* mean of phase i in replication j: [i * run_count + j]; NAN without any */
    double *most;   /* the largest value of any component in that phase and replication */
} Levels;

/* Measures `metric`, which must be a gauge, of the components asked for. NULL when nobody measures
 * it. */
Levels *levels_new(const View *view, const char *metric, const ResultsComponentFilter *filter,
                   LevelFold fold);
void levels_free(Levels *levels);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Levels, levels_free)

/* The mean over the replications in a phase (index into view->phases). */
Estimate levels_phase(const Levels *levels, guint phase);

/* The largest value in a phase, in any replication; NAN without any. */
double levels_most(const Levels *levels, guint phase);

/* Of all components together that measure `metric`, for each replication: what was counted after
 * the warm-up or, with `is_last`, a gauge's mean in the last interval. False when nobody measures
 * it. */
bool levels_sum_each(const View *view, const char *metric, bool is_last, double *each);
