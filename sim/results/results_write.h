/* results_write.h - one SQLite file for what a run, or a campaign of runs, leaves behind.
 * Tables are those of results_schema.h. A writer works in one transaction on a file that nobody
 * else knows yet ("PATH.part"); results_write_close makes it whole and gives it its name,
 * results_write_free without it leaves nothing behind. The first error sticks: later calls do
 * nothing, close returns it. */
#pragma once

#include <glib.h>

#include "sim/base/histogram.h"
#include "sim/base/sim_time.h"

typedef struct ResultsWriter ResultsWriter;

/* Starts PATH.part. NULL and `error` when it cannot be made. */
ResultsWriter *results_write_new(const char *path, GError **error);

/* Goes on with a whole file, for the checks that are judged on it: those that stood there, and
 * theory beside, give way. It keeps its name, and stays as it was unless results_write_close
 * succeeds. NULL and `error` when it cannot be opened. */
ResultsWriter *results_write_again(const char *path, GError **error);

/* Commits and renames to the path given. False and `error` on the first failure since the start (a
 * full disk, a lock); nothing is left then. Frees the writer in any case. */
bool results_write_close(ResultsWriter *writer, GError **error);
void results_write_free(ResultsWriter *writer);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ResultsWriter, results_write_free)

/* A fact about the whole campaign: "scenario", "title", "seed", "version", "ended", "fingerprint",
 * "resolved", "sample_interval_ns", "cost_per_month" (EUR) ... A second value takes the place of
 * the first. */
void results_write_fact(ResultsWriter *writer, const char *name, const char *value);

/* What every run of the campaign has alike; ids are the caller's, from 0. Texts may be NULL. */
void results_write_component(ResultsWriter *writer, int id, const char *name, const char *kind,
                             const char *dc, const char *role, const char *node,
                             const char *region);
void results_write_metric(ResultsWriter *writer, int id, const char *name, const char *type,
                          const char *unit, const char *help);

/* One replication. `ended`: completed, aborted, interrupted, errored. Times count from the end of
 * the warm-up. One that left nothing behind (it died, or was never begun) has `simulated` 0 and
 * says in `note` why. */
typedef struct ResultsRun {
    int run; /* index of the replication, from 0 */
    uint64_t seed, fingerprint, events, requests;
    SimSpan simulated; /* warm-up to the last event */
    const char *ended;
    const char *note; /* why it ended so, or NULL */
} ResultsRun;
void results_write_run(ResultsWriter *writer, const ResultsRun *run);

/* Takes back all rows of runs, phases and faults: what was written only to be looked at. */
void results_write_take_back(ResultsWriter *writer);

/* [begin, end) of a phase of this run: "warmup", "baseline", an action's name, "recovery",
 * "settle", "drain". Phases of overlapping actions overlap. */
void results_write_phase(ResultsWriter *writer, int run, const char *name, SimTime begin,
                         SimTime end);

/* A counter's or gauge's value for the sample interval that began at `time`: a counter's increase
 * (`most` 0), a gauge's time-weighted mean, and the gauge's largest value. Intervals of nothing but
 * 0 are left out of the file, except for the first one of each component and metric. Call it for
 * every interval, 0 or not. */
void results_write_sample(ResultsWriter *writer, int run, int component, int metric, SimTime time,
                          double value, double most);

/* The same, quicker, for a metric of a component that has a sample already. */
void results_write_later_sample(ResultsWriter *writer, int run, int component, int metric,
                                SimTime time, double value, double most);

/* A component's histogram of the sample interval that began at `time`. Empty ones are left out by
 * the caller. */
void results_write_histogram(ResultsWriter *writer, int run, int component, int metric,
                             SimTime time, const Histogram *histogram);

/* Users' requests intended in the second that began at `time`, with one set of labels. `latency`
 * holds those that went well, in ns. */
typedef struct ResultsUsers {
    int run;
    SimTime time;
    const char *client, *region, *dc; /* dc: "" when none was reached */
    uint64_t ok, failed, attempts;
    const Histogram *latency;
} ResultsUsers;
void results_write_users(ResultsWriter *writer, const ResultsUsers *users);
void results_write_failure(ResultsWriter *writer, int run, SimTime time, const char *client,
                           const char *region, const char *dc, const char *reason, uint64_t count);

/* Something that happened, counted: labels of the component and up to two of its own. */
typedef struct ResultsOccurrence {
    int run;
    const char *event, *component, *dc, *role, *node;
    const char *label1, *value1, *label2, *value2;
    uint64_t count;
    SimTime first, last;
} ResultsOccurrence;
void results_write_occurrence(ResultsWriter *writer, const ResultsOccurrence *occurrence);

/* One application of a fault: on how many targets it was put and on how many it changed anything.
 */
typedef struct ResultsFault {
    int run;
    const char *name, *func, *targets_text; /* "host@DC03-db1, ..." cut to something readable */
    SimTime applied, lifted;                /* lifted SIM_NEVER: not before the end */
    int targets, bit;
} ResultsFault;
void results_write_fault(ResultsWriter *writer, const ResultsFault *fault);

/* What a probe saw at one look. */
typedef struct ResultsProbe {
    int run;
    const char *name;
    SimTime time;
    double value; /* NAN: nothing to see */
    bool is_known, is_met;
} ResultsProbe;
void results_write_probe(ResultsWriter *writer, const ResultsProbe *probe);

/* Data checks: totals that make zero findings mean something, and each finding with its proof. */
void results_write_total(ResultsWriter *writer, int run, const char *name, double value);
void results_write_finding(ResultsWriter *writer, int run, const char *invariant, SimTime time,
                           double value, const char *proof);
void results_write_staleness(ResultsWriter *writer, int run, const Histogram *staleness);

/* Judged checks, written after the runs are merged. */
typedef struct ResultsCheck {
    const char *kind; /* threshold, invariant, must-happen, probe, fault, hypothesis */
    const char *name, *labels, *condition;
    double observed, low, high, margin; /* NAN where there is none */
    const char *verdict;                /* pass, fail, inconclusive */
    const char *why;                    /* method, n, and what stands in the way */
    bool is_warning;
} ResultsCheck;
void results_write_check(ResultsWriter *writer, const ResultsCheck *check);

/* What a closed form says of a part, beside what was simulated; written with the checks. */
typedef enum ResultsWithin { RESULTS_OUTSIDE, RESULTS_WITHIN, RESULTS_UNKNOWN } ResultsWithin;
typedef struct ResultsTheory {
    const char *metric, *aggregate; /* "station_wait{station:web}", "avg" */
    const char *family, *question;
    double predicted, observed, low, high; /* NAN where there is none */
    ResultsWithin within;                  /* whether the interval holds the prediction */
    const char *why;                       /* method, n, and what stands in the way */
} ResultsTheory;
void results_write_theory(ResultsWriter *writer, const ResultsTheory *theory);

/* Appends all rows of another results file (a replication's own) to this one. Components and
 * metrics come from the first file merged; facts that stand here already stay as they are. False
 * and `error` when that file cannot be read or this one not written; the writer is then of no more
 * use than to be freed. */
bool results_write_merge(ResultsWriter *writer, const char *path, GError **error);

/* The same for the rows of replication `run` alone, as if that file held no other: without facts
 * and checks. */
bool results_write_merge_run(ResultsWriter *writer, const char *path, int run, GError **error);
