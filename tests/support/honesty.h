/* honesty.h - whether intervals hold what they promise: textbook queues with known answers run
 * through the front door (scenario file, reader, engine, results file, judge), again and again, and
 * counted is how often the interval has the truth within. Used by the long form (tests/honesty) and
 * by the short one in the suite. */
#pragma once

#include <glib.h>

#include "sim/base/estimate.h"

/* What is estimated of a case's distribution. */
typedef enum HonestyFigure {
    HONESTY_MEAN,
    HONESTY_P95,
    HONESTY_P99,
    HONESTY_FIGURES
} HonestyFigure;
extern const char *const honesty_figures[HONESTY_FIGURES]; /* "mean", "p95", "p99" */

/* A queue. One customer's service takes 1 s on average unless its text says else. */
typedef struct HonestyCase {
    const char *name;
    const char *queueing;          /* JSON in which ' stands for " */
    const char *metric;            /* with its labels */
    double truth[HONESTY_FIGURES]; /* s */
    const char *source;            /* of the truth */
    double warmup_s;
    double duration_s; /* of one of HONESTY_REPLICATIONS */
    double long_s;     /* of one long run */
} HonestyCase;

/* Ends with a NULL name. */
extern const HonestyCase honesty_cases[];

/* Of which an interval is made. */
#define HONESTY_REPLICATIONS 10

/* Makes a campaign of `replications` of `duration_s` and estimates its figures; `seed` names its
 * luck. Whatever fails ends the program with words. */
void honesty_estimate(const HonestyCase *test, double duration_s, guint replications, uint64_t seed,
                      double confidence, Estimate figures[HONESTY_FIGURES]);

/* One interval type on one figure, over many repetitions. */
typedef struct HonestyCount {
    guint repetitions, covered, doubtful,
        bare;     /* doubtful: called not reliable; bare: no interval */
    double width; /* sum of relative half-widths */
} HonestyCount;
void honesty_count(HonestyCount *count, const Estimate *estimate, double truth);

/* The bounds of 400 repetitions of a 95 % interval: 366 and 392; of another number those of the
 * same probability. */
void honesty_bounds(guint repetitions, guint *least, guint *most);
