/* trial.c - one replication of a scenario that a test made up. */
#include "tests/property/trial.h"

#include <glib/gstdio.h>
#include <sqlite3.h>
#include <string.h>
#include <unistd.h>

#include "sim/base/rng.h"
#include "sim/config/json_place.h"
#include "sim/results/results_schema.h"
#include "sim/run/run.h"
#include "sim/scenario/scenario_read.h"

extern const Kind *const all_kinds[]; /* build/kinds.c, generated */

struct Trial {
    char *folder, *complaints, *broken;
    sqlite3 *database;
};

/* --- names ---------------------------------------------------------------------------------- */

static const TrialName *aliases;

void trial_alias(const TrialName *names)
{
    aliases = names;
}

char *trial_rename(const char *text, const TrialName *names, int from)
{
    GString *renamed = g_string_new(text);

    for (guint i = 0; names[i][0] != NULL; i++) {
        g_string_replace(renamed, names[i][from], names[i][1 - from], 0);
    }
    return g_string_free(renamed, false);
}

/* The linker lets these stand before the functions that they call, in programs that ask for it. */
void __real_rng_init(Rng *rng, uint64_t run_seed, const char *name);
void __wrap_rng_init(Rng *rng, uint64_t run_seed, const char *name);
uint64_t __real_rng_hash(const char *text);
uint64_t __wrap_rng_hash(const char *text);
int __wrap_fsync(int file);

void __wrap_rng_init(Rng *rng, uint64_t run_seed, const char *name)
{
    g_autofree char *alias = aliases != NULL ? trial_rename(name, aliases, 1) : g_strdup(name);

    __real_rng_init(rng, run_seed, alias);
}

uint64_t __wrap_rng_hash(const char *text)
{
    g_autofree char *alias = aliases != NULL ? trial_rename(text, aliases, 1) : g_strdup(text);

    return __real_rng_hash(alias);
}

/* Nothing here outlives the test. */
int __wrap_fsync(int file)
{
    (void)file;
    return 0;
}

/* --- running -------------------------------------------------------------------------------- */

static void write_json(const char *folder, const char *name, const cJSON *json)
{
    g_autofree char *path = g_build_filename(folder, name, NULL);
    char *text = json != NULL ? cJSON_Print(json) : NULL;

    if (text == NULL) {
        return;
    }
    g_assert_true(g_file_set_contents(path, text, -1, NULL));
    cJSON_free(text);
}

/* Puts what the scenario carries into files and runs it. NULL, or what was said against it;
 * `*broken` is what the run said of itself when it could not go on. */
static char *execute(const char *folder, const cJSON *json, int run, char **broken)
{
    g_autofree char *path = g_build_filename(folder, "scenario.json", NULL);
    g_autofree char *results = g_build_filename(folder, "results.sqlite", NULL);
    g_autoptr(GError) error = NULL;
    g_autoptr(DiagList) diags = NULL;

    write_json(folder, "scenario.json", json);
    write_json(folder, "zone.json", json_member(json, "x-zone"));
    write_json(folder, "health-checks.json", json_member(json, "x-checks"));
    g_autoptr(Scenario) scenario = scenario_read(path, NULL, all_kinds, &diags);
    RunOrder order = {.scenario = scenario, .kinds = all_kinds, .run = run, .path = results};
    bool is_done = scenario != NULL && run_execute(&order, diags, &error);

    if (error != NULL) {
        *broken = g_strdup(error->message);
    }
    if (is_done || error != NULL) {
        return NULL;
    }
    return diag_list_to_text(diags);
}

Trial *trial_run(const cJSON *json, int run)
{
    Trial *trial = g_new0(Trial, 1);
    g_autofree char *results = NULL;

    trial->folder = g_dir_make_tmp("dcdrill-trial-XXXXXX", NULL);
    g_assert_nonnull(trial->folder);
    results = g_build_filename(trial->folder, "results.sqlite", NULL);
    trial->complaints = execute(trial->folder, json, run, &trial->broken);
    if (trial->complaints == NULL && trial->broken == NULL) {
        g_assert_cmpint(sqlite3_open_v2(results, &trial->database, SQLITE_OPEN_READONLY, NULL), ==,
                        SQLITE_OK);
    }
    return trial;
}

void trial_free(Trial *trial)
{
    static const char *const names[] = {"scenario.json", "zone.json", "health-checks.json",
                                        "results.sqlite"};

    if (trial == NULL) {
        return;
    }
    sqlite3_close(trial->database);
    for (guint i = 0; i < G_N_ELEMENTS(names); i++) {
        g_autofree char *path = g_build_filename(trial->folder, names[i], NULL);

        g_unlink(path);
    }
    g_rmdir(trial->folder);
    g_free(trial->folder);
    g_free(trial->complaints);
    g_free(trial->broken);
    g_free(trial);
}

const char *trial_complaints(const Trial *trial)
{
    return trial->complaints;
}

const char *trial_broken(const Trial *trial)
{
    return trial->broken;
}

/* --- rows ----------------------------------------------------------------------------------- */

static uint64_t hash_bytes(const unsigned char *bytes, int size)
{
    uint64_t hash = 14695981039346656037u;

    for (int i = 0; i < size; i++) {
        hash = (hash ^ bytes[i]) * 1099511628211u;
    }
    return hash;
}

static void append_value(GString *row, sqlite3_stmt *select, int column)
{
    switch (sqlite3_column_type(select, column)) {
    case SQLITE_FLOAT:
        g_string_append_printf(row, "|%.17g", sqlite3_column_double(select, column));
        return;
    case SQLITE_BLOB:
        g_string_append_printf(
            row, "|%016" G_GINT64_MODIFIER "x",
            hash_bytes(sqlite3_column_blob(select, column), sqlite3_column_bytes(select, column)));
        return;
    default:
        g_string_append_printf(row, "|%s", (const char *)sqlite3_column_text(select, column));
    }
}

void trial_select(const Trial *trial, const char *table, const char *sql, GPtrArray *rows)
{
    sqlite3_stmt *select = NULL;

    g_assert_cmpint(sqlite3_prepare_v2(trial->database, sql, -1, &select, NULL), ==, SQLITE_OK);
    while (sqlite3_step(select) == SQLITE_ROW) {
        GString *row = g_string_new(table);

        for (int i = 0; i < sqlite3_column_count(select); i++) {
            append_value(row, select, i);
        }
        g_ptr_array_add(rows, g_string_free(row, false));
    }
    sqlite3_finalize(select);
}

static void select_table(const Trial *trial, ResultsTableId id, GPtrArray *rows)
{
    const ResultsTable *table = &results_tables[id];
    g_autofree char *sql = g_strdup_printf("SELECT * FROM %s ORDER BY %s", table->name,
                                           table->key != NULL ? table->key : "rowid");

    trial_select(trial, table->name, sql, rows);
}

GPtrArray *trial_rows(const Trial *trial)
{
    GPtrArray *rows = g_ptr_array_new_with_free_func(g_free);

    for (int i = 0; i < RESULTS_TABLE_COUNT; i++) {
        if (i != RESULTS_FACT) {
            select_table(trial, (ResultsTableId)i, rows);
        }
    }
    return rows;
}

GPtrArray *trial_measured_rows(const Trial *trial)
{
    static const ResultsTableId tables[] = {RESULTS_COMPONENT, RESULTS_HISTOGRAM,
                                            RESULTS_USERS,     RESULTS_FAILURE,
                                            RESULTS_TOTAL,     RESULTS_STALENESS};
    GPtrArray *rows = g_ptr_array_new_with_free_func(g_free);

    trial_select(trial, "sample",
                 "SELECT c.name, m.name, s.time_ns, s.value, s.most FROM sample s JOIN component c "
                 "ON c.id = s.component JOIN metric m ON m.id = s.metric WHERE m.name NOT IN "
                 "('down', 'impaired') ORDER BY 3, 1, 2",
                 rows);

    for (guint i = 0; i < G_N_ELEMENTS(tables); i++) {
        select_table(trial, tables[i], rows);
    }
    return rows;
}

char *trial_difference(const GPtrArray *one, const GPtrArray *other)
{
    for (guint i = 0; i < MAX(one->len, other->len); i++) {
        const char *left = i < one->len ? g_ptr_array_index(one, i) : "(no more)";
        const char *right = i < other->len ? g_ptr_array_index(other, i) : "(no more)";

        if (strcmp(left, right) != 0) {
            return g_strdup_printf("  - %s\n  + %s\n", left, right);
        }
    }
    return NULL;
}
