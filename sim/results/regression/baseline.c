/* baseline.c - what a campaign was: taken from its results. */
#include "sim/results/regression/baseline.h"

#include <math.h>
#include <string.h>

#include "sim/base/rng.h"
#include "sim/config/json_place.h"
#include "sim/config/json_print.h"
#include "sim/results/judge/judge_runs.h"
#include "sim/results/regression/baseline_inside.h"

static void metric_free(void *item)
{
    BaselineMetric *metric = item;

    g_free(metric->metric);
    g_free(metric->aggregate);
    g_free(metric->unit);
    g_array_unref(metric->values);
    g_free(metric);
}

static void check_free(void *item)
{
    BaselineCheck *check = item;

    g_free(check->title);
    g_free(check->verdict);
    g_free(check);
}

Baseline *baseline_new(void)
{
    Baseline *baseline = g_new0(Baseline, 1);

    baseline->runs = g_array_new(false, true, sizeof(BaselineRun));
    baseline->metrics = g_ptr_array_new_with_free_func(metric_free);
    baseline->checks = g_ptr_array_new_with_free_func(check_free);
    baseline->cost.instructions = (double)NAN;
    return baseline;
}

void baseline_free(Baseline *baseline)
{
    if (baseline == NULL) {
        return;
    }
    g_free(baseline->scenario);
    g_free(baseline->title);
    g_free(baseline->version);
    g_free(baseline->seed);
    g_free(baseline->scenario_hash);
    g_array_unref(baseline->runs);
    g_ptr_array_unref(baseline->metrics);
    g_ptr_array_unref(baseline->checks);
    g_free(baseline->cost.compiler);
    g_free(baseline->cost.why);
    g_free(baseline);
}

BaselineMetric *baseline_add_metric(Baseline *baseline)
{
    BaselineMetric *metric = g_new0(BaselineMetric, 1);

    metric->values = g_array_new(false, true, sizeof(double));
    g_ptr_array_add(baseline->metrics, metric);
    return metric;
}

void baseline_add_check(Baseline *baseline, const char *title, const char *verdict)
{
    BaselineCheck *check = g_new0(BaselineCheck, 1);

    check->title = g_strdup(title);
    check->verdict = g_strdup(verdict);
    g_ptr_array_add(baseline->checks, check);
}

uint64_t baseline_fingerprint(const Baseline *baseline)
{
    g_autoptr(GString) all = g_string_new(NULL);

    if (baseline->runs->len == 1) {
        return g_array_index(baseline->runs, BaselineRun, 0).order;
    }
    for (guint i = 0; i < baseline->runs->len; i++) {
        g_string_append_printf(all, "%016" G_GINT64_MODIFIER "x",
                               g_array_index(baseline->runs, BaselineRun, i).order);
    }
    return rng_hash(all->str);
}

/* --- fingerprints --------------------------------------------------------------------------- */

/* What users saw, second by second. */
static uint64_t hash_contents(Results *results, int run)
{
    g_autoptr(GString) text = g_string_new(NULL);
    guint count;
    const ResultsCell *cells = results_cells(results, &count);

    for (guint i = 0; i < count; i++) {
        if (cells[i].run == run) {
            g_string_append_printf(text,
                                   "%" G_GINT64_FORMAT " %s %s %s %" G_GUINT64_FORMAT
                                   " %" G_GUINT64_FORMAT " %" G_GUINT64_FORMAT "\n",
                                   cells[i].time, cells[i].client, cells[i].region, cells[i].dc,
                                   cells[i].ok, cells[i].failed, cells[i].attempts);
        }
    }
    return rng_hash(text->str);
}

static uint64_t hash_counters(const Results *results, const ResultsRun *run)
{
    g_autoptr(GString) text = g_string_new(NULL);
    guint count;
    const ResultsTotal *totals = results_totals(results, &count);

    g_string_append_printf(text, "%" G_GUINT64_FORMAT " %" G_GUINT64_FORMAT "\n", run->events,
                           run->requests);
    for (guint i = 0; i < count; i++) {
        if (totals[i].run == run->run) {
            g_string_append_printf(text, "%s %.17g\n", totals[i].name, totals[i].value);
        }
    }
    const ResultsOccurrence *seen = results_occurrences(results, &count);

    for (guint i = 0; i < count; i++) {
        if (seen[i].run == run->run) {
            g_string_append_printf(text, "%s %s %s %s %" G_GUINT64_FORMAT "\n", seen[i].event,
                                   seen[i].component != NULL ? seen[i].component : "",
                                   seen[i].value1 != NULL ? seen[i].value1 : "",
                                   seen[i].value2 != NULL ? seen[i].value2 : "", seen[i].count);
        }
    }
    return rng_hash(text->str);
}

static void take_runs(Baseline *baseline, Results *results)
{
    guint count;
    const ResultsRun *runs = results_runs(results, &count);

    for (guint i = 0; i < count; i++) {
        BaselineRun run = {.run = runs[i].run,
                           .seed = runs[i].seed,
                           .order = runs[i].fingerprint,
                           .contents = hash_contents(results, runs[i].run),
                           .counters = hash_counters(results, &runs[i])};

        g_array_append_val(baseline->runs, run);
    }
}

/* What the scenario says; how often it is run is not part of it. */
static char *hash_scenario(const Results *results)
{
    const char *resolved = results_fact(results, "resolved");
    cJSON *root = cJSON_Parse(resolved != NULL ? resolved : "{}");
    cJSON *simulation = json_member(root, "simulation");

    if (simulation != NULL) {
        cJSON_DeleteItemFromObjectCaseSensitive(simulation, "replications");
    }
    g_autofree char *text = json_print_line(root);
    g_autofree char *sum = g_compute_checksum_for_string(G_CHECKSUM_SHA256, text, -1);

    cJSON_Delete(root);
    return g_strndup(sum, 16);
}

/* --- figures -------------------------------------------------------------------------------- */

static void take_metric(Baseline *baseline, Results *results, const PairedMetric *from)
{
    g_autofree char *labels = threshold_labels_text(from->rule);
    g_autofree double *values = judge_each_run(results, from->rule, from->window);
    BaselineMetric *metric = baseline_add_metric(baseline);

    metric->metric = labels[0] != '\0' ? g_strdup_printf("%s{%s}", from->rule->metric, labels)
                                       : g_strdup(from->rule->metric);
    metric->aggregate = g_strdup(from->aggregate);
    metric->unit = g_strdup(from->rule->unit);
    metric->window = from->window;
    metric->tolerance = from->tolerance;
    metric->least_tolerance = from->least_tolerance;
    metric->is_relative = from->is_relative;
    metric->is_smaller_better = from->is_smaller_better;
    g_array_append_vals(metric->values, values, baseline->runs->len);
}

static void take_checks(Baseline *baseline, const Results *results)
{
    guint count;
    const ResultsCheck *checks = results_checks(results, &count);

    for (guint i = 0; i < count; i++) {
        bool has_labels = checks[i].labels[0] != '\0';
        g_autofree char *title =
            g_strdup_printf("%s %s%s%s%s%s%s", checks[i].kind, checks[i].name,
                            has_labels ? "{" : "", checks[i].labels, has_labels ? "}" : "",
                            checks[i].condition[0] != '\0' ? " " : "", checks[i].condition);

        if (!checks[i].is_warning) {
            baseline_add_check(baseline, title, checks[i].verdict);
        }
    }
}

static void take_cost(Baseline *baseline, const cJSON *meta)
{
    const cJSON *instructions = json_member(meta, "instructions");
    const cJSON *why = json_member(meta, "instructions_unknown");
    const cJSON *compiler = json_member(meta, "compiler");

    if (cJSON_IsNumber(instructions)) {
        baseline->cost.instructions = instructions->valuedouble;
    } else {
        baseline->cost.why =
            g_strdup(cJSON_IsString(why) ? why->valuestring : "they were not counted");
    }
    baseline->cost.compiler = g_strdup(cJSON_IsString(compiler) ? compiler->valuestring : "");
}

static char *fact(const Results *results, const char *name)
{
    const char *value = results_fact(results, name);

    return g_strdup(value != NULL ? value : "");
}

Baseline *baseline_take(Results *results, const GPtrArray *metrics, const cJSON *meta,
                        GError **error)
{
    g_autoptr(Baseline) baseline = baseline_new();

    baseline->scenario = fact(results, "scenario");
    baseline->title = fact(results, "title");
    baseline->version = fact(results, "version");
    baseline->seed = fact(results, "seed");
    baseline->scenario_hash = hash_scenario(results);
    take_runs(baseline, results);
    for (guint i = 0; i < metrics->len; i++) {
        take_metric(baseline, results, metrics->pdata[i]);
    }
    take_checks(baseline, results);
    take_cost(baseline, meta);
    return results_is_whole(results, error) ? g_steal_pointer(&baseline) : NULL;
}
