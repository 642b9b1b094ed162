/* verdict.h - what is thought of a campaign: its checks, each passed, failed or inconclusive, and
 * what they come to together. Thresholds are judged in sim/results/judge/, invariants in
 * invariant.h; here is what they share, and the checks on what happened at all. */
#pragma once

#include "sim/results/results_read.h"

/* In order of weight: the worst of several is the largest. */
typedef enum Verdict { VERDICT_PASS, VERDICT_INCONCLUSIVE, VERDICT_FAIL } Verdict;

/* "pass", "inconclusive", "fail". */
const char *verdict_word(Verdict verdict);

/* A judged check; owns its texts. */
typedef struct Judged {
    char *kind; /* threshold, invariant, must-happen, probe, fault, hypothesis */
    char *name, *labels, *condition;
    double observed, low, high; /* NAN where there is none */
    double margin;              /* distance to the limit as a share of it, positive is good; NAN */
    Verdict verdict;
    char *why;
    bool is_warning;
} Judged;

/* A check without figures; texts are copied. */
Judged *judged_new(const char *kind, const char *name, const char *condition);
void judged_free(Judged *judged);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Judged, judged_free)

/* Sets verdict and reason; `format` as printf. */
void judged_decide(Judged *judged, Verdict verdict, const char *format, ...) G_GNUC_PRINTF(3, 4);

/* As results_write_check takes it; borrows the texts. */
ResultsCheck judged_row(const Judged *judged);

/* What a list of Judged comes to: fail over inconclusive over pass; warnings do not count.
 * `least_margin` (may be NULL) receives the smallest margin, NAN without one. */
Verdict verdict_merge(const GPtrArray *judged, double *least_margin);

/* The indices of the replications that did not end "completed", in words, or NULL when all did:
 * what is judged on them is at best inconclusive. Caller frees. */
char *verdict_incomplete_runs(const Results *results);

/* The value of an occurrence's label `name`, or NULL: an own one before its component's. */
const char *verdict_occurrence_label(const ResultsOccurrence *occurrence, const char *name);

/* One "must-happen": in every replication the occurrences of `event` whose labels are those of
 * `where` (name, value, name, value, ..., NULL; of the component: component, dc, role, node; or of
 * the event itself) add up to at least `min`; otherwise it is inconclusive. */
Judged *verdict_judge_must_happen(const Results *results, const char *name, const char *event,
                                  const char *const *where, uint64_t min);

/* One fault: inconclusive when it was not applied in some replication, or bit nothing. `names` of
 * the actions in the scenario; one check each is added to `judged`. */
void verdict_judge_faults(const Results *results, const char *const *names, GPtrArray *judged);
