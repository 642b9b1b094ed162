/* judge_case.h - one threshold on its way through the judges: judge.c sends it, judge_times.c takes
 * outages and rerouting, judge_runs.c asks for what it is in each run. */
#pragma once

#include "sim/results/judge/judge.h"
#include "sim/results/judge/window.h"

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

JudgeCase judge_case_of(Results *results, const ThresholdRule *rule, SimSpan window,
                        double confidence);

/* Whether the worst window is asked for; whether it is smallest, largest or how many. */
bool judge_is_windowed(const JudgeCase *one);
bool judge_is_extreme(const JudgeCase *one);

/* Totals of run `index`; false when it measured nothing. */
bool judge_sum_run(const JudgeCase *one, guint index, double *part, double *whole);

/* Smallest, largest or number of values of a distribution, or the increase of a counter. */
double judge_find_extreme(const JudgeCase *one, guint index);

/* The worst window of run `index`. */
WindowWorst judge_find_window(const JudgeCase *one, guint index, SimSpan window);

/* What the aggregate makes of the outages of run `index`; NAN without requests. */
double judge_find_outage(const JudgeCase *one, guint index);

/* The values that '*' of a label stands for; ends with NULL. Caller unrefs. */
GPtrArray *judge_label_values(Results *results, const ThresholdRule *rule, const char *label);

/* Decide about spans without service, and about the time until users are served elsewhere. */
void judge_outages(const JudgeCase *one, Judged *judged);
void judge_reroute(const JudgeCase *one, Judged *judged);
