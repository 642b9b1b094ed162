/* result_folder.h - output directories below a folder, and the baselines that belong to them. */
#pragma once

#include "sim/results/regression/regression.h"

/* One output directory. `name` is its path below the folder ("drills/dc03-lost"), or the scenario's
 * name when the folder is an output directory itself. */
typedef struct ResultFolder {
    char *name, *path;
} ResultFolder;

/* All below `folder` in order of name. NULL and `error` when there are none. Caller unrefs. */
GPtrArray *result_folders_find(const char *folder, GError **error);

/* The baseline that stands for `name` in a folder of baselines: "folder/name.baseline.json". Caller
 * frees. */
char *result_baseline_path(const char *folder, const char *name);

/* The names that a folder of baselines has a file for, in order. Caller unrefs the array of texts.
 */
GPtrArray *result_baseline_names(const char *folder);

/* Reads an output directory as a baseline: with the metrics that `like` keeps, or, when it is NULL,
 * with all that are known and those of the scenario's thresholds. NULL and `error` when it cannot
 * be read. */
Baseline *result_folder_read(const char *path, const Baseline *like, GError **error);

/* Why the change to `fingerprint` was declared in "folder/declared.json", or NULL; and adds such a
 * declaration. Caller frees. */
char *result_declared(const char *folder, const char *name, uint64_t fingerprint, GError **error);
bool result_declare(const char *folder, const char *name, uint64_t fingerprint, const char *why,
                    GError **error);
