/* results_rig.h - a results file made up for a test, in a directory of its own. */
#pragma once

#include "sim/results/results_read.h"

typedef struct ResultsRig {
    char *directory, *path;
    ResultsWriter *writer;
    Results *results;
    int runs, seconds;
} ResultsRig;

/* A campaign of `runs` replications with a warm-up of 10 s and a measured part of `seconds`, which
 * is the phase "baseline". */
ResultsRig *results_rig_new(int runs, int seconds);
void results_rig_free(ResultsRig *rig);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ResultsRig, results_rig_free)

/* `ok` requests of `latency` and `failed` ones in one second, from `region` through `dc`, of
 * clients "users", one attempt each. */
void results_rig_users(ResultsRig *rig, int run, int second, const char *region, const char *dc,
                       uint64_t ok, uint64_t failed, SimSpan latency);

/* A fault on the hosts of `dc`, named "lose", from `begin` to `end` s, and a phase of that name. */
void results_rig_fault(ResultsRig *rig, int run, const char *dc, int begin, int end);

/* Closes the file and opens it for reading. */
Results *results_rig_open(ResultsRig *rig);
