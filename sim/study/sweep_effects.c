/* sweep_effects.c - which of many settings matter: one at a time against the scenario as it stands
 * (tornado), or along Morris's trajectories. */
#include <math.h>
#include <string.h>

#include "sim/base/words.h"
#include "sim/results/export/export_json.h"
#include "sim/results/judge/judge_runs.h"
#include "sim/study/choose.h"
#include "sim/study/sweep.h"

void effects_free(Effects *effects)
{
    if (effects != NULL) {
        g_free(effects->path);
        g_free(effects->seed);
        g_clear_pointer(&effects->axes, g_ptr_array_unref);
        g_clear_pointer(&effects->metrics, g_ptr_array_unref);
        g_clear_pointer(&effects->list, g_array_unref);
        g_free(effects);
    }
}

typedef struct Ask {
    Study *study;
    const SweepOrder *order;
    Effects *effects;
    Rate *rate;
    guint metric; /* that is screened */
    guint done;
} Ask;

static Trial *try_sets(Ask *ask, GPtrArray *sets, const char *name, GError **error)
{
    Trial *trial;

    g_ptr_array_add(sets, NULL);
    trial = study_try(ask->study, ask->order->path, (const char *const *)sets->pdata, name,
                      ask->order->replications, NULL, error);
    if (trial != NULL && ask->effects->seed == NULL) {
        ask->effects->seed = g_strdup(trial->scenario->simulation.seed_text);
        ask->effects->replications = trial->replications;
    }
    if (trial != NULL && ask->effects->metrics->len == 0) {
        g_ptr_array_unref(ask->effects->metrics);
        ask->effects->metrics = paired_metrics_list(trial->results);
    }
    return trial;
}

/* --- one at a time --------------------------------------------------------------------------- */

/* A setting at one of its ends against the base, all metrics. */
static GArray *compare_end(Ask *ask, const Trial *base, guint axis, bool is_last, GError **error)
{
    g_autoptr(GPtrArray) sets = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(Trial) trial = NULL;
    GArray *figures = NULL;

    axis_add_share(g_ptr_array_index(ask->effects->axes, axis), is_last ? 1 : 0, ask->rate, sets);
    trial = try_sets(ask, sets, "end", error);
    if (trial != NULL) {
        figures =
            paired_compare_all(base->results, trial->results, ask->effects->metrics, 0.95, error);
    }
    g_clear_pointer(&trial, trial_free);
    study_forget(ask->study, "end");
    return figures;
}

static bool add_ends(Ask *ask, const Trial *base, guint axis, GError **error)
{
    g_autoptr(GArray) low = compare_end(ask, base, axis, false, error);
    g_autoptr(GArray) high = low != NULL ? compare_end(ask, base, axis, true, error) : NULL;

    for (guint i = 0; high != NULL && i < ask->effects->metrics->len; i++) {
        SweepEffect effect = {.axis = axis,
                              .metric = i,
                              .low = g_array_index(low, PairedFigure, i),
                              .high = g_array_index(high, PairedFigure, i)};

        effect.base = effect.low.before;
        effect.size = fmax(fabs(effect.low.comparison.difference.value),
                           fabs(effect.high.comparison.difference.value));
        effect.mean = effect.size;
        g_array_append_val(ask->effects->list, effect);
    }
    return high != NULL;
}

static bool run_tornado(Ask *ask, GError **error)
{
    g_autoptr(GPtrArray) nothing = g_ptr_array_new();
    g_autoptr(Trial) base = try_sets(ask, nothing, "base", error);

    for (guint i = 0; base != NULL && i < ask->effects->axes->len; i++) {
        if (!add_ends(ask, base, i, error)) {
            return false;
        }
    }
    return base != NULL;
}

/* --- Morris ---------------------------------------------------------------------------------- */

/* The mean of the screened metric over replications. */
static double mean_metric(const Trial *trial, const PairedMetric *metric)
{
    g_autofree double *values = judge_each_run(trial->results, metric->rule, metric->window);

    return estimate_average(values, trial->replications);
}

static bool look(void *context, const double *point, guint trajectory, double *value,
                 GError **error)
{
    Ask *ask = context;
    g_autoptr(GPtrArray) sets = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(Trial) trial = NULL;

    (void)trajectory;
    for (guint i = 0; i < ask->effects->axes->len; i++) {
        axis_add_share(g_ptr_array_index(ask->effects->axes, i), point[i], ask->rate, sets);
    }
    trial = try_sets(ask, sets, "walk", error);
    if (trial != NULL) {
        *value = mean_metric(trial, g_ptr_array_index(ask->effects->metrics, 0));
    }
    if (trial != NULL && !isfinite(*value)) {
        g_set_error(error, STUDY_ERROR, STUDY_ERROR_WRONG,
                    "nothing was measured at one of the settings; narrow their ranges");
        g_clear_pointer(&trial, trial_free);
    }
    study_forget(ask->study, "walk");
    return trial != NULL;
}

static bool run_morris(Ask *ask, GError **error)
{
    guint factors = ask->effects->axes->len;
    g_autoptr(GArray) screened = NULL;

    if (ask->effects->metrics->len != 1) {
        g_set_error(error, STUDY_ERROR, STUDY_ERROR_WRONG,
                    "screening looks at one metric: name it with --metric");
        return false;
    }
    screened = screen_factors(factors, ask->order->trajectories, 1, look, ask, error);
    for (guint i = 0; screened != NULL && i < factors; i++) {
        ScreenEffect seen = g_array_index(screened, ScreenEffect, i);
        SweepEffect effect = {.axis = i,
                              .mean = seen.mean,
                              .size = seen.size,
                              .spread = seen.spread,
                              .base = (double)NAN};

        g_array_append_val(ask->effects->list, effect);
    }
    return screened != NULL;
}

/* --- both ------------------------------------------------------------------------------------ */

static gint compare_effects(gconstpointer one, gconstpointer other)
{
    const SweepEffect *a = one;
    const SweepEffect *b = other;

    if (a->metric != b->metric) {
        return a->metric < b->metric ? -1 : 1;
    }
    if (a->size != b->size) {
        return a->size > b->size ? -1 : 1;
    }
    return a->axis < b->axis ? -1 : 1;
}

Effects *sweep_effects(Study *study, const SweepOrder *order, GError **error)
{
    g_autoptr(Effects) effects = g_new0(Effects, 1);
    g_autoptr(Scenario) scenario = study_read(study, order->path, NULL, error);
    g_autoptr(Rate) rate = scenario != NULL ? rate_find(scenario, order->rate, NULL) : NULL;
    Ask ask = {.study = study, .order = order, .effects = effects, .rate = rate};

    effects->path = g_strdup(order->path);
    effects->trajectories = order->trajectories;
    effects->list = g_array_new(FALSE, FALSE, sizeof(SweepEffect));
    effects->axes = scenario != NULL ? sweep_read_axes(order, 30, error) : NULL;
    effects->metrics = effects->axes != NULL ? sweep_read_metrics(study, order, error) : NULL;
    if (effects->metrics == NULL || !sweep_check_axes(study, order, effects->axes, rate, error)) {
        return NULL;
    }
    if (!(order->trajectories > 0 ? run_morris(&ask, error) : run_tornado(&ask, error))) {
        return NULL;
    }
    g_array_sort(effects->list, compare_effects);
    return g_steal_pointer(&effects);
}

/* --- as text, JSON and CSV -------------------------------------------------------------------- */

static const Axis *axis_of(const Effects *effects, guint index)
{
    return g_ptr_array_index(effects->axes, index);
}

static char *describe_end(const PairedFigure *figure, const char *unit)
{
    return words_estimate(&figure->comparison.difference, unit);
}

static void print_effect(GString *text, const Effects *effects, const SweepEffect *effect)
{
    const Axis *axis = axis_of(effects, effect->axis);
    const PairedMetric *metric = g_ptr_array_index(effects->metrics, effect->metric);
    const char *unit = metric->rule->unit;
    g_autoptr(GStringChunk) said = g_string_chunk_new(128);

    if (effects->trajectories > 0) {
        g_string_append_printf(
            text, "  %-44s %11s %11s %11s\n", axis->pointer, words_in(said, effect->mean, unit),
            words_in(said, effect->size, unit), words_in(said, effect->spread, unit));
        return;
    }
    g_autofree char *low = describe_end(&effect->low, unit);
    g_autofree char *high = describe_end(&effect->high, unit);

    g_string_append_printf(text, "  %-36s %-30s %s\n", axis->pointer, low, high);
    g_string_append_printf(text, "    %-34s %-30s %s\n", "", axis->texts[0],
                           axis->texts[axis->count - 1]);
}

char *effects_print(const Effects *effects)
{
    GString *text = g_string_new(NULL);
    guint metric = G_MAXUINT;

    for (guint i = 0; i < effects->list->len; i++) {
        const SweepEffect *effect = &g_array_index(effects->list, SweepEffect, i);

        if (effect->metric != metric) {
            g_autofree char *name =
                sweep_name_metric(g_ptr_array_index(effects->metrics, effect->metric));

            metric = effect->metric;
            if (effects->trajectories > 0) {
                g_string_append_printf(text,
                                       "%s from the first to the last value of\n  %-44s "
                                       "%11s %11s %11s\n",
                                       name, "", "MEAN", "MEAN SIZE", "SPREAD");
            } else {
                const PairedMetric *base = g_ptr_array_index(effects->metrics, metric);
                g_autofree char *stands = words_value(effect->base, base->rule->unit);

                g_string_append_printf(text, "%s, %s as it stands\n", name, stands);
            }
        }
        print_effect(text, effects, effect);
    }
    if (effects->trajectories > 0) {
        g_string_append_printf(text, "%u trajectories of Morris, ", effects->trajectories);
    }
    g_string_append_printf(
        text, "%u replications a point under the same seeds (from seed %s)%s\n",
        effects->replications, effects->seed,
        effects->trajectories > 0 ? "" : "; paired differences, at least 99.5 % intervals");
    return g_string_free(text, FALSE);
}

static void add_end(cJSON *row, const char *name, const PairedFigure *figure, const char *value)
{
    const Estimate *difference = &figure->comparison.difference;
    cJSON *end =
        export_add_interval(row, name, difference->value, difference->low, difference->high);

    cJSON_AddStringToObject(end, "at", value);
    export_add_number(end, "confidence", difference->confidence);
}

cJSON *effects_to_json(const Effects *effects)
{
    cJSON *json = cJSON_CreateObject();
    cJSON *list;

    cJSON_AddStringToObject(json, "format",
                            effects->trajectories > 0 ? "dcdrill-morris-1" : "dcdrill-tornado-1");
    cJSON_AddStringToObject(json, "scenario", effects->path);
    cJSON_AddStringToObject(json, "seed", effects->seed);
    cJSON_AddNumberToObject(json, "replications", effects->replications);
    cJSON_AddNumberToObject(json, "trajectories", effects->trajectories);
    list = cJSON_AddArrayToObject(json, "effects");
    for (guint i = 0; i < effects->list->len; i++) {
        const SweepEffect *effect = &g_array_index(effects->list, SweepEffect, i);
        const Axis *axis = axis_of(effects, effect->axis);
        g_autofree char *name =
            sweep_name_metric(g_ptr_array_index(effects->metrics, effect->metric));
        cJSON *row = cJSON_CreateObject();

        cJSON_AddStringToObject(row, "metric", name);
        const PairedMetric *metric = g_ptr_array_index(effects->metrics, effect->metric);

        cJSON_AddStringToObject(row, "unit", metric->rule->unit);
        cJSON_AddStringToObject(row, "setting", axis->pointer);
        if (effects->trajectories > 0) {
            export_add_number(row, "mean", effect->mean);
            export_add_number(row, "mean_size", effect->size);
            export_add_number(row, "spread", effect->spread);
        } else {
            export_add_number(row, "base", effect->base);
            add_end(row, "low", &effect->low, axis->texts[0]);
            add_end(row, "high", &effect->high, axis->texts[axis->count - 1]);
        }
        cJSON_AddItemToArray(list, row);
    }
    return json;
}

char *effects_to_csv(const Effects *effects)
{
    bool is_morris = effects->trajectories > 0;
    GString *text = g_string_new(is_morris ? "metric,setting,mean,mean_size,spread\n"
                                           : "metric,setting,at_first,low,high,at_last,low,high\n");

    for (guint i = 0; i < effects->list->len; i++) {
        const SweepEffect *effect = &g_array_index(effects->list, SweepEffect, i);
        const Estimate *low = &effect->low.comparison.difference;
        const Estimate *high = &effect->high.comparison.difference;
        const double screened[] = {effect->mean, effect->size, effect->spread};
        const double ends[] = {low->value, low->low, low->high, high->value, high->low, high->high};
        g_autofree char *name =
            sweep_name_metric(g_ptr_array_index(effects->metrics, effect->metric));

        g_string_append_printf(text, "\"%s\",\"%s\"", name,
                               axis_of(effects, effect->axis)->pointer);
        for (guint k = 0; k < (is_morris ? G_N_ELEMENTS(screened) : G_N_ELEMENTS(ends)); k++) {
            double value = is_morris ? screened[k] : ends[k];
            char number[EXPORT_NUMBER_TEXT];

            g_string_append_printf(text, ",%s",
                                   isfinite(value) ? export_number(value, number) : "");
        }
        g_string_append_c(text, '\n');
    }
    return g_string_free(text, FALSE);
}
