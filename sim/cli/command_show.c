/* command_show.c - the resolved scenario, who set what, and what will happen when. */
#include <stdio.h>

#include "sim/cli/command.h"
#include "sim/run/assemble.h"
#include "sim/run/chaos.h"
#include "sim/scenario/plan.h"
#include "sim/scenario/scenario_page.h"

/* The victims of each action as this seed picks them, in the world at its start. */
static bool print_victims(const Scenario *scenario, const Kind *const *kinds)
{
    g_autoptr(DiagList) diags = scenario_diags_new(scenario);
    g_autoptr(Assembly) assembly = assemble(scenario, kinds, plan_seed(scenario, 0), diags);
    g_autofree char *text = diag_list_to_text(diags);

    fputs(text, stderr);
    for (guint i = 0; assembly != NULL && i < scenario->method->len; i++) {
        const Activity *activity = g_ptr_array_index(scenario->method, i);
        g_autofree char *stream = g_strdup_printf("chaos/%s", activity->name);
        Rng rng;

        if (activity->type != ACTIVITY_ACTION) {
            continue;
        }
        engine_open_stream(assembly->engine, &rng, stream);
        g_autoptr(GPtrArray) targets = chaos_targets(assembly->world, activity, &rng);

        printf("%s: %u targets in replication 0:", activity->name, targets->len);
        for (guint k = 0; k < targets->len; k++) {
            printf(" %s", ((const Component *)g_ptr_array_index(targets, k))->name);
        }
        putchar('\n');
    }
    return assembly != NULL;
}

int command_show(const Options *options, const Kind *const *kinds)
{
    if (options->files->len != 1) {
        fprintf(stderr, "dcdrill: error: 'show' needs one scenario file\n");
        return EXIT_USAGE;
    }
    g_autoptr(Scenario) scenario =
        command_read_scenario(options, g_ptr_array_index(options->files, 0), kinds);

    if (scenario == NULL) {
        return EXIT_USAGE;
    }
    if (options->plan) {
        g_autofree char *plan = plan_print(scenario);

        fputs(plan, stdout);
        return print_victims(scenario, kinds) ? EXIT_PASSED : EXIT_USAGE;
    }
    g_autofree char *text =
        options->origins ? scenario_print_origins(scenario) : scenario_print(scenario);

    fputs(text, stdout);
    return EXIT_PASSED;
}
