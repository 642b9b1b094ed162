/* abort.h - thresholds that end a run early: "abortOnFail". Looked at is what the replication alone
 * has seen so far, as it is after the run, at instants that only the scenario decides: so where it
 * ends does not depend on how many replications run at once. */
#pragma once

#include "sim/run/record.h"

/* The instants of the measured part at which such thresholds are looked at: so many, evenly, but
 * none between two samples. */
#define ABORT_LOOKS 40

typedef struct Abort Abort;

/* NULL when no threshold of the scenario aborts. */
Abort *abort_new(const Scenario *scenario);
void abort_free(Abort *abort);

/* Looks, when it is time: `frame` is what the run would leave behind if it ended now. The reason to
 * end it, or NULL. Caller frees. */
char *abort_look(Abort *abort, ResultsWriter *writer, const RecordOrder *frame);

/* What the reason begins with when it is this threshold that failed. Caller frees. */
char *abort_prefix(const Threshold *threshold);
