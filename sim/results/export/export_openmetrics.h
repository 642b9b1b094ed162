/* export_openmetrics.h - a campaign as time series in OpenMetrics text, to be filled into
 * Prometheus
 * (`promtool tsdb create-blocks-from openmetrics`) and so into Grafana. Timestamps are whole
 * seconds of scenario time: 0, the end of the warm-up, stands at 1970-01-01 00:00 UTC, so that the
 * same results give the same bytes. Whole seconds and no counters: `promtool check metrics` reads
 * the older text format, in which both look different.
 * Left out: warm-up and drain, and the distributions that components measure. */
#pragma once

#include "sim/results/results_read.h"

/* Users' requests by second, data centre and replication; components' gauges and counters (as
 * rates) by second, data centre and role, mean over components and replications. Caller frees. */
char *export_openmetrics(Results *results);
