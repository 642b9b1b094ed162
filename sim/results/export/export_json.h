/* export_json.h - numbers in JSON: the shortest decimal that reads back as the same double, in the
 * C locale; what is no number is null. */
#pragma once

#include <cjson/cJSON.h>

#include "sim/base/histogram.h"

#define EXPORT_NUMBER_TEXT 40

/* Prints `value` into `text` of EXPORT_NUMBER_TEXT bytes and returns it. */
const char *export_number(double value, char *text);

void export_add_number(cJSON *object, const char *name, double value);

/* "name": { "value": , "low": , "high": } */
void export_add_interval(cJSON *object, const char *name, double value, double low, double high);

/* A metric of section 10 of the scenario format: name, labels (name, value, ..., NULL; pairs with a
 * NULL value are left out), unit and n. Added to `metrics`, which owns it. */
cJSON *export_add_metric(cJSON *metrics, const char *name, const char *const *labels,
                         const char *unit, double n);

/* A distribution out of one histogram a run: mean, p50, p95, p99, p99.9, max, each with its
 * interval (of max: from the smallest to the largest of the runs). A percentile with fewer than 100
 * values beyond it in some run has no interval; "reliable" says whether all have one, from enough
 * runs. */
void export_add_distribution(cJSON *metrics, const char *name, const char *const *labels,
                             const char *unit, const Histogram *const *each, guint count,
                             double confidence);
