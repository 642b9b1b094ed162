/* scenario_read.h - a scenario file to plain data: extends (RFC 7396), patch (RFC 6902), variables,
 * --set; every mistake in one pass, each with its place in the file that wrote the value. */
#pragma once

#include "sim/scenario/scenario.h"
#include "sim/world/component.h"

/* What the command line adds. Arrays end with NULL; each may be NULL. */
typedef struct ScenarioChanges {
    const char *const *vars; /* "peak_rate=2750" */
    const char *const *var_files;
    const char *const
        *sets;        /* "/load/users/rate=3000": the value is JSON, or else taken as a string */
    const char *seed; /* NULL: as the file says */
    int64_t replications;    /* 0: as the file says */
    double confidence;       /* of thresholds that say none; 0: as they are by default */
    const cJSON *remembered; /* "configuration" of an earlier run, for variables of the environment;
                                or NULL */
} ScenarioChanges;

/* Reads, merges and checks `path` ("-": standard input) against the list of kinds. Messages go to
 * `diags`, made by scenario_diags_new. NULL when there was an error. */
Scenario *scenario_read(const char *path, const ScenarioChanges *changes, const Kind *const *kinds,
                        DiagList **diags);

/* "topologies/five-dc.json:12" or "--set" or "default"; the value's origin. Caller frees. */
char *scenario_origin(const Scenario *scenario, const cJSON *node);

/* A list that finds places of nodes of this scenario: for checks that come later (assembling). The
 * scenario outlives it. */
DiagList *scenario_diags_new(const Scenario *scenario);

/* The JSON Schema of scenario files, draft-07, from the same rows as the reader. Caller deletes. */
cJSON *scenario_schema(const Kind *const *kinds, bool overlay);
