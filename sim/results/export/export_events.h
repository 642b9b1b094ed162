/* export_events.h - what happened and what was found, for programs that read lines: NDJSON and CSV.
 */
#pragma once

#include "sim/results/results_read.h"

/* One JSON object a line, by time, then replication: phases, faults applied and lifted, occurrences
 * (first and last time with their count), probes, findings of the data checks. Caller frees. */
char *export_events(const Results *results);

/* The figures of summary.json as a table (RFC 4180): metric, labels, unit, n, replications,
 * statistic, value, low, high, method, why; a row for each statistic. Numbers are the same text as
 * there. Caller frees. */
char *export_csv(Results *results, double confidence);
