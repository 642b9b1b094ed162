/* plan.h - what a scenario will do, before it does it: the seeds of its replications and the
 * timeline of its steps. */
#pragma once

#include "sim/scenario/scenario.h"

/* One line of the timeline. Times as in the scenario: from the end of the warm-up. */
typedef struct PlanStep {
    SimTime begin; /* SIM_NEVER: when its condition comes true */
    SimTime end;   /* SIM_NEVER: not known, or at once when it is the same as `begin` */
    char *name;    /* "warmup", an activity's name, "settle" ... */
    char *what;    /* "dc.outage of DC03", "probe: rate(...)" */
    char *when;    /* of steps without `begin`: "after lose-dc03", "when cassandra.hints-pending" */
    bool is_cut;   /* the end of the measured part ends it */
} PlanStep;

/* The seed of replication `index`, from 0. */
uint64_t plan_seed(const Scenario *scenario, uint32_t index);

/* Array of PlanStep in order of begin, steps without one last in order of the file; what recurs has
 * a step for each time, at most PLAN_TIMES_MOST, jitter left out. Unref to free. */
GPtrArray *plan_timeline(const Scenario *scenario);
#define PLAN_TIMES_MOST 1000

/* The timeline and the seeds as a table in text for `show --plan`. Caller frees. */
char *plan_print(const Scenario *scenario);
