/* annotate.h - verdicts as build servers show them beside the lines of a scenario. */
#pragma once

#include "sim/results/regression/regression.h"
#include "sim/scenario/scenario.h"

/* GitHub's workflow commands: a group for the scenario with a line for each check, at most eight
 * errors at the lines that demand what failed (GitHub silently shows ten), as many warnings for
 * what could not be judged, and a notice with the count of the rest. Caller frees. */
char *annotate_github(const Scenario *scenario, const Results *results);

/* The same for comparisons with baselines (Regression): an error for what is worse or broken, a
 * warning for what is undecided, at the scenario. Caller frees. */
char *annotate_regressions(const GPtrArray *list);

/* GitLab's metrics report, in OpenMetrics text: value, margin and verdict of each check, to be
 * compared with those of the target branch. Caller frees. */
char *annotate_gitlab(const Results *results);

/* Appends `markdown`, cut at 900 KiB, to the file `path`. */
bool annotate_append(const char *path, const char *markdown, GError **error);
