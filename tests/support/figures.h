/* figures.h - a network of textbook queues, measured: independent replications after a warm-up, and
 * how far each figure lies from what theory says, in its own standard errors. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "sim/base/sim_time.h"

#define FIGURES_MOST 16
#define FIGURE_REPLICATIONS 20
#define FIGURE_Z_MOST 3.5

/* What is measured of a part. */
typedef enum FigureOf {
    FIGURE_MEAN,     /* of a distribution, in seconds */
    FIGURE_QUANTILE, /* of it */
    FIGURE_POSITIVE, /* share of its values that are not 0 */
    FIGURE_LEVEL,    /* of a gauge, over time */
    FIGURE_RATE,     /* of a counter, a second */
    FIGURE_SHARE,    /* of a counter in another one, "other" */
} FigureOf;

typedef struct Figure {
    char name[32]; /* of the closed form */
    FigureOf of;
    char part[32];
    const char *metric;
    char other_part[32]; /* of FIGURE_SHARE */
    const char *other;
    double quantile;
    double expected;
    double scale, offset; /* what was measured times and plus this is what is expected */
} Figure;

typedef struct FigureCase {
    char name[64], family[32];
    char *queueing; /* JSON in which ' stands for "; owned */
    double warmup_s;
    double pilot_s;   /* long enough to know about how much longer it must be */
    double precision; /* half-width of the 95 % interval over the value, at most */
    Figure figures[FIGURES_MOST];
    int count;
} FigureCase;

/* What replications made of a figure. */
typedef struct FigureSeen {
    double mean, precision, z;
    bool is_good; /* |z| at most 3.5 and the precision reached; quantiles: twice as wide */
} FigureSeen;

void figure_case_clear(FigureCase *test);

/* Runs the replications, `warmup_s` and then `length_s` each, and fills in `seen` of each figure.
 */
void figures_measure(const FigureCase *test, uint64_t seed, double length_s, FigureSeen *seen);

/* How much longer than `length_s` it must be measured for every figure to be as precise as asked.
 */
double figures_lengthen(const FigureCase *test, const FigureSeen *seen);
