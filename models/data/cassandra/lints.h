/* lints.h - settings of a cluster that will hurt, seen before any run. */
#pragma once

#include "sim/world/lint.h"

/* All of them; ends with LINT_END. */
extern const LintDef cassandra_lints[];

/* lints_storage.c: disks, the commit log's space, policies. */
void lints_look_at_headroom(const Lint *lint);
void lints_look_at_log_space(const Lint *lint);
void lints_look_at_policies(const Lint *lint);
void lints_look_at_unmodelled(const Lint *lint);
