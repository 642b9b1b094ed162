/* export_users.c - users' metrics of a campaign. */
#include "sim/results/export/export_users.h"

#include <math.h>
#include <string.h>

#include "sim/base/estimate.h"
#include "sim/results/export/export_json.h"
#include "sim/results/judge/outage.h"
#include "sim/results/judge/reroute.h"

/* What one run saw of a group. */
typedef struct Part {
    double ok, failed, attempts;
    Histogram *latency; /* NULL without any */
} Part;

/* One phase (NULL: the measured part) with one data centre, one region or neither. */
typedef struct Group {
    const char *phase, *dc, *region;
    Part *parts; /* of each run */
} Group;

typedef struct Table {
    Results *results;
    const ResultsRun *runs;
    guint run_count;
    GPtrArray *phases;        /* names; the first is NULL: the measured part */
    GPtrArray *dcs, *regions; /* end with NULL */
    Group *groups;            /* phase by phase: all, data centres, regions */
    guint views;              /* groups of a phase */
    double confidence;
} Table;

/* --- collecting ----------------------------------------------------------------------------- */

static void list_phases(Table *table)
{
    static const char *const unmeasured[] = {"warmup", "drain", NULL};
    g_autoptr(GPtrArray) names = results_phase_names(table->results);

    table->phases = g_ptr_array_new();
    g_ptr_array_add(table->phases, NULL);
    for (guint i = 0; i + 1 < names->len; i++) {
        if (!g_strv_contains(unmeasured, names->pdata[i])) {
            g_ptr_array_add(table->phases, names->pdata[i]);
        }
    }
}

static void table_init(Table *table, Results *results, double confidence)
{
    *table = (Table){.results = results, .confidence = confidence};
    table->runs = results_runs(results, &table->run_count);
    list_phases(table);
    table->dcs = results_user_values(results, "dc");
    table->regions = results_user_values(results, "region");
    table->views = table->dcs->len - 1 + table->regions->len - 1 + 1;
    table->groups = g_new0(Group, table->phases->len * table->views);
    for (guint i = 0; i < table->phases->len * table->views; i++) {
        guint view = i % table->views;
        guint dcs = table->dcs->len - 1;
        Group *group = &table->groups[i];

        group->phase = table->phases->pdata[i / table->views];
        group->dc = view >= 1 && view <= dcs ? table->dcs->pdata[view - 1] : NULL;
        group->region = view > dcs ? table->regions->pdata[view - 1 - dcs] : NULL;
        group->parts = g_new0(Part, MAX(table->run_count, 1));
    }
}

static void table_clear(Table *table)
{
    for (guint i = 0; i < table->phases->len * table->views; i++) {
        for (guint j = 0; j < table->run_count; j++) {
            histogram_free(table->groups[i].parts[j].latency);
        }
        g_free(table->groups[i].parts);
    }
    g_free(table->groups);
    g_ptr_array_unref(table->phases);
    g_ptr_array_unref(table->dcs);
    g_ptr_array_unref(table->regions);
}

/* Place of a text in a sorted list that ends with NULL; -1 when it is not there. */
static int find_text(const GPtrArray *texts, const char *text)
{
    int low = 0;
    int high = (int)texts->len - 2;

    while (low <= high) {
        int middle = low + (high - low) / 2;
        int order = strcmp(text, texts->pdata[middle]);

        if (order == 0) {
            return middle;
        }
        if (order < 0) {
            high = middle - 1;
        } else {
            low = middle + 1;
        }
    }
    return -1;
}

static void add_to_part(Part *part, const ResultsCell *cell, const Histogram *latency)
{
    part->ok += (double)cell->ok;
    part->failed += (double)cell->failed;
    part->attempts += (double)cell->attempts;
    if (latency != NULL) {
        if (part->latency == NULL) {
            part->latency = histogram_new();
        }
        histogram_merge(part->latency, latency);
    }
}

static bool is_within(const GArray *spans, SimTime time)
{
    for (guint i = 0; i < spans->len; i++) {
        ResultsSpan span = g_array_index(spans, ResultsSpan, i);

        if (time >= span.begin && time < span.end) {
            return true;
        }
    }
    return false;
}

static void add_cell(Table *table, guint run, GPtrArray *spans, const ResultsCell *cell,
                     const Histogram *latency)
{
    int dc = find_text(table->dcs, cell->dc);
    int region = find_text(table->regions, cell->region);

    for (guint i = 0; i < table->phases->len; i++) {
        Group *groups = table->groups + i * table->views;

        if (!is_within(spans->pdata[i], cell->time)) {
            continue;
        }
        add_to_part(&groups[0].parts[run], cell, latency);
        if (dc >= 0) {
            add_to_part(&groups[1 + dc].parts[run], cell, latency);
        }
        if (region >= 0) {
            add_to_part(&groups[(int)table->dcs->len + region].parts[run], cell, latency);
        }
    }
}

/* One pass over the run's cells. */
typedef struct Pass {
    Table *table;
    guint run;
    GPtrArray *spans; /* of each phase */
} Pass;

static void on_cell(void *context, const ResultsCell *cell, const Histogram *latency)
{
    Pass *pass = context;

    add_cell(pass->table, pass->run, pass->spans, cell, latency);
}

static void collect_run(Table *table, guint run)
{
    g_autoptr(GPtrArray) spans = g_ptr_array_new_with_free_func((GDestroyNotify)g_array_unref);
    Pass pass = {.table = table, .run = run, .spans = spans};

    for (guint i = 0; i < table->phases->len; i++) {
        g_ptr_array_add(
            spans, results_spans(table->results, table->runs[run].run, table->phases->pdata[i]));
    }
    results_each_user(table->results, table->runs[run].run, on_cell, &pass);
}

/* --- figures -------------------------------------------------------------------------------- */

/* Seconds of the group's phase in a run, by the users' buckets that begin in it. */
static double count_seconds(const Table *table, const Group *group, guint run)
{
    g_autoptr(GArray) spans = results_spans(table->results, table->runs[run].run, group->phase);
    double seconds = 0;

    for (guint i = 0; i < spans->len; i++) {
        ResultsSpan span = g_array_index(spans, ResultsSpan, i);

        seconds += sim_span_to_s(span.end - span.begin);
    }
    return seconds;
}

typedef enum Total {
    TOTAL_OK,
    TOTAL_FAILED,
    TOTAL_ATTEMPTS,
    TOTAL_ALL,
    TOTAL_SECONDS,
    TOTAL_ONE
} Total;

static double total_of(const Table *table, const Group *group, guint run, Total total)
{
    const Part *part = &group->parts[run];

    switch (total) {
    case TOTAL_OK:
        return part->ok;
    case TOTAL_FAILED:
        return part->failed;
    case TOTAL_ATTEMPTS:
        return part->attempts;
    case TOTAL_ALL:
        return part->ok + part->failed;
    case TOTAL_SECONDS:
        return count_seconds(table, group, run);
    case TOTAL_ONE:
        return 1;
    }
    g_assert_not_reached();
}

static Estimate estimate_of(const Table *table, const Group *group, Total part, Total whole)
{
    g_autofree double *parts = g_new(double, MAX(table->run_count, 1));
    g_autofree double *wholes = g_new(double, MAX(table->run_count, 1));

    for (guint i = 0; i < table->run_count; i++) {
        parts[i] = total_of(table, group, i, part);
        wholes[i] = total_of(table, group, i, whole);
    }
    return estimate_ratio(parts, wholes, table->run_count, table->confidence);
}

static cJSON *add_metric(const Group *group, const char *name, const char *unit, double n,
                         guint replications, cJSON *metrics)
{
    const char *labels[] = {"phase", group->phase, "dc", group->dc, "region", group->region, NULL};

    return export_add_metric(metrics, name, labels, unit, n, replications);
}

static double sum_all(const Table *table, const Group *group)
{
    double sum = 0;

    for (guint i = 0; i < table->run_count; i++) {
        sum += group->parts[i].ok + group->parts[i].failed;
    }
    return sum;
}

static void add_failed(const Table *table, const Group *group, double n, cJSON *metrics)
{
    Estimate rate = estimate_of(table, group, TOTAL_FAILED, TOTAL_ALL);
    cJSON *metric = add_metric(group, "http_req_failed", "ratio", n, table->run_count, metrics);

    estimate_limit_share(&rate, rate.value * n, n);
    export_add_estimate(metric, "rate", &rate);
    cJSON_AddBoolToObject(metric, "reliable", rate.is_reliable);
}

static void add_counts(const Table *table, const Group *group, double n, cJSON *metrics)
{
    Estimate count = estimate_of(table, group, TOTAL_ALL, TOTAL_ONE);
    Estimate speed = estimate_of(table, group, TOTAL_OK, TOTAL_SECONDS);
    Estimate retries = estimate_of(table, group, TOTAL_ATTEMPTS, TOTAL_ALL);
    cJSON *metric = add_metric(group, "http_reqs", "1", n, table->run_count, metrics);

    export_add_estimate(metric, "count", &count);
    cJSON_AddBoolToObject(metric, "reliable", count.is_reliable);
    metric = add_metric(group, "goodput", "1/s", n, table->run_count, metrics);
    export_add_estimate(metric, "mean", &speed);
    cJSON_AddBoolToObject(metric, "reliable", speed.is_reliable);
    metric = add_metric(group, "retry_amplification", "1", n, table->run_count, metrics);
    export_add_estimate(metric, "mean", &retries);
    cJSON_AddBoolToObject(metric, "reliable", retries.is_reliable);
}

/* Latency of the requests that went well. */
static void add_latency(const Table *table, const Group *group, cJSON *metrics)
{
    g_autofree const Histogram **each = g_new0(const Histogram *, MAX(table->run_count, 1));
    guint known = 0;

    for (guint i = 0; i < table->run_count; i++) {
        if (group->parts[i].latency != NULL) {
            each[known++] = group->parts[i].latency;
        }
    }
    if (known > 0) {
        const char *labels[] = {"phase",  group->phase,  "dc", group->dc,
                                "region", group->region, NULL};
        const Distribution distribution = {each, known, 1e-9, "requests", table->confidence};

        export_add_distribution(metrics, table->results, group->phase, "http_req_duration", labels,
                                "s", &distribution);
    }
}

/* Longest outage of each run: mean over runs, least and most. */
static void add_outages(const Table *table, const Group *group, cJSON *metrics)
{
    ResultsUserFilter filter = {.dc = group->dc, .region = group->region};
    g_autofree double *longest = g_new0(double, MAX(table->run_count, 1));
    double outages = 0;
    double least = INFINITY;
    double most = 0;
    Estimate mean;
    cJSON *metric;

    for (guint i = 0; i < table->run_count; i++) {
        g_autoptr(GArray) spans = results_spans(table->results, table->runs[i].run, group->phase);

        for (guint j = 0; j < spans->len; j++) {
            g_autoptr(GArray) seconds = results_user_seconds(
                table->results, &filter, table->runs[i].run, g_array_index(spans, ResultsSpan, j));
            Outages found = outage_find(&outage_rules, (const ResultsCounts *)(void *)seconds->data,
                                        seconds->len);

            outages += found.count;
            longest[i] = fmax(longest[i], found.longest_s);
        }
        least = fmin(least, longest[i]);
        most = fmax(most, longest[i]);
    }
    mean = estimate_mean(longest, table->run_count, table->confidence);
    metric = add_metric(group, "outage_duration", "s", outages, table->run_count, metrics);
    mean.low = isnan(mean.low) ? mean.low : fmax(mean.low, 0);
    export_add_estimate(metric, "mean", &mean);
    export_add_extremes(metric, "min", least, least, most);
    export_add_extremes(metric, "max", most, least, most);
    cJSON_AddBoolToObject(metric, "reliable", mean.is_reliable);
}

static void add_group(const Table *table, const Group *group, cJSON *metrics)
{
    double n = sum_all(table, group);

    if (n == 0) {
        return;
    }
    add_latency(table, group, metrics);
    add_counts(table, group, n, metrics);
    add_failed(table, group, n, metrics);
    add_outages(table, group, metrics);
}

/* The time for all runs together, between the shortest and the longest of the runs; null where the
 * share was not reached while the fault lasted. */
static void add_reroute_time(const Table *table, const Reroute *reroute, const char *name, double p,
                             cJSON *metric)
{
    RerouteTime pooled = reroute_time(reroute, -1, p);
    bool is_censored = false;
    double low = INFINITY;
    double high = 0;

    for (guint i = 0; i < table->run_count; i++) {
        RerouteTime one = reroute_time(reroute, table->runs[i].run, p);

        is_censored |= one.is_censored;
        low = fmin(low, one.seconds);
        high = fmax(high, one.seconds);
    }
    export_add_extremes(metric, name, pooled.is_censored ? (double)NAN : pooled.seconds, low,
                        is_censored ? (double)NAN : high);
}

/* When half and when nearly all users had left the data centres that faults hit. */
static void add_reroutes(const Table *table, cJSON *metrics)
{
    static const struct {
        const char *name;
        double p;
    } points[] = {{"p50", 0.5}, {"p90", 0.9}, {"p95", 0.95}, {"p99", 0.99}, {"max", REROUTE_ALL}};
    const ResultsUserFilter all = {.dc = NULL};

    for (guint i = 0; i + 1 < table->dcs->len; i++) {
        g_autoptr(Reroute) reroute = reroute_measure(table->results, table->dcs->pdata[i], &all);
        const char *labels[] = {"dc", table->dcs->pdata[i], NULL};
        double n = reroute_count(reroute, -1);
        cJSON *metric;

        if (n == 0) {
            continue;
        }
        metric =
            export_add_metric(metrics, "reroute_time", labels, "s", round(n), table->run_count);
        for (guint j = 0; j < G_N_ELEMENTS(points); j++) {
            add_reroute_time(table, reroute, points[j].name, points[j].p, metric);
        }
        cJSON_AddBoolToObject(metric, "reliable", table->run_count >= ESTIMATE_FEWEST_REPLICATIONS);
    }
}

void export_users(Results *results, double confidence, cJSON *metrics)
{
    Table table;

    table_init(&table, results, confidence);
    for (guint i = 0; i < table.run_count; i++) {
        collect_run(&table, i);
    }
    for (guint i = 0; i < table.phases->len * table.views; i++) {
        add_group(&table, &table.groups[i], metrics);
    }
    add_reroutes(&table, metrics);
    table_clear(&table);
}
