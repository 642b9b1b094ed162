/* command_check.c - reads and checks scenarios without simulating: everything that a run would
 * refuse, what it costs a month, and how long a run takes. */
#include <stdio.h>

#include "sim/cli/command.h"
#include "sim/config/json_place.h"

/* Processor time on which the estimate rests: of a simulated second of a VPS, and of a request.
 * Source: a 2-core cloud VM; 30 VPS at 100, 1,000 and 2,750 requests/s took 3.7, 17 and 33 ms. */
#define VPS_COST_S 100e-6
#define REQUEST_COST_S 11e-6

/* Requests that the populations offer a second, the peak of those that go in stages. Queues have
 * customers in their place, who are not counted. */
static double offered_rate(const Scenario *scenario)
{
    double sum = 0;

    for (guint i = 0; i < scenario->loads->len; i++) {
        const LoadEntry *load = scenario->loads->pdata[i];
        const cJSON *stage, *rate = json_member(load->tree, "rate");
        double peak = cJSON_IsNumber(rate) ? rate->valuedouble : 0;

        cJSON_ArrayForEach(stage, json_member(load->tree, "stages"))
        {
            const cJSON *target = json_member(stage, "target");

            peak =
                cJSON_IsNumber(target) && target->valuedouble > peak ? target->valuedouble : peak;
        }
        sum += peak;
    }
    return sum;
}

static void print_estimate(const Options *options, const Scenario *scenario)
{
    const SimulationSettings *times = &scenario->simulation;
    double one_s = sim_span_to_s(times->warmup + times->duration + times->settle);
    gint64 rounds = (times->replications + options->jobs - 1) / options->jobs;
    double cost_s = REQUEST_COST_S * offered_rate(scenario);

    for (guint i = 0; i < scenario->datacenters->len; i++) {
        cost_s += VPS_COST_S * ((const DataCentre *)scenario->datacenters->pdata[i])->nodes;
    }

    printf("%s: ok: %s\n", scenario->path, scenario->title != NULL ? scenario->title : "");
    printf("  %.2f EUR a month; %" G_GINT64_FORMAT
           " replication%s of %.0f s, about %.3g s with %d job%s\n",
           scenario_monthly_cost(scenario), times->replications,
           times->replications == 1 ? "" : "s", one_s, (double)rounds * one_s * cost_s,
           options->jobs, options->jobs == 1 ? "" : "s");
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
