/* export_json.c - numbers in JSON. */
#include "sim/results/export/export_json.h"

#include <math.h>
#include <string.h>

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

cJSON *export_add_interval(cJSON *object, const char *name, double value, double low, double high)
{
    cJSON *interval = cJSON_AddObjectToObject(object, name);

    export_add_number(interval, "value", value);
    export_add_number(interval, "low", low);
    export_add_number(interval, "high", high);
    return interval;
}

cJSON *export_add_estimate(cJSON *object, const char *name, const Estimate *estimate)
{
    cJSON *shown =
        export_add_interval(object, name, estimate->value, estimate->low, estimate->high);
    g_autofree char *doubt = estimate_doubt(estimate);

    if (!isnan(estimate->value)) {
        cJSON_AddStringToObject(shown, "method", estimate->method);
    }
    if (doubt != NULL) {
        cJSON_AddStringToObject(shown, "why", doubt);
    }
    return shown;
}

void export_add_extremes(cJSON *object, const char *name, double value, double low, double high)
{
    cJSON *shown = export_add_interval(object, name, value, low, high);

    cJSON_AddStringToObject(shown, "method",
                            "one value a replication, interval from the least to the most of them");
}

cJSON *export_add_metric(cJSON *metrics, const char *name, const char *const *labels,
                         const char *unit, double n, guint replications)
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
    export_add_number(metric, "replications", replications);
    return metric;
}

static void add_largest(cJSON *metric, const Distribution *distribution)
{
    double least = INFINITY;
    double most = 0;

    for (guint i = 0; i < distribution->count; i++) {
        double largest = (double)histogram_max(distribution->each[i]) * distribution->scale;

        least = fmin(least, largest);
        most = fmax(most, largest);
    }
    export_add_extremes(metric, "max", most, least, most);
}

void export_add_distribution(cJSON *metrics, Results *results, const char *phase, const char *name,
                             const char *const *labels, const char *unit,
                             const Distribution *distribution)
{
    static const struct {
        const char *name;
        double p;
    } points[] = {{"p50", 0.5}, {"p95", 0.95}, {"p99", 0.99}, {"p99.9", 0.999}};
    Estimate estimate = distribution_mean(distribution);
    bool is_reliable;
    cJSON *metric =
        export_add_metric(metrics, name, labels, unit, (double)estimate.n, distribution->count);

    experiment_refuse(results, phase, true, &estimate);
    is_reliable = estimate.is_reliable;
    export_add_estimate(metric, "mean", &estimate);
    for (guint i = 0; i < G_N_ELEMENTS(points); i++) {
        cJSON *shown;

        estimate = distribution_quantile(distribution, points[i].p);
        experiment_refuse(results, phase, false, &estimate);
        is_reliable = is_reliable && estimate.is_reliable;
        shown = export_add_estimate(metric, points[i].name, &estimate);
        export_add_number(shown, "beyond",
                          (double)distribution_count_beyond(distribution, points[i].p));
    }
    add_largest(metric, distribution);
    cJSON_AddBoolToObject(metric, "reliable", is_reliable);
}
