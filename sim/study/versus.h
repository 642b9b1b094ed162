/* versus.h - two scenarios, or two values in one, under the same random numbers: what differs, by
 * how much, and whether it matters. How it is judged stands in sim/results/paired.h. */
#pragma once

#include "sim/results/paired.h"
#include "sim/study/study.h"

typedef struct VersusOrder {
    const char *before, *after;    /* scenario files; may be the same */
    const char *const *after_sets; /* what only the second one sets; may be NULL */
    const char *const *metrics;    /* "http_req_duration p(99) 3%": what is compared, and
                                      the difference that does not matter; NULL: every
                                      metric whose direction is known, 1 % */
    guint replications;            /* 0: as the scenario says, at least 30 */
    double confidence;             /* that all intervals hold together; 0: 0.95 */
} VersusOrder;

/* So many pairs unless the user says otherwise: simulation methodology, section 12. */
#define VERSUS_PAIRS 30

typedef struct Versus {
    char *before, *after; /* what each side is, in words */
    char *seed;
    guint pairs;
    double confidence;  /* of all together */
    GPtrArray *metrics; /* of PairedMetric */
    GArray *figures;    /* of PairedFigure, in step */
    char *unfinished;   /* why there are fewer pairs than asked for; NULL */
} Versus;

/* Runs both and compares. NULL and `error`. When the study was told to end, what both sides had
 * ended by then is compared, and `unfinished` says so; `error` is then set too. */
Versus *versus_run(Study *study, const VersusOrder *order, GError **error);
void versus_free(Versus *versus);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Versus, versus_free)

/* Worse if something is; else undecided if something is; else better or equivalent. */
ComparisonVerdict versus_verdict(const Versus *versus);

/* For a person (at most 100 columns), for programs, for spreadsheets. Caller frees. */
char *versus_print(const Versus *versus);
cJSON *versus_to_json(const Versus *versus);
char *versus_to_csv(const Versus *versus);
