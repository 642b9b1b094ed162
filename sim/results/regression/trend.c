/* trend.c - the history of reference scenarios. */
#include "sim/results/regression/trend.h"

#include <math.h>
#include <sqlite3.h>
#include <string.h>

#include "sim/base/change_point.h"
#include "sim/results/results_schema.h"

#define APPLICATION_ID 0x64637472 /* "dctr" in ASCII */
#define SEED 20261122             /* of permutations: the same history gives the same answer */

struct Trend {
    sqlite3 *database;
    char *path;
};

static const char schema[] =
    "CREATE TABLE trend ( -- A metric of a scenario at a revision, mean over replications\n"
    "    id INTEGER PRIMARY KEY, -- Order of measuring\n"
    "    time TEXT NOT NULL, -- When it was measured, ISO 8601\n"
    "    revision TEXT NOT NULL, -- Commit that was measured\n"
    "    scenario TEXT NOT NULL, -- File\n"
    "    scenario_hash TEXT NOT NULL, -- Of what it says\n"
    "    metric TEXT NOT NULL, -- Name, labels and aggregate\n"
    "    unit TEXT NOT NULL,\n"
    "    better TEXT NOT NULL, -- smaller or larger\n"
    "    value REAL NOT NULL, -- Mean over replications\n"
    "    half_width REAL, -- Of its 95 % interval; NULL: unknown\n"
    "    replications INTEGER NOT NULL,\n"
    "    UNIQUE (revision, scenario, metric)) STRICT";

static bool fail(const Trend *trend, int code, GError **error)
{
    results_schema_set_error(error, trend->database, code, "cannot use", trend->path);
    return false;
}

static bool do_sql(const Trend *trend, const char *sql, GError **error)
{
    int code = sqlite3_exec(trend->database, sql, NULL, NULL, NULL);

    return code == SQLITE_OK || fail(trend, code, error);
}

/* A number of a query, -1 when it cannot be asked. */
static int ask_number(const Trend *trend, const char *sql)
{
    sqlite3_stmt *statement = NULL;
    int number = -1;

    if (sqlite3_prepare_v2(trend->database, sql, -1, &statement, NULL) == SQLITE_OK &&
        sqlite3_step(statement) == SQLITE_ROW) {
        number = sqlite3_column_int(statement, 0);
    }
    sqlite3_finalize(statement);
    return number;
}

static bool prepare_file(const Trend *trend, GError **error)
{
    int application = ask_number(trend, "PRAGMA application_id");
    int tables = ask_number(trend, "SELECT count(*) FROM sqlite_schema");

    if (application == APPLICATION_ID) {
        return true;
    }
    if (application != 0 || tables != 0) {
        g_set_error(error, RESULTS_ERROR, RESULTS_ERROR_SCHEMA,
                    "'%s' is no history of dcdrill; name another file", trend->path);
        return false;
    }
    g_autofree char *mark =
        g_strdup_printf("BEGIN; PRAGMA application_id = %d; %s; COMMIT", APPLICATION_ID, schema);

    return do_sql(trend, mark, error);
}

Trend *trend_open(const char *path, GError **error)
{
    g_autoptr(Trend) trend = g_new0(Trend, 1);
    int code;

    trend->path = g_strdup(path);
    code = sqlite3_open(path, &trend->database);
    if (code != SQLITE_OK) {
        fail(trend, code, error);
        return NULL;
    }
    return prepare_file(trend, error) ? g_steal_pointer(&trend) : NULL;
}

void trend_free(Trend *trend)
{
    if (trend != NULL) {
        sqlite3_close(trend->database);
        g_free(trend->path);
        g_free(trend);
    }
}

/* --- adding --------------------------------------------------------------------------------- */

static void bind(sqlite3_stmt *insert, int column, const char *text)
{
    sqlite3_bind_text(insert, column, text, -1, SQLITE_TRANSIENT);
}

/* Replications without a value do not count. */
static Estimate mean_of(const BaselineMetric *metric)
{
    g_autofree double *known = g_new(double, MAX(metric->values->len, 1));
    guint count = 0;

    for (guint i = 0; i < metric->values->len; i++) {
        double value = g_array_index(metric->values, double, i);

        if (!isnan(value)) {
            known[count++] = value;
        }
    }
    return estimate_mean(known, count, 0.95);
}

static int insert_metric(sqlite3_stmt *insert, const Baseline *baseline,
                         const BaselineMetric *metric)
{
    g_autofree char *name = g_strdup_printf("%s %s", metric->metric, metric->aggregate);
    Estimate mean = mean_of(metric);
    double half = estimate_half_width(&mean);

    if (isnan(mean.value)) {
        return SQLITE_OK;
    }
    bind(insert, 3, baseline->scenario);
    bind(insert, 4, baseline->scenario_hash);
    bind(insert, 5, name);
    bind(insert, 6, metric->unit);
    bind(insert, 7, metric->is_smaller_better ? "smaller" : "larger");
    sqlite3_bind_double(insert, 8, mean.value);
    if (isnan(half)) {
        sqlite3_bind_null(insert, 9);
    } else {
        sqlite3_bind_double(insert, 9, half);
    }
    sqlite3_bind_int64(insert, 10, (int64_t)mean.n);
    int code = sqlite3_step(insert);

    sqlite3_reset(insert);
    return code == SQLITE_DONE ? SQLITE_OK : code;
}

bool trend_add(Trend *trend, const Baseline *baseline, const char *revision, const char *time,
               GError **error)
{
    sqlite3_stmt *insert = NULL;
    int code = sqlite3_exec(trend->database, "BEGIN IMMEDIATE", NULL, NULL, NULL);

    if (code == SQLITE_OK) {
        code = sqlite3_prepare_v2(
            trend->database,
            "INSERT INTO trend (time, revision, scenario, scenario_hash, metric, unit, better,"
            " value, half_width, replications) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
            " ON CONFLICT DO UPDATE SET time = excluded.time, value = excluded.value,"
            " scenario_hash = excluded.scenario_hash, half_width = excluded.half_width,"
            " replications = excluded.replications",
            -1, &insert, NULL);
    }
    if (code == SQLITE_OK) {
        bind(insert, 1, time);
        bind(insert, 2, revision);
    }
    for (guint i = 0; code == SQLITE_OK && i < baseline->metrics->len; i++) {
        code = insert_metric(insert, baseline, baseline->metrics->pdata[i]);
    }
    sqlite3_finalize(insert);
    if (code == SQLITE_OK) {
        code = sqlite3_exec(trend->database, "COMMIT", NULL, NULL, NULL);
    }
    if (code != SQLITE_OK) {
        fail(trend, code, error);
        sqlite3_exec(trend->database, "ROLLBACK", NULL, NULL, NULL);
    }
    return code == SQLITE_OK;
}

/* --- looking -------------------------------------------------------------------------------- */

static void change_free(void *item)
{
    TrendChange *change = item;

    g_free(change->scenario);
    g_free(change->metric);
    g_free(change->last_before);
    g_free(change->first_after);
    g_free(change);
}

/* One scenario's metric over time. */
typedef struct Series {
    char *scenario, *metric;
    GArray *values;
    GPtrArray *revisions, *hashes;
    bool is_smaller_better;
} Series;

static void series_begin(Series *series, const char *scenario, const char *metric)
{
    series->scenario = g_strdup(scenario);
    series->metric = g_strdup(metric);
    series->values = g_array_new(false, false, sizeof(double));
    series->revisions = g_ptr_array_new_with_free_func(g_free);
    series->hashes = g_ptr_array_new_with_free_func(g_free);
}

/* Adds its changes to `changes` and empties it. */
static void series_end(Series *series, GPtrArray *changes)
{
    if (series->scenario == NULL) {
        return;
    }
    g_autoptr(GArray) found = change_points_find((const double *)(void *)series->values->data,
                                                 series->values->len, TREND_EFFECT, SEED);

    for (guint i = 0; i < found->len; i++) {
        const ChangePoint *point = &g_array_index(found, ChangePoint, i);
        TrendChange *change = g_new0(TrendChange, 1);

        *change = (TrendChange){
            .scenario = g_strdup(series->scenario),
            .metric = g_strdup(series->metric),
            .last_before = g_strdup(series->revisions->pdata[point->index - 1]),
            .first_after = g_strdup(series->revisions->pdata[point->index]),
            .before = point->before,
            .after = point->after,
            .p = point->p,
            .is_worse = (point->after > point->before) == series->is_smaller_better,
            .is_other_scenario = strcmp(series->hashes->pdata[point->index - 1],
                                        series->hashes->pdata[point->index]) != 0,
        };
        g_ptr_array_add(changes, change);
    }
    g_clear_pointer(&series->scenario, g_free);
    g_clear_pointer(&series->metric, g_free);
    g_array_unref(series->values);
    g_ptr_array_unref(series->revisions);
    g_ptr_array_unref(series->hashes);
}

static const char *column(sqlite3_stmt *select, int index)
{
    return (const char *)sqlite3_column_text(select, index);
}

GPtrArray *trend_changes(Trend *trend, GError **error)
{
    g_autoptr(GPtrArray) changes = g_ptr_array_new_with_free_func(change_free);
    Series series = {0};
    sqlite3_stmt *select = NULL;
    int code = sqlite3_prepare_v2(
        trend->database,
        "SELECT scenario, metric, revision, scenario_hash, better, value FROM (SELECT *,"
        " row_number() OVER (PARTITION BY scenario, metric ORDER BY id DESC) AS age FROM trend)"
        " WHERE age <= ? ORDER BY scenario, metric, id",
        -1, &select, NULL);

    if (code == SQLITE_OK) {
        sqlite3_bind_int(select, 1, TREND_LENGTH);
        code = sqlite3_step(select);
    }
    for (; code == SQLITE_ROW; code = sqlite3_step(select)) {
        double value = sqlite3_column_double(select, 5);

        if (g_strcmp0(series.scenario, column(select, 0)) != 0 ||
            g_strcmp0(series.metric, column(select, 1)) != 0) {
            series_end(&series, changes);
            series_begin(&series, column(select, 0), column(select, 1));
        }
        g_ptr_array_add(series.revisions, g_strdup(column(select, 2)));
        g_ptr_array_add(series.hashes, g_strdup(column(select, 3)));
        series.is_smaller_better = strcmp(column(select, 4), "smaller") == 0;
        g_array_append_val(series.values, value);
    }
    series_end(&series, changes);
    sqlite3_finalize(select);
    if (code != SQLITE_DONE) {
        fail(trend, code, error);
        return NULL;
    }
    return g_steal_pointer(&changes);
}

guint trend_count_revisions(Trend *trend)
{
    return (guint)MAX(ask_number(trend, "SELECT count(DISTINCT revision) FROM trend"), 0);
}
