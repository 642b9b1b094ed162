/* invariant.h - safety and liveness of the data, judged on what the runs' data checks found. They
 * rest on real keys and versions, so one finding is a proof and zero findings mean something only
 * when there was something to check: an empty history is inconclusive.
 * Read are the totals that sim/run/record writes, findings under the names below and the table
 * staleness. What a violation is, word for word: sim/checkers/data_book.h. */
#pragma once

#include "sim/results/verdict.h"

typedef enum InvariantLimit {
    INVARIANT_NO_LIMIT,
    INVARIANT_MAY_MAX,    /* "max" may be given */
    INVARIANT_NEEDS_MAX,  /* "max" must be given */
    INVARIANT_NEEDS_MOST, /* "most" must be given */
} InvariantLimit;

typedef struct InvariantDef {
    const char *name, *help;
    InvariantLimit limit;
} InvariantDef;

/* no-lost-acked-write ... converges. Ends with a NULL name. */
extern const InvariantDef invariant_defs[];

/* The row called `check`, or NULL. */
const InvariantDef *invariant_find(const char *check);

/* A check under its scenario's name. */
typedef struct InvariantAsked {
    const char *name, *check;
    SimSpan max;  /* SIM_NEVER: not given */
    int64_t most; /* -1: not given */
} InvariantAsked;

/*   no-lost-acked-write      no acknowledged write was lost: every key written was judged at the
 * end no-resurrected-delete    no deleted data was shown or left after its tombstone was purged
 *   staleness-bound          no read was staler than `max`
 *   monotonic-reads          no session read a version older than it had read
 *   read-your-writes         no session read a version older than it had written
 *   lww-overwrite            no acknowledged write was hidden by one acknowledged before
 *   no-lost-update           no acknowledged write was overwritten by an update that had not seen
 * it linearizable             statements on each key with serial ones have an order
 *   replicas-down-per-range  never more than `most` replicas of one range were down
 *   max-outage               neither the service nor any region was out for longer than `max`, from
 *                            the end of the warm-up to the end of "settle"
 *   converges                all live replicas agreed at the end of "settle"; with `max`, "settle"
 *                            must not have been longer than that to pass */
Judged *invariant_judge(Results *results, const InvariantAsked *asked);
