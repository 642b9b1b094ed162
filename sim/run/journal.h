/* journal.h - journal.json in the Chaos Toolkit's shape, and run-meta.json, the only file with
 * wall-clock times. */
#pragma once

#include "sim/results/results_read.h"
#include "sim/scenario/scenario.h"

/* The resolved scenario, every fault as it was applied, bit and lifted in each replication, probes
 * and verdict. Caller deletes. */
cJSON *journal_make(const Scenario *scenario, const Results *results, const GPtrArray *judged,
                    const char *ended);

/* What differs from run to run without being a result. */
typedef struct RunMeta {
    char *began, *ended; /* ISO 8601 */
    char *identity;      /* of the campaign: see campaign.h */
    double spent_s;
    double instructions; /* of a replication, on average; 0: see `doubt` */
    char *doubt;         /* why they are not known; NULL */
    guint jobs;
    const char *version, *command;
} RunMeta;

/* Times that are not known yet are left out. */
cJSON *run_meta_make(const RunMeta *meta);
