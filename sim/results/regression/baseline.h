/* baseline.h - what a campaign was, in a file that a repository can keep: text, some kilobytes, and
 * the same bytes for the same results. It has what later campaigns are held against: three
 * fingerprints of each replication, one value of each metric a replication (so that a later one is
 * compared in pairs, without running the old program again), verdicts, and what a replication cost
 * in instructions. Source of the three gates: simulation methodology 12. */
#pragma once

#include <cjson/cJSON.h>

#include "sim/results/paired.h"

/* Goes up with every change of the file. */
#define BASELINE_FORMAT 1

/* What a replication came to, in three ways: the order of its events, what users saw second by
 * second, and final counters (events, requests, totals, occurrences). */
typedef struct BaselineRun {
    int run;
    uint64_t seed, order, contents, counters;
} BaselineRun;

/* One value a replication; NAN: nothing was measured. */
typedef struct BaselineMetric {
    char *metric, *aggregate, *unit; /* "http_req_duration{dc:DC03}", "p(99)" */
    SimSpan window;
    double tolerance, least_tolerance;
    bool is_relative, is_smaller_better;
    GArray *values; /* double, in step with the runs */
} BaselineMetric;

typedef struct BaselineCheck {
    char *title, *verdict;
} BaselineCheck;

/* Instructions of user mode that a replication took, on average. */
typedef struct BaselineCost {
    double instructions; /* NAN: not counted */
    char *compiler;      /* which made the program: others need other numbers */
    char *why;           /* why they were not counted; NULL */
} BaselineCost;

typedef struct Baseline {
    char *scenario, *title, *version, *seed;
    char *scenario_hash; /* of all that the scenario says but the number of replications */
    GArray *runs;        /* BaselineRun */
    GPtrArray *metrics;  /* BaselineMetric */
    GPtrArray *checks;   /* BaselineCheck */
    BaselineCost cost;
} Baseline;

/* Takes it from judged results; `metrics` (PairedMetric) are to be kept, `meta` is run-meta.json or
 * NULL. NULL and `error` when the results cannot be read. */
Baseline *baseline_take(Results *results, const GPtrArray *metrics, const cJSON *meta,
                        GError **error);
void baseline_free(Baseline *baseline);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Baseline, baseline_free)

/* The fingerprint of all replications in order, as in summary.json. */
uint64_t baseline_fingerprint(const Baseline *baseline);

/* The file's text. Caller frees. */
char *baseline_print(const Baseline *baseline);

/* Reads a file of ours. NULL and `error` (a line for each mistake, with its place) when it is not
 * one, was cut off or is of another format. */
Baseline *baseline_read(const char *path, GError **error);
