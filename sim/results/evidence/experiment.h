/* experiment.h - which kind of experiment a campaign is, and whether its figures may speak of a
 * steady state. Without faults and at a constant load it is one of the steady state: then MSER-5
 * must find the warm-up long enough, the second half must not drift, and no station may be offered
 * more than it can serve; else means and percentiles are refused in words. With faults it is one of
 * the response to them, every phase a figure over replications, and the same is asked of what comes
 * before the first fault. With a load that changes it is a terminating one: nothing is asked.
 * The series examined are the users' mean latency and the number of customers at each station, of
 * all replications together, from the begin of the warm-up on. MSER-5 also cuts what only chance
 * has made: its cut beyond the warm-up counts when the first tenth of the measured part differs
 * from its second half, and a drift when the third quarter differs from the fourth, each with less
 * than 0.5 % chance over all series (Student's t on the replications' differences; with fewer than
 * five of them Welch's t on ten batches each). Shares and counts are totals of the time stated and
 * are never refused. Sources: White, 1997 (MSER); Welch, 1983 (the figure). */
#pragma once

#include "sim/base/estimate.h"
#include "sim/results/results_phase.h"

typedef enum ExperimentKind {
    EXPERIMENT_STEADY,
    EXPERIMENT_TERMINATING,
    EXPERIMENT_FAULT,
} ExperimentKind;

/* "steady-state", "terminating", "fault-response": as the fact "experiment" says it too. */
const char *experiment_word(ExperimentKind kind);

/* One series. Times are those of the scenario, negative within the warm-up. */
typedef struct ExperimentSeries {
    char *name;       /* "http_req_duration", "station_in_system{station:web}" */
    const char *unit; /* "s" or "1" */
    SimTime begin;
    SimSpan step;
    guint count;
    double *means;  /* of each step, all replications together */
    SimTime cut;    /* MSER-5: steady from here on */
    bool is_late;   /* half of the series was cut, or it is shorter than 20 steps */
    double p_start; /* of no difference between the first tenth and the second half of the measured
                       part; NAN: not tested, since the cut is within the warm-up, or too short */
    double p_drift; /* of no difference between the third and the fourth quarter; NAN: likewise */
    double drift;   /* fourth over third quarter, less 1 */
} ExperimentSeries;

typedef struct Experiment {
    ExperimentKind kind;
    SimTime end;         /* of what is examined: the first fault, or the end of the measured part */
    GPtrArray *series;   /* of ExperimentSeries */
    const char *phase;   /* whose estimates a doubt concerns; NULL: all */
    char *doubt;         /* "not stable: ...", "not converged: ..."; NULL: none */
    char *doubt_of_mean; /* "no finite mean: ..."; NULL: none */
} Experiment;

/* Examines a campaign, once; it belongs to the Results. */
const Experiment *experiment_examine(Results *results);

/* Takes value and interval from an estimate of `phase` (NULL: the measured part) that the campaign
 * cannot defend, and leaves the words in `method`. `is_mean`: of a mean, which may not exist where
 * percentiles do. */
void experiment_refuse(Results *results, const char *phase, bool is_mean, Estimate *estimate);

/* "steady state: MSER-5 cuts ... within the warm-up of 20s; no drift", or what is in doubt. Caller
 * frees. */
char *experiment_describe(Results *results);
