/* results_read.c - a results file, opened for reading. */
#include "sim/results/results_read.h"

#include <math.h>
#include <string.h>

#include "sim/results/results_inside.h"
#include "sim/results/results_measured.h"

struct Results {
    char *path;
    sqlite3 *database;
    bool is_borrowed; /* the database is a writer's */
    GStringChunk *texts;
    GHashTable *facts; /* name to value: only looked up */
    GArray *runs, *lost_runs, *phases, *components, *metrics, *occurrences, *faults, *probes,
        *totals, *findings, *checks, *theory;
    GArray *cells;          /* NULL until asked for */
    GHashTable *statements; /* SQL to its prepared statement: only looked up */
    GHashTable *measured;   /* metric and component that have values; NULL until asked for */
    GError *error;          /* the first one since it was opened */
    SimSpan sample_interval;
    void *attached;
    GDestroyNotify free_attached;
};

/* --- reading rows --------------------------------------------------------------------------- */

/* The columns of a row, one after another, in the order of results_tables. */
typedef struct Cursor {
    Results *results;
    sqlite3_stmt *select;
    int column;
} Cursor;

static int next_int(Cursor *cursor)
{
    return sqlite3_column_int(cursor->select, cursor->column++);
}

static int64_t next_int64(Cursor *cursor)
{
    return sqlite3_column_int64(cursor->select, cursor->column++);
}

static double next_real(Cursor *cursor)
{
    bool is_null = sqlite3_column_type(cursor->select, cursor->column) == SQLITE_NULL;
    double value = sqlite3_column_double(cursor->select, cursor->column++);

    return is_null ? (double)NAN : value;
}

static const char *next_text(Cursor *cursor)
{
    const char *text = (const char *)sqlite3_column_text(cursor->select, cursor->column++);

    return results_keep_text(cursor->results, text);
}

static void read_fact(Cursor *cursor)
{
    const char *name = next_text(cursor);
    const char *value = next_text(cursor);

    g_hash_table_insert(cursor->results->facts, (gpointer)name, (gpointer)value);
}

static void read_component(Cursor *cursor)
{
    ResultsComponent row = {.id = next_int(cursor)};

    row.name = next_text(cursor);
    row.kind = next_text(cursor);
    row.dc = next_text(cursor);
    row.role = next_text(cursor);
    row.node = next_text(cursor);
    row.region = next_text(cursor);
    g_array_append_val(cursor->results->components, row);
}

static void read_metric(Cursor *cursor)
{
    ResultsMetric row = {.id = next_int(cursor)};

    row.name = next_text(cursor);
    row.type = next_text(cursor);
    row.unit = next_text(cursor);
    row.help = next_text(cursor);
    g_array_append_val(cursor->results->metrics, row);
}

static void read_run(Cursor *cursor)
{
    ResultsRun row = {.run = next_int(cursor)};

    row.seed = g_ascii_strtoull(next_text(cursor), NULL, 10);
    row.fingerprint = g_ascii_strtoull(next_text(cursor), NULL, 16);
    row.events = (uint64_t)next_int64(cursor);
    row.requests = (uint64_t)next_int64(cursor);
    row.simulated = next_int64(cursor);
    row.ended = next_text(cursor);
    row.note = next_text(cursor);
    if (row.simulated > 0) {
        g_array_append_val(cursor->results->runs, row);
    } else {
        g_array_append_val(cursor->results->lost_runs, row);
    }
}

static void read_phase(Cursor *cursor)
{
    ResultsPhase row = {.run = next_int(cursor)};

    row.name = next_text(cursor);
    row.begin = next_int64(cursor);
    row.end = next_int64(cursor);
    g_array_append_val(cursor->results->phases, row);
}

static void read_occurrence(Cursor *cursor)
{
    ResultsOccurrence row = {.run = next_int(cursor)};

    row.event = next_text(cursor);
    row.component = next_text(cursor);
    row.dc = next_text(cursor);
    row.role = next_text(cursor);
    row.node = next_text(cursor);
    row.label1 = next_text(cursor);
    row.value1 = next_text(cursor);
    row.label2 = next_text(cursor);
    row.value2 = next_text(cursor);
    row.count = (uint64_t)next_int64(cursor);
    row.first = next_int64(cursor);
    row.last = next_int64(cursor);
    g_array_append_val(cursor->results->occurrences, row);
}

static void read_fault(Cursor *cursor)
{
    ResultsFault row = {.run = next_int(cursor)};

    row.name = next_text(cursor);
    row.func = next_text(cursor);
    row.targets_text = next_text(cursor);
    row.applied = next_int64(cursor);
    row.lifted = sqlite3_column_type(cursor->select, cursor->column) == SQLITE_NULL
                     ? SIM_NEVER
                     : sqlite3_column_int64(cursor->select, cursor->column);
    cursor->column++;
    row.targets = next_int(cursor);
    row.bit = next_int(cursor);
    g_array_append_val(cursor->results->faults, row);
}

static void read_probe(Cursor *cursor)
{
    ResultsProbe row = {.run = next_int(cursor)};

    row.name = next_text(cursor);
    row.time = next_int64(cursor);
    row.value = next_real(cursor);
    row.is_known = next_int(cursor) != 0;
    row.is_met = next_int(cursor) != 0;
    g_array_append_val(cursor->results->probes, row);
}

static void read_total(Cursor *cursor)
{
    ResultsTotal row = {.run = next_int(cursor)};

    row.name = next_text(cursor);
    row.value = next_real(cursor);
    g_array_append_val(cursor->results->totals, row);
}

static void read_finding(Cursor *cursor)
{
    ResultsFinding row = {.run = next_int(cursor)};

    row.invariant = next_text(cursor);
    row.time = next_int64(cursor);
    row.value = next_real(cursor);
    row.proof = next_text(cursor);
    g_array_append_val(cursor->results->findings, row);
}

static void read_check(Cursor *cursor)
{
    ResultsCheck row = {.kind = next_text(cursor)};

    row.name = next_text(cursor);
    row.labels = next_text(cursor);
    row.condition = next_text(cursor);
    row.observed = next_real(cursor);
    row.low = next_real(cursor);
    row.high = next_real(cursor);
    row.margin = next_real(cursor);
    row.verdict = next_text(cursor);
    row.why = next_text(cursor);
    row.is_warning = next_int(cursor) != 0;
    g_array_append_val(cursor->results->checks, row);
}

static void read_theory(Cursor *cursor)
{
    ResultsTheory row = {.metric = next_text(cursor)};
    double within;

    row.aggregate = next_text(cursor);
    row.family = next_text(cursor);
    row.question = next_text(cursor);
    row.predicted = next_real(cursor);
    row.observed = next_real(cursor);
    row.low = next_real(cursor);
    row.high = next_real(cursor);
    within = next_real(cursor);
    row.within = isnan(within) ? RESULTS_UNKNOWN : within > 0 ? RESULTS_WITHIN : RESULTS_OUTSIDE;
    row.why = next_text(cursor);
    g_array_append_val(cursor->results->theory, row);
}

/* Rows written in the order of workers' merging come in the order of their run all the same. */
static const struct {
    ResultsTableId table;
    const char *order;
    void (*read)(Cursor *cursor);
} small_tables[] = {
    {RESULTS_FACT, "name", read_fact},         {RESULTS_COMPONENT, "id", read_component},
    {RESULTS_METRIC, "id", read_metric},       {RESULTS_RUN, "run", read_run},
    {RESULTS_PHASE, "run, rowid", read_phase}, {RESULTS_OCCURRENCE, "run, rowid", read_occurrence},
    {RESULTS_FAULT, "run, rowid", read_fault}, {RESULTS_PROBE, "run, rowid", read_probe},
    {RESULTS_TOTAL, "run, name", read_total},  {RESULTS_FINDING, "run, rowid", read_finding},
    {RESULTS_CHECKED, "rowid", read_check},    {RESULTS_THEORY, "rowid", read_theory},
};

static bool read_table(Results *results, ResultsTableId table, const char *order,
                       void (*read)(Cursor *), GError **error)
{
    g_autofree char *sql =
        g_strdup_printf("SELECT * FROM %s ORDER BY %s", results_tables[table].name, order);
    Cursor cursor = {.results = results};
    int code = sqlite3_prepare_v2(results->database, sql, -1, &cursor.select, NULL);

    if (code == SQLITE_OK) {
        code = sqlite3_step(cursor.select);
    }
    while (code == SQLITE_ROW) {
        cursor.column = 0;
        read(&cursor);
        code = sqlite3_step(cursor.select);
    }
    sqlite3_finalize(cursor.select);
    if (code != SQLITE_DONE) {
        results_schema_set_error(error, results->database, code, "cannot read", results->path);
    }
    return code == SQLITE_DONE;
}

/* --- for the other readers ------------------------------------------------------------------ */

static void keep_error(Results *results, int code)
{
    if (results->error == NULL) {
        results_schema_set_error(&results->error, results->database, code, "cannot read",
                                 results->path);
    }
}

sqlite3_stmt *results_prepare(Results *results, const char *sql)
{
    sqlite3_stmt *statement = g_hash_table_lookup(results->statements, sql);
    int code;

    if (statement != NULL) {
        g_assert(!sqlite3_stmt_busy(statement));
        return statement;
    }
    code =
        sqlite3_prepare_v3(results->database, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement, NULL);
    g_assert_cmpint(code & 0xff, !=, SQLITE_ERROR);
    if (code == SQLITE_OK) {
        g_hash_table_insert(results->statements, g_strdup(sql), statement);
    } else {
        keep_error(results, code);
    }
    return statement;
}

void results_done(sqlite3_stmt *statement)
{
    if (statement != NULL) {
        sqlite3_reset(statement);
        sqlite3_clear_bindings(statement);
    }
}

bool results_step(Results *results, sqlite3_stmt *statement)
{
    int code = statement != NULL ? sqlite3_step(statement) : SQLITE_DONE;

    if (code != SQLITE_ROW && code != SQLITE_DONE) {
        keep_error(results, code);
    }
    return code == SQLITE_ROW;
}

bool results_is_whole(const Results *results, GError **error)
{
    if (results->error != NULL) {
        g_propagate_error(error, g_error_copy(results->error));
    }
    return results->error == NULL;
}

const char *results_keep_text(Results *results, const char *text)
{
    return text != NULL ? g_string_chunk_insert_const(results->texts, text) : NULL;
}

static SimSpan find_smallest_step(Results *results)
{
    sqlite3_stmt *select = results_prepare(
        results, "SELECT DISTINCT time_ns FROM sample WHERE run = (SELECT min(run) FROM run)"
                 " ORDER BY time_ns");
    SimSpan step = SIM_NEVER;
    SimTime before = SIM_NEVER;

    while (results_step(results, select)) {
        SimTime time = sqlite3_column_int64(select, 0);

        if (before != SIM_NEVER) {
            step = MIN(step, time - before);
        }
        before = time;
    }
    results_done(select);
    return step != SIM_NEVER ? step : SIM_S;
}

static SimSpan find_sample_interval(Results *results)
{
    const char *text = results_fact(results, "sample_interval_ns");
    SimSpan interval = text != NULL ? g_ascii_strtoll(text, NULL, 10) : 0;

    return interval > 0 ? interval : find_smallest_step(results);
}

SimSpan results_sample_interval(const Results *results)
{
    return results->sample_interval;
}

/* --- opening -------------------------------------------------------------------------------- */

static void finalize(void *statement)
{
    sqlite3_finalize(statement);
}

static Results *results_alloc(const char *path)
{
    Results *results = g_new0(Results, 1);

    results->path = g_strdup(path);
    results->texts = g_string_chunk_new(1 << 16);
    results->facts = g_hash_table_new(g_str_hash, g_str_equal);
    results->statements = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, finalize);
    results->runs = g_array_new(FALSE, FALSE, sizeof(ResultsRun));
    results->lost_runs = g_array_new(FALSE, FALSE, sizeof(ResultsRun));
    results->phases = g_array_new(FALSE, FALSE, sizeof(ResultsPhase));
    results->components = g_array_new(FALSE, FALSE, sizeof(ResultsComponent));
    results->metrics = g_array_new(FALSE, FALSE, sizeof(ResultsMetric));
    results->occurrences = g_array_new(FALSE, FALSE, sizeof(ResultsOccurrence));
    results->faults = g_array_new(FALSE, FALSE, sizeof(ResultsFault));
    results->probes = g_array_new(FALSE, FALSE, sizeof(ResultsProbe));
    results->totals = g_array_new(FALSE, FALSE, sizeof(ResultsTotal));
    results->findings = g_array_new(FALSE, FALSE, sizeof(ResultsFinding));
    results->checks = g_array_new(FALSE, FALSE, sizeof(ResultsCheck));
    results->theory = g_array_new(FALSE, FALSE, sizeof(ResultsTheory));
    return results;
}

static bool read_small_tables(Results *results, GError **error)
{
    if (!results_schema_check(results->database, results->path, error)) {
        return false;
    }
    for (guint i = 0; i < G_N_ELEMENTS(small_tables); i++) {
        if (!read_table(results, small_tables[i].table, small_tables[i].order, small_tables[i].read,
                        error)) {
            return false;
        }
    }
    results->sample_interval = find_sample_interval(results);
    return true;
}

Results *results_open(const char *path, GError **error)
{
    g_autoptr(Results) results = results_alloc(path);
    int code = sqlite3_open_v2(path, &results->database, SQLITE_OPEN_READONLY, NULL);

    if (code != SQLITE_OK) {
        results_schema_set_error(error, results->database, code, "cannot read", path);
        return NULL;
    }
    return read_small_tables(results, error) ? g_steal_pointer(&results) : NULL;
}

Results *results_open_writer(ResultsWriter *writer, GError **error)
{
    g_autoptr(Results) results = results_alloc(writer->path);

    results->database = writer->database;
    results->is_borrowed = true;
    return read_small_tables(results, error) ? g_steal_pointer(&results) : NULL;
}

void results_free(Results *results)
{
    if (results == NULL) {
        return;
    }
    if (results->attached != NULL) {
        results->free_attached(results->attached);
    }
    g_hash_table_unref(results->statements);
    if (!results->is_borrowed) {
        sqlite3_close(results->database);
    }
    g_string_chunk_free(results->texts);
    g_hash_table_unref(results->facts);
    g_array_unref(results->runs);
    g_array_unref(results->lost_runs);
    g_array_unref(results->phases);
    g_array_unref(results->components);
    g_array_unref(results->metrics);
    g_array_unref(results->occurrences);
    g_array_unref(results->faults);
    g_array_unref(results->probes);
    g_array_unref(results->totals);
    g_array_unref(results->findings);
    g_array_unref(results->checks);
    g_array_unref(results->theory);
    g_clear_pointer(&results->cells, g_array_unref);
    g_clear_pointer(&results->measured, g_hash_table_unref);
    g_clear_error(&results->error);
    g_free(results->path);
    g_free(results);
}

void results_attach(Results *results, void *finding, GDestroyNotify free_finding)
{
    g_assert(results->attached == NULL && finding != NULL);
    results->attached = finding;
    results->free_attached = free_finding;
}

void *results_attached(const Results *results)
{
    return results->attached;
}

const char *results_fact(const Results *results, const char *name)
{
    return g_hash_table_lookup(results->facts, name);
}

/* --- tables --------------------------------------------------------------------------------- */

static const void *rows_of(const GArray *rows, guint *count)
{
    *count = rows->len;
    return rows->data;
}

const ResultsRun *results_runs(const Results *results, guint *count)
{
    return rows_of(results->runs, count);
}

const ResultsRun *results_lost_runs(const Results *results, guint *count)
{
    return rows_of(results->lost_runs, count);
}

const ResultsPhase *results_phases(const Results *results, guint *count)
{
    return rows_of(results->phases, count);
}

const ResultsComponent *results_components(const Results *results, guint *count)
{
    return rows_of(results->components, count);
}

const ResultsMetric *results_metrics(const Results *results, guint *count)
{
    return rows_of(results->metrics, count);
}

const ResultsOccurrence *results_occurrences(const Results *results, guint *count)
{
    return rows_of(results->occurrences, count);
}

const ResultsFault *results_faults(const Results *results, guint *count)
{
    return rows_of(results->faults, count);
}

const ResultsProbe *results_probes(const Results *results, guint *count)
{
    return rows_of(results->probes, count);
}

const ResultsTotal *results_totals(const Results *results, guint *count)
{
    return rows_of(results->totals, count);
}

const ResultsFinding *results_findings(const Results *results, guint *count)
{
    return rows_of(results->findings, count);
}

const ResultsCheck *results_checks(const Results *results, guint *count)
{
    return rows_of(results->checks, count);
}

const ResultsTheory *results_theory(const Results *results, guint *count)
{
    return rows_of(results->theory, count);
}

static void read_cell(Cursor *cursor)
{
    ResultsCell row = {.run = next_int(cursor)};

    row.time = next_int64(cursor);
    row.client = next_text(cursor);
    row.region = next_text(cursor);
    row.dc = next_text(cursor);
    row.ok = (uint64_t)next_int64(cursor);
    row.failed = (uint64_t)next_int64(cursor);
    row.attempts = (uint64_t)next_int64(cursor);
    g_array_append_val(cursor->results->cells, row);
}

const ResultsCell *results_cells(Results *results, guint *count)
{
    if (results->cells == NULL) {
        results->cells = g_array_new(FALSE, FALSE, sizeof(ResultsCell));
        read_table(results, RESULTS_USERS, "run, time_ns, client, region, dc", read_cell,
                   results->error == NULL ? &results->error : NULL);
    }
    return rows_of(results->cells, count);
}

bool results_is_measured(Results *results, int metric, int component)
{
    const ResultsPair pair = {metric, component};

    if (results->measured == NULL) {
        results->measured = results_find_measured(results);
    }
    return g_hash_table_contains(results->measured, &pair);
}

double results_total(const Results *results, int run, const char *name)
{
    for (guint i = 0; i < results->totals->len; i++) {
        const ResultsTotal *total = &g_array_index(results->totals, ResultsTotal, i);

        if (total->run == run && strcmp(total->name, name) == 0) {
            return total->value;
        }
    }
    return 0;
}

Histogram *results_staleness(Results *results, int run)
{
    sqlite3_stmt *select = results_prepare(results, "SELECT buckets FROM staleness WHERE run = ?");
    Histogram *staleness = NULL;

    sqlite3_bind_int(select, 1, run);
    if (results_step(results, select)) {
        staleness = histogram_from_bytes(sqlite3_column_blob(select, 0),
                                         (size_t)sqlite3_column_bytes(select, 0));
    }
    results_done(select);
    return staleness;
}
