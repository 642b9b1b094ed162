/* export_json.h - numbers in JSON: the shortest decimal that reads back as the same double, in the
 * C locale; what is no number is null. */
#pragma once

#include <cjson/cJSON.h>

#include "sim/results/evidence/distribution.h"
#include "sim/results/evidence/experiment.h"

#define EXPORT_NUMBER_TEXT 40

/* Prints `value` into `text` of EXPORT_NUMBER_TEXT bytes and returns it. */
const char *export_number(double value, char *text);

void export_add_number(cJSON *object, const char *name, double value);

/* "name": { "value": , "low": , "high": }; the object, for what else is to be said. */
cJSON *export_add_interval(cJSON *object, const char *name, double value, double low, double high);

/* The same with "method" and, when it is not reliable, with the words "why". */
cJSON *export_add_estimate(cJSON *object, const char *name, const Estimate *estimate);

/* The same for what each replication shows by itself, its smallest or largest value, say: the ends
 * are those of the replications. */
void export_add_extremes(cJSON *object, const char *name, double value, double low, double high);

/* A metric of summary.json: name, labels (name, value, ..., NULL; pairs with a
 * NULL value are left out), unit, n (what was observed: requests, values, samples) and in how many
 * replications. Added to `metrics`, which owns it. */
cJSON *export_add_metric(cJSON *metrics, const char *name, const char *const *labels,
                         const char *unit, double n, guint replications);

/* A distribution: mean, p50, p95, p99, p99.9, max, each with its interval, the percentiles with how
 * many values lie beyond them; "reliable" says whether all are. `phase` as in experiment_refuse. */
void export_add_distribution(cJSON *metrics, Results *results, const char *phase, const char *name,
                             const char *const *labels, const char *unit,
                             const Distribution *distribution);
