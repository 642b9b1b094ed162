/* stream.h - what a metric measured in one run, step by step: the form in which every condition on
 * a rate, a level or a distribution is judged. A metric is one total over another (failed requests
 * over requests, requests over seconds, level times seconds over seconds) or a distribution. */
#pragma once

#include "sim/results/results_series.h"
#include "sim/results/threshold.h"

/* One stretch of one run (and of one component, for levels). Steps are 1 s for users' requests and
 * a sample interval for components. A request or sample belongs to the step in which it began. */
typedef struct Stream {
    ResultsSpan span; /* a whole number of steps */
    SimSpan step;
    guint count;
    double *parts, *wholes; /* of each step; wholes are 0 where there was nothing */
    HistogramRow *row;      /* of a distribution: its histograms, step by step; else NULL */
} Stream;

/* Measures `rule` (without '*' among its labels) in `run`. Empty when the run has no such phase or
 * nobody measures it. Caller unrefs the array of Stream *. */
GPtrArray *stream_measure(Results *results, const ThresholdRule *rule, int run);

/* The same over any stretch of a run, whatever the rule's phase, cut to whole steps; a metric of
 * components is taken over all that the rule names. NULL when nobody measures it there. Caller
 * frees. */
Stream *stream_measure_span(Results *results, const ThresholdRule *rule, int run, ResultsSpan span);
void stream_free(Stream *stream);

/* All that the rule's distribution saw in `run`, merged. Caller frees. */
Histogram *stream_merge(Results *results, const ThresholdRule *rule, int run);

/* The stretches of a run that the rule's label "phase" picks, cut to whole steps of users' seconds.
 */
GArray *stream_user_spans(Results *results, const ThresholdRule *rule, int run);

ResultsUserFilter stream_user_filter(const ThresholdRule *rule);

/* What one value of the rule's distribution is, in the plural: "requests" of users, else "values".
 */
const char *stream_value_word(const ThresholdRule *rule);

/* Seconds, or the unit's own, from what a histogram of `rule` holds. */
double stream_scale(const ThresholdRule *rule);
