/* judge_case.h - one threshold on its way through the judges: judge.c sends it, judge_times.c takes
 * outages and rerouting. */
#pragma once

#include "sim/results/judge/judge.h"

/* What is judged, and the numbers of its runs. */
typedef struct JudgeCase {
    Results *results;
    const ThresholdRule *rule; /* without '*' */
    SimSpan window;            /* 0: over the whole phase */
    double confidence;
    const ResultsRun *runs;
    guint count;
} JudgeCase;

/* Room for a number of each of `count` runs, NAN until there is one. Caller frees. */
double *judge_new_values(guint count);

/* Decide about spans without service, and about the time until users are served elsewhere. */
void judge_outages(const JudgeCase *one, Judged *judged);
void judge_reroute(const JudgeCase *one, Judged *judged);
