/* precision.c - how exactly a campaign is to know its figures. */
#include "sim/results/judge/precision.h"

#include <math.h>
#include <string.h>

#define FIRST_LOOK ESTIMATE_FEWEST_REPLICATIONS

/* --- goals ---------------------------------------------------------------------------------- */

void precision_goal_free(PrecisionGoal *goal)
{
    if (goal != NULL) {
        threshold_free(goal->rule);
        g_free(goal->metric);
        g_free(goal->aggregate);
        g_free(goal->text);
        g_free(goal);
    }
}

/* Cuts off the last word of `text`; NULL when there is only one. Caller frees. */
static char *take_last_word(char *text)
{
    char *space = strrchr(g_strchomp(text), ' ');
    char *word;

    if (space == NULL) {
        return NULL;
    }
    word = g_strdup(space + 1);
    *space = '\0';
    g_strchomp(text);
    return word;
}

static bool is_estimated(const ThresholdRule *rule)
{
    return rule->type != THRESHOLD_OUTAGE && rule->type != THRESHOLD_REROUTE &&
           (rule->aggregate == THRESHOLD_AVG || rule->aggregate == THRESHOLD_RATE ||
            rule->aggregate == THRESHOLD_PERCENTILE ||
            (rule->aggregate == THRESHOLD_VALUE && rule->type != THRESHOLD_GAUGE));
}

static bool refuse(const char *text, const char *why, GError **error)
{
    g_set_error(error, THRESHOLD_ERROR, THRESHOLD_ERROR_SYNTAX,
                "precision '%s' %s, like \"http_req_duration p(99) 5%%\" or \"http_req_failed rate "
                "0.001\"",
                text, why);
    return false;
}

/* Reads the metric with any width that its unit allows: only the aggregate is wanted. */
static ThresholdRule *parse_any_width(const PrecisionGoal *goal, const ThresholdKnown *known,
                                      GError **error)
{
    static const char *const widths[] = {"1", "1s", "1B"};
    ThresholdRule *rule = NULL;

    for (guint i = 0; i < G_N_ELEMENTS(widths) && rule == NULL; i++) {
        g_autofree char *condition = g_strdup_printf("%s<%s", goal->aggregate, widths[i]);

        g_clear_error(error);
        rule = threshold_parse(goal->metric, condition, known, error);
    }
    return rule;
}

static bool read_rule(PrecisionGoal *goal, const ThresholdKnown *known, GError **error)
{
    g_autofree char *condition = g_strdup_printf("%s<%s", goal->aggregate, goal->text);

    goal->is_relative = g_str_has_suffix(goal->text, "%");
    goal->rule = goal->is_relative ? parse_any_width(goal, known, error)
                                   : threshold_parse(goal->metric, condition, known, error);
    return goal->rule != NULL;
}

static bool read_goal(PrecisionGoal *goal, const char *text, const ThresholdKnown *known,
                      GError **error)
{
    char *end = NULL;

    if (!read_rule(goal, known, error)) {
        return false;
    }
    if (!is_estimated(goal->rule)) {
        return refuse(text, "needs avg, rate or a percentile of a metric that has an interval",
                      error);
    }
    for (guint i = 0; i < goal->rule->label_count; i++) {
        if (strcmp(goal->rule->labels[i].value, "*") == 0) {
            return refuse(text, "needs one value for each label, not '*'", error);
        }
    }
    goal->most = goal->is_relative ? g_ascii_strtod(goal->text, &end) / 100 : goal->rule->limit;
    if (goal->is_relative && strcmp(end, "%") != 0) {
        goal->most = 0;
    }
    return goal->most > 0 && isfinite(goal->most)
               ? true
               : refuse(text, "needs a half-width above 0", error);
}

PrecisionGoal *precision_goal_parse(const char *text, const ThresholdKnown *known, GError **error)
{
    g_autoptr(PrecisionGoal) goal = g_new0(PrecisionGoal, 1);

    goal->metric = g_strstrip(g_strdup(text));
    goal->text = take_last_word(goal->metric);
    goal->aggregate = goal->text != NULL ? take_last_word(goal->metric) : NULL;
    if (goal->aggregate == NULL) {
        refuse(text, "needs a metric, an aggregate and a half-width", error);
        return NULL;
    }
    return read_goal(goal, text, known, error) ? g_steal_pointer(&goal) : NULL;
}

/* --- looks ---------------------------------------------------------------------------------- */

Precision *precision_new(GPtrArray *goals, guint most, double confidence)
{
    Precision *precision = g_new0(Precision, 1);

    g_assert(goals->len > 0 && most > 0);
    precision->goals = goals;
    precision->most = most;
    precision->confidence = confidence;
    precision->looks = g_array_new(FALSE, FALSE, sizeof(guint));
    return precision;
}

void precision_free(Precision *precision)
{
    if (precision != NULL) {
        g_ptr_array_unref(precision->goals);
        g_array_unref(precision->looks);
        g_free(precision);
    }
}

guint precision_begin(const Precision *precision, guint wanted)
{
    return MIN(MAX(wanted, FIRST_LOOK), precision->most);
}

static Estimate estimate_goal(const Precision *precision, Results *results,
                              const PrecisionGoal *goal)
{
    double confidence = 1 - (1 - precision->confidence) / precision->goals->len;

    return judge_estimate(results, goal->rule, confidence);
}

/* The half-width that meets the goal. */
static double allowed_half(const PrecisionGoal *goal, const Estimate *estimate)
{
    return goal->is_relative ? goal->most / (1 + goal->most) * fabs(estimate->value) : goal->most;
}

/* What more replications of the same length cannot mend: each has too few values, or the campaign
 * is not steady. */
static bool is_hopeless(const Estimate *estimate)
{
    return isnan(estimate->value) || isnan(estimate->low) || isnan(estimate->high) ||
           estimate_lacks_values(estimate);
}

guint precision_look(Precision *precision, Results *results, guint done)
{
    guint next = done;

    g_array_append_val(precision->looks, done);
    for (guint i = 0; i < precision->goals->len; i++) {
        const PrecisionGoal *goal = precision->goals->pdata[i];
        Estimate estimate = estimate_goal(precision, results, goal);

        if (is_hopeless(&estimate)) {
            return done;
        }
        estimate.replications = done;
        next = MAX(next, estimate_next_for_half(&estimate, allowed_half(goal, &estimate),
                                                precision->most));
    }
    return next;
}

/* --- what became of it ---------------------------------------------------------------------- */

static char *describe_looks(const Precision *precision)
{
    GString *text = g_string_new(NULL);

    for (guint i = 0; i < precision->looks->len; i++) {
        g_string_append_printf(text, "%s%u", i == 0 ? "" : ", ",
                               g_array_index(precision->looks, guint, i));
    }
    return g_string_free(text, FALSE);
}

/* "4.2%", or the half-width in the unit of the metric. The error is that of the true value, as the
 * goal's. */
static char *describe_width(const PrecisionGoal *goal, const Estimate *estimate)
{
    double half = estimate_half_width(estimate);

    if (!goal->is_relative) {
        return g_strdup_printf("%.3g%s", half, strcmp(goal->rule->unit, "s") == 0 ? "s" : "");
    }
    half /= fabs(estimate->value);
    return half < 1 ? g_strdup_printf("%.3g%%", 100 * half / (1 - half))
                    : g_strdup("more than its value");
}

static void decide(const Precision *precision, const PrecisionGoal *goal, const Estimate *estimate,
                   Judged *judged)
{
    g_autofree char *looks = describe_looks(precision);
    g_autofree char *doubt = estimate_doubt(estimate);
    g_autofree char *width = NULL;

    if (is_hopeless(estimate)) {
        bool is_told = doubt != NULL && g_str_has_prefix(doubt, "not ");

        judged_decide(judged, VERDICT_INCONCLUSIVE, "%s%s; more replications would not help",
                      is_told ? "" : "not converged: ", doubt != NULL ? doubt : estimate->method);
        return;
    }
    width = describe_width(goal, estimate);
    if (estimate_half_width(estimate) <= allowed_half(goal, estimate)) {
        judged_decide(judged, VERDICT_PASS,
                      "reached %s after %u replications, looked at after %s; %s, n = "
                      "%" G_GUINT64_FORMAT ", %.4g %% interval%s",
                      width, estimate->replications, looks, estimate->method, estimate->n,
                      100 * estimate->confidence,
                      precision->goals->len > 1 ? ", so that all hold together" : "");
        return;
    }
    judged_decide(judged, VERDICT_INCONCLUSIVE,
                  "not converged: reached %s of the %s asked for after %u replications, of %u "
                  "allowed (--max-replications); looked at after %s; %s, n = %" G_GUINT64_FORMAT,
                  width, goal->text, estimate->replications, precision->most, looks,
                  estimate->method, estimate->n);
}

void precision_judge(const Precision *precision, Results *results, GPtrArray *judged)
{
    for (guint i = 0; i < precision->goals->len; i++) {
        const PrecisionGoal *goal = precision->goals->pdata[i];
        Estimate estimate = estimate_goal(precision, results, goal);
        g_autofree char *condition = g_strdup_printf("%s within %s", goal->aggregate, goal->text);
        Judged *one = judged_new("precision", goal->rule->metric, condition);

        g_free(one->labels);
        one->labels = threshold_labels_text(goal->rule);
        one->observed = estimate.value;
        one->low = estimate.low;
        one->high = estimate.high;
        decide(precision, goal, &estimate, one);
        g_ptr_array_add(judged, one);
    }
}
