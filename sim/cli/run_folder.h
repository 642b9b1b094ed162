/* run_folder.h - every scenario below folders, several at once, with one verdict. */
#pragma once

#include "sim/cli/command.h"

/* Runs all scenarios below the folders (and the files) on the command line: results of each below
 * --out-dir, as they lie in their folder; beside them "junit.xml" of all and "folder.json". */
int run_folder(const Options *options, const Kind *const *kinds);

/* One scenario: in command_run.c. */
int run_scenario(const Options *options, const char *path, const Kind *const *kinds);
