/* export_trace.h - one replication as a Chrome trace for Perfetto (https://ui.perfetto.dev): sites
 * are processes, nodes their threads, requests asynchronous spans with an instant for each message,
 * faults instants, goodput and failures counters. Timestamps are microseconds of scenario time.
 * Source: "Trace Event Format" (Google, JSON array and object formats). */
#pragma once

#include "sim/results/results_read.h"

/* A message of a request, where it arrived. Texts are kept by whoever recorded them. */
typedef struct TraceStep {
    SimTime time;
    const char *site, *node, *component, *what; /* node may be NULL */
} TraceStep;

/* A user's request as the user felt it. */
typedef struct TraceRequest {
    uint64_t id;
    SimTime begin, end;
    const char *client, *region;
    const char *dc;     /* that answered or failed it last; NULL: none */
    const char *reason; /* why it failed; NULL: it went well */
    bool is_write, is_delete, is_refused, is_counter;
    uint32_t attempts;
    uint64_t key, session;
    int64_t version; /* written or shown; 0: none */
    GArray *steps;   /* TraceStep, in order of time; may be NULL */
} TraceRequest;

/* `requests` (TraceRequest, may be NULL) are of replication `run`; `share`: every so many-th of
 * them is there. Caller frees. */
char *export_trace(Results *results, int run, const GArray *requests, guint share);
