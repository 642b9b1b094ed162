/* probe_times.h - when the probes of a scenario look, in one replication: that depends on when its
 * faults began and ended and on what happened in it. */
#pragma once

#include "sim/results/results_read.h"
#include "sim/scenario/scenario.h"

/* The instants at which `probe` looks in `run`, in order; empty when what it waits for did not
 * happen. A probe of the hypothesis looks as "runtime" says, others as their time or their mode
 * says. Caller unrefs the array of SimTime. */
GArray *probe_times(const Scenario *scenario, const Activity *probe, const Results *results,
                    int run, bool is_hypothesis);
