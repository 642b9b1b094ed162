/* export_hlog.h - users' latency as a HdrHistogram log, for its viewers and log processors.
 * Source: HdrHistogram 2.1 (Tene), HistogramLogWriter and the V2 compressed encoding. Two
 * significant digits have the very buckets of sim/base/histogram.h, so nothing is lost. The
 * compressed form is a zlib stream of stored blocks: any reader inflates it. */
#pragma once

#include "sim/results/results_read.h"

/* Latency in ns of the requests that went well, all replications together: one line for each 10 s,
 * data centre and phase, tagged "DC03.baseline". Warm-up and drain are left out. Caller frees. */
char *export_hlog(Results *results);
