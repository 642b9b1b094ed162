/* results_schema.c - the tables of a results file. */
#include "sim/results/results_schema.h"

#include <string.h>

G_DEFINE_QUARK(results - error - quark, results_error)

const ResultsTable results_tables[RESULTS_TABLE_COUNT] = {
    [RESULTS_FACT] =
        {"fact",
         "What is true of the whole campaign: scenario, title, seed, version, resolved text",
         "name",
         {{"name", "TEXT NOT NULL", "What it says"},
          {"value", "TEXT NOT NULL", "Its text; numbers in the C locale"}}},
    [RESULTS_COMPONENT] =
        {"component",
         "The things of the simulated world that have measurements; the same in every run",
         "id",
         {{"id", "INTEGER NOT NULL", "Rank in the world"},
          {"name", "TEXT NOT NULL", "kind@node, as in messages and targets"},
          {"kind", "TEXT", "What sort of component"},
          {"dc", "TEXT", "Data centre where it runs, if in one"},
          {"role", "TEXT", "Node group: db, app ..."},
          {"node", "TEXT", "VPS that it runs on, if on one"},
          {"region", "TEXT", "Client region where it stands, if in one"}}},
    [RESULTS_METRIC] = {"metric",
                        "What components measure, as their kinds declare it",
                        "id",
                        {{"id", "INTEGER NOT NULL", "Number of the metric"},
                         {"name", "TEXT NOT NULL", "Name in thresholds and reports"},
                         {"type", "TEXT NOT NULL", "counter, gauge or histogram"},
                         {"unit", "TEXT", "1, s, B, ratio; histograms of unit s hold nanoseconds"},
                         {"help", "TEXT", "What it means"}}},
    [RESULTS_RUN] = {"run",
                     "Replications; times in all tables count from the end of the run's warm-up",
                     "run",
                     {{"run", "INTEGER NOT NULL", "Index of the replication, from 0"},
                      {"seed", "TEXT NOT NULL", "Seed of this replication, decimal"},
                      {"fingerprint", "TEXT NOT NULL",
                       "Fold of all its events, 16 hexadecimal digits"},
                      {"events", "INTEGER NOT NULL", "Events run"},
                      {"requests", "INTEGER NOT NULL", "Requests that users asked for"},
                      {"simulated_ns", "INTEGER NOT NULL", "Simulated time, warm-up included"},
                      {"ended", "TEXT NOT NULL", "completed, aborted, interrupted or errored"},
                      {"note", "TEXT", "Why it ended so"}}},
    [RESULTS_PHASE] = {"phase",
                       "Named parts of a run; phases of overlapping actions overlap",
                       NULL,
                       {{"run", "INTEGER NOT NULL", "Replication"},
                        {"name", "TEXT NOT NULL",
                         "warmup, baseline, an action's name, recovery, settle or drain"},
                        {"begin_ns", "INTEGER NOT NULL", "First instant of it"},
                        {"end_ns", "INTEGER NOT NULL", "First instant after it"}}},
    [RESULTS_SAMPLE] =
        {"sample",
         "Counters and gauges by sample interval; a later interval without a row was all 0",
         "metric, component, run, time_ns",
         {{"run", "INTEGER NOT NULL", "Replication"},
          {"component", "INTEGER NOT NULL", "Component that measured"},
          {"metric", "INTEGER NOT NULL", "What was measured"},
          {"time_ns", "INTEGER NOT NULL", "Begin of the interval"},
          {"value", "REAL NOT NULL", "Increase of a counter, time-weighted mean of a gauge"},
          {"most", "REAL NOT NULL", "Largest value of a gauge in the interval"}}},
    [RESULTS_HISTOGRAM] = {"histogram",
                           "Distributions by sample interval; an interval without a row had none",
                           "metric, component, run, time_ns",
                           {{"run", "INTEGER NOT NULL", "Replication"},
                            {"component", "INTEGER NOT NULL", "Component that measured"},
                            {"metric", "INTEGER NOT NULL", "What was measured"},
                            {"time_ns", "INTEGER NOT NULL", "Begin of the interval"},
                            {"count", "INTEGER NOT NULL", "How many values"},
                            {"mean", "REAL NOT NULL", "Their mean, nanoseconds for unit s"},
                            {"buckets", "BLOB NOT NULL",
                             "The counts, in the form of histogram.h"}}},
    [RESULTS_USERS] =
        {"users",
         "Users' requests by the second in which the user wanted them, client retries included",
         "run, time_ns, client, region, dc",
         {{"run", "INTEGER NOT NULL", "Replication"},
          {"time_ns", "INTEGER NOT NULL", "Begin of the second"},
          {"client", "TEXT NOT NULL", "Population: name of the load entry"},
          {"region", "TEXT NOT NULL", "Where the users are"},
          {"dc", "TEXT NOT NULL", "Data centre that answered or failed it last; empty: none"},
          {"ok", "INTEGER NOT NULL", "Requests that went well"},
          {"failed", "INTEGER NOT NULL", "Requests that failed after all retries"},
          {"attempts", "INTEGER NOT NULL", "Tries of both"},
          {"latency", "BLOB", "Latency of the ok ones in ns, in the form of histogram.h"}}},
    [RESULTS_FAILURE] = {"failure",
                         "Why requests failed, by the second in which the user wanted them",
                         NULL,
                         {{"run", "INTEGER NOT NULL", "Replication"},
                          {"time_ns", "INTEGER NOT NULL", "Begin of the second"},
                          {"client", "TEXT NOT NULL", "Population"},
                          {"region", "TEXT NOT NULL", "Where the users are"},
                          {"dc", "TEXT NOT NULL", "Data centre that failed it last; empty: none"},
                          {"reason", "TEXT NOT NULL", "connect-timeout, http-503 ..."},
                          {"count", "INTEGER NOT NULL", "How many requests"}}},
    [RESULTS_OCCURRENCE] = {"occurrence",
                            "What happened in the world, counted by event, component and "
                            "labels, the warm-up apart",
                            NULL,
                            {{"run", "INTEGER NOT NULL", "Replication"},
                             {"event", "TEXT NOT NULL", "route53.health-changed ..."},
                             {"component", "TEXT", "To whom it happened"},
                             {"dc", "TEXT", "Its data centre"},
                             {"role", "TEXT", "Its node group"},
                             {"node", "TEXT", "Its VPS"},
                             {"label1", "TEXT", "First label of the event: to, from ..."},
                             {"value1", "TEXT", "Its value"},
                             {"label2", "TEXT", "Second label"},
                             {"value2", "TEXT", "Its value"},
                             {"count", "INTEGER NOT NULL", "How often"},
                             {"first_ns", "INTEGER NOT NULL", "First time"},
                             {"last_ns", "INTEGER NOT NULL", "Last time"}}},
    [RESULTS_FAULT] = {"fault",
                       "Applications of faults",
                       NULL,
                       {{"run", "INTEGER NOT NULL", "Replication"},
                        {"name", "TEXT NOT NULL", "Name of the action"},
                        {"func", "TEXT NOT NULL", "The fault"},
                        {"targets_text", "TEXT NOT NULL", "Who was hit, cut when long"},
                        {"applied_ns", "INTEGER NOT NULL", "Begin"},
                        {"lifted_ns", "INTEGER", "End; NULL: not before the end of the run"},
                        {"targets", "INTEGER NOT NULL", "On how many it was put"},
                        {"bit", "INTEGER NOT NULL", "On how many it changed anything"}}},
    [RESULTS_PROBE] = {"probe",
                       "What probes saw",
                       NULL,
                       {{"run", "INTEGER NOT NULL", "Replication"},
                        {"name", "TEXT NOT NULL", "Name of the probe"},
                        {"time_ns", "INTEGER NOT NULL", "When it looked"},
                        {"value", "REAL", "What it saw; NULL: nothing to see"},
                        {"is_known", "INTEGER NOT NULL", "1 when it could be judged"},
                        {"is_met", "INTEGER NOT NULL", "1 when it was within its tolerance"}}},
    [RESULTS_TOTAL] = {"total",
                       "Totals of the data checks, which make zero findings mean something",
                       "run, name",
                       {{"run", "INTEGER NOT NULL", "Replication"},
                        {"name", "TEXT NOT NULL", "writes_acked, reads_checked ..."},
                        {"value", "REAL NOT NULL", "The total"}}},
    [RESULTS_FINDING] = {"finding",
                         "Violations of invariants that the data checks found",
                         NULL,
                         {{"run", "INTEGER NOT NULL", "Replication"},
                          {"invariant", "TEXT NOT NULL", "no-lost-acked-write ..."},
                          {"time_ns", "INTEGER NOT NULL", "When"},
                          {"value", "REAL", "Seconds of staleness, versions lost"},
                          {"proof", "TEXT NOT NULL", "The proof in words"}}},
    [RESULTS_STALENESS] = {"staleness",
                           "How old the versions were that reads returned",
                           "run",
                           {{"run", "INTEGER NOT NULL", "Replication"},
                            {"count", "INTEGER NOT NULL", "Reads checked"},
                            {"buckets", "BLOB NOT NULL",
                             "Staleness of each in ns (0: fresh), in the form of histogram.h"}}},
    [RESULTS_CHECKED] =
        {"checked",
         "Judged checks of the campaign, in the order of the scenario",
         NULL,
         {{"kind", "TEXT NOT NULL", "threshold, invariant, must-happen, probe, fault, hypothesis"},
          {"name", "TEXT NOT NULL", "Metric or name in the scenario"},
          {"labels", "TEXT NOT NULL", "Labels of the metric: phase:baseline,dc:DC03"},
          {"condition", "TEXT NOT NULL", "What had to hold"},
          {"observed", "REAL", "What was seen; seconds, ratios from 0 to 1"},
          {"low", "REAL", "Low end of the interval"},
          {"high", "REAL", "High end of the interval"},
          {"margin", "REAL", "Distance to the limit as a share of it, positive is good"},
          {"verdict", "TEXT NOT NULL", "pass, fail or inconclusive"},
          {"why", "TEXT NOT NULL", "Method, n, and what stands in the way"},
          {"is_warning", "INTEGER NOT NULL", "1: shown, but does not fail the campaign"}}},
    [RESULTS_THEORY] =
        {"theory",
         "What closed forms say of parts of the campaign, beside what was simulated",
         NULL,
         {{"metric", "TEXT NOT NULL", "Metric with its labels: station_wait{station:web}"},
          {"aggregate", "TEXT NOT NULL",
           "avg, rate, p(99); delay: from a fault to the first such event"},
          {"family", "TEXT NOT NULL", "Family of 'dcdrill theory', or a law in words"},
          {"question", "TEXT NOT NULL", "Its parameters, or the law's terms"},
          {"predicted", "REAL NOT NULL", "What theory says; seconds, ratios from 0 to 1"},
          {"observed", "REAL", "What was simulated"},
          {"low", "REAL", "Low end of its interval"},
          {"high", "REAL", "High end of its interval"},
          {"is_within", "INTEGER", "1: the interval holds the prediction; NULL: cannot be said"},
          {"why", "TEXT NOT NULL", "Method, n, and what stands in the way"}}},
};

int results_schema_count_columns(const ResultsTable *table)
{
    int count = 0;

    while (count < RESULTS_COLUMNS_MOST && table->columns[count].name != NULL) {
        count++;
    }
    return count;
}

char *results_schema_insert_sql(const ResultsTable *table, const char *verb)
{
    GString *sql = g_string_new(NULL);
    int count = results_schema_count_columns(table);

    g_string_append_printf(sql, "%s INTO %s VALUES (", verb, table->name);
    for (int i = 0; i < count; i++) {
        g_string_append(sql, i == 0 ? "?" : ", ?");
    }
    g_string_append_c(sql, ')');
    return g_string_free(sql, FALSE);
}

static char *create_sql(const ResultsTable *table)
{
    GString *sql = g_string_new(NULL);
    int count = results_schema_count_columns(table);

    g_string_append_printf(sql, "CREATE TABLE %s ( -- %s\n", table->name, table->help);
    for (int i = 0; i < count; i++) {
        const ResultsColumn *column = &table->columns[i];
        bool is_last = i == count - 1 && table->key == NULL;

        g_string_append_printf(sql, "    %s %s%s -- %s\n", column->name, column->type,
                               is_last ? "" : ",", column->help);
    }
    if (table->key != NULL) {
        g_string_append_printf(sql, "    PRIMARY KEY (%s)\n", table->key);
    }
    g_string_append(sql, table->key != NULL ? ") STRICT, WITHOUT ROWID" : ") STRICT");
    return g_string_free(sql, FALSE);
}

void results_schema_set_error(GError **error, sqlite3 *database, int code, const char *doing,
                              const char *path)
{
    int basic = code & 0xff;

    if (basic == SQLITE_BUSY || basic == SQLITE_LOCKED) {
        g_set_error(error, RESULTS_ERROR, RESULTS_ERROR_LOCKED,
                    "%s '%s': another process holds it locked; close that one or choose another "
                    "directory with --out-dir",
                    doing, path);
    } else if (basic == SQLITE_FULL) {
        g_set_error(error, RESULTS_ERROR, RESULTS_ERROR_FAILED, "%s '%s': the disk is full", doing,
                    path);
    } else {
        g_set_error(error, RESULTS_ERROR, RESULTS_ERROR_FAILED, "%s '%s': %s", doing, path,
                    database != NULL ? sqlite3_errmsg(database) : sqlite3_errstr(code));
    }
}

static int run_sql(sqlite3 *database, const char *sql)
{
    return sqlite3_exec(database, sql, NULL, NULL, NULL);
}

static int document(sqlite3_stmt *insert, const char *table, const char *column, const char *help)
{
    int code;

    sqlite3_bind_text(insert, 1, table, -1, SQLITE_STATIC);
    sqlite3_bind_text(insert, 2, column, -1, SQLITE_STATIC);
    sqlite3_bind_text(insert, 3, help, -1, SQLITE_STATIC);
    code = sqlite3_step(insert);
    sqlite3_reset(insert);
    return code == SQLITE_DONE ? SQLITE_OK : code;
}

static int document_all(sqlite3 *database)
{
    sqlite3_stmt *insert = NULL;
    int code = run_sql(database, "CREATE TABLE documentation ( -- What each table and column is\n"
                                 "    table_name TEXT NOT NULL, -- Name of the table\n"
                                 "    column_name TEXT NOT NULL, -- Column; empty: the table\n"
                                 "    help TEXT NOT NULL -- What it holds\n"
                                 ") STRICT");

    if (code == SQLITE_OK) {
        code = sqlite3_prepare_v2(database, "INSERT INTO documentation VALUES (?, ?, ?)", -1,
                                  &insert, NULL);
    }
    for (int i = 0; i < RESULTS_TABLE_COUNT && code == SQLITE_OK; i++) {
        const ResultsTable *table = &results_tables[i];
        int count = results_schema_count_columns(table);

        code = document(insert, table->name, "", table->help);
        for (int j = 0; j < count && code == SQLITE_OK; j++) {
            code = document(insert, table->name, table->columns[j].name, table->columns[j].help);
        }
    }
    sqlite3_finalize(insert);
    return code;
}

bool results_schema_create(sqlite3 *database, GError **error)
{
    g_autofree char *pragmas =
        g_strdup_printf("PRAGMA application_id = %d; PRAGMA user_version = %d",
                        RESULTS_APPLICATION_ID, RESULTS_SCHEMA_VERSION);
    int code = run_sql(database, pragmas);

    for (int i = 0; i < RESULTS_TABLE_COUNT && code == SQLITE_OK; i++) {
        g_autofree char *sql = create_sql(&results_tables[i]);

        code = run_sql(database, sql);
    }
    if (code == SQLITE_OK) {
        code = document_all(database);
    }
    if (code != SQLITE_OK) {
        results_schema_set_error(error, database, code, "cannot write",
                                 sqlite3_db_filename(database, "main"));
        return false;
    }
    return true;
}

static int read_pragma(sqlite3 *database, const char *sql, int *value)
{
    sqlite3_stmt *statement = NULL;
    int code = sqlite3_prepare_v2(database, sql, -1, &statement, NULL);

    if (code == SQLITE_OK) {
        code = sqlite3_step(statement);
        if (code == SQLITE_ROW) {
            *value = sqlite3_column_int(statement, 0);
            code = SQLITE_OK;
        }
    }
    sqlite3_finalize(statement);
    return code;
}

bool results_schema_check(sqlite3 *database, const char *path, GError **error)
{
    int application = 0;
    int version = 0;
    int code = read_pragma(database, "PRAGMA application_id", &application);

    if (code == SQLITE_OK) {
        code = read_pragma(database, "PRAGMA user_version", &version);
    }
    if ((code & 0xff) == SQLITE_NOTADB ||
        (code == SQLITE_OK && application != RESULTS_APPLICATION_ID)) {
        g_set_error(error, RESULTS_ERROR, RESULTS_ERROR_SCHEMA,
                    "'%s' is not a results file of dcdrill", path);
        return false;
    }
    if (code != SQLITE_OK) {
        results_schema_set_error(error, database, code, "cannot read", path);
        return false;
    }
    if (version != RESULTS_SCHEMA_VERSION) {
        g_set_error(error, RESULTS_ERROR, RESULTS_ERROR_SCHEMA,
                    "'%s' has results of schema version %d, this program reads version %d; run the "
                    "scenario again",
                    path, version, RESULTS_SCHEMA_VERSION);
        return false;
    }
    return true;
}
