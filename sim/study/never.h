/* never.h - thresholds that hold nowhere, whatever is simulated: a search for what holds must not
 * begin with them. */
#pragma once

#include "sim/config/diag.h"
#include "sim/scenario/scenario.h"

/* Reports, at their own lines, thresholds below 0 of what is never negative, those above 1 of
 * shares, and each that contradicts an earlier one of the same figure. Nothing is said of gauges
 * that are no shares: they may have any sign. */
void never_check(const Scenario *scenario, DiagList *diags);
