/* precision.h - how exactly a campaign is to know its figures: replications are added until every
 * interval is as narrow as asked for, or there are as many as allowed. Looks are taken at planned
 * numbers of replications only, always at the first so many by index, so that the number of workers
 * changes nothing: at the replications of the scenario (10 at least), then at as many as the widest
 * interval seems to need, at most twice as many as before. With k goals each interval has
 * confidence 1 - (1 - confidence) / k (Bonferroni), so that all hold together. Source: Law and
 * Kelton, the sequential procedure: a half-width of g / (1 + g) times the mean makes the true error
 * at most g. */
#pragma once

#include "sim/results/judge/judge.h"

typedef struct PrecisionGoal {
    char *metric, *aggregate, *text; /* "http_req_duration{phase:baseline}", "p(99)", "5%" */
    ThresholdRule *rule;             /* its limit is `most` where that is not relative */
    double most;                     /* half-width: of the value (0.05), or in the metric's unit */
    bool is_relative;
} PrecisionGoal;

/* Reads "http_req_duration p(99) 5%" or "http_req_failed rate 0.001". NULL and `error`, with a
 * suggestion, when the metric, the aggregate or the width is not one. */
PrecisionGoal *precision_goal_parse(const char *text, const ThresholdKnown *known, GError **error);
void precision_goal_free(PrecisionGoal *goal);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(PrecisionGoal, precision_goal_free)

/* What is asked of a campaign. */
typedef struct Precision {
    GPtrArray *goals; /* of PrecisionGoal */
    guint most;       /* replications allowed */
    double confidence;
    GArray *looks; /* of guint: replications at each look so far */
} Precision;

/* Takes `goals`. */
Precision *precision_new(GPtrArray *goals, guint most, double confidence);
void precision_free(Precision *precision);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Precision, precision_free)

/* Replications at the first look: `wanted`, but at least 10 and at most as many as allowed. */
guint precision_begin(const Precision *precision, guint wanted);

/* Looks at a campaign of `done` replications: how many there are to be at the next look; `done`
 * when this was the last, since all is known exactly enough, or as many as allowed were run, or
 * more of them would not help. */
guint precision_look(Precision *precision, Results *results, guint done);

/* What became of each goal: pass, or inconclusive with the words "not converged". Adds Judged. */
void precision_judge(const Precision *precision, Results *results, GPtrArray *judged);
