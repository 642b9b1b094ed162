/* figure.c - from one number a replication to an interval, a margin and a verdict. */
#include "sim/results/judge/figure.h"

#include <math.h>
#include <string.h>

#include "sim/base/fixed_math.h"
#include "sim/results/judge/window.h"

double figure_margin(const ThresholdRule *rule, double value)
{
    double limit = rule->limit;

    if (limit == 0 || isnan(value)) {
        return (double)NAN;
    }
    switch (rule->comparison) {
    case THRESHOLD_LESS:
    case THRESHOLD_AT_MOST:
        return (limit - value) / fabs(limit);
    case THRESHOLD_MORE:
    case THRESHOLD_AT_LEAST:
        return (value - limit) / fabs(limit);
    case THRESHOLD_EQUAL:
        return -fabs(value - limit) / fabs(limit);
    case THRESHOLD_UNEQUAL:
        return fabs(value - limit) / fabs(limit);
    }
    g_assert_not_reached();
}

/* What an interval says of the condition. */
static Verdict judge_interval(const ThresholdRule *rule, double low, double high)
{
    bool is_inside = low <= rule->limit && rule->limit <= high;

    switch (rule->comparison) {
    case THRESHOLD_LESS:
    case THRESHOLD_AT_MOST:
    case THRESHOLD_MORE:
    case THRESHOLD_AT_LEAST:
        if (threshold_holds(rule, low) && threshold_holds(rule, high)) {
            return VERDICT_PASS;
        }
        return !threshold_holds(rule, low) && !threshold_holds(rule, high) ? VERDICT_FAIL
                                                                           : VERDICT_INCONCLUSIVE;
    case THRESHOLD_EQUAL:
        if (low == high && is_inside) {
            return VERDICT_PASS;
        }
        return is_inside ? VERDICT_INCONCLUSIVE : VERDICT_FAIL;
    case THRESHOLD_UNEQUAL:
        if (low == high && is_inside) {
            return VERDICT_FAIL;
        }
        return is_inside ? VERDICT_INCONCLUSIVE : VERDICT_PASS;
    }
    g_assert_not_reached();
}

static char *describe_estimate(const Estimate *estimate, const char *note)
{
    GString *text = g_string_new(estimate->method);
    g_autofree char *doubt = estimate_doubt(estimate);

    g_string_append_printf(text, ", n = %" G_GUINT64_FORMAT " in %u replication%s", estimate->n,
                           estimate->replications, estimate->replications == 1 ? "" : "s");
    if (!isnan(estimate->low)) {
        g_string_append_printf(text, ", %g %% interval", 100 * estimate->confidence);
    }
    if (doubt != NULL) {
        g_string_append_printf(text, "; %s", doubt);
    }
    if (note != NULL && note[0] != '\0') {
        g_string_append_printf(text, "; %s", note);
    }
    return g_string_free(text, FALSE);
}

void figure_judge_estimate(Judged *judged, const ThresholdRule *rule, const Estimate *estimate,
                           bool needs_reliable, const char *note)
{
    g_autofree char *text = describe_estimate(estimate, note);
    Verdict verdict = VERDICT_INCONCLUSIVE;
    const char *stands_in_the_way = "";
    bool has_interval = !isnan(estimate->low) && !isnan(estimate->high);
    double worse = estimate->value;

    judged->observed = estimate->value;
    judged->low = estimate->low;
    judged->high = estimate->high;
    if (has_interval) {
        worse =
            window_is_worse(rule, estimate->high, estimate->low) ? estimate->high : estimate->low;
        verdict = judge_interval(rule, estimate->low, estimate->high);
    }
    judged->margin = figure_margin(rule, worse);
    if (isnan(estimate->value)) {
        judged_decide(judged, VERDICT_INCONCLUSIVE, "%s%s%s",
                      estimate->n > 0 ? estimate->method : "nothing was measured",
                      note != NULL ? "; " : "", note != NULL ? note : "");
        return;
    }
    if (!has_interval) {
        stands_in_the_way = "no interval can be given; ";
    } else if (verdict == VERDICT_INCONCLUSIVE) {
        stands_in_the_way = "the interval straddles the limit; ";
    } else if (needs_reliable && estimate_lacks_values(estimate)) {
        verdict = VERDICT_INCONCLUSIVE;
        stands_in_the_way = "too little was seen to be sure; ";
    }
    judged_decide(judged, verdict, "%s%s", stands_in_the_way, text);
}

/* What the worst of n replications says of a further one: with `confidence`, the share of runs that
 * stay within it is at least (1 - confidence)^(1/n), whatever the law. */
static double bounded_share(guint count, double confidence)
{
    return fixed_pow(1 - confidence, 1 / (double)count);
}

void figure_judge_worst(Judged *judged, const ThresholdRule *rule, const double *values,
                        guint count, double confidence, const char *note)
{
    const char *separator = note != NULL && note[0] != '\0' ? "; " : "";
    guint known = 0;
    guint violating = 0;

    note = note != NULL ? note : "";
    for (guint i = 0; i < count; i++) {
        if (!isnan(values[i])) {
            known++;
            violating += threshold_holds(rule, values[i]) ? 0 : 1;
            judged->low = fmin(judged->low, values[i]);
            judged->high = fmax(judged->high, values[i]);
            if (window_is_worse(rule, values[i], judged->observed)) {
                judged->observed = values[i];
            }
        }
    }
    judged->margin = figure_margin(rule, judged->observed);
    if (violating > 0) {
        judged_decide(judged, VERDICT_FAIL,
                      "violated in %u of %u replications; worst of them, interval from best to "
                      "worst%s%s",
                      violating, known, separator, note);
    } else if (known < count || count == 0) {
        judged_decide(judged, VERDICT_INCONCLUSIVE,
                      "nothing was measured in %u of %u replications%s%s", count - known, count,
                      separator, note);
    } else if (count == 1) {
        judged_decide(judged, VERDICT_INCONCLUSIVE,
                      "one replication shows that it can be met, not that it is: run more "
                      "replications%s%s",
                      separator, note);
    } else {
        judged_decide(judged, VERDICT_PASS,
                      "worst of %u replications, interval from best to worst; at least %.0f %% of "
                      "runs stay within the worst (%g %% confidence)%s%s",
                      count, 100 * bounded_share(count, confidence), 100 * confidence, separator,
                      note);
    }
}
