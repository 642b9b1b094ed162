/* results_file.c - the file that results are written to: begun, gone on with, merged, closed. */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sim/results/results_inside.h"

/* --- the file ------------------------------------------------------------------------------- */

/* Keeps the first error. */
bool results_writer_check(ResultsWriter *writer, int code)
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
    return results_writer_check(writer, sqlite3_exec(writer->database, sql, NULL, NULL, NULL));
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
                            "PRAGMA main.journal_mode = OFF; PRAGMA main.synchronous = OFF;"
                            "PRAGMA main.locking_mode = EXCLUSIVE; PRAGMA cache_size = -16384;"
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
        return results_writer_check(writer, code);
    }
    if (is_stale) {
        close_part(writer);
        unlink(writer->part);
        code = open_part(writer);
    }
    writer->owns_part = (code & 0xff) != SQLITE_BUSY;
    return results_writer_check(writer, code);
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

        results_writer_check(writer, sqlite3_prepare_v3(writer->database, sql, -1,
                                                        SQLITE_PREPARE_PERSISTENT,
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
    int code = sqlite3_open_v2(path, &writer->database, SQLITE_OPEN_READWRITE, NULL);

    writer->is_in_place = true;
    if (results_writer_check(writer, code) &&
        results_schema_check(writer->database, path, &writer->error) &&
        writer_run(writer, "BEGIN IMMEDIATE; DELETE FROM checked; DELETE FROM theory")) {
        prepare_inserts(writer);
    }
    if (writer->error != NULL) {
        g_propagate_error(error, g_steal_pointer(&writer->error));
        results_write_free(writer);
        return NULL;
    }
    return writer;
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
    if (writer->error == NULL && !writer->is_in_place) {
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

void results_write_take_back(ResultsWriter *writer)
{
    static const ResultsTableId tables[] = {RESULTS_RUN, RESULTS_PHASE, RESULTS_FAULT};

    for (guint i = 0; i < G_N_ELEMENTS(tables) && writer->error == NULL; i++) {
        g_autofree char *sql = g_strdup_printf("DELETE FROM %s", results_tables[tables[i]].name);

        writer_run(writer, sql);
    }
}

/* --- merging -------------------------------------------------------------------------------- */

enum { EVERY_RUN = -1 };

/* Whether the rows of a table are alike in all runs of the campaign. */
static bool is_of_campaign(ResultsTableId table)
{
    return table == RESULTS_COMPONENT || table == RESULTS_METRIC;
}

/* Whether a table says something of all runs together. */
static bool is_of_all_runs(ResultsTableId table)
{
    return table == RESULTS_FACT || table == RESULTS_CHECKED || table == RESULTS_THEORY;
}

/* Copies in order of the key, or of writing, inside SQLite: several times as fast as row by row. */
static bool copy_rows(ResultsWriter *writer, ResultsTableId table, int run)
{
    const ResultsTable *def = &results_tables[table];
    g_autofree char *where = run == EVERY_RUN || is_of_campaign(table)
                                 ? g_strdup("")
                                 : g_strdup_printf("WHERE run = %d", run);
    g_autofree char *sql =
        g_strdup_printf("INSERT %s INTO main.%s SELECT * FROM part.%s %s ORDER BY %s",
                        table == RESULTS_FACT ? "OR IGNORE" : "", def->name, def->name, where,
                        def->key != NULL ? def->key : "rowid");

    return writer_run(writer, sql);
}

/* The other file is attached between transactions: the one written so far ends, a new one begins.
 * Nobody else knows the part file, so it does not matter that it is not one transaction. */
static void copy_all(ResultsWriter *writer, const char *path, int run)
{
    char *attach = sqlite3_mprintf("COMMIT; ATTACH %Q AS part; BEGIN EXCLUSIVE", path);
    bool is_attached = writer_run(writer, attach);

    sqlite3_free(attach);
    for (int i = 0; i < RESULTS_TABLE_COUNT && is_attached && writer->error == NULL; i++) {
        ResultsTableId table = (ResultsTableId)i;

        if ((!is_of_campaign(table) || !writer->has_components) &&
            (!is_of_all_runs(table) || run == EVERY_RUN)) {
            copy_rows(writer, table, run);
        }
    }
    if (is_attached && writer->error == NULL) {
        writer_run(writer, "COMMIT; DETACH part; BEGIN EXCLUSIVE");
    }
}

static bool check_schema(const char *path, GError **error)
{
    sqlite3 *database = NULL;
    int code = sqlite3_open_v2(path, &database, SQLITE_OPEN_READONLY, NULL);
    bool is_good = false;

    if (code != SQLITE_OK) {
        results_schema_set_error(error, database, code, "cannot read", path);
    } else {
        is_good = results_schema_check(database, path, error);
    }
    sqlite3_close(database);
    return is_good;
}

static bool merge(ResultsWriter *writer, const char *path, int run, GError **error)
{
    if (!check_schema(path, error)) {
        return false;
    }
    if (writer->error == NULL) {
        copy_all(writer, path, run);
        writer->has_components = true;
    }
    if (writer->error != NULL) {
        g_propagate_error(error, g_error_copy(writer->error));
        return false;
    }
    return true;
}

bool results_write_merge(ResultsWriter *writer, const char *path, GError **error)
{
    return merge(writer, path, EVERY_RUN, error);
}

bool results_write_merge_run(ResultsWriter *writer, const char *path, int run, GError **error)
{
    g_assert_cmpint(run, >=, 0);
    return merge(writer, path, run, error);
}
