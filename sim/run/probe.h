/* probe.h - what a scenario's probes would have seen: queries over the results of a run, judged
 * after it. A query is FUNCTION(METRIC{label="value",...}[WINDOW]), as Prometheus users write it:
 * rate, avg, min, max, count and p99 over the window that ends at the probe's time. */
#pragma once

#include "sim/results/verdict.h"
#include "sim/scenario/scenario.h"
#include "sim/world/component.h"

typedef struct ProbeQuery ProbeQuery;

/* Reads a query. NULL and `error` when it is not one. */
ProbeQuery *probe_query_parse(const char *text, GError **error);
void probe_query_free(ProbeQuery *query);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ProbeQuery, probe_query_free)

/* The metric that is asked for, and the value of label `name`, or NULL. */
const char *probe_query_metric(const ProbeQuery *query);
const char *probe_query_label(const ProbeQuery *query, const char *name);

/* The labels that a query may have; ends with NULL. */
extern const char *const probe_labels[];

/* Reports every probe of method and hypothesis whose query is none, or whose metric nobody of
 * `kinds` measures. */
void probes_check(const Scenario *scenario, const Kind *const *kinds, DiagList *diags);

/* The value at `time` in `run`; NAN when there was nothing to see. */
double probe_query_value(const ProbeQuery *query, Results *results, int run, SimTime time);

/* Whether a value lies within a probe's tolerance: a number (equal), [low, high] or
 * {"type": "range", "range": [low, high]}. */
bool probe_is_tolerated(const cJSON *tolerance, double value);

/* Judges one probe on every replication; `kind` is "probe" or "hypothesis". Adds a ResultsProbe for
 * each look to `looks`, which may be NULL; its names belong to the scenario. Caller frees. */
Judged *probe_judge(const Scenario *scenario, Results *results, const Activity *probe,
                    const char *kind, GArray *looks);
