/* basis.h - what the answer of a study rests on, for its report: which system under which load,
 * each setting with the file that says so, and what the models leave out. Read from the scenario
 * alone. */
#pragma once

#include <cjson/cJSON.h>

#include "sim/study/study.h"

/* { "version", "description", "simulation", "sites", "groups", "settings", "left_out" }. NULL and
 * `error` when the scenario cannot be read. Caller deletes. */
cJSON *basis_to_json(const Study *study, const char *path, GError **error);
