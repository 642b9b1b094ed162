/* test_results_write.c - a results file comes whole or not at all. */
#include "sim/results/results_write.h"

#include <glib/gstdio.h>
#include <math.h>
#include <sqlite3.h>

#include "sim/results/results_read.h"
#include "sim/results/results_schema.h"
#include "tests/support/suite.h"

/* --- a disk that fails at the n-th write ---------------------------------------------------- */

typedef struct FailingFile {
    sqlite3_file base;
    sqlite3_file *real;
} FailingFile;

static struct {
    sqlite3_vfs vfs;
    sqlite3_vfs *real;
    sqlite3_io_methods methods;
    int writes, fail_at, code; /* fail_at 0: never */
} disk;

static sqlite3_file *real_of(sqlite3_file *file)
{
    return ((FailingFile *)file)->real;
}

static int disk_close(sqlite3_file *file)
{
    int code = real_of(file)->pMethods->xClose(real_of(file));

    g_free(real_of(file));
    return code;
}

static int disk_read(sqlite3_file *file, void *bytes, int size, sqlite3_int64 offset)
{
    return real_of(file)->pMethods->xRead(real_of(file), bytes, size, offset);
}

static int disk_write(sqlite3_file *file, const void *bytes, int size, sqlite3_int64 offset)
{
    disk.writes++;
    if (disk.fail_at > 0 && disk.writes >= disk.fail_at) {
        return disk.code;
    }
    return real_of(file)->pMethods->xWrite(real_of(file), bytes, size, offset);
}

static int disk_truncate(sqlite3_file *file, sqlite3_int64 size)
{
    return real_of(file)->pMethods->xTruncate(real_of(file), size);
}

static int disk_sync(sqlite3_file *file, int flags)
{
    return real_of(file)->pMethods->xSync(real_of(file), flags);
}

static int disk_size(sqlite3_file *file, sqlite3_int64 *size)
{
    return real_of(file)->pMethods->xFileSize(real_of(file), size);
}

static int disk_lock(sqlite3_file *file, int level)
{
    return real_of(file)->pMethods->xLock(real_of(file), level);
}

static int disk_unlock(sqlite3_file *file, int level)
{
    return real_of(file)->pMethods->xUnlock(real_of(file), level);
}

static int disk_is_reserved(sqlite3_file *file, int *is_reserved)
{
    return real_of(file)->pMethods->xCheckReservedLock(real_of(file), is_reserved);
}

static int disk_control(sqlite3_file *file, int operation, void *argument)
{
    return real_of(file)->pMethods->xFileControl(real_of(file), operation, argument);
}

static int disk_sector(sqlite3_file *file)
{
    return real_of(file)->pMethods->xSectorSize(real_of(file));
}

static int disk_traits(sqlite3_file *file)
{
    return real_of(file)->pMethods->xDeviceCharacteristics(real_of(file));
}

static int disk_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags,
                     int *flags_out)
{
    FailingFile *failing = (FailingFile *)file;
    int code;

    (void)vfs;
    failing->real = g_malloc0((gsize)disk.real->szOsFile);
    code = disk.real->xOpen(disk.real, name, failing->real, flags, flags_out);
    if (code != SQLITE_OK) {
        g_clear_pointer(&failing->real, g_free);
        return code;
    }
    failing->base.pMethods = &disk.methods;
    return SQLITE_OK;
}

static void disk_install(int fail_at, int code)
{
    disk.real = sqlite3_vfs_find(NULL);
    disk.vfs = *disk.real;
    disk.vfs.zName = "failing";
    disk.vfs.szOsFile = sizeof(FailingFile);
    disk.vfs.xOpen = disk_open;
    disk.vfs.pNext = NULL;
    disk.methods = (sqlite3_io_methods){
        .iVersion = 1,
        .xClose = disk_close,
        .xRead = disk_read,
        .xWrite = disk_write,
        .xTruncate = disk_truncate,
        .xSync = disk_sync,
        .xFileSize = disk_size,
        .xLock = disk_lock,
        .xUnlock = disk_unlock,
        .xCheckReservedLock = disk_is_reserved,
        .xFileControl = disk_control,
        .xSectorSize = disk_sector,
        .xDeviceCharacteristics = disk_traits,
    };
    disk.writes = 0;
    disk.fail_at = fail_at;
    disk.code = code;
    sqlite3_vfs_register(&disk.vfs, 1);
}

static void disk_remove(void)
{
    sqlite3_vfs_unregister(&disk.vfs);
    sqlite3_vfs_register(disk.real, 1);
}

/* --- a campaign in small -------------------------------------------------------------------- */

static char *directory; /* of this test, empty at its begin */

static void make_directory(void)
{
    directory = g_dir_make_tmp("dcdrill-XXXXXX", NULL);
}

static void remove_directory(void)
{
    GDir *dir = g_dir_open(directory, 0, NULL);
    const char *name;

    while ((name = g_dir_read_name(dir)) != NULL) {
        g_autofree char *path = g_build_filename(directory, name, NULL);

        g_unlink(path);
    }
    g_dir_close(dir);
    g_rmdir(directory);
    g_clear_pointer(&directory, g_free);
}

static char *path_of(const char *name)
{
    return g_build_filename(directory, name, NULL);
}

static guint count_files(void)
{
    GDir *dir = g_dir_open(directory, 0, NULL);
    guint count = 0;

    while (g_dir_read_name(dir) != NULL) {
        count++;
    }
    g_dir_close(dir);
    return count;
}

/* Some of everything, of replication `run`, with `seconds` of users. */
static void write_all(ResultsWriter *writer, int run, int seconds)
{
    g_autoptr(Histogram) latency = histogram_new();

    histogram_add_many(latency, 20 * SIM_MS, 90);
    results_write_fact(writer, "title", "A drill");
    results_write_component(writer, 0, "host@DC03-db1", "host", "DC03", "db", "DC03-db1", NULL);
    results_write_metric(writer, 0, "utilisation", "gauge", "ratio", "Share of its CPU");
    results_write_metric(writer, 1, "refused", "counter", "1", "Connections refused");
    results_write_run(writer, &(ResultsRun){.run = run,
                                            .seed = UINT64_MAX,
                                            .fingerprint = 0x12ab,
                                            .events = 77,
                                            .requests = 100,
                                            .simulated = 70 * SIM_S,
                                            .ended = "completed"});
    results_write_phase(writer, run, "warmup", -SIM_S, 0);
    results_write_phase(writer, run, "baseline", 0, seconds * SIM_S);
    for (int i = 0; i < seconds; i++) {
        results_write_sample(writer, run, 0, 0, i * SIM_S, 0.25 * (i % 3), 0.5 * (i % 3));
        results_write_histogram(writer, run, 0, 1, i * SIM_S, latency);
        results_write_users(writer, &(ResultsUsers){.run = run,
                                                    .time = i * SIM_S,
                                                    .client = "users",
                                                    .region = "Europe central",
                                                    .dc = i % 2 == 0 ? "DC03" : NULL,
                                                    .ok = 90,
                                                    .failed = 10,
                                                    .attempts = 120,
                                                    .latency = latency});
        results_write_failure(writer, run, i * SIM_S, "users", "Europe central", "DC03", "http-503",
                              10);
    }
    results_write_occurrence(writer, &(ResultsOccurrence){.run = run,
                                                          .event = "route53.health-changed",
                                                          .component = "route53",
                                                          .label1 = "dc",
                                                          .value1 = "DC03",
                                                          .label2 = "to",
                                                          .value2 = "unhealthy",
                                                          .count = 2,
                                                          .first = SIM_S,
                                                          .last = 2 * SIM_S});
    results_write_fault(writer, &(ResultsFault){.run = run,
                                                .name = "lose-dc03",
                                                .func = "dc.outage",
                                                .targets_text = "host@DC03-db1",
                                                .applied = SIM_S,
                                                .lifted = SIM_NEVER,
                                                .targets = 6,
                                                .bit = 5});
    results_write_probe(writer, &(ResultsProbe){run, "traffic", SIM_S, NAN, false, false});
    results_write_total(writer, run, "writes_acked", 60);
    results_write_finding(writer, run, "staleness-bound", SIM_S, 2.5, "key 7 was 2.5 s old");
    results_write_staleness(writer, run, latency);
}

static void write_file(const char *path, int run, int seconds)
{
    g_autoptr(GError) error = NULL;
    ResultsWriter *writer = results_write_new(path, &error);

    ck_assert_msg(writer != NULL, "%s", error != NULL ? error->message : "");
    write_all(writer, run, seconds);
    ck_assert_msg(results_write_close(writer, &error), "%s", error != NULL ? error->message : "");
}

/* --- tests ---------------------------------------------------------------------------------- */

START_TEST(what_is_written_is_read_back)
{
    g_autofree char *path = path_of("r.sqlite");
    g_autoptr(GError) error = NULL;
    g_autoptr(Results) results = NULL;
    g_autoptr(Histogram) staleness = NULL;
    guint count;

    write_file(path, 3, 4);
    ck_assert_uint_eq(count_files(), 1);
    results = results_open(path, &error);
    ck_assert_msg(results != NULL, "%s", error != NULL ? error->message : "");
    ck_assert_str_eq(results_fact(results, "title"), "A drill");
    ck_assert_ptr_null(results_fact(results, "absent"));
    ck_assert_uint_eq(results_runs(results, &count)[0].seed, UINT64_MAX);
    ck_assert_uint_eq(results_runs(results, &count)[0].fingerprint, 0x12ab);
    ck_assert_int_eq(results_runs(results, &count)[0].run, 3);
    ck_assert_ptr_null(results_components(results, &count)[0].region);
    ck_assert_str_eq(results_metrics(results, &count)[1].name, "refused");
    ck_assert_int_eq(results_phases(results, &count)[0].begin, -SIM_S);
    ck_assert_str_eq(results_occurrences(results, &count)[0].value2, "unhealthy");
    ck_assert_int_eq(results_faults(results, &count)[0].lifted, SIM_NEVER);
    ck_assert(isnan(results_probes(results, &count)[0].value));
    ck_assert_double_eq(results_total(results, 3, "writes_acked"), 60);
    ck_assert_str_eq(results_findings(results, &count)[0].proof, "key 7 was 2.5 s old");
    ck_assert_uint_eq(results_cells(results, &count)[1].attempts, 120);
    ck_assert_uint_eq(count, 4);
    ck_assert_str_eq(results_cells(results, &count)[1].dc, "");
    staleness = results_staleness(results, 3);
    ck_assert_uint_eq(histogram_count(staleness), 90);
    ck_assert(results_is_whole(results, NULL));
}
END_TEST

static int query_int(const char *path, const char *sql)
{
    sqlite3 *database = NULL;
    sqlite3_stmt *statement = NULL;
    int value;

    ck_assert_int_eq(sqlite3_open(path, &database), SQLITE_OK);
    ck_assert_int_eq(sqlite3_prepare_v2(database, sql, -1, &statement, NULL), SQLITE_OK);
    ck_assert_int_eq(sqlite3_step(statement), SQLITE_ROW);
    value = sqlite3_column_int(statement, 0);
    sqlite3_finalize(statement);
    sqlite3_close(database);
    return value;
}

START_TEST(every_table_is_strict_and_every_column_documented)
{
    g_autofree char *path = path_of("r.sqlite");

    write_file(path, 0, 1);
    ck_assert_int_eq(query_int(path, "SELECT count(*) FROM pragma_table_list WHERE NOT strict "
                                     "AND schema = 'main' AND name NOT LIKE 'sqlite_%'"),
                     0);
    ck_assert_int_eq(
        query_int(path, "SELECT count(*) FROM pragma_table_list AS t, pragma_table_info(t.name) "
                        "AS c WHERE t.name NOT LIKE 'sqlite_%' AND t.name <> 'documentation' AND "
                        "NOT EXISTS (SELECT 1 FROM documentation WHERE table_name = t.name AND "
                        "column_name = c.name AND help <> '')"),
        0);
    ck_assert_int_eq(query_int(path, "SELECT count(*) FROM documentation WHERE column_name = ''"),
                     RESULTS_TABLE_COUNT);
    ck_assert_int_eq(query_int(path, "SELECT instr(sql, '-- Why it ended so') > 0 FROM "
                                     "sqlite_schema WHERE name = 'run'"),
                     1);
}
END_TEST

START_TEST(intervals_of_zero_are_left_out_but_the_first)
{
    g_autofree char *path = path_of("r.sqlite");

    write_file(path, 0, 7);
    ck_assert_int_eq(query_int(path, "SELECT count(*) FROM sample"), 5);
    ck_assert_int_eq(query_int(path, "SELECT count(*) FROM sample WHERE value = 0"), 1);
}
END_TEST

START_TEST(a_disk_full_at_any_write_leaves_nothing_behind)
{
    g_autofree char *path = path_of("r.sqlite");
    int writes;

    disk_install(0, SQLITE_FULL);
    write_file(path, 0, 40);
    disk_remove();
    writes = disk.writes;
    ck_assert_int_gt(writes, 10);
    g_unlink(path);
    for (int n = 1; n <= writes; n++) {
        g_autoptr(GError) error = NULL;
        ResultsWriter *writer;
        bool is_closed = false;

        disk_install(n, SQLITE_FULL);
        writer = results_write_new(path, &error);
        if (writer != NULL) {
            write_all(writer, 0, 40);
            is_closed = results_write_close(writer, &error);
        }
        disk_remove();
        ck_assert_msg(!is_closed, "write %d of %d", n, writes);
        ck_assert_msg(g_str_has_suffix(error->message, "r.sqlite': the disk is full"), "%s",
                      error->message);
        ck_assert_uint_eq(count_files(), 0);
    }
}
END_TEST

START_TEST(an_earlier_file_outlives_a_failed_one)
{
    g_autofree char *path = path_of("r.sqlite");
    g_autoptr(GError) error = NULL;
    ResultsWriter *writer;

    write_file(path, 0, 3);
    disk_install(12, SQLITE_IOERR_WRITE);
    writer = results_write_new(path, &error);
    if (writer != NULL) {
        write_all(writer, 0, 40);
        ck_assert(!results_write_close(writer, &error));
    }
    disk_remove();
    ck_assert_msg(strstr(error->message, "cannot write") != NULL, "%s", error->message);
    ck_assert_uint_eq(count_files(), 1);
    ck_assert_int_eq(query_int(path, "SELECT count(*) FROM users"), 3);
}
END_TEST

START_TEST(a_file_that_another_process_holds_is_refused)
{
    g_autofree char *path = path_of("r.sqlite");
    g_autoptr(GError) error = NULL;
    sqlite3 *other = NULL;

    write_file(path, 0, 3);
    ck_assert_int_eq(sqlite3_open(path, &other), SQLITE_OK);
    ck_assert_int_eq(sqlite3_exec(other, "BEGIN EXCLUSIVE", NULL, NULL, NULL), SQLITE_OK);
    ck_assert_ptr_null(results_write_new(path, &error));
    ck_assert_msg(g_error_matches(error, RESULTS_ERROR, RESULTS_ERROR_LOCKED), "%s",
                  error->message);
    ck_assert_msg(strstr(error->message, "another process holds it locked") != NULL, "%s",
                  error->message);
    sqlite3_close(other);
    ck_assert_uint_eq(count_files(), 1);
}
END_TEST

START_TEST(a_file_in_the_making_is_not_taken_from_its_writer)
{
    g_autofree char *path = path_of("r.sqlite");
    g_autoptr(GError) error = NULL;
    ResultsWriter *first = results_write_new(path, &error);

    ck_assert_ptr_nonnull(first);
    ck_assert_ptr_null(results_write_new(path, &error));
    ck_assert(g_error_matches(error, RESULTS_ERROR, RESULTS_ERROR_LOCKED));
    g_clear_error(&error);
    write_all(first, 0, 2);
    ck_assert_msg(results_write_close(first, &error), "%s", error != NULL ? error->message : "");
    ck_assert_int_eq(query_int(path, "SELECT count(*) FROM users"), 2);
}
END_TEST

START_TEST(what_a_crashed_writer_left_gives_way)
{
    g_autofree char *path = path_of("r.sqlite");
    g_autofree char *part = path_of("r.sqlite.part");

    ck_assert(g_file_set_contents(part, "half a file of a crashed run", -1, NULL));
    write_file(path, 0, 2);
    ck_assert_uint_eq(count_files(), 1);
    ck_assert_int_eq(query_int(path, "SELECT count(*) FROM users"), 2);
}
END_TEST

START_TEST(a_directory_that_is_not_there_is_named)
{
    g_autofree char *path = path_of("absent/r.sqlite");
    g_autoptr(GError) error = NULL;

    ck_assert_ptr_null(results_write_new(path, &error));
    ck_assert_msg(strstr(error->message, "absent/r.sqlite': unable to open") != NULL, "%s",
                  error->message);
}
END_TEST

START_TEST(merging_appends_runs_and_keeps_one_list_of_components)
{
    g_autofree char *path = path_of("all.sqlite");
    g_autofree char *first = path_of("0.sqlite");
    g_autofree char *second = path_of("1.sqlite");
    g_autoptr(GError) error = NULL;
    ResultsWriter *writer;

    write_file(first, 0, 4);
    write_file(second, 1, 6);
    writer = results_write_new(path, &error);
    results_write_fact(writer, "title", "The campaign");
    ck_assert_msg(results_write_merge(writer, first, &error), "%s", error ? error->message : "");
    ck_assert_msg(results_write_merge(writer, second, &error), "%s", error ? error->message : "");
    ck_assert(results_write_close(writer, &error));
    ck_assert_int_eq(query_int(path, "SELECT count(*) FROM users"), 10);
    ck_assert_int_eq(query_int(path, "SELECT count(*) FROM run"), 2);
    ck_assert_int_eq(query_int(path, "SELECT count(*) FROM component"), 1);
    ck_assert_int_eq(query_int(path, "SELECT count(*) FROM fact WHERE value = 'The campaign'"), 1);
    ck_assert_int_eq(query_int(path, "SELECT count(*) FROM fact"), 1);
    ck_assert_int_eq(query_int(path, "SELECT count(*) FROM staleness"), 2);
}
END_TEST

/* Judges a file: one check after another, failing or not. */
static bool add_check(const char *path, const char *name, GError **error)
{
    ResultsWriter *writer = results_write_again(path, error);

    if (writer == NULL) {
        return false;
    }
    results_write_check(writer,
                        &(ResultsCheck){.kind = "threshold", .name = name, .verdict = "pass"});
    return results_write_close(writer, error);
}

START_TEST(checks_of_a_second_judgement_take_the_place_of_the_first)
{
    g_autofree char *path = path_of("r.sqlite");
    g_autoptr(GError) error = NULL;

    write_file(path, 0, 3);
    ck_assert_msg(add_check(path, "first", &error), "%s", error ? error->message : "");
    ck_assert(add_check(path, "second", &error));
    ck_assert_int_eq(query_int(path, "SELECT count(*) FROM checked"), 1);
    ck_assert_int_eq(query_int(path, "SELECT count(*) FROM checked WHERE name = 'second'"), 1);
    ck_assert_int_eq(query_int(path, "SELECT count(*) FROM users"), 3);
    ck_assert_uint_eq(count_files(), 1);
}
END_TEST

START_TEST(a_judgement_on_a_full_disk_leaves_the_earlier_one)
{
    g_autofree char *path = path_of("r.sqlite");
    int writes;

    write_file(path, 0, 3);
    disk_install(0, SQLITE_FULL);
    ck_assert(add_check(path, "first", NULL));
    disk_remove();
    writes = disk.writes;
    ck_assert_int_gt(writes, 2);
    for (int n = 1; n <= writes; n++) {
        g_autoptr(GError) error = NULL;
        bool is_added;

        disk_install(n, SQLITE_FULL);
        is_added = add_check(path, "second", &error);
        disk_remove();
        ck_assert_msg(!is_added, "write %d of %d", n, writes);
        ck_assert_ptr_nonnull(strstr(error->message, "the disk is full"));
        ck_assert_int_eq(query_int(path, "SELECT count(*) FROM checked WHERE name = 'first'"), 1);
        ck_assert_int_eq(query_int(path, "SELECT count(*) FROM users"), 3);
        ck_assert_uint_eq(count_files(), 1);
    }
}
END_TEST

START_TEST(a_replication_that_comes_twice_is_refused)
{
    g_autofree char *path = path_of("all.sqlite");
    g_autofree char *first = path_of("0.sqlite");
    g_autoptr(GError) error = NULL;
    ResultsWriter *writer;

    write_file(first, 0, 4);
    writer = results_write_new(path, &error);
    ck_assert(results_write_merge(writer, first, &error));
    ck_assert(!results_write_merge(writer, first, &error));
    ck_assert_msg(strstr(error->message, "run.run") != NULL, "%s", error->message);
    results_write_free(writer);
    ck_assert_uint_eq(count_files(), 1);
}
END_TEST

START_TEST(a_file_of_another_kind_or_version_is_refused)
{
    g_autofree char *path = path_of("other.sqlite");
    g_autofree char *text = path_of("text.sqlite");
    g_autofree char *old = path_of("old.sqlite");
    g_autoptr(GError) error = NULL;
    sqlite3 *database = NULL;

    sqlite3_open(path, &database);
    sqlite3_exec(database, "CREATE TABLE run (run)", NULL, NULL, NULL);
    sqlite3_close(database);
    ck_assert_ptr_null(results_open(path, &error));
    ck_assert_msg(strstr(error->message, "is not a results file") != NULL, "%s", error->message);
    g_clear_error(&error);
    ck_assert(g_file_set_contents(text, "no database at all, but long enough to look", -1, NULL));
    ck_assert_ptr_null(results_open(text, &error));
    ck_assert_msg(strstr(error->message, "is not a results file") != NULL, "%s", error->message);
    g_clear_error(&error);
    write_file(old, 0, 1);
    sqlite3_open(old, &database);
    sqlite3_exec(database, "PRAGMA user_version = 99", NULL, NULL, NULL);
    sqlite3_close(database);
    ck_assert_ptr_null(results_open(old, &error));
    ck_assert_msg(strstr(error->message, "schema version 99") != NULL, "%s", error->message);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("results_write");
    TCase *tests = tcase_create("results_write");

    tcase_add_checked_fixture(tests, make_directory, remove_directory);
    tcase_add_test(tests, what_is_written_is_read_back);
    tcase_add_test(tests, every_table_is_strict_and_every_column_documented);
    tcase_add_test(tests, intervals_of_zero_are_left_out_but_the_first);
    tcase_add_test(tests, a_disk_full_at_any_write_leaves_nothing_behind);
    tcase_add_test(tests, an_earlier_file_outlives_a_failed_one);
    tcase_add_test(tests, a_file_that_another_process_holds_is_refused);
    tcase_add_test(tests, a_file_in_the_making_is_not_taken_from_its_writer);
    tcase_add_test(tests, what_a_crashed_writer_left_gives_way);
    tcase_add_test(tests, a_directory_that_is_not_there_is_named);
    tcase_add_test(tests, merging_appends_runs_and_keeps_one_list_of_components);
    tcase_add_test(tests, checks_of_a_second_judgement_take_the_place_of_the_first);
    tcase_add_test(tests, a_judgement_on_a_full_disk_leaves_the_earlier_one);
    tcase_add_test(tests, a_replication_that_comes_twice_is_refused);
    tcase_add_test(tests, a_file_of_another_kind_or_version_is_refused);
    suite_add_tcase(suite, tests);
    return suite;
}
