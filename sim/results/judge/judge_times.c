/* judge_times.c - thresholds on spans without service and on the time until users are served
 * elsewhere.
 */
#include <math.h>

#include "sim/config/unit.h"
#include "sim/results/judge/figure.h"
#include "sim/results/judge/judge_case.h"
#include "sim/results/judge/outage.h"
#include "sim/results/judge/reroute.h"
#include "sim/results/judge/stream.h"

double *judge_new_values(guint count)
{
    double *values = g_new(double, MAX(count, 1));

    for (guint i = 0; i < count; i++) {
        values[i] = (double)NAN;
    }
    return values;
}

/* --- outages ------------------------------------------------------------------ */

/* The usual rules, or those of the labels "bucket" and "success". */
static OutageRules rules_of(const ThresholdRule *rule)
{
    OutageRules rules = outage_rules;
    const char *bucket = threshold_label(rule, "bucket");
    const char *success = threshold_label(rule, "success");
    SimSpan span;

    if (bucket != NULL && sim_span_parse(bucket, &span)) {
        rules.bucket_s = (guint)(span / SIM_S);
    }
    if (success != NULL) {
        unit_parse_ratio(success, &rules.success_ratio);
    }
    return rules;
}

static Outages find_outages(const JudgeCase *one, const OutageRules *rules, guint index)
{
    int run = one->runs[index].run;
    g_autoptr(GArray) spans = stream_user_spans(one->results, one->rule, run);
    ResultsUserFilter filter = stream_user_filter(one->rule);
    Outages all = {.count = 0};

    for (guint i = 0; i < spans->len; i++) {
        g_autoptr(GArray) seconds =
            results_user_seconds(one->results, &filter, run, g_array_index(spans, ResultsSpan, i));
        Outages found =
            outage_find(rules, (const ResultsCounts *)(void *)seconds->data, seconds->len);

        all.count += found.count;
        all.total_s += found.total_s;
        all.longest_s = MAX(all.longest_s, found.longest_s);
        all.requests += found.requests;
    }
    return all;
}

static double outage_value(const ThresholdRule *rule, const Outages *outages)
{
    if (outages->requests == 0) {
        return (double)NAN;
    }
    if (rule->aggregate == THRESHOLD_COUNT) {
        return outages->count;
    }
    if (rule->aggregate == THRESHOLD_AVG) {
        return outages->count > 0 ? outages->total_s / outages->count : 0;
    }
    return outages->longest_s;
}

double judge_find_outage(const JudgeCase *one, guint index)
{
    OutageRules rules = rules_of(one->rule);
    Outages outages = find_outages(one, &rules, index);

    return outage_value(one->rule, &outages);
}

void judge_outages(const JudgeCase *one, Judged *judged)
{
    g_autofree double *values = judge_new_values(one->count);
    OutageRules rules = rules_of(one->rule);
    g_autofree char *note =
        g_strdup_printf("outage: buckets of %u s with a success ratio after retries below %g",
                        rules.bucket_s, rules.success_ratio);

    for (guint i = 0; i < one->count; i++) {
        values[i] = judge_find_outage(one, i);
    }
    figure_judge_worst(judged, one->rule, values, one->count, one->confidence, note);
}

/* --- rerouting --- */

/* Where some did not leave while the fault lasted, the time is at least as long: it may fail a
 * limit, but not meet it. */
static void distrust_censored(Judged *judged, const ThresholdRule *rule, guint censored,
                              guint count)
{
    bool is_upper = rule->comparison == THRESHOLD_LESS || rule->comparison == THRESHOLD_AT_MOST;
    g_autofree char *why = g_strdup(judged->why);
    Verdict verdict = judged->verdict;

    if (censored == 0) {
        return;
    }
    if (verdict == VERDICT_PASS || (verdict == VERDICT_FAIL && !is_upper)) {
        verdict = VERDICT_INCONCLUSIVE;
    }
    judged_decide(
        judged, verdict,
        "not reached while the fault lasted in %u of %u replications, whose length stands "
        "for the time; %s",
        censored, count, why);
}

void judge_reroute(const JudgeCase *one, Judged *judged)
{
    ResultsUserFilter filter = stream_user_filter(one->rule);
    g_autoptr(Reroute) reroute = reroute_measure(one->results, filter.dc, &filter);
    bool is_max = one->rule->aggregate == THRESHOLD_MAX;
    double p = is_max ? REROUTE_ALL : one->rule->quantile;
    RerouteTime pooled = reroute_time(reroute, -1, p);
    g_autofree double *values = judge_new_values(one->count);
    g_autofree char *note = NULL;
    guint censored = 0;

    for (guint i = 0; i < one->count; i++) {
        RerouteTime time = reroute_time(reroute, one->runs[i].run, p);

        values[i] = time.seconds;
        censored += time.is_censored ? 1 : 0;
    }
    if (isnan(pooled.seconds)) {
        judged_decide(judged, VERDICT_INCONCLUSIVE,
                      "no fault hit '%s' while it served users: nobody had to leave", filter.dc);
        return;
    }
    note = g_strdup_printf("share of '%s''s users served elsewhere, second by second after the "
                           "fault%s",
                           filter.dc, is_max ? "; max is 99.9 % of them" : "");
    if (is_max || one->count == 1) {
        figure_judge_worst(judged, one->rule, values, one->count, one->confidence, note);
    } else {
        Estimate estimate = estimate_mean(values, one->count, one->confidence);
        double shift = pooled.seconds - estimate.value;

        estimate.value += shift;
        estimate.low += shift;
        estimate.high += shift;
        figure_judge_estimate(judged, one->rule, &estimate, false, note);
    }
    distrust_censored(judged, one->rule, censored, one->count);
}
