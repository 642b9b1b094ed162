/* command_check.c - reads and checks scenarios without simulating: everything that a run would
 * refuse, what it costs a month, and how long a run takes. */
#include <stdio.h>

#include "sim/cli/command.h"

/* The speed on which the estimate rests: simulated seconds a second on one core at 2,750
 * requests/s. Source: `make bench` on a 2-core cloud VM. */
#define SPEED_FACTOR 30.0

static void print_estimate(const Options *options, const Scenario *scenario)
{
    const SimulationSettings *times = &scenario->simulation;
    double one_s = sim_span_to_s(times->warmup + times->duration + times->settle);
    gint64 rounds = (times->replications + options->jobs - 1) / options->jobs;

    printf("%s: ok: %s\n", scenario->path, scenario->title != NULL ? scenario->title : "");
    printf("  %.2f EUR a month; %" G_GINT64_FORMAT
           " replications of %.0f s, about %.0f s with %d jobs\n",
           scenario_monthly_cost(scenario), times->replications, one_s,
           (double)rounds * one_s / SPEED_FACTOR, options->jobs);
}

static int check_file(const Options *options, const char *path, const Kind *const *kinds)
{
    g_autoptr(Scenario) scenario = command_read_scenario(options, path, kinds);

    if (scenario == NULL) {
        return EXIT_USAGE;
    }
    print_estimate(options, scenario);
    return EXIT_PASSED;
}

int command_check(const Options *options, const Kind *const *kinds)
{
    int worst = EXIT_PASSED;

    if (options->files->len == 0) {
        fprintf(stderr, "dcdrill: error: 'check' needs a scenario file\n");
        return EXIT_USAGE;
    }
    for (guint i = 0; i < options->files->len; i++) {
        worst =
            command_worse(worst, check_file(options, g_ptr_array_index(options->files, i), kinds));
    }
    return worst;
}
