/* command.h - the commands of the program: one file each, one row each. */
#pragma once

#include "sim/cli/options.h"
#include "sim/world/component.h"

/* Exit statuses; the worst of several wins: 70, 5, 1, 3, 4. */
enum {
    EXIT_PASSED = 0,
    EXIT_FAILED = 1,
    EXIT_USAGE = 2,
    EXIT_INCONCLUSIVE = 3,
    EXIT_WORSE = 4,
    EXIT_DISAGREED = 5,
    EXIT_INTERNAL = 70,
    EXIT_WALL_LIMIT = 124,
    EXIT_INTERRUPTED = 130,
    EXIT_TERMINATED = 143,
};

/* Does it and returns the exit status. `kinds` ends with NULL. */
typedef int CommandRun(const Options *options, const Kind *const *kinds);

typedef struct Command {
    const char *name, *arguments, *help, *example;
    CommandRun *run;
} Command;

/* All rows, ends with a row whose name is NULL. */
extern const Command commands[];

/* The row called `name`, or NULL. */
const Command *command_find(const char *name);

/* Help for a command, or for the program when `name` is NULL or unknown; `flags` is the list of
 * flags. Caller frees. */
char *command_help(const char *name, const char *flags);

/* Reads a scenario or says on standard error what is wrong with it, warnings included. NULL after
 * errors. */
Scenario *command_read_scenario(const Options *options, const char *path, const Kind *const *kinds);

/* With --debug says on standard error what is done; `format` as printf. */
void command_debug(const Options *options, const char *format, ...) G_GNUC_PRINTF(2, 3);

/* The worse of two statuses. */
int command_worse(int one, int other);

/* Whether --exit-zero-on names the status. */
bool command_is_forgiven(const Options *options, int status);

int command_run(const Options *options, const Kind *const *kinds);
int command_check(const Options *options, const Kind *const *kinds);
int command_show(const Options *options, const Kind *const *kinds);
int command_schema(const Options *options, const Kind *const *kinds);
int command_list(const Options *options, const Kind *const *kinds);
int command_explain(const Options *options, const Kind *const *kinds);
int command_report(const Options *options, const Kind *const *kinds);
int command_replay(const Options *options, const Kind *const *kinds);
int command_dns(const Options *options, const Kind *const *kinds);
int command_status(const Options *options, const Kind *const *kinds);
int command_capacity(const Options *options, const Kind *const *kinds);
int command_sweep(const Options *options, const Kind *const *kinds);
int command_diff(const Options *options, const Kind *const *kinds);
int command_theory(const Options *options, const Kind *const *kinds);
int command_baseline(const Options *options, const Kind *const *kinds);
int command_compare(const Options *options, const Kind *const *kinds);
int command_history(const Options *options, const Kind *const *kinds);
int command_plan(const Options *options, const Kind *const *kinds);
int command_work(const Options *options, const Kind *const *kinds);
int command_merge(const Options *options, const Kind *const *kinds);
