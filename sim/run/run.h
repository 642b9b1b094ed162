/* run.h - one replication from its first event to its own results file.
 * Warm-up, the measured part with its faults, settle (all healed, load goes on), drain (load
 * stopped until every request has ended); then the components say what is true at the end, and all
 * of it is written down. */
#pragma once

#include "sim/run/assemble.h"
#include "sim/world/history.h"
#include "sim/world/network.h"

/* How far a run is: handed out at every sample interval. */
typedef struct RunProgress {
    int run;
    SimTime time;   /* scenario time: 0 is the end of the warm-up */
    SimSpan length; /* warm-up, measured part, settle and drain together, up to `until` */
    SimSpan done;   /* of `length` */
    uint64_t events;
    uint64_t requests, failed; /* of users, since the run began */
    uint64_t instructions;     /* executed for it so far; 0: not known */
    char phase[48];
} RunProgress;

/* Told once, when all is made and before anything happens. */
typedef void RunBegin(void *context, const World *world);

/* Told of progress; false asks the run to end early. */
typedef bool RunWatch(void *context, const RunProgress *progress);

/* Told once, when all events of instant `look_at` have happened, with the engine's instant of
 * scenario time 0; the run ends there. It only looks. */
typedef void RunLook(void *context, const World *world, SimTime epoch);

typedef struct RunOrder {
    const Scenario *scenario;
    const Kind *const *kinds; /* ends with NULL */
    int run;                  /* index of the replication */
    SimSpan until;            /* end early at this scenario time; 0: do not */
    const char *path;         /* of the results file to write */
    RunWatch *watch;          /* may be NULL */
    void *context;
    RunBegin *begin;     /* may be NULL */
    EngineWatch *event;  /* told of every event; may be NULL */
    void *event_context; /* of both */
    NetworkWatch *hop;   /* told of every message; may be NULL */
    void *hop_context;
    RunLook *look; /* see look.h; NULL: nobody looks */
    void *look_context;
    SimTime look_at;       /* scenario time */
    HistoryWatch *request; /* told of every user's request that has ended; may be NULL */
    void *request_context;
} RunOrder;

/* What ends a run besides wrong input and a full disk: our bug. The message says where and how. */
typedef enum RunError {
    RUN_ERROR_LAW /* a law of queues does not hold: see sim/world/laws.h */
} RunError;
#define RUN_ERROR (run_error_quark())
GQuark run_error_quark(void);

/* How long the drain lasts: the longest a client keeps trying must be over. */
SimSpan run_drain_span(void);

/* Runs it. Mistakes in the configuration go to `diags`, a full disk and our bugs (RUN_ERROR) to
 * `error`; false for either, and no file is left. */
bool run_execute(const RunOrder *order, DiagList *diags, GError **error);
