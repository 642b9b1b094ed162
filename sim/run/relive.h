/* relive.h - one replication lived once more, to see what its results do not keep: single requests
 * and their ways through the world. The same seed gives the same life; whoever asks compares the
 * fingerprint. */
#pragma once

#include "sim/results/export/export_trace.h"
#include "sim/run/run.h"

typedef struct ReliveOrder {
    const Scenario *scenario;
    const Kind *const *kinds;
    int run;
    SimSpan until;    /* as RunOrder */
    guint share;      /* keep every so many-th request, at least 1 */
    bool is_by_key;   /* all requests of every so many-th datum instead, without their ways */
    const char *path; /* of a results file, which is made and removed again */
    SimTime from;     /* requests wanted before this scenario time are not kept */
} ReliveOrder;

/* What was seen. */
typedef struct Relived {
    GArray *requests; /* TraceRequest, in order of their ends */
    uint64_t fingerprint;
    GStringChunk *texts;
} Relived;

/* NULL and `error` when the replication could not be run. */
Relived *relive(const ReliveOrder *order, GError **error);
void relived_free(Relived *relived);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Relived, relived_free)
