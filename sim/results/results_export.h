/* results_export.h - a judged campaign as files for other programs: summary.json and junit.xml.
 * Texts only; sim/base/file_whole writes them. The same results give the same bytes: nothing here
 * reads a clock, a locale or an environment. */
#pragma once

#include "sim/base/estimate.h"
#include "sim/results/verdict.h"

/* The JSON text. Facts read: scenario, title, seed, version, cost_per_month (EUR). "ended" is the
 * worst of the replications', "fingerprint" that of the only replication or a hash of all. Caller
 * frees. */
char *results_export_summary(Results *results, double confidence);

/* One test suite, one test case a check: failed checks are failures, inconclusive ones are skipped
 * with their reason, warnings never fail. `replay` is the command that repeats the campaign; times
 * are simulated seconds. Caller frees. */
char *results_export_junit(Results *results, const char *replay);

/* What the checks in the file come to; `least_margin` as verdict_merge. */
Verdict results_export_verdict(const Results *results, double *least_margin);

/* The worst of "completed", "aborted", "interrupted", "errored" among the replications. */
const char *results_export_ended(const Results *results);

/* The campaign's level of intervals; 0.95 when its file says none. */
double results_export_confidence(const Results *results);

/* What a million requests cost in EUR; NAN where prices are not known or nobody asked. */
Estimate results_export_cost(Results *results, double confidence);

/* The fingerprint of the only replication, or a hash of all of them in order. */
uint64_t results_export_fingerprint(const Results *results);
