/* change_point.h - where a history of measurements changed its level, once or several times.
 * E-divisive: the split of a stretch whose two sides are farthest apart in energy distance, over
 * the begin and the end of the later side; then left and right of it. A split is a candidate when
 * fewer than 5 % of permutations (with a fixed seed: the same history gives the same answer) show a
 * farther one; of the candidates stay those that Welch's t between their neighbours confirms and
 * whose effect matters. Sources: Matteson and James, "A nonparametric approach for multiple change
 * point analysis", 2014; Fleming et al., "Hunter: using change point detection to hunt for
 * performance regressions", 2023 (two thresholds, varying the end, least effect). */
#pragma once

#include <glib.h>
#include <stdint.h>

/* A lone spike is no change: so many values to a side. */
#define CHANGE_POINT_SEGMENT 3

/* Of the strict look. */
#define CHANGE_POINT_LEVEL 0.01

typedef struct ChangePoint {
    guint index;          /* of the first value after the change */
    double before, after; /* means of the stretches that meet here */
    double p;             /* share of permutations that part as far, at least 0.001 */
} ChangePoint;

/* Changes of at least `least_effect` (of the mean before, 0.01 is 1 %) in order of index. Caller
 * unrefs the array of ChangePoint. */
GArray *change_points_find(const double *values, guint count, double least_effect, uint64_t seed);
