/* outage.h - spans without service: maximal runs of 1 s buckets in which the success ratio after
 * client retries was below 0.99. A bucket without requests is no outage by itself, but between two
 * buckets of an outage it belongs to it: at small rates a dead service is not asked every second.
 */
#pragma once

#include "sim/results/results_series.h"

typedef struct OutageRules {
    double success_ratio; /* below it a bucket is bad */
    guint bucket_s;       /* length of a bucket in whole seconds */
} OutageRules;

/* 1 s and 0.99. */
extern const OutageRules outage_rules;

typedef struct Outages {
    guint count;
    double longest_s, total_s;
    guint longest_begin_s; /* seconds after the begin of the series */
    uint64_t requests;     /* in all buckets */
} Outages;

/* Finds the outages in requests by second; what is left over at the end is a bucket too. */
Outages outage_find(const OutageRules *rules, const ResultsCounts *seconds, guint count);
