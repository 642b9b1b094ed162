/* results_write.c - one SQLite file for what a campaign leaves behind. */
#include "sim/results/results_write.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sim/results/results_schema.h"

struct ResultsWriter {
    char *path, *part; /* the name it will get, and the one it has until then */
    sqlite3 *database;
    sqlite3_stmt *inserts[RESULTS_TABLE_COUNT];
    GHashTable *sampled; /* run, component and metric of samples so far: only looked up */
    GError *error;       /* the first one */
    bool owns_part;      /* made by us: to be removed unless it gets its name */
    bool has_components; /* came with the first file merged */
};

/* --- the file ------------------------------------------------------------------------------- */

/* Keeps the first error. */
static bool writer_check(ResultsWriter *writer, int code)
{
    if (code == SQLITE_OK || code == SQLITE_DONE || code == SQLITE_ROW) {
        return true;
    }
    if (writer->error == NULL) {
        results_schema_set_error(&writer->error, writer->database, code, "cannot write",
                                 writer->path);
    }
    return false;
}

static bool writer_run(ResultsWriter *writer, const char *sql)
{
    return writer_check(writer, sqlite3_exec(writer->database, sql, NULL, NULL, NULL));
}

/* A results file that stands there already must not be in the hands of another writer. */
static bool is_free(const char *path, GError **error)
{
    sqlite3 *database = NULL;
    int code = sqlite3_open_v2(path, &database, SQLITE_OPEN_READONLY, NULL);

    if (code == SQLITE_OK) {
        code = sqlite3_exec(database, "SELECT count(*) FROM sqlite_schema", NULL, NULL, NULL);
    }
    if ((code & 0xff) == SQLITE_BUSY) {
        results_schema_set_error(error, database, code, "cannot write", path);
    }
    sqlite3_close(database);
    return (code & 0xff) != SQLITE_BUSY;
}

/* Opens the part file and takes it for ourselves; a stale one of a crashed run gives way, one that
 * another process is writing does not. The journal is off: an unfinished file is thrown away whole.
 */
static int open_part(ResultsWriter *writer)
{
    int code = sqlite3_open_v2(writer->part, &writer->database,
                               SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, NULL);

    if (code == SQLITE_OK) {
        code = sqlite3_exec(writer->database,
                            "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;"
                            "PRAGMA locking_mode = EXCLUSIVE; PRAGMA cache_size = -65536;"
                            "BEGIN EXCLUSIVE",
                            NULL, NULL, NULL);
    }
    return code;
}

static void close_part(ResultsWriter *writer)
{
    for (int i = 0; i < RESULTS_TABLE_COUNT; i++) {
        sqlite3_finalize(writer->inserts[i]);
        writer->inserts[i] = NULL;
    }
    sqlite3_close(writer->database);
    writer->database = NULL;
}

static bool start_part(ResultsWriter *writer)
{
    struct stat status;
    bool is_stale = stat(writer->part, &status) == 0 && status.st_size > 0;
    int code = open_part(writer);

    if ((code & 0xff) == SQLITE_BUSY) {
        return writer_check(writer, code);
    }
    if (is_stale) {
        close_part(writer);
        unlink(writer->part);
        code = open_part(writer);
    }
    writer->owns_part = (code & 0xff) != SQLITE_BUSY;
    return writer_check(writer, code);
}

static void set_system_error(ResultsWriter *writer)
{
    int number = errno;

    if (writer->error == NULL) {
        g_set_error(&writer->error, RESULTS_ERROR, RESULTS_ERROR_FAILED, "cannot write '%s': %s",
                    writer->path, g_strerror(number));
    }
}

static ResultsWriter *writer_new(const char *path)
{
    ResultsWriter *writer = g_new0(ResultsWriter, 1);

    writer->path = g_strdup(path);
    writer->part = g_strconcat(path, ".part", NULL);
    writer->sampled = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, NULL);
    return writer;
}

static void prepare_inserts(ResultsWriter *writer)
{
    for (int i = 0; i < RESULTS_TABLE_COUNT; i++) {
        const char *verb = i == RESULTS_FACT ? "INSERT OR REPLACE" : "INSERT";
        g_autofree char *sql = results_schema_insert_sql(&results_tables[i], verb);

        writer_check(writer,
                     sqlite3_prepare_v3(writer->database, sql, -1, SQLITE_PREPARE_PERSISTENT,
                                        &writer->inserts[i], NULL));
    }
}

ResultsWriter *results_write_new(const char *path, GError **error)
{
    ResultsWriter *writer;

    if (g_file_test(path, G_FILE_TEST_EXISTS) && !is_free(path, error)) {
        return NULL;
    }
    writer = writer_new(path);
    if (!start_part(writer) || !results_schema_create(writer->database, &writer->error)) {
        g_propagate_error(error, g_steal_pointer(&writer->error));
        results_write_free(writer);
        return NULL;
    }
    prepare_inserts(writer);
    return writer;
}

ResultsWriter *results_write_again(const char *path, GError **error)
{
    ResultsWriter *writer = writer_new(path);

    if (rename(writer->path, writer->part) != 0) {
        set_system_error(writer);
    } else if (writer_check(writer, open_part(writer))) {
        writer->owns_part = true;
        prepare_inserts(writer);
        return writer;
    }
    g_propagate_error(error, g_steal_pointer(&writer->error));
    results_write_free(writer);
    return NULL;
}

void results_write_free(ResultsWriter *writer)
{
    if (writer == NULL) {
        return;
    }
    close_part(writer);
    if (writer->owns_part) {
        unlink(writer->part);
    }
    g_clear_error(&writer->error);
    g_hash_table_unref(writer->sampled);
    g_free(writer->path);
    g_free(writer->part);
    g_free(writer);
}

/* What SQLite left to the system's cache goes to the disk before the file gets its name. */
static bool sync_part(const char *part)
{
    int file = open(part, O_RDWR | O_CLOEXEC);
    bool is_synced = file >= 0 && fsync(file) == 0;

    if (file >= 0) {
        is_synced = close(file) == 0 && is_synced;
    }
    return is_synced;
}

bool results_write_close(ResultsWriter *writer, GError **error)
{
    bool is_whole;

    if (writer->error == NULL) {
        writer_run(writer, "COMMIT");
    }
    close_part(writer);
    if (writer->error == NULL) {
        if (sync_part(writer->part) && rename(writer->part, writer->path) == 0) {
            writer->owns_part = false;
        } else {
            set_system_error(writer);
        }
    }
    is_whole = writer->error == NULL;
    if (!is_whole) {
        g_propagate_error(error, g_steal_pointer(&writer->error));
    }
    results_write_free(writer);
    return is_whole;
}

/* --- a row ---------------------------------------------------------------------------------- */

/* Binds a row's values one after another. */
typedef struct Row {
    ResultsWriter *writer;
    sqlite3_stmt *insert; /* NULL after an error */
    int column;
} Row;

static Row row_begin(ResultsWriter *writer, ResultsTableId table)
{
    sqlite3_stmt *insert = writer->error == NULL ? writer->inserts[table] : NULL;

    return (Row){.writer = writer, .insert = insert};
}

static void row_int(Row *row, int64_t value)
{
    row->column++;
    if (row->insert != NULL) {
        sqlite3_bind_int64(row->insert, row->column, value);
    }
}

static void row_count(Row *row, uint64_t value)
{
    g_assert_cmpuint(value, <=, INT64_MAX);
    row_int(row, (int64_t)value);
}

/* SQLite has no NAN and no infinities in its text form: they are kept as NULL. */
static void row_real(Row *row, double value)
{
    row->column++;
    if (row->insert != NULL && isfinite(value)) {
        sqlite3_bind_double(row->insert, row->column, value);
    } else if (row->insert != NULL) {
        sqlite3_bind_null(row->insert, row->column);
    }
}

/* The text must outlive row_end. NULL is kept as NULL. */
static void row_text(Row *row, const char *text)
{
    row->column++;
    if (row->insert != NULL) {
        sqlite3_bind_text(row->insert, row->column, text, -1, SQLITE_STATIC);
    }
}

static void row_histogram(Row *row, const Histogram *histogram)
{
    g_autoptr(GBytes) bytes = NULL;

    if (row->insert == NULL || histogram == NULL || histogram_count(histogram) == 0) {
        row_text(row, NULL);
        return;
    }
    row->column++;
    bytes = histogram_to_bytes(histogram);
    sqlite3_bind_blob64(row->insert, row->column, g_bytes_get_data(bytes, NULL),
                        g_bytes_get_size(bytes), SQLITE_TRANSIENT);
}

static void row_end(Row *row)
{
    if (row->insert != NULL) {
        g_assert_cmpint(row->column, ==, sqlite3_bind_parameter_count(row->insert));
        writer_check(row->writer, sqlite3_step(row->insert));
        sqlite3_reset(row->insert);
    }
}

/* --- what is written ------------------------------------------------------------------------ */

void results_write_fact(ResultsWriter *writer, const char *name, const char *value)
{
    Row row = row_begin(writer, RESULTS_FACT);

    row_text(&row, name);
    row_text(&row, value);
    row_end(&row);
}

void results_write_component(ResultsWriter *writer, int id, const char *name, const char *kind,
                             const char *dc, const char *role, const char *node, const char *region)
{
    Row row = row_begin(writer, RESULTS_COMPONENT);

    row_int(&row, id);
    row_text(&row, name);
    row_text(&row, kind);
    row_text(&row, dc);
    row_text(&row, role);
    row_text(&row, node);
    row_text(&row, region);
    row_end(&row);
}

void results_write_metric(ResultsWriter *writer, int id, const char *name, const char *type,
                          const char *unit, const char *help)
{
    Row row = row_begin(writer, RESULTS_METRIC);

    row_int(&row, id);
    row_text(&row, name);
    row_text(&row, type);
    row_text(&row, unit);
    row_text(&row, help);
    row_end(&row);
}

void results_write_run(ResultsWriter *writer, const ResultsRun *run)
{
    Row row = row_begin(writer, RESULTS_RUN);
    char seed[32];
    char fingerprint[32];

    g_snprintf(seed, sizeof seed, "%" G_GUINT64_FORMAT, run->seed);
    g_snprintf(fingerprint, sizeof fingerprint, "%016" G_GINT64_MODIFIER "x", run->fingerprint);
    row_int(&row, run->run);
    row_text(&row, seed);
    row_text(&row, fingerprint);
    row_count(&row, run->events);
    row_count(&row, run->requests);
    row_int(&row, run->simulated);
    row_text(&row, run->ended);
    row_text(&row, run->note);
    row_end(&row);
}

void results_write_phase(ResultsWriter *writer, int run, const char *name, SimTime begin,
                         SimTime end)
{
    Row row = row_begin(writer, RESULTS_PHASE);

    row_int(&row, run);
    row_text(&row, name);
    row_int(&row, begin);
    row_int(&row, end);
    row_end(&row);
}

/* Most counters stand still most of the time, so intervals of 0 are left out; but the first one of
 * each component stays, so that a reader knows who measures what. */
static bool is_first_sample(ResultsWriter *writer, int run, int component, int metric)
{
    int64_t key = ((int64_t)run << 44) ^ ((int64_t)component << 20) ^ metric;
    int64_t *kept;

    g_assert_cmpint(component, <, 1 << 24);
    g_assert_cmpint(metric, <, 1 << 20);
    if (g_hash_table_contains(writer->sampled, &key)) {
        return false;
    }
    kept = g_new(int64_t, 1);
    *kept = key;
    g_hash_table_add(writer->sampled, kept);
    return true;
}

void results_write_sample(ResultsWriter *writer, int run, int component, int metric, SimTime time,
                          double value, double most)
{
    Row row = row_begin(writer, RESULTS_SAMPLE);
    bool is_first = is_first_sample(writer, run, component, metric);

    if (row.insert != NULL && (is_first || value != 0 || most != 0)) {
        row_int(&row, run);
        row_int(&row, component);
        row_int(&row, metric);
        row_int(&row, time);
        row_real(&row, value);
        row_real(&row, most);
        row_end(&row);
    }
}

void results_write_histogram(ResultsWriter *writer, int run, int component, int metric,
                             SimTime time, const Histogram *histogram)
{
    Row row = row_begin(writer, RESULTS_HISTOGRAM);

    if (row.insert != NULL && histogram_count(histogram) > 0) {
        row_int(&row, run);
        row_int(&row, component);
        row_int(&row, metric);
        row_int(&row, time);
        row_count(&row, histogram_count(histogram));
        row_real(&row, histogram_mean(histogram));
        row_histogram(&row, histogram);
        row_end(&row);
    }
}

void results_write_users(ResultsWriter *writer, const ResultsUsers *users)
{
    Row row = row_begin(writer, RESULTS_USERS);

    row_int(&row, users->run);
    row_int(&row, users->time);
    row_text(&row, users->client);
    row_text(&row, users->region);
    row_text(&row, users->dc != NULL ? users->dc : "");
    row_count(&row, users->ok);
    row_count(&row, users->failed);
    row_count(&row, users->attempts);
    row_histogram(&row, users->latency);
    row_end(&row);
}

void results_write_failure(ResultsWriter *writer, int run, SimTime time, const char *client,
                           const char *region, const char *dc, const char *reason, uint64_t count)
{
    Row row = row_begin(writer, RESULTS_FAILURE);

    row_int(&row, run);
    row_int(&row, time);
    row_text(&row, client);
    row_text(&row, region);
    row_text(&row, dc != NULL ? dc : "");
    row_text(&row, reason);
    row_count(&row, count);
    row_end(&row);
}

void results_write_occurrence(ResultsWriter *writer, const ResultsOccurrence *occurrence)
{
    Row row = row_begin(writer, RESULTS_OCCURRENCE);

    row_int(&row, occurrence->run);
    row_text(&row, occurrence->event);
    row_text(&row, occurrence->component);
    row_text(&row, occurrence->dc);
    row_text(&row, occurrence->role);
    row_text(&row, occurrence->node);
    row_text(&row, occurrence->label1);
    row_text(&row, occurrence->value1);
    row_text(&row, occurrence->label2);
    row_text(&row, occurrence->value2);
    row_count(&row, occurrence->count);
    row_int(&row, occurrence->first);
    row_int(&row, occurrence->last);
    row_end(&row);
}

void results_write_fault(ResultsWriter *writer, const ResultsFault *fault)
{
    Row row = row_begin(writer, RESULTS_FAULT);

    row_int(&row, fault->run);
    row_text(&row, fault->name);
    row_text(&row, fault->func);
    row_text(&row, fault->targets_text != NULL ? fault->targets_text : "");
    row_int(&row, fault->applied);
    if (fault->lifted == SIM_NEVER) {
        row_text(&row, NULL);
    } else {
        row_int(&row, fault->lifted);
    }
    row_int(&row, fault->targets);
    row_int(&row, fault->bit);
    row_end(&row);
}

void results_write_probe(ResultsWriter *writer, int run, const char *name, SimTime time,
                         double value, bool is_known, bool is_met)
{
    Row row = row_begin(writer, RESULTS_PROBE);

    row_int(&row, run);
    row_text(&row, name);
    row_int(&row, time);
    row_real(&row, value);
    row_int(&row, is_known);
    row_int(&row, is_met);
    row_end(&row);
}

void results_write_total(ResultsWriter *writer, int run, const char *name, double value)
{
    Row row = row_begin(writer, RESULTS_TOTAL);

    row_int(&row, run);
    row_text(&row, name);
    row_real(&row, value);
    row_end(&row);
}

void results_write_finding(ResultsWriter *writer, int run, const char *invariant, SimTime time,
                           double value, const char *proof)
{
    Row row = row_begin(writer, RESULTS_FINDING);

    row_int(&row, run);
    row_text(&row, invariant);
    row_int(&row, time);
    row_real(&row, value);
    row_text(&row, proof != NULL ? proof : "");
    row_end(&row);
}

void results_write_staleness(ResultsWriter *writer, int run, const Histogram *staleness)
{
    Row row = row_begin(writer, RESULTS_STALENESS);

    if (row.insert != NULL && staleness != NULL && histogram_count(staleness) > 0) {
        row_int(&row, run);
        row_count(&row, histogram_count(staleness));
        row_histogram(&row, staleness);
        row_end(&row);
    }
}

void results_write_check(ResultsWriter *writer, const ResultsCheck *check)
{
    Row row = row_begin(writer, RESULTS_CHECKED);

    row_text(&row, check->kind);
    row_text(&row, check->name);
    row_text(&row, check->labels != NULL ? check->labels : "");
    row_text(&row, check->condition != NULL ? check->condition : "");
    row_real(&row, check->observed);
    row_real(&row, check->low);
    row_real(&row, check->high);
    row_real(&row, check->margin);
    row_text(&row, check->verdict);
    row_text(&row, check->why != NULL ? check->why : "");
    row_int(&row, check->is_warning);
    row_end(&row);
}

/* --- merging -------------------------------------------------------------------------------- */

/* Copies in order of the key, or of writing. */
static void copy_rows(ResultsWriter *writer, sqlite3 *from, ResultsTableId table, const char *path)
{
    const char *verb = table == RESULTS_FACT ? "INSERT OR IGNORE" : "INSERT";
    g_autofree char *insert_sql = results_schema_insert_sql(&results_tables[table], verb);
    g_autofree char *select_sql = g_strconcat("SELECT * FROM ", results_tables[table].name, NULL);
    int columns = results_schema_count_columns(&results_tables[table]);
    sqlite3_stmt *insert = NULL;
    sqlite3_stmt *select = NULL;
    int code;

    writer_check(writer, sqlite3_prepare_v2(writer->database, insert_sql, -1, &insert, NULL));
    code = sqlite3_prepare_v2(from, select_sql, -1, &select, NULL);
    if (code == SQLITE_OK) {
        code = sqlite3_step(select);
    }
    while (code == SQLITE_ROW && writer->error == NULL) {
        for (int i = 0; i < columns; i++) {
            sqlite3_bind_value(insert, i + 1, sqlite3_column_value(select, i));
        }
        writer_check(writer, sqlite3_step(insert));
        sqlite3_reset(insert);
        code = sqlite3_step(select);
    }
    if (code != SQLITE_DONE && writer->error == NULL) {
        results_schema_set_error(&writer->error, from, code, "cannot read", path);
    }
    sqlite3_finalize(select);
    sqlite3_finalize(insert);
}

/* Whether the rows of a table are the campaign's and not a run's. */
static bool is_of_campaign(ResultsTableId table)
{
    return table == RESULTS_COMPONENT || table == RESULTS_METRIC;
}

bool results_write_merge(ResultsWriter *writer, const char *path, GError **error)
{
    sqlite3 *from = NULL;
    int code = sqlite3_open_v2(path, &from, SQLITE_OPEN_READONLY, NULL);

    if (code != SQLITE_OK) {
        results_schema_set_error(error, from, code, "cannot read", path);
    }
    if (code != SQLITE_OK || !results_schema_check(from, path, error)) {
        sqlite3_close(from);
        return false;
    }
    for (int i = 0; i < RESULTS_TABLE_COUNT && writer->error == NULL; i++) {
        ResultsTableId table = (ResultsTableId)i;

        if (!is_of_campaign(table) || !writer->has_components) {
            copy_rows(writer, from, table, path);
        }
    }
    writer->has_components = true;
    sqlite3_close(from);
    if (writer->error != NULL) {
        g_propagate_error(error, g_error_copy(writer->error));
        return false;
    }
    return true;
}
