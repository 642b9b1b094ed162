/* capacity_tiers.c - how busy each tier is, and who answers. */
#include "sim/study/capacity_tiers.h"

#include <math.h>
#include <string.h>

#include "sim/base/sort.h"
#include "sim/results/judge/judge_runs.h"
#include "sim/results/results_series.h"

/* What is a share of time busy, by metric. */
static const struct {
    const char *metric, *what;
    bool is_station;
} meters[] = {
    {"utilisation", "CPU", false},
    {"disk_busy", "disk", false},
    {"station_busy", "station", true},
};

void tier_free(CapacityTier *tier)
{
    g_free(tier->name);
    g_free(tier);
}

void share_free(CapacityShare *share)
{
    g_free(share->dc);
    g_free(share);
}

/* The mean over replications, whether or not the campaign was steady. */
static Estimate estimate_busy(const Trial *trial, const ThresholdKnown *known, const char *metric)
{
    g_autoptr(ThresholdRule) rule = threshold_parse(metric, "avg<1", known, NULL);
    g_autofree double *values =
        rule != NULL ? judge_each_run(trial->results, rule, 0) : g_new0(double, 1);
    guint count;
    guint known_values = 0;

    results_runs(trial->results, &count);
    for (guint i = 0; rule != NULL && i < count; i++) {
        if (!isnan(values[i])) {
            values[known_values++] = values[i];
        }
    }
    Estimate busy = estimate_mean(values, known_values, trial->scenario->confidence);

    busy.low = isnan(busy.low) ? busy.low : fmax(busy.low, 0); /* a share */
    busy.high = isnan(busy.high) ? busy.high : fmin(busy.high, 1);
    return busy;
}

static void add_tier(const Trial *trial, const ThresholdKnown *known, const char *metric,
                     const char *name, GPtrArray *tiers)
{
    CapacityTier *tier = g_new0(CapacityTier, 1);

    tier->name = g_strdup(name);
    tier->seen = estimate_busy(trial, known, metric);
    tier->law = tier->saturation = (double)NAN;
    tier->saturation_low = tier->saturation_high = (double)NAN;
    if (tier->seen.value > 0) {
        g_ptr_array_add(tiers, tier);
    } else {
        tier_free(tier);
    }
}

static void add_stations(const Trial *trial, const ThresholdKnown *known, GPtrArray *tiers)
{
    g_autoptr(GPtrArray) names = results_meter_values(trial->results, "station_busy", "station");

    for (guint i = 0; i + 1 < names->len; i++) {
        g_autofree char *metric =
            g_strdup_printf("station_busy{station:%s}", (char *)names->pdata[i]);
        g_autofree char *name = g_strdup_printf("station %s", (char *)names->pdata[i]);

        add_tier(trial, known, metric, name, tiers);
    }
}

static void add_hosts(const Trial *trial, const ThresholdKnown *known, const char *metric,
                      const char *what, GPtrArray *tiers)
{
    g_autoptr(GPtrArray) roles = results_meter_values(trial->results, metric, "role");
    g_autoptr(GPtrArray) sites = results_meter_values(trial->results, metric, "dc");

    for (guint i = 0; i + 1 < roles->len; i++) {
        for (guint k = 0; k + 1 < sites->len; k++) {
            const char *role = roles->pdata[i];
            const char *dc = sites->pdata[k];
            g_autofree char *rule = g_strdup_printf("%s{role:%s,dc:%s}", metric, role, dc);
            g_autofree char *name = g_strdup_printf("%s of %s in %s", what, role, dc);

            add_tier(trial, known, rule, name, tiers);
        }
    }
}

GPtrArray *tiers_measure(const Trial *trial)
{
    GPtrArray *tiers = g_ptr_array_new_with_free_func((GDestroyNotify)tier_free);
    g_autoptr(GArray) declared = judge_declared(trial->results);
    ThresholdKnown known = {.declared = (const ThresholdMetric *)(const void *)declared->data};

    for (guint i = 0; i < G_N_ELEMENTS(meters); i++) {
        if (meters[i].is_station) {
            add_stations(trial, &known, tiers);
        } else {
            add_hosts(trial, &known, meters[i].metric, meters[i].what, tiers);
        }
    }
    return tiers;
}

/* --- the utilisation law -------------------------------------------------------------------- */

static const CapacityTier *find_tier(const GPtrArray *tiers, const char *name)
{
    for (guint i = 0; i < tiers->len; i++) {
        const CapacityTier *tier = g_ptr_array_index(tiers, i);

        if (strcmp(tier->name, name) == 0) {
            return tier;
        }
    }
    return NULL;
}

/* The first to be full first; those of which the law says nothing last. */
static gint compare_tiers(gconstpointer one, gconstpointer other)
{
    const CapacityTier *a = *(const CapacityTier *const *)one;
    const CapacityTier *b = *(const CapacityTier *const *)other;
    double left = isnan(a->saturation) ? INFINITY : a->saturation;
    double right = isnan(b->saturation) ? INFINITY : b->saturation;

    return left < right ? -1 : left > right ? 1 : strcmp(a->name, b->name);
}

/* So busy, and it is full: how far beyond, nobody can see. */
#define FULL 0.98

/* The rate at which a tier is full that was `seen` at `rate`; the ends of what was seen are those
 * of it, the other way round. */
static void find_saturation(CapacityTier *tier, const Estimate *seen, double rate)
{
    bool is_full = seen->value >= FULL;

    tier->saturation = rate / seen->value;
    tier->saturation_low = !is_full && seen->high > 0 ? rate / seen->high : (double)NAN;
    tier->saturation_high = is_full         ? tier->saturation
                            : seen->low > 0 ? rate / seen->low
                                            : (double)NAN;
}

void tiers_foretell(GPtrArray *tiers, double rate, const GPtrArray *base, double base_rate)
{
    for (guint i = 0; i < tiers->len; i++) {
        CapacityTier *tier = g_ptr_array_index(tiers, i);
        const CapacityTier *before = find_tier(base, tier->name);

        if (before != NULL && before->seen.value > 0) {
            tier->law = before->seen.value * rate / base_rate;
            find_saturation(tier, &before->seen, base_rate);
        }
    }
    g_ptr_array_sort(tiers, compare_tiers);
}

double tiers_busiest(const GPtrArray *tiers)
{
    double busiest = 0;

    for (guint i = 0; i < tiers->len; i++) {
        busiest = fmax(busiest, ((const CapacityTier *)g_ptr_array_index(tiers, i))->seen.value);
    }
    return busiest;
}

/* --- who answers ---------------------------------------------------------------------------- */

static bool is_backup(const Scenario *scenario, const char *dc)
{
    for (guint i = 0; i < scenario->datacenters->len; i++) {
        const DataCentre *centre = g_ptr_array_index(scenario->datacenters, i);

        if (strcmp(centre->name, dc) == 0) {
            return !centre->is_live;
        }
    }
    return false;
}

GPtrArray *shares_measure(const Trial *trial)
{
    GPtrArray *shares = g_ptr_array_new_with_free_func((GDestroyNotify)share_free);
    g_autoptr(GPtrArray) sites = results_user_values(trial->results, "dc");
    guint count;
    const ResultsCell *cells = results_cells(trial->results, &count);
    double all = 0;

    for (guint i = 0; i + 1 < sites->len; i++) {
        CapacityShare *share = g_new0(CapacityShare, 1);

        share->dc = g_strdup(sites->pdata[i]);
        share->is_backup = is_backup(trial->scenario, share->dc);
        for (guint k = 0; k < count; k++) {
            bool is_measured =
                cells[k].time >= 0 && cells[k].time < trial->scenario->simulation.duration;

            if (is_measured && strcmp(cells[k].dc, share->dc) == 0) {
                share->ratio += (double)cells[k].ok;
            }
        }
        all += share->ratio;
        g_ptr_array_add(shares, share);
    }
    for (guint i = 0; i < shares->len; i++) {
        ((CapacityShare *)g_ptr_array_index(shares, i))->ratio /= all > 0 ? all : 1;
    }
    return shares;
}
