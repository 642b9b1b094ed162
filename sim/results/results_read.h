/* results_read.h - a results file, opened for reading: what verdicts, exports and reports know of a
 * campaign. Rows come in the order of their run and writing, so that sums over them do not depend
 * on how many workers there were. Small tables are read when the file is opened, in the structs of
 * results_write.h; texts and arrays belong to the Results. Sums over users' requests and
 * measurements are in results_series.h. */
#pragma once

#include <sqlite3.h>
#include <stdbool.h>

#include "sim/results/results_write.h"

typedef struct Results Results;

typedef struct ResultsPhase {
    int run;
    const char *name;
    SimTime begin, end;
} ResultsPhase;

typedef struct ResultsComponent {
    int id;
    const char *name, *kind, *dc, *role, *node, *region; /* all but name may be NULL */
} ResultsComponent;

typedef struct ResultsMetric {
    int id;
    const char *name, *type, *unit, *help; /* unit and help may be NULL */
} ResultsMetric;

typedef struct ResultsTotal {
    int run;
    const char *name;
    double value;
} ResultsTotal;

typedef struct ResultsFinding {
    int run;
    const char *invariant;
    SimTime time;
    double value;
    const char *proof;
} ResultsFinding;

/* Users' requests of one second (by intended start) and one set of labels. Texts are unique: equal
 * ones have equal addresses. */
typedef struct ResultsCell {
    int run;
    SimTime time;
    const char *client, *region, *dc; /* dc "": none was reached */
    uint64_t ok, failed, attempts;
} ResultsCell;

/* Opens a file and checks its schema. NULL and `error` when it cannot be read. */
Results *results_open(const char *path, GError **error);

/* Reads what a writer has written so far, before it is closed; not to be used after more was
 * written. As results_open. */
Results *results_open_writer(ResultsWriter *writer, GError **error);
void results_free(Results *results);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Results, results_free)

/* False and `error` when something could not be read since the file was opened: what was drawn from
 * it is then worth nothing. To be asked at the end. */
bool results_is_whole(const Results *results, GError **error);

/* A fact, or NULL. */
const char *results_fact(const Results *results, const char *name);

/* All rows of a table; `count` is set. Runs are in order of their index. */
const ResultsRun *results_runs(const Results *results, guint *count);

/* Replications that left nothing behind but why: no figure may count them, and no check pass. They
 * are not among results_runs. */
const ResultsRun *results_lost_runs(const Results *results, guint *count);
const ResultsPhase *results_phases(const Results *results, guint *count);
const ResultsComponent *results_components(const Results *results, guint *count);
const ResultsMetric *results_metrics(const Results *results, guint *count);
const ResultsOccurrence *results_occurrences(const Results *results, guint *count);
const ResultsFault *results_faults(const Results *results, guint *count);
const ResultsProbe *results_probes(const Results *results, guint *count);
const ResultsTotal *results_totals(const Results *results, guint *count);
const ResultsFinding *results_findings(const Results *results, guint *count);
const ResultsCheck *results_checks(const Results *results, guint *count);
const ResultsTheory *results_theory(const Results *results, guint *count);

/* In order of run, time, client, region, dc. */
const ResultsCell *results_cells(Results *results, guint *count);

/* The value of total `name` in `run`; 0 when there is none. */
double results_total(const Results *results, int run, const char *name);

/* Staleness of the reads of one run in ns, or NULL when none was checked. Caller frees. */
Histogram *results_staleness(Results *results, int run);

/* Length of a sample interval: fact "sample_interval_ns", or else the smallest step between
 * samples; 1 s when there is none. */
SimSpan results_sample_interval(const Results *results);

/* What was found out about the results as a whole and is freed with them; NULL until attached,
 * once. */
void results_attach(Results *results, void *finding, GDestroyNotify free_finding);
void *results_attached(const Results *results);

/* Whether the component has a sample or a histogram of the metric. */
bool results_is_measured(Results *results, int metric, int component);

/* For the other readers of this folder: a statement (NULL after an error), which is kept for the
 * next one who asks with the same words and belongs to the Results; its next row (false: no more,
 * or an error that sticks); the end of its use, to be said before it is asked for again; and a text
 * kept as long as the Results. */
sqlite3_stmt *results_prepare(Results *results, const char *sql);
bool results_step(Results *results, sqlite3_stmt *statement);
void results_done(sqlite3_stmt *statement);
const char *results_keep_text(Results *results, const char *text);
