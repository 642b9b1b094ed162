/* trial.h - one replication of a scenario that a test made up, in this process, and the rows that
 * it left behind. What the scenario carries under "x-zone" and "x-checks" is written beside it as
 * "zone.json" and "health-checks.json". Streams can be given to renamed components as if they had
 * their old names. */
#pragma once

#include <cjson/cJSON.h>
#include <glib.h>
#include <stdbool.h>

typedef struct Trial Trial;

/* Runs replication `run`; never NULL. */
Trial *trial_run(const cJSON *scenario, int run);
void trial_free(Trial *trial);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Trial, trial_free)

/* What the reader said against the scenario, or NULL when it was run. */
const char *trial_complaints(const Trial *trial);

/* What the run said of itself when it did not end, like a broken law; NULL when it ended. */
const char *trial_broken(const Trial *trial);

/* The rows of `sql` as "table|value|..." with `table` before each; real numbers with 17 digits,
 * blobs as a hash. Appends to `rows`, which own their texts. */
void trial_select(const Trial *trial, const char *table, const char *sql, GPtrArray *rows);

/* What all tables hold but the facts of the campaign and what documents them. Caller unrefs. */
GPtrArray *trial_rows(const Trial *trial);

/* The same without what tells of faults, phases and events, and without the two metrics of the
 * faults themselves, 'down' and 'impaired'. Caller unrefs. */
GPtrArray *trial_measured_rows(const Trial *trial);

/* NULL when both hold the same, or else the first rows that differ. Caller frees. */
char *trial_difference(const GPtrArray *one, const GPtrArray *other);

/* While they stand, a component whose name holds `names[i][1]` draws as if it stood `names[i][0]`.
 * Ends with {NULL, NULL}; NULL for none. */
typedef const char *TrialName[2];
void trial_alias(const TrialName *names);

/* `text` with each `names[i][from]` replaced by the other. Caller frees. */
char *trial_rename(const char *text, const TrialName *names, int from);
