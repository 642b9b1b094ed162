/* check_words.c - verdicts and checks in words. */
#include "reports/check_words.h"

#include <math.h>
#include <string.h>

#include "reports/early_return.h"
#include "sim/base/words.h"
#include "sim/results/results_export.h"
#include "sim/results/threshold.h"

const char *check_verdict_word(Verdict verdict)
{
    return verdict == VERDICT_PASS ? "PASS" : verdict == VERDICT_FAIL ? "FAIL" : "INCONCLUSIVE";
}

Verdict check_verdict(const ResultsCheck *check)
{
    return strcmp(check->verdict, "pass") == 0   ? VERDICT_PASS
           : strcmp(check->verdict, "fail") == 0 ? VERDICT_FAIL
                                                 : VERDICT_INCONCLUSIVE;
}

/* Checks that count with this verdict. */
static guint count_checks(const Results *results, Verdict verdict)
{
    guint found = 0;
    guint count;
    const ResultsCheck *checks = results_checks(results, &count);

    for (guint i = 0; i < count; i++) {
        found += !checks[i].is_warning && check_verdict(&checks[i]) == verdict ? 1 : 0;
    }
    return found;
}

char *check_sentence(const Results *results)
{
    guint passed = count_checks(results, VERDICT_PASS);
    guint failed = count_checks(results, VERDICT_FAIL);
    guint open = count_checks(results, VERDICT_INCONCLUSIVE);
    guint all = passed + failed + open;
    const char *ended = results_export_ended(results);
    GString *text = g_string_new(NULL);

    if (all == 0) {
        g_string_append(text, "nothing was checked");
    } else if (failed + open == 0) {
        g_string_append_printf(text, all == 1 ? "the only check passed" : "all %u checks passed",
                               all);
    } else {
        if (failed > 0) {
            g_string_append_printf(text, "%u of %u checks failed", failed, all);
        }
        if (open > 0) {
            g_string_append_printf(text,
                                   failed > 0 ? ", %u could not be decided"
                                              : "%u of %u checks could not be decided",
                                   open, all);
        }
    }
    if (strcmp(ended, "completed") != 0) {
        g_string_append_printf(text, "; at least one replication was %s", ended);
    }
    return g_string_free(text, FALSE);
}

/* --- one check ------------------------------------------------------------------------------ */

char *check_name(const ResultsCheck *check)
{
    const char *kind = strcmp(check->kind, "threshold") == 0 ? "" : check->kind;

    return g_strdup_printf("%s%s%s%s%s%s", kind, kind[0] != '\0' ? " " : "", check->name,
                           check->labels[0] != '\0' ? "{" : "", check->labels,
                           check->labels[0] != '\0' ? "}" : "");
}

static const char *metric_unit(const Results *results, const char *name)
{
    guint count;
    const ResultsMetric *metrics = results_metrics(results, &count);

    for (const ThresholdMetric *metric = threshold_user_metrics; metric->name != NULL; metric++) {
        if (strcmp(metric->name, name) == 0) {
            return metric->unit;
        }
    }
    for (guint i = 0; i < count; i++) {
        if (strcmp(metrics[i].name, name) == 0) {
            return metrics[i].unit;
        }
    }
    return NULL;
}

const char *check_unit(const Results *results, const ResultsCheck *check)
{
    if (strcmp(check->kind, "invariant") == 0) {
        return g_str_has_prefix(check->condition, "staleness-bound") ||
                       g_str_has_prefix(check->condition, "max-outage")
                   ? "s"
                   : NULL;
    }
    if (strcmp(check->kind, "threshold") != 0 || g_str_has_prefix(check->condition, "count")) {
        return NULL;
    }
    return metric_unit(results, check->name);
}

char *check_observed(const Results *results, const ResultsCheck *check)
{
    return words_with_interval(check->observed, check->low, check->high,
                               check_unit(results, check));
}

bool check_limit(const View *view, const ResultsCheck *check, double *limit)
{
    size_t before = strcspn(check->condition, "<>=");
    const char *text = check->condition + before;
    g_auto(GStrv) words = NULL;
    SimSpan span;

    text += strspn(text, "<>=");
    words = g_strsplit(text, " ", 2);
    if (strcmp(check->kind, "threshold") != 0 || words[0] == NULL || words[0][0] == '\0') {
        return false;
    }
    if (g_strcmp0(check_unit(view->results, check), "s") == 0) {
        if (!sim_span_parse(words[0], &span)) {
            return false;
        }
        *limit = sim_span_to_s(span);
        return true;
    }
    *limit = g_ascii_strtod(words[0], NULL);
    return true;
}

bool check_has_label(const ResultsCheck *check, const char *name)
{
    g_auto(GStrv) labels = g_strsplit(check->labels, ",", -1);
    size_t length = strlen(name);

    for (guint i = 0; labels[i] != NULL; i++) {
        if (g_str_has_prefix(labels[i], name) && labels[i][length] == ':') {
            return true;
        }
    }
    return false;
}

void check_add_limits(const View *view, const char *metric, const char *label, double scale,
                      Chart *chart)
{
    static const char *const places[] = {"dc", "region", "client", "role", "node", "kind"};
    guint count;
    const ResultsCheck *checks = results_checks(view->results, &count);

    for (guint i = 0; i < count; i++) {
        const ResultsCheck *check = &checks[i];
        bool is_wanted = strcmp(check->name, metric) == 0;
        double limit;

        for (guint j = 0; j < G_N_ELEMENTS(places) && label == NULL; j++) {
            is_wanted = is_wanted && !check_has_label(check, places[j]);
        }
        if (label != NULL) {
            g_auto(GStrv) labels = g_strsplit(check->labels, ",", -1);

            is_wanted = is_wanted && g_strv_contains((const char *const *)labels, label);
        }
        if (is_wanted && check_limit(view, check, &limit)) {
            chart_add_limit(chart, check->condition, limit * scale);
        }
    }
}

/* --- what to look at next ------------------------------------------------------------------- */

static void advise_checks(const View *view, Verdict verdict, GPtrArray *advice)
{
    guint count;
    const ResultsCheck *checks = results_checks(view->results, &count);

    for (guint i = 0; i < count; i++) {
        g_autofree char *name = check_name(&checks[i]);
        g_autofree char *observed = check_observed(view->results, &checks[i]);

        if (check_verdict(&checks[i]) == verdict) {
            g_ptr_array_add(
                advice, g_strdup_printf("%s%s: %s %s; observed %s; %s", check_verdict_word(verdict),
                                        checks[i].is_warning ? " (warning only)" : "", name,
                                        checks[i].condition, observed, checks[i].why));
        }
    }
}

/* Something that failed requests are counted by. */
typedef struct Tally {
    const char *name;
    double count;
} Tally;

static void tally_add(GArray *tallies, const char *name, double count)
{
    Tally fresh = {name, count};

    for (guint i = 0; i < tallies->len; i++) {
        Tally *tally = &g_array_index(tallies, Tally, i);

        if (strcmp(tally->name, name) == 0) {
            tally->count += count;
            return;
        }
    }
    g_array_append_val(tallies, fresh);
}

static int compare_tallies(const void *a, const void *b)
{
    const Tally *left = a;
    const Tally *right = b;

    if (left->count != right->count) {
        return left->count > right->count ? -1 : 1;
    }
    return strcmp(left->name, right->name);
}

/* The largest first; returns their sum. */
static double tally_sort(GArray *tallies)
{
    double sum = 0;

    if (tallies->len > 0) {
        qsort(tallies->data, tallies->len, sizeof(Tally), compare_tallies);
    }
    for (guint i = 0; i < tallies->len; i++) {
        sum += g_array_index(tallies, Tally, i).count;
    }
    return sum;
}

/* Why requests failed, over all replications. */
static void advise_reasons(const View *view, GPtrArray *advice)
{
    const ResultsUserFilter all = {.dc = NULL};
    g_autoptr(GArray) tallies = g_array_new(FALSE, FALSE, sizeof(Tally));
    GString *text;
    double sum;

    for (guint i = 0; i < view->run_count; i++) {
        g_autoptr(GArray) reasons =
            results_reasons(view->results, &all, view->runs[i].run, (ResultsSpan){0, view->end});

        for (guint j = 0; j < reasons->len; j++) {
            const ResultsReason *reason = &g_array_index(reasons, ResultsReason, j);

            tally_add(tallies, reason->reason, (double)reason->count);
        }
    }
    sum = tally_sort(tallies);
    if (sum == 0) {
        return;
    }
    text = g_string_new("Requests failed because of ");
    for (guint i = 0; i < MIN(tallies->len, 4); i++) {
        const Tally *tally = &g_array_index(tallies, Tally, i);
        g_autofree char *count = words_count(tally->count);
        g_autofree char *share = words_value(tally->count / sum, "ratio");

        g_string_append_printf(text, "%s%s (%s, %s)", i > 0 ? ", " : "", tally->name, count, share);
    }
    g_ptr_array_add(advice, g_string_free(text, FALSE));
}

/* Where and when requests failed, over all replications. */
static void advise_places(const View *view, GPtrArray *advice)
{
    g_autoptr(GArray) tallies = g_array_new(FALSE, FALSE, sizeof(Tally));
    double sum;
    SimTime first = SIM_NEVER;
    SimTime last = 0;
    guint count;
    const ResultsCell *cells = results_cells(view->results, &count);

    for (guint i = 0; i < count; i++) {
        if (cells[i].failed > 0 && cells[i].time >= 0 && cells[i].time < view->end) {
            tally_add(tallies, cells[i].region, (double)cells[i].failed);
            first = MIN(first, cells[i].time);
            last = MAX(last, cells[i].time);
        }
    }
    sum = tally_sort(tallies);
    if (sum > 0) {
        const Tally *worst = &g_array_index(tallies, Tally, 0);
        g_autofree char *share = words_value(worst->count / sum, "ratio");
        g_autofree char *begin = words_time(first);
        g_autofree char *end = words_time(last + SIM_S);

        g_ptr_array_add(advice, g_strdup_printf("Of the failed requests %s were those of users in "
                                                "%s; the first failed at %s, the last before %s",
                                                share, worst->name, begin, end));
    }
}

/* Whether a finding before this one was against the same invariant. */
static bool is_known(const ResultsFinding *findings, guint index)
{
    for (guint i = 0; i < index; i++) {
        if (strcmp(findings[i].invariant, findings[index].invariant) == 0) {
            return true;
        }
    }
    return false;
}

static void advise_findings(const View *view, GPtrArray *advice)
{
    guint count;
    const ResultsFinding *findings = results_findings(view->results, &count);

    for (guint i = 0; i < count; i++) {
        if (!is_known(findings, i)) {
            g_ptr_array_add(advice, g_strdup_printf("First proof against %s (replication %d): %s",
                                                    findings[i].invariant, findings[i].run,
                                                    findings[i].proof));
        }
    }
}

/* The check that passed with the least to spare. */
static void advise_tightest(const View *view, GPtrArray *advice)
{
    const ResultsCheck *tightest = NULL;
    guint count;
    const ResultsCheck *checks = results_checks(view->results, &count);

    for (guint i = 0; i < count; i++) {
        if (check_verdict(&checks[i]) == VERDICT_PASS && !isnan(checks[i].margin) &&
            (tightest == NULL || checks[i].margin < tightest->margin)) {
            tightest = &checks[i];
        }
    }
    if (tightest != NULL) {
        g_autofree char *name = check_name(tightest);
        g_autofree char *margin = words_margin(tightest->margin);

        g_ptr_array_add(advice, g_strdup_printf("Closest to its limit of those that passed: %s %s, "
                                                "margin %s",
                                                name, tightest->condition, margin));
    }
}

static void advise_faults(const View *view, GPtrArray *advice)
{
    guint count;
    const ResultsFault *faults = results_faults(view->results, &count);

    for (guint i = 0; i < count; i++) {
        if (faults[i].bit == 0) {
            g_ptr_array_add(advice,
                            g_strdup_printf("Fault %s bit nothing in replication %d: what follows "
                                            "it says nothing about it",
                                            faults[i].name, faults[i].run));
            return;
        }
    }
}

GPtrArray *check_advice(const View *view)
{
    GPtrArray *advice = g_ptr_array_new_with_free_func(g_free);

    advise_checks(view, VERDICT_FAIL, advice);
    advise_checks(view, VERDICT_INCONCLUSIVE, advice);
    advise_faults(view, advice);
    advise_findings(view, advice);
    advise_reasons(view, advice);
    early_return_advise(view, advice);
    advise_places(view, advice);
    advise_tightest(view, advice);
    return advice;
}

/* --- cost ----------------------------------------------------------------------------------- */

double check_requests(const View *view)
{
    double requests = 0;

    for (guint i = 0; i < view->run_count; i++) {
        requests += (double)view->runs[i].requests;
    }
    return requests;
}

double check_cost_per_month(const View *view)
{
    const char *text = results_fact(view->results, "cost_per_month");

    return text != NULL ? g_ascii_strtod(text, NULL) : (double)NAN;
}
