/* export_json.c - numbers in JSON. */
#include "sim/results/export/export_json.h"

#include <math.h>
#include <string.h>

#include "sim/base/estimate.h"

const char *export_number(double value, char *text)
{
    char format[8];

    if (!isfinite(value)) {
        g_strlcpy(text, "null", EXPORT_NUMBER_TEXT);
        return text;
    }
    for (int digits = 1; digits <= 17; digits++) {
        g_snprintf(format, sizeof format, "%%.%dg", digits);
        g_ascii_formatd(text, EXPORT_NUMBER_TEXT, format, value);
        if (g_ascii_strtod(text, NULL) == value) {
            break;
        }
    }
    /* 6e+02 is as short as it gets, but whole numbers read better as such. */
    if (strchr(text, 'e') != NULL && fabs(value) < 1e15 && floor(value) == value) {
        g_ascii_formatd(text, EXPORT_NUMBER_TEXT, "%.0f", value);
    }
    return text;
}

void export_add_number(cJSON *object, const char *name, double value)
{
    char text[EXPORT_NUMBER_TEXT];

    cJSON_AddRawToObject(object, name, export_number(value, text));
}

void export_add_interval(cJSON *object, const char *name, double value, double low, double high)
{
    cJSON *interval = cJSON_AddObjectToObject(object, name);

    export_add_number(interval, "value", value);
    export_add_number(interval, "low", low);
    export_add_number(interval, "high", high);
}

cJSON *export_add_metric(cJSON *metrics, const char *name, const char *const *labels,
                         const char *unit, double n)
{
    cJSON *metric = cJSON_CreateObject();
    cJSON *shown;

    cJSON_AddItemToArray(metrics, metric);
    cJSON_AddStringToObject(metric, "name", name);
    shown = cJSON_AddObjectToObject(metric, "labels");
    for (; labels[0] != NULL; labels += 2) {
        if (labels[1] != NULL) {
            cJSON_AddStringToObject(shown, labels[0], labels[1]);
        }
    }
    cJSON_AddStringToObject(metric, "unit", unit != NULL ? unit : "1");
    export_add_number(metric, "n", n);
    return metric;
}

static Estimate estimate_percentile(const Histogram *pooled, const Histogram *const *each,
                                    guint count, double p, double scale, double confidence)
{
    g_autofree double *quantiles = g_new(double, count);
    uint64_t fewest = UINT64_MAX;
    Estimate estimate;

    for (guint i = 0; i < count; i++) {
        quantiles[i] = (double)histogram_quantile(each[i], p) * scale;
        fewest = MIN(fewest, histogram_count(each[i]));
    }
    estimate = estimate_quantile(p, (double)histogram_quantile(pooled, p) * scale, quantiles, count,
                                 fewest, 1, confidence);
    if ((double)fewest * (1 - p) < ESTIMATE_FEWEST_BEYOND * (1 - 1e-12)) {
        estimate.low = estimate.high = (double)NAN;
    }
    return estimate;
}

static Estimate estimate_average_of(const Histogram *const *each, guint count, double scale,
                                    double confidence)
{
    g_autofree double *sums = g_new(double, count);
    g_autofree double *counts = g_new(double, count);

    for (guint i = 0; i < count; i++) {
        sums[i] = histogram_sum(each[i]) * scale;
        counts[i] = (double)histogram_count(each[i]);
    }
    return estimate_ratio(sums, counts, count, confidence);
}

static void add_largest(cJSON *metric, const Histogram *const *each, guint count, double scale)
{
    int64_t least = INT64_MAX;
    int64_t most = 0;

    for (guint i = 0; i < count; i++) {
        least = MIN(least, histogram_max(each[i]));
        most = MAX(most, histogram_max(each[i]));
    }
    export_add_interval(metric, "max", (double)most * scale, (double)least * scale,
                        (double)most * scale);
}

void export_add_distribution(cJSON *metrics, const char *name, const char *const *labels,
                             const char *unit, const Histogram *const *each, guint count,
                             double confidence)
{
    static const struct {
        const char *name;
        double p;
    } points[] = {{"p50", 0.5}, {"p95", 0.95}, {"p99", 0.99}, {"p99.9", 0.999}};
    double scale = unit != NULL && strcmp(unit, "s") == 0 ? 1e-9 : 1;
    g_autoptr(Histogram) pooled = histogram_new();
    bool is_reliable;
    Estimate estimate;
    cJSON *metric;

    for (guint i = 0; i < count; i++) {
        histogram_merge(pooled, each[i]);
    }
    metric = export_add_metric(metrics, name, labels, unit, (double)histogram_count(pooled));
    estimate = estimate_average_of(each, count, scale, confidence);
    is_reliable = estimate.is_reliable;
    export_add_interval(metric, "mean", estimate.value, estimate.low, estimate.high);
    for (guint i = 0; i < G_N_ELEMENTS(points); i++) {
        estimate = estimate_percentile(pooled, each, count, points[i].p, scale, confidence);
        is_reliable = is_reliable && estimate.is_reliable;
        export_add_interval(metric, points[i].name, estimate.value, estimate.low, estimate.high);
    }
    add_largest(metric, each, count, scale);
    cJSON_AddBoolToObject(metric, "reliable", is_reliable);
}
