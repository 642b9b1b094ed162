/* command_compare.h - results held against baselines, for those who just made them. */
#pragma once

#include "sim/cli/command.h"

/* Compares all results in or below `folder` with `baseline` (a file, a folder of them, or an output
 * directory), prints the table (to standard error when --json or --out take standard output) and
 * returns the exit status: 0, 1, 2, 3 or 4. `is_main`: --json and --out are ours. */
int compare_with_baseline(const Options *options, const char *folder, const char *baseline,
                          bool is_main);
