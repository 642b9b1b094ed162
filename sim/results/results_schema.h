/* results_schema.h - the tables of a results file: the one list that makes them, documents them and
 * checks them. A file carries the version in `PRAGMA user_version` and explains itself: every
 * column stands with a comment in its CREATE statement (`.schema` of the sqlite3 shell) and as a
 * row of the table `documentation`. */
#pragma once

#include <glib.h>
#include <sqlite3.h>
#include <stdbool.h>

/* Goes up with every change of a table. */
#define RESULTS_SCHEMA_VERSION 2

/* "dcdr" in ASCII, the file's `PRAGMA application_id`. */
#define RESULTS_APPLICATION_ID 0x64636472

typedef enum ResultsError {
    RESULTS_ERROR_FAILED, /* cannot be read or written, disk full */
    RESULTS_ERROR_LOCKED, /* another process holds the file */
    RESULTS_ERROR_SCHEMA, /* not a results file, or one of another version */
} ResultsError;

#define RESULTS_ERROR (results_error_quark())
GQuark results_error_quark(void);

typedef struct ResultsColumn {
    const char *name, *type, *help; /* type: INTEGER, REAL, TEXT or BLOB, with NOT NULL if so */
} ResultsColumn;

/* Columns are in the order in which results_write binds them; the list ends with a NULL name. */
#define RESULTS_COLUMNS_MOST 13
typedef struct ResultsTable {
    const char *name, *help;
    const char *key; /* primary key, or NULL: then rows keep the order of writing */
    ResultsColumn columns[RESULTS_COLUMNS_MOST];
} ResultsTable;

/* Names for rows of results_tables. */
typedef enum ResultsTableId {
    RESULTS_FACT,
    RESULTS_COMPONENT,
    RESULTS_METRIC,
    RESULTS_RUN,
    RESULTS_PHASE,
    RESULTS_SAMPLE,
    RESULTS_HISTOGRAM,
    RESULTS_USERS,
    RESULTS_FAILURE,
    RESULTS_OCCURRENCE,
    RESULTS_FAULT,
    RESULTS_PROBE,
    RESULTS_TOTAL,
    RESULTS_FINDING,
    RESULTS_STALENESS,
    RESULTS_CHECKED,
    RESULTS_THEORY,
    RESULTS_TABLE_COUNT,
} ResultsTableId;

extern const ResultsTable results_tables[RESULTS_TABLE_COUNT];

/* How many columns a table has. */
int results_schema_count_columns(const ResultsTable *table);

/* "INSERT INTO name VALUES (?, ...)", with `verb` in place of "INSERT". Caller frees. */
char *results_schema_insert_sql(const ResultsTable *table, const char *verb);

/* Makes all tables, the documentation and the version in an empty database. */
bool results_schema_create(sqlite3 *database, GError **error);

/* Refuses a database that is not a results file of this version; `path` is for the message. */
bool results_schema_check(sqlite3 *database, const char *path, GError **error);

/* Sets `error` to what SQLite last complained of: "cannot write 'out/results.sqlite': disk full".
 * `doing` is "cannot write" or "cannot read". */
void results_schema_set_error(GError **error, sqlite3 *database, int code, const char *doing,
                              const char *path);
