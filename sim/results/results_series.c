/* results_series.c - sums over users' requests and components' measurements. */
#include "sim/results/results_series.h"

#include <string.h>

/* --- users' requests ------------------------------------------------------------------------ */

static bool is_wanted(const char *wanted, const char *value)
{
    return wanted == NULL || (value != NULL && strcmp(wanted, value) == 0);
}

static bool is_cell_wanted(const ResultsUserFilter *filter, const ResultsCell *cell)
{
    return is_wanted(filter->client, cell->client) && is_wanted(filter->region, cell->region) &&
           is_wanted(filter->dc, cell->dc);
}

static int compare_texts(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Sorts, drops those that stand there twice, ends with NULL. */
static GPtrArray *finish_values(GPtrArray *values)
{
    guint kept = 0;

    if (values->len > 0) {
        qsort(values->pdata, values->len, sizeof(gpointer), compare_texts);
    }
    for (guint i = 0; i < values->len; i++) {
        if (kept == 0 || strcmp(values->pdata[kept - 1], values->pdata[i]) != 0) {
            values->pdata[kept++] = values->pdata[i];
        }
    }
    g_ptr_array_set_size(values, (gint)kept);
    g_ptr_array_add(values, NULL);
    return values;
}

GPtrArray *results_user_values(Results *results, const char *label)
{
    GPtrArray *values = g_ptr_array_new();
    g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);
    guint count;
    const ResultsCell *cells = results_cells(results, &count);

    for (guint i = 0; i < count; i++) {
        const char *value = strcmp(label, "client") == 0   ? cells[i].client
                            : strcmp(label, "region") == 0 ? cells[i].region
                                                           : cells[i].dc;

        if (value[0] != '\0' && g_hash_table_add(seen, (gpointer)value)) {
            g_ptr_array_add(values, (gpointer)value);
        }
    }
    return finish_values(values);
}

/* The first cell of `run` at or after `begin`. */
static guint find_cell(const ResultsCell *cells, guint count, int run, SimTime begin)
{
    guint low = 0;
    guint high = count;

    while (low < high) {
        guint middle = low + (high - low) / 2;
        const ResultsCell *cell = &cells[middle];

        if (cell->run < run || (cell->run == run && cell->time < begin)) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

/* How many steps a stretch has, the last one perhaps cut short. */
static guint count_steps(ResultsSpan span, SimSpan step)
{
    return (guint)((span.end - span.begin + step - 1) / step);
}

GArray *results_user_seconds(Results *results, const ResultsUserFilter *filter, int run,
                             ResultsSpan span)
{
    guint count;
    const ResultsCell *cells = results_cells(results, &count);
    GArray *seconds = g_array_new(FALSE, TRUE, sizeof(ResultsCounts));

    g_array_set_size(seconds, count_steps(span, SIM_S));
    for (guint i = find_cell(cells, count, run, span.begin);
         i < count && cells[i].run == run && cells[i].time < span.end; i++) {
        if (is_cell_wanted(filter, &cells[i])) {
            guint second = (guint)((cells[i].time - span.begin) / SIM_S);
            ResultsCounts *counts = &g_array_index(seconds, ResultsCounts, second);

            counts->ok += cells[i].ok;
            counts->failed += cells[i].failed;
            counts->attempts += cells[i].attempts;
        }
    }
    return seconds;
}

#define USER_WHERE                                                                                 \
    " WHERE run = ?1 AND time_ns >= ?2 AND time_ns < ?3 AND (?4 IS NULL OR client = ?4)"           \
    " AND (?5 IS NULL OR region = ?5) AND (?6 IS NULL OR dc = ?6)"

static sqlite3_stmt *select_users(Results *results, const char *sql,
                                  const ResultsUserFilter *filter, int run, ResultsSpan span)
{
    sqlite3_stmt *select = results_prepare(results, sql);

    if (select != NULL) {
        sqlite3_bind_int(select, 1, run);
        sqlite3_bind_int64(select, 2, span.begin);
        sqlite3_bind_int64(select, 3, span.end);
        sqlite3_bind_text(select, 4, filter->client, -1, SQLITE_TRANSIENT);
        sqlite3_bind_text(select, 5, filter->region, -1, SQLITE_TRANSIENT);
        sqlite3_bind_text(select, 6, filter->dc, -1, SQLITE_TRANSIENT);
    }
    return select;
}

/* The histogram in a column; NULL when it is none, which was not written by us then. */
static Histogram *read_column(sqlite3_stmt *select, int column)
{
    return histogram_from_bytes(sqlite3_column_blob(select, column),
                                (size_t)sqlite3_column_bytes(select, column));
}

static void add_column(sqlite3_stmt *select, int column, Histogram *into)
{
    g_autoptr(Histogram) part = read_column(select, column);

    if (part != NULL) {
        histogram_merge(into, part);
    }
}

static void add_step(sqlite3_stmt *select, int column, guint index, HistogramRow *into)
{
    Histogram *part = read_column(select, column);

    if (part != NULL) {
        histogram_row_take(into, index, part);
    }
}

void results_add_latency(Results *results, const ResultsUserFilter *filter, int run,
                         ResultsSpan span, Histogram *into)
{
    sqlite3_stmt *select =
        select_users(results, "SELECT latency FROM users" USER_WHERE " AND latency IS NOT NULL",
                     filter, run, span);

    while (results_step(results, select)) {
        add_column(select, 0, into);
    }
    results_done(select);
}

HistogramRow *results_latency_seconds(Results *results, const ResultsUserFilter *filter, int run,
                                      ResultsSpan span)
{
    HistogramRow *seconds = histogram_row_new(count_steps(span, SIM_S));
    sqlite3_stmt *select = select_users(
        results, "SELECT time_ns, latency FROM users" USER_WHERE " AND latency IS NOT NULL", filter,
        run, span);

    while (results_step(results, select)) {
        guint second = (guint)((sqlite3_column_int64(select, 0) - span.begin) / SIM_S);

        add_step(select, 1, second, seconds);
    }
    results_done(select);
    return seconds;
}

void results_each_user(Results *results, int run, ResultsEachUser *each, void *context)
{
    sqlite3_stmt *select = results_prepare(results, "SELECT latency FROM users WHERE run = ? "
                                                    "ORDER BY run, time_ns, client, region, dc");
    guint count;
    const ResultsCell *cells = results_cells(results, &count);

    sqlite3_bind_int(select, 1, run);
    for (guint i = find_cell(cells, count, run, G_MININT64); i < count && cells[i].run == run;
         i++) {
        g_autoptr(Histogram) latency = NULL;

        if (!results_step(results, select)) {
            break;
        }
        if (sqlite3_column_type(select, 0) != SQLITE_NULL) {
            latency = histogram_from_bytes(sqlite3_column_blob(select, 0),
                                           (size_t)sqlite3_column_bytes(select, 0));
        }
        each(context, &cells[i], latency);
    }
    results_done(select);
}

GArray *results_reasons(Results *results, const ResultsUserFilter *filter, int run,
                        ResultsSpan span)
{
    GArray *reasons = g_array_new(FALSE, FALSE, sizeof(ResultsReason));
    sqlite3_stmt *select = select_users(results,
                                        "SELECT reason, sum(count) FROM failure" USER_WHERE
                                        " GROUP BY reason ORDER BY 2 DESC, 1",
                                        filter, run, span);

    while (results_step(results, select)) {
        const char *text = (const char *)sqlite3_column_text(select, 0);
        ResultsReason reason = {results_keep_text(results, text),
                                (uint64_t)sqlite3_column_int64(select, 1)};

        g_array_append_val(reasons, reason);
    }
    results_done(select);
    return reasons;
}

/* --- components' measurements --------------------------------------------------------------- */

/* The name without its kind. */
static const char *station_of(const ResultsComponent *component)
{
    const char *at = strchr(component->name, '@');

    return at != NULL ? at + 1 : component->name;
}

static bool is_component_wanted(const ResultsComponentFilter *filter,
                                const ResultsComponent *component)
{
    return is_wanted(filter->dc, component->dc) && is_wanted(filter->role, component->role) &&
           is_wanted(filter->node, component->node) &&
           is_wanted(filter->region, component->region) &&
           is_wanted(filter->kind, component->kind) &&
           is_wanted(filter->component, component->name) &&
           is_wanted(filter->station, station_of(component));
}

/* Adds which of the metrics called so, `named`, `component` measures. */
static void add_meters(Results *results, const GPtrArray *named, const ResultsComponent *component,
                       GArray *meters)
{
    for (guint i = 0; i < named->len; i++) {
        const ResultsMetric *metric = g_ptr_array_index(named, i);

        if (results_is_measured(results, metric->id, component->id)) {
            ResultsMeter meter = {component, metric};

            g_array_append_val(meters, meter);
        }
    }
}

GArray *results_meters(Results *results, const char *metric, const ResultsComponentFilter *filter)
{
    GArray *meters = g_array_new(FALSE, FALSE, sizeof(ResultsMeter));
    g_autoptr(GPtrArray) named = g_ptr_array_new();
    guint count;
    const ResultsMetric *metrics = results_metrics(results, &count);
    const ResultsComponent *components;

    for (guint i = 0; i < count; i++) {
        if (strcmp(metrics[i].name, metric) == 0) {
            g_ptr_array_add(named, (gpointer)&metrics[i]);
        }
    }
    components = results_components(results, &count);
    for (guint i = 0; i < count && named->len > 0; i++) {
        if (is_component_wanted(filter, &components[i])) {
            add_meters(results, named, &components[i], meters);
        }
    }
    return meters;
}

static const char *label_of(const ResultsComponent *component, const char *label)
{
    const struct {
        const char *label, *value;
    } labels[] = {
        {"dc", component->dc},
        {"role", component->role},
        {"node", component->node},
        {"region", component->region},
        {"kind", component->kind},
        {"component", component->name},
        {"station", station_of(component)},
    };

    for (guint i = 0; i < G_N_ELEMENTS(labels); i++) {
        if (strcmp(labels[i].label, label) == 0) {
            return labels[i].value;
        }
    }
    return NULL;
}

GPtrArray *results_meter_values(Results *results, const char *metric, const char *label)
{
    const ResultsComponentFilter all = {.dc = NULL};
    g_autoptr(GArray) meters = results_meters(results, metric, &all);
    GPtrArray *values = g_ptr_array_new();

    for (guint i = 0; i < meters->len; i++) {
        const char *value = label_of(g_array_index(meters, ResultsMeter, i).component, label);

        if (value != NULL) {
            g_ptr_array_add(values, (gpointer)value);
        }
    }
    return finish_values(values);
}

static sqlite3_stmt *select_meter(Results *results, const char *sql, const ResultsMeter *meter,
                                  int run, ResultsSpan span)
{
    sqlite3_stmt *select = results_prepare(results, sql);

    if (select != NULL) {
        sqlite3_bind_int(select, 1, meter->metric->id);
        sqlite3_bind_int(select, 2, meter->component->id);
        sqlite3_bind_int(select, 3, run);
        sqlite3_bind_int64(select, 4, span.begin);
        sqlite3_bind_int64(select, 5, span.end);
    }
    return select;
}

#define METER_WHERE                                                                                \
    " WHERE metric = ?1 AND component = ?2 AND run = ?3 AND time_ns >= ?4 AND time_ns < ?5"        \
    " ORDER BY time_ns"

GArray *results_levels(Results *results, const ResultsMeter *meter, int run, ResultsSpan span)
{
    SimSpan interval = results_sample_interval(results);
    GArray *levels = g_array_new(FALSE, TRUE, sizeof(ResultsLevel));
    sqlite3_stmt *select = select_meter(
        results, "SELECT time_ns, value, most FROM sample" METER_WHERE, meter, run, span);

    g_array_set_size(levels, count_steps(span, interval));
    while (results_step(results, select)) {
        guint index = (guint)((sqlite3_column_int64(select, 0) - span.begin) / interval);
        ResultsLevel *level = &g_array_index(levels, ResultsLevel, index);

        level->value += sqlite3_column_double(select, 1);
        level->most = MAX(level->most, sqlite3_column_double(select, 2));
    }
    results_done(select);
    return levels;
}

double results_increase(Results *results, const char *metric, const ResultsComponentFilter *filter,
                        int run, ResultsSpan span)
{
    g_autoptr(GArray) meters = results_meters(results, metric, filter);
    double sum = 0;

    for (guint i = 0; i < meters->len; i++) {
        g_autoptr(GArray) levels =
            results_levels(results, &g_array_index(meters, ResultsMeter, i), run, span);

        for (guint k = 0; k < levels->len; k++) {
            sum += g_array_index(levels, ResultsLevel, k).value;
        }
    }
    return sum;
}

void results_add_histogram(Results *results, const ResultsMeter *meter, int run, ResultsSpan span,
                           Histogram *into)
{
    sqlite3_stmt *select =
        select_meter(results, "SELECT buckets FROM histogram" METER_WHERE, meter, run, span);

    while (results_step(results, select)) {
        add_column(select, 0, into);
    }
    results_done(select);
}

void results_add_histogram_intervals(Results *results, const ResultsMeter *meter, int run,
                                     ResultsSpan span, HistogramRow *into)
{
    SimSpan interval = results_sample_interval(results);
    sqlite3_stmt *select = select_meter(
        results, "SELECT time_ns, buckets FROM histogram" METER_WHERE, meter, run, span);

    while (results_step(results, select)) {
        guint index = (guint)((sqlite3_column_int64(select, 0) - span.begin) / interval);

        add_step(select, 1, index, into);
    }
    results_done(select);
}
