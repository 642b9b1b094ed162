/* invariant_parts.h - what judges of invariants share: totals over all runs, the proof to show. */
#pragma once

#include "sim/results/judge/judge.h"

/* A total over all runs, its smallest and largest in one run, and in how many runs it was 0. */
typedef struct Sum {
    double all, least, most;
    guint absent;
} Sum;

Sum sum_total(const Results *results, const char *name);
guint sum_count_runs(const Results *results);

/* "; e.g. replication 3: ..." of the first proof of a violation beyond `limit`, of staleness the
 * worst one, or "". Caller frees. */
char *sum_describe_proof(const Results *results, const char *invariant, double limit);

/* A count of which none is good: the most of a replication, from the least on. */
void sum_set_count(Judged *judged, const Sum *sum);
