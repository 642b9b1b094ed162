/* lints.h - settings of a cluster that will hurt, seen before any run. */
#pragma once

#include "sim/world/lint.h"

/* All of them; ends with LINT_END. */
extern const LintDef cassandra_lints[];
