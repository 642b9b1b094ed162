/* results_series.h - sums over users' requests and components' measurements, for verdicts, exports
 * and reports. Requests belong to the second in which the user wanted them. Sums go in order of
 * run, time and label. */
#pragma once

#include "sim/base/histogram_row.h"
#include "sim/results/results_phase.h"

/* Which users' requests; NULL is all. `dc` "" is those that reached none. */
typedef struct ResultsUserFilter {
    const char *client, *region, *dc;
} ResultsUserFilter;

typedef struct ResultsCounts {
    uint64_t ok, failed, attempts;
} ResultsCounts;

/* The values that label "client", "region" or "dc" has among users' requests, sorted ("" of dc left
 * out). Ends with NULL; caller unrefs the array, texts belong to the Results. */
GPtrArray *results_user_values(Results *results, const char *label);

/* Requests of each second of a stretch of a run: element i is the second that begins i s after the
 * stretch. Caller unrefs the array of ResultsCounts. */
GArray *results_user_seconds(Results *results, const ResultsUserFilter *filter, int run,
                             ResultsSpan span);

/* Adds the latency of requests that went well to `into`. */
void results_add_latency(Results *results, const ResultsUserFilter *filter, int run,
                         ResultsSpan span, Histogram *into);

/* The same by second. Caller frees. */
HistogramRow *results_latency_seconds(Results *results, const ResultsUserFilter *filter, int run,
                                      ResultsSpan span);

/* Calls `each` for every cell of a run in its order, with the latency of its requests that went
 * well (NULL without any): one pass for those who sum by several labels at once. */
typedef void ResultsEachUser(void *context, const ResultsCell *cell, const Histogram *latency);
void results_each_user(Results *results, int run, ResultsEachUser *each, void *context);

/* Failed requests by reason, most frequent first. */
typedef struct ResultsReason {
    const char *reason;
    uint64_t count;
} ResultsReason;
GArray *results_reasons(Results *results, const ResultsUserFilter *filter, int run,
                        ResultsSpan span);

/* Which components; NULL is all. `station` is the name without its kind: "web" of "station@web". */
typedef struct ResultsComponentFilter {
    const char *dc, *role, *node, *region, *kind, *component, *station;
} ResultsComponentFilter;

/* One metric of one component. */
typedef struct ResultsMeter {
    const ResultsComponent *component;
    const ResultsMetric *metric;
} ResultsMeter;

/* Who measures `metric` (by name, whatever the kind) among the components asked for, in order of
 * component. Caller unrefs the array of ResultsMeter. */
GArray *results_meters(Results *results, const char *metric, const ResultsComponentFilter *filter);

/* The values that label "dc", "role", "node", "region", "kind", "component" or "station" has among
 * those who measure `metric`, sorted. As results_user_values. */
GPtrArray *results_meter_values(Results *results, const char *metric, const char *label);

typedef struct ResultsLevel {
    double value; /* a counter's increase, a gauge's mean */
    double most;
} ResultsLevel;

/* Samples of each interval of a stretch; element i is the interval that begins i intervals after
 * it. Caller unrefs the array of ResultsLevel. */
GArray *results_levels(Results *results, const ResultsMeter *meter, int run, ResultsSpan span);

/* The increase of a counter over a stretch, of all who measure it among the components asked for.
 */
double results_increase(Results *results, const char *metric, const ResultsComponentFilter *filter,
                        int run, ResultsSpan span);

/* Adds a component's histogram over a stretch to `into`; and by sample interval to a row of as many
 * steps. */
void results_add_histogram(Results *results, const ResultsMeter *meter, int run, ResultsSpan span,
                           Histogram *into);
void results_add_histogram_intervals(Results *results, const ResultsMeter *meter, int run,
                                     ResultsSpan span, HistogramRow *into);
