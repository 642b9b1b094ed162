/* never.c - thresholds that hold nowhere. */
#include "sim/study/never.h"

#include <math.h>
#include <string.h>

/* The values that hold, by the condition alone; an end that does not hold itself is open. */
typedef struct Span {
    double low, high;
    bool is_low_open, is_high_open;
} Span;

static Span span_of_condition(const ThresholdRule *rule)
{
    Span span = {-(double)INFINITY, (double)INFINITY, true, true};
    ThresholdOperator comparison = rule->comparison;

    if (comparison == THRESHOLD_LESS || comparison == THRESHOLD_AT_MOST ||
        comparison == THRESHOLD_EQUAL) {
        span.high = rule->limit;
        span.is_high_open = comparison == THRESHOLD_LESS;
    }
    if (comparison == THRESHOLD_MORE || comparison == THRESHOLD_AT_LEAST ||
        comparison == THRESHOLD_EQUAL) {
        span.low = rule->limit;
        span.is_low_open = comparison == THRESHOLD_MORE;
    }
    return span;
}

static bool is_share(const ThresholdRule *rule)
{
    return (rule->type == THRESHOLD_RATIO || rule->type == THRESHOLD_GAUGE) &&
           g_strcmp0(rule->unit, "ratio") == 0 && rule->aggregate != THRESHOLD_COUNT;
}

/* An answer comes over a network: it takes some time. */
static bool is_answer_time(const ThresholdRule *rule)
{
    return strcmp(rule->metric, "http_req_duration") == 0 && rule->aggregate != THRESHOLD_COUNT;
}

/* The values that there can be. */
static Span span_of_figure(const ThresholdRule *rule)
{
    Span span = {0, (double)INFINITY, false, true};

    if (is_answer_time(rule)) {
        span.is_low_open = true;
    } else if (is_share(rule)) {
        span.high = 1;
        span.is_high_open = false;
    } else if (rule->type == THRESHOLD_GAUGE || rule->type == THRESHOLD_QUOTIENT) {
        span.low = -(double)INFINITY;
        span.is_low_open = true;
    }
    return span;
}

static bool is_apart(Span lower, Span upper)
{
    return lower.high < upper.low ||
           (lower.high <= upper.low && (lower.is_high_open || upper.is_low_open));
}

static bool is_same_figure(const ThresholdRule *one, const ThresholdRule *other)
{
    g_autofree char *labels = threshold_labels_text(one);
    g_autofree char *others = threshold_labels_text(other);

    return strcmp(one->metric, other->metric) == 0 && strcmp(labels, others) == 0 &&
           one->aggregate == other->aggregate && fabs(one->quantile - other->quantile) < 1e-12;
}

static void check_one(const Threshold *threshold, DiagList *diags)
{
    Span wanted = span_of_condition(threshold->rule);
    Span possible = span_of_figure(threshold->rule);

    if (is_apart(wanted, possible)) {
        diag_add(diags, DIAG_ERROR, threshold->tree, DIAG_VALUE,
                 "threshold '%s: %s' can never hold: %s", threshold->metric, threshold->condition,
                 is_answer_time(threshold->rule) ? "no answer takes 0 s or less"
                                                 : "it is never below 0");
    } else if (is_apart(possible, wanted)) {
        diag_add(diags, DIAG_ERROR, threshold->tree, DIAG_VALUE,
                 "threshold '%s: %s' can never hold: it is a share, never above 1",
                 threshold->metric, threshold->condition);
    }
}

void never_check(const Scenario *scenario, DiagList *diags)
{
    for (guint i = 0; i < scenario->thresholds->len; i++) {
        const Threshold *threshold = g_ptr_array_index(scenario->thresholds, i);
        Span wanted = span_of_condition(threshold->rule);

        check_one(threshold, diags);
        for (guint k = 0; k < i; k++) {
            const Threshold *earlier = g_ptr_array_index(scenario->thresholds, k);
            Span other = span_of_condition(earlier->rule);

            if (is_same_figure(threshold->rule, earlier->rule) &&
                (is_apart(wanted, other) || is_apart(other, wanted))) {
                diag_add(diags, DIAG_ERROR, threshold->tree, DIAG_VALUE,
                         "threshold '%s: %s' can never hold together with '%s'", threshold->metric,
                         threshold->condition, earlier->condition);
            }
        }
    }
}
