/* invariant.h - safety and liveness of the data, judged on what the runs' data checks found. They
 * rest on real keys and versions, so one finding is a proof and zero findings mean something only
 * when there was something to check: an empty history is inconclusive.
 * Totals read: writes_acked, keys_written, keys_judged, writes_lost, keys_diverged, reads_checked,
 * reads_stale, reads_back_in_time; findings under the names below; the table staleness. */
#pragma once

#include "sim/results/verdict.h"

typedef struct InvariantDef {
    const char *name, *help;
    bool needs_max; /* "max" must be given */
} InvariantDef;

/* no-lost-acked-write, staleness-bound, monotonic-reads, max-outage, converges. Ends with a NULL
 * name. */
extern const InvariantDef invariant_defs[];

/* The row called `check`, or NULL. */
const InvariantDef *invariant_find(const char *check);

/* Judges `check` under its scenario's name; `max` SIM_NEVER when not given.
 *   no-lost-acked-write  no acknowledged write was lost: every key written was judged at the end
 *   staleness-bound      no read was staler than `max`
 *   monotonic-reads      no session read a version older than it had read or written
 *   max-outage           neither the service nor any region was out for longer than `max`, from the
 *                        end of the warm-up to the end of "settle"
 *   converges            all live replicas agreed at the end of "settle"; with `max`, "settle" must
 *                        not have been longer than that to pass */
Judged *invariant_judge(Results *results, const char *name, const char *check, SimSpan max);
