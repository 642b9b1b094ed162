/* verdicts.c - what a scenario demanded against what its results show. */
#include "sim/run/verdicts.h"

#include <math.h>
#include <string.h>

#include "sim/results/invariant.h"
#include "sim/results/judge/judge_runs.h"
#include "sim/run/abort.h"
#include "sim/run/probe.h"

/* What ended a run early has failed, whatever the others say. */
static void fail_if_aborted(const Threshold *threshold, const Results *results, Judged *judged)
{
    g_autofree char *prefix = abort_prefix(threshold);
    guint count;
    const ResultsRun *runs = results_runs(results, &count);

    for (guint i = 0; threshold->aborts && i < count; i++) {
        if (strcmp(runs[i].ended, "aborted") == 0 && g_str_has_prefix(runs[i].note, prefix)) {
            judged_decide(judged, VERDICT_FAIL, "ended replication %d: %s", runs[i].run,
                          runs[i].note);
            return;
        }
    }
}

static void judge_thresholds(const Scenario *scenario, Results *results, GPtrArray *judged)
{
    g_autoptr(GArray) declared = judge_declared(results);
    ThresholdKnown known = {.declared = (const ThresholdMetric *)(const void *)declared->data};

    for (guint i = 0; i < scenario->thresholds->len; i++) {
        const Threshold *threshold = g_ptr_array_index(scenario->thresholds, i);
        g_autoptr(GError) error = NULL;
        g_autoptr(ThresholdRule) rule =
            threshold_parse(threshold->metric, threshold->condition, &known, &error);
        Judged *one;

        if (rule == NULL) { /* a metric that nobody in this world measures */
            one = judged_new("threshold", threshold->metric, threshold->condition);
            judged_decide(one, VERDICT_INCONCLUSIVE, "%s", error->message);
        } else {
            one = judge_threshold(results, rule, threshold->window, threshold->confidence);
        }
        fail_if_aborted(threshold, results, one);
        one->is_warning = threshold->is_warning;
        g_ptr_array_add(judged, one);
    }
}

/* A drill that is to show how it breaks. */
static void expect_broken(Judged *one)
{
    g_autofree char *why = g_strdup(one->why != NULL ? one->why : "");
    g_autofree char *condition = g_steal_pointer(&one->condition);

    one->condition = g_strdup_printf("broken: %s", condition);
    one->margin = (double)NAN;
    if (one->verdict == VERDICT_FAIL) {
        judged_decide(one, VERDICT_PASS, "as the drill is to show: %s", why);
    } else if (one->verdict == VERDICT_PASS) {
        judged_decide(one, VERDICT_FAIL, "it held, but the drill is to show how it breaks: %s",
                      why);
    }
}

static void judge_invariants(const Scenario *scenario, Results *results, GPtrArray *judged)
{
    for (guint i = 0; i < scenario->invariants->len; i++) {
        const InvariantCheck *check = g_ptr_array_index(scenario->invariants, i);

        const InvariantAsked asked = {check->name, check->check, check->max, check->most};
        Judged *one = invariant_judge(results, &asked);

        if (check->expect == INVARIANT_BROKEN) {
            expect_broken(one);
        }
        g_ptr_array_add(judged, one);
    }
}

static void judge_must_happen(const Scenario *scenario, const Results *results, GPtrArray *judged)
{
    for (guint i = 0; i < scenario->must_happen->len; i++) {
        const MustHappen *must = g_ptr_array_index(scenario->must_happen, i);
        g_autoptr(GPtrArray) where = g_ptr_array_new();
        const cJSON *label;

        cJSON_ArrayForEach(label, must->where)
        {
            g_ptr_array_add(where, label->string);
            g_ptr_array_add(where, label->valuestring);
        }
        g_ptr_array_add(where, NULL);
        g_ptr_array_add(judged, verdict_judge_must_happen(results, must->name, must->event,
                                                          (const char *const *)where->pdata,
                                                          (uint64_t)must->min));
    }
}

static void judge_faults(const Scenario *scenario, const Results *results, GPtrArray *judged)
{
    g_autoptr(GPtrArray) names = g_ptr_array_new();

    for (guint i = 0; i < scenario->method->len; i++) {
        const Activity *step = g_ptr_array_index(scenario->method, i);

        if (step->type == ACTIVITY_ACTION) {
            g_ptr_array_add(names, step->name);
        }
    }
    g_ptr_array_add(names, NULL);
    verdict_judge_faults(results, (const char *const *)names->pdata, judged);
}

static void judge_probes(const Scenario *scenario, Results *results, GPtrArray *judged,
                         GArray *looks)
{
    for (guint i = 0; i < scenario->method->len; i++) {
        const Activity *step = g_ptr_array_index(scenario->method, i);

        if (step->type == ACTIVITY_PROBE) {
            g_ptr_array_add(judged, probe_judge(scenario, results, step, "probe", looks));
        }
    }
    for (guint i = 0; i < scenario->hypothesis->len; i++) {
        const Activity *probe = g_ptr_array_index(scenario->hypothesis, i);

        g_ptr_array_add(judged, probe_judge(scenario, results, probe, "hypothesis", looks));
    }
}

static void free_judged(gpointer judged)
{
    judged_free(judged);
}

/* What some replications show is not what all of them would have shown. */
static void doubt_passes(const Results *results, const GPtrArray *judged)
{
    g_autofree char *incomplete = verdict_incomplete_runs(results);

    for (guint i = 0; incomplete != NULL && i < judged->len; i++) {
        Judged *one = g_ptr_array_index(judged, i);

        if (one->verdict == VERDICT_PASS) {
            g_autofree char *why = g_strdup(one->why);

            judged_decide(one, VERDICT_INCONCLUSIVE, "%s; %s", incomplete, why);
        }
    }
}

GPtrArray *verdicts_judge(const Scenario *scenario, Results *results, GArray *looks, GError **error)
{
    g_autoptr(GPtrArray) judged = g_ptr_array_new_with_free_func(free_judged);

    judge_thresholds(scenario, results, judged);
    judge_invariants(scenario, results, judged);
    judge_must_happen(scenario, results, judged);
    judge_faults(scenario, results, judged);
    judge_probes(scenario, results, judged, looks);
    doubt_passes(results, judged);
    return results_is_whole(results, error) ? g_steal_pointer(&judged) : NULL;
}
