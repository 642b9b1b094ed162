/* scenario_merge.h - a scenario file and all it builds on, as one tree.
 * "extends" merges left to right (RFC 7396), then comes the file's own text over it, then its
 * "patch" (RFC 6902); at the end variable files, --var, --set and the seed, and the variables are
 * put in. */
#pragma once

#include "sim/scenario/scenario_origins.h"
#include "sim/scenario/scenario_read.h"

/* The one format of scenario files. */
#define SCENARIO_VERSION "1"

/* How many files may extend each other in a row. */
#define MERGE_DEPTH 8

/* The resolved document, or NULL when the file itself cannot be read. Other mistakes are reported
 * and worked around, so that later checks can find more. `changes` may be NULL. Caller deletes. */
cJSON *scenario_merge(const char *path, const ScenarioChanges *changes, Origins *origins,
                      DiagList *diags);

/* `path` seen from the folder of `file` ("-" and NULL: from where the program runs), with "." and
 * ".." worked in. Caller frees. */
char *scenario_merge_path(const char *file, const char *path);
