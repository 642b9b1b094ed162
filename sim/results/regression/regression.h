/* regression.h - whether a campaign is worse than the one that a baseline keeps. Three gates,
 * cheapest first (simulation methodology 12): fingerprints; where they differ, every metric in
 * pairs under common random numbers (paired.h); what a replication costs in instructions. */
#pragma once

#include "sim/results/regression/baseline.h"

/* So much more instructions a replication are worse. They repeat to a thousandth or so. */
#define REGRESSION_COST 0.05

typedef enum RegressionVerdict {
    REGRESSION_FINE,      /* same, equivalent or better */
    REGRESSION_WORSE,     /* a metric, or the cost */
    REGRESSION_UNDECIDED, /* more replications are needed, or there is nothing to hold it against */
    REGRESSION_BROKEN, /* a check fails that did not, or the model changed and nobody declared it */
} RegressionVerdict;

/* "fine", "worse", "undecided", "broken". */
const char *regression_word(RegressionVerdict verdict);

typedef struct RegressionRow {
    const BaselineMetric *metric; /* the baseline's */
    PairedFigure figure;
    char *why;
} RegressionRow;

typedef struct Regression {
    char *name;         /* of the baseline, "drills/dc03-lost" */
    Baseline *before;   /* NULL: there is none */
    Baseline *after;    /* NULL: there are no results for this baseline */
    char *fingerprint;  /* what the first gate says, in words */
    bool is_same;       /* all three fingerprints of all replications */
    bool is_undeclared; /* changed with the same scenario and version */
    GArray *rows;       /* RegressionRow; empty when all is the same */
    GPtrArray *broken;  /* char *: checks that fail and did not */
    char *cost;         /* what the third gate says, in words */
    bool is_dearer;
    RegressionVerdict verdict;
} Regression;

/* The metrics that `before` keeps, to be asked of other results; what these do not know is left
 * out. Caller unrefs the array of PairedMetric. */
GPtrArray *regression_metrics(const Baseline *before, const Results *after);

/* Compares and takes both. `declared`: why the behaviour was changed on purpose, or NULL. NULL and
 * `error` when they cannot be compared: another scenario, another seed, another version that nobody
 * declared, no replication in common. */
Regression *regression_new(const char *name, Baseline *before, Baseline *after,
                           const char *declared, double confidence, GError **error);

/* One side is missing: undecided, with the words why. Takes what is not NULL. */
Regression *regression_lonely(const char *name, Baseline *before, Baseline *after);
void regression_free(Regression *regression);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Regression, regression_free)

/* What a list of Regression comes to: broken over undecided over worse over fine. */
RegressionVerdict regression_merge(const GPtrArray *list);

/* The list as a table for people, as Markdown, as JSON (format 1) and as JUnit: a suite a scenario,
 * a case a gate and metric. Caller frees. */
char *regression_to_text(const GPtrArray *list);
char *regression_to_markdown(const GPtrArray *list);
char *regression_to_json(const GPtrArray *list);
char *regression_to_junit(const GPtrArray *list);
