/* scenario_method.h - activities: the steps of "method", "rollbacks" and the probes of the
 * steady-state hypothesis, each on its own. scenario_check.h looks at how they hang together. */
#pragma once

#include "sim/scenario/scenario_read.h"

/* Where an activity stands decides what it may say about its time. */
typedef enum ActivityPlace { IN_METHOD, IN_ROLLBACKS, IN_HYPOTHESIS } ActivityPlace;

/* Reads the array `tree` (may be NULL) into `activities`, which belong to `scenario`. */
void scenario_method_read(Scenario *scenario, const cJSON *tree, const char *section,
                          ActivityPlace place, GPtrArray *activities, DiagList *diags);
