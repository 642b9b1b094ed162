/* export_history.h - what users asked of single data and were told, for checkers of histories: a
 * line of JSON for each "invoke" and one for its end, in order of time, as Jepsen writes histories.
 * Ends are "ok", "fail" (it certainly did not happen: reads that failed, conditional writes that
 * were refused) and "info" (a write that nobody acknowledged: it may have happened). Each request
 * is a process of its own, since users do not wait for one another; "session" tells whose it was.
 * Members: index, type, f (read, write, delete, add), process, time (ns from the end of the
 * warm-up), key, value (the version that was written or shown; null: none, or not known), session,
 * error. Left out: the version that a write without an answer would have had, which only the store
 * knows. Source: Jepsen and Knossos, histories of operations (jepsen.history). */
#pragma once

#include "sim/results/export/export_trace.h"

/* `requests` (TraceRequest) in any order. Caller frees. */
char *export_history(const GArray *requests);
