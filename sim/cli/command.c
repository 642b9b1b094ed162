/* command.c - what the commands share. */
#include "sim/cli/command.h"

#include <stdio.h>

#include "sim/run/probe.h"
#include "sim/scenario/scenario_read.h"

Scenario *command_read_scenario(const Options *options, const char *path, const Kind *const *kinds)
{
    ScenarioChanges changes = options_changes(options);
    g_autoptr(DiagList) diags = NULL;
    Scenario *scenario = scenario_read(path, &changes, kinds, &diags);

    if (scenario != NULL) {
        probes_check(scenario, kinds, diags);
    }
    g_autofree char *text = diag_list_to_text(diags);

    fputs(text, stderr);
    if (diag_count_errors(diags) > 0) {
        g_clear_pointer(&diags, diag_list_free); /* it looks into the scenario */
        g_clear_pointer(&scenario, scenario_free);
    }
    return scenario;
}

/* How bad a status is; statuses that stop everything stand above all. */
static int weight(int status)
{
    switch (status) {
    case EXIT_PASSED:
        return 0;
    case EXIT_INCONCLUSIVE:
        return 1;
    case EXIT_FAILED:
        return 2;
    case EXIT_USAGE:
        return 3;
    case EXIT_DISAGREED:
        return 4;
    case EXIT_WALL_LIMIT:
        return 5;
    case EXIT_INTERRUPTED:
    case EXIT_TERMINATED:
        return 6;
    default:
        return 7; /* an internal error */
    }
}

int command_worse(int one, int other)
{
    return weight(one) >= weight(other) ? one : other;
}
