/* sweep_scale.c - how throughput grows with the number of what a sweep adds. */
#include <math.h>
#include <string.h>

#include "sim/base/words.h"
#include "sim/results/export/export_json.h"
#include "sim/study/sweep.h"

/* Three parameters, and one more to see how badly they fit. */
#define POINTS_FEWEST 5

static bool is_throughput(const PairedMetric *metric)
{
    return strcmp(metric->rule->metric, "goodput") == 0 ||
           strcmp(metric->rule->metric, "station_throughput") == 0;
}

/* Users, nodes, servers: whole numbers, none of them twice. An offered load is no such number. */
static bool counts_something(const Axis *axis)
{
    for (guint i = 0; i < axis->count; i++) {
        if (!(axis->numbers[i] >= 1) || axis->numbers[i] > floor(axis->numbers[i]) ||
            (i > 0 && !(axis->numbers[i] > axis->numbers[i - 1]))) {
            return false;
        }
    }
    return axis->is_range || axis->count >= POINTS_FEWEST;
}

/* Whether the points themselves fall: the whole interval of the last below that of the highest. A
 * hard limit that is reached and kept makes the law bend downwards as well. */
static bool falls(const Sweep *sweep)
{
    const Estimate *highest = NULL, *last = NULL;

    for (guint i = 0; i < sweep->points->len; i++) {
        const SweepPoint *point = g_ptr_array_index(sweep->points, i);

        last = &g_array_index(point->estimates, Estimate, sweep->usl_index);
        highest = highest == NULL || last->value > highest->value ? last : highest;
    }
    return last->high < highest->low;
}

void sweep_fit_usl(Sweep *sweep, const char *rate)
{
    const Axis *axis = g_ptr_array_index(sweep->axes, 0);
    g_autofree double *seen = g_new(double, axis->count);
    guint chosen = 0;

    while (chosen < sweep->metrics->len &&
           !is_throughput(g_ptr_array_index(sweep->metrics, chosen))) {
        chosen++;
    }
    if (sweep->axes->len > 1 || chosen == sweep->metrics->len || !counts_something(axis) ||
        strcmp(axis->pointer, "rate") == 0 || g_strcmp0(axis->pointer, rate) == 0 ||
        sweep->points->len < MAX(axis->count, POINTS_FEWEST)) {
        return;
    }
    for (guint i = 0; i < axis->count; i++) {
        const SweepPoint *point = g_ptr_array_index(sweep->points, i);

        seen[i] = g_array_index(point->estimates, Estimate, chosen).value;
        if (!isfinite(seen[i])) {
            return;
        }
    }
    if (usl_fit(axis->numbers, seen, axis->count, &sweep->usl)) {
        sweep->usl_index = chosen;
        sweep->usl_has_peak = usl_has_peak(&sweep->usl) && falls(sweep);
        sweep->usl_metric = sweep_name_metric(g_ptr_array_index(sweep->metrics, chosen));
    }
}

void sweep_print_usl(const Sweep *sweep, GString *text)
{
    const Usl *usl = &sweep->usl;

    g_string_append_printf(text,
                           "Universal Scalability Law of %s (least squares through %u points, "
                           "standard errors in brackets):\n"
                           "  contention alpha %.4g (%.2g), coherency beta %.4g (%.2g), one alone "
                           "does %.4g (%.2g) a second\n",
                           sweep->usl_metric, sweep->points->len, usl->alpha, usl->alpha_error,
                           usl->beta, usl->beta_error, usl->gamma, usl->gamma_error);
    if (sweep->usl_has_peak) {
        g_string_append_printf(text,
                               "  most at %.4g of them: %.4g a second; more of them are slower\n",
                               usl->peak, usl->peak_rate);
    } else {
        g_string_append_printf(text, "  no peak inside the data: %s\n",
                               usl_has_peak(usl) ? "the points do not fall"
                                                 : "beta is not above 0 by two standard errors");
    }
}

cJSON *sweep_usl_to_json(const Sweep *sweep)
{
    cJSON *json = cJSON_CreateObject();
    const Usl *usl = &sweep->usl;
    const struct {
        const char *name;
        double value;
    } rows[] = {
        {"alpha", usl->alpha},
        {"alpha_error", usl->alpha_error},
        {"beta", usl->beta},
        {"beta_error", usl->beta_error},
        {"gamma", usl->gamma},
        {"gamma_error", usl->gamma_error},
        {"residual", usl->residual},
        {"degrees", usl->degrees},
        {"peak", sweep->usl_has_peak ? usl->peak : (double)NAN},
        {"peak_rate", sweep->usl_has_peak ? usl->peak_rate : (double)NAN},
    };

    cJSON_AddStringToObject(json, "metric", sweep->usl_metric);
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        export_add_number(json, rows[i].name, rows[i].value);
    }
    return json;
}
