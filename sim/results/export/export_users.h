/* export_users.h - users' metrics of a campaign for summary.json: latency, requests, failures,
 * goodput, retries and outages; over all, by data centre and by region, each over the measured part
 * and over every phase. */
#pragma once

#include <cjson/cJSON.h>

#include "sim/results/results_series.h"

/* Adds the metrics to the array `metrics`. Reads the users' table once. */
void export_users(Results *results, double confidence, cJSON *metrics);
