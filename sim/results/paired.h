/* paired.h - whether one version of a system is better than another, from replications that share
 * their seeds. Random numbers come from streams named for component and use, so replication i of
 * both lives through the same arrivals, services and faults: what is left of the difference is the
 * change (common random numbers). Each metric gives one number a replication; the interval is
 * Student's t of the pairs' differences, corrected for skewness.
 * Verdicts: better or worse when the interval leaves 0 out, equivalent when all of it lies within
 * the tolerance that the user stated, else undecided, with the pairs that would probably decide.
 * Of m metrics that are looked at together each interval has confidence 1 - (1 - confidence) / m
 * (Bonferroni), and at least ESTIMATE_ALARM_CONFIDENCE, so that a version compared with itself
 * under fresh seeds raises an alarm in less than 1 % of the checks. Sources: Law, "Simulation
 * Modeling and Analysis", 2015, 10.2 and 11.2 (paired t, common random numbers); Schuirmann, 1987
 * (equivalence). */
#pragma once

#include "sim/base/estimate.h"
#include "sim/results/results_read.h"
#include "sim/results/threshold.h"

/* So much of the value before does not matter, unless the user says otherwise; and so much of a
 * share of requests (0.01 in 100). */
#define PAIRED_TOLERANCE 0.01
#define PAIRED_TOLERANCE_OF_SHARE 0.0001

/* One metric on both sides. */
typedef struct PairedAsk {
    const double *before, *after; /* of each replication, in step; NAN: nothing was measured */
    guint count;
    double tolerance;       /* of the value before (relative) or in the metric's unit */
    double least_tolerance; /* in the metric's unit: where a share of little is less than this */
    bool is_relative, is_smaller_better;
    double confidence; /* of this one interval: see paired_confidence */
} PairedAsk;

typedef struct PairedFigure {
    guint pairs;          /* replications that measured it on both sides */
    guint lost;           /* that measured it on one side only */
    double before, after; /* means of the pairs' values */
    Comparison comparison;
    double tolerance; /* in the metric's unit */
    double ratio;  /* how much less the differences vary than those of independent runs would: more
                      than 1 when pairing helps; INFINITY when they do not vary; NAN: unknown */
    double spread; /* standard deviation from replication to replication after by that before. Even
                      sides in perfect step have a ratio of (1 + spread^2) / (1 - spread)^2 at most:
                      5 when one varies twice as much as the other. NAN: unknown */
    bool is_same;  /* each pair has the same value twice */
    ComparisonVerdict verdict;
    guint needed; /* pairs in all that would probably decide; 0: decided, or cannot be told */
} PairedFigure;

/* What each of `metrics` intervals must have so that all hold together with `confidence`; at least
 * ESTIMATE_ALARM_CONFIDENCE. */
double paired_confidence(double confidence, guint metrics);

/* Compares. With fewer than ESTIMATE_FEWEST_REPLICATIONS pairs nothing is decided, but that each
 * pair is the same. */
PairedFigure paired_compare(const PairedAsk *ask);

/* "better", "worse", "equivalent", "undecided". */
const char *paired_word(ComparisonVerdict verdict);

/* Why it is so, in words: what was seen, and how many pairs more are needed. Caller frees. */
char *paired_describe(const PairedFigure *figure);

/* --- all metrics of two campaigns ----------------------------------------------------------- */

/* One metric to compare; owns its rule. */
typedef struct PairedMetric {
    ThresholdRule *rule; /* metric, labels, aggregate; its limit means nothing */
    char *aggregate;     /* "p(99)" */
    SimSpan window;      /* 0: over the whole phase */
    double tolerance, least_tolerance;
    bool is_relative, is_smaller_better;
} PairedMetric;

void paired_metric_free(PairedMetric *metric);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(PairedMetric, paired_metric_free)

/* The metrics whose direction is known and that these results measure: of users' requests, of
 * textbook queues, of hosts and of the database. Caller unrefs the array of PairedMetric. */
GPtrArray *paired_metrics_list(const Results *results);

/* A threshold's metric, better on the side of its limit; NULL for == and !=. `rule` is copied. */
PairedMetric *paired_metric_of_rule(const ThresholdRule *rule, SimSpan window);

/* Adds `metric` (taken) unless one with the same metric, labels, aggregate and window is there. */
void paired_metrics_add(GPtrArray *metrics, PairedMetric *metric);

/* Compares all of them between the replications of equal index of two campaigns; NULL and `error`
 * when they do not share their seeds. Caller unrefs the array of PairedFigure, in step with
 * `metrics`. */
GArray *paired_compare_all(Results *before, Results *after, const GPtrArray *metrics,
                           double confidence, GError **error);
