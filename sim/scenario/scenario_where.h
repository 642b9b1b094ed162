/* scenario_where.h - "where": labels that an event or a component must have. */
#pragma once

#include "sim/scenario/scenario_read.h"

/* Reports labels of `where` (may be NULL) that the event has not, and values that they cannot have.
 * `note` NULL: labels of components only. */
void scenario_where_check(const Scenario *scenario, const NoteDef *note, const cJSON *where,
                          DiagList *diags);
