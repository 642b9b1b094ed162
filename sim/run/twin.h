/* twin.h - one replication lived twice, event by event: does the program agree with itself?
 * Two processes live the same replication side by side. Their memory differs on purpose (what was
 * allocated or freed holds other bytes, blocks lie at other addresses and in another order, one
 * begins more than a second later), so that whatever leaks into the simulated world from there,
 * from a clock or from the other process, makes them part. Each event and each message that arrives
 * goes through a pipe; the first that is not the same in both lives ends the comparison. */
#pragma once

#include "sim/run/run.h"

typedef struct TwinOrder {
    const Scenario *scenario;
    const Kind *const *kinds;
    int run;          /* index of the replication */
    SimSpan until;    /* end early at this scenario time; 0: do not */
    const char *path; /* of the results file that the first life leaves when both are the same */
    bool is_delayed;  /* the second life begins late, for clocks that count seconds */
} TwinOrder;

typedef enum TwinEnd {
    TWIN_SAME,
    TWIN_DIFFERENT,
    TWIN_DIED, /* both, or neither could begin: the same run without a twin says why */
} TwinEnd;

typedef struct TwinResult {
    TwinEnd end;
    uint64_t events;  /* that were the same */
    char *difference; /* lines that tell the first difference, of a TWIN_DIFFERENT; caller frees */
} TwinResult;

/* Lives it twice. Leaves a results file only when they are the same. False and `error` when no
 * process could be started. */
bool twin_run(const TwinOrder *order, TwinResult *result, GError **error);
