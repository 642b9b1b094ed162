/* check_words.h - verdicts and checks in words, for page and Markdown alike. Callers free. */
#pragma once

#include "reports/view.h"
#include "sim/results/verdict.h"

/* "PASS", "FAIL", "INCONCLUSIVE". */
const char *check_verdict_word(Verdict verdict);
Verdict check_verdict(const ResultsCheck *check);

/* "PASS: all 9 checks passed", "FAIL: 2 of 11 checks failed, 1 is inconclusive". */
char *check_sentence(const Results *results);

/* "http_req_duration{phase:lose-dc03}", of others "invariant durability". */
char *check_name(const ResultsCheck *check);

/* "642 ms [618 ms; 667 ms]". */
char *check_observed(const Results *results, const ResultsCheck *check);

/* The unit of what was observed: "s", "ratio", "B" or NULL. */
const char *check_unit(const Results *results, const ResultsCheck *check);

/* The number that the condition of a threshold compares with, in check_unit; false without one. */
bool check_limit(const View *view, const ResultsCheck *check, double *limit);

/* Whether a label `name` stands among the check's. */
bool check_has_label(const ResultsCheck *check, const char *name);

/* Puts the limits of thresholds on `metric` into a chart, times `scale`: those with the label
 * `label` ("role:app"), or, NULL, those that are about all places. */
void check_add_limits(const View *view, const char *metric, const char *label, double scale,
                      Chart *chart);

/* What to look at next, in order of weight: texts. Caller unrefs. */
GPtrArray *check_advice(const View *view);

/* What a campaign costs a month in EUR; NAN when not known. */
double check_cost_per_month(const View *view);

/* Requests that users asked for in all replications. */
double check_requests(const View *view);
