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

/* The figures of each replication by themselves, `replications` of each figure, one figure after
 * the other; for comparisons. */
void honesty_each(const HonestyCase *test, double duration_s, guint replications, uint64_t seed,
                  double *values);

/* A case that must be refused, and the words of it. */
typedef struct HonestyRefusal {
    HonestyCase test;
    HonestyFigure figure;
    const char *words;
} HonestyRefusal;

/* An unstable queue, known and found out; an infinite mean of service and of the wait; too few
 * values. Ends with a NULL name. */
extern const HonestyRefusal honesty_refusals[];

/* What the judge says of the figure of a case: the words of its estimate. Caller frees. */
char *honesty_words(const HonestyRefusal *refusal, uint64_t seed);

/* One interval type on one figure, over many repetitions. */
typedef struct HonestyCount {
    guint given;    /* intervals */
    guint covered;  /* of them, with the truth within */
    guint doubtful; /* of them, called not reliable */
    guint refused;  /* repetitions without an interval */
    double width;   /* sum of half-widths over the truth */
} HonestyCount;
void honesty_count(HonestyCount *count, const Estimate *estimate, double truth);

/* The bounds of 400 repetitions of a 95 % interval: 366 and 392; of another number those of the
 * same probability. */
void honesty_bounds(guint repetitions, guint *least, guint *most);
