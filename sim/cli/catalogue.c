/* catalogue.c - everything a scenario can name, from the simulator's own tables. */
#include "sim/cli/catalogue.h"

#include <string.h>

#include "sim/results/invariant.h"
#include "sim/results/threshold.h"
#include "sim/scenario/fault.h"
#include "sim/scenario/scenario_kind.h"
#include "sim/world/host.h"
#include "sim/world/lint.h"
#include "sim/world/network.h"

static void add_metrics(GArray *rows, const MetricDef *defs, const char *owner)
{
    for (const MetricDef *def = defs; def != NULL && def->name != NULL; def++) {
        CatalogueRow metric = {.family = "metrics",
                               .name = def->name,
                               .help = def->help,
                               .unit = def->unit,
                               .note = owner};

        g_array_append_val(rows, metric);
    }
}

static void add_kind(GArray *rows, const Kind *kind)
{
    CatalogueRow row = {.family = "kinds",
                        .name = kind->name,
                        .help = kind->help,
                        .note = kind->leaves_out,
                        .fields = kind->fields};

    g_array_append_val(rows, row);
    add_metrics(rows, kind->metrics, kind->name);
    for (const LintDef *lint = kind->lints; lint != NULL && lint->name != NULL; lint++) {
        CatalogueRow warning = {
            .family = "lints", .name = lint->name, .help = lint->help, .note = kind->name};

        g_array_append_val(rows, warning);
    }
}

static int compare_rows(gconstpointer a, gconstpointer b)
{
    const CatalogueRow *left = a;
    const CatalogueRow *right = b;
    int order = strcmp(left->family, right->family);

    if (order == 0) {
        order = strcmp(left->name, right->name);
    }
    return order != 0 ? order : g_strcmp0(left->note, right->note);
}

static void add_note(void *context, const NoteDef *note)
{
    CatalogueRow row = {
        .family = "events", .name = note->name, .help = note->help, .labels = note->labels};

    g_array_append_val((GArray *)context, row);
}

GArray *catalogue_make(const Kind *const *kinds)
{
    GArray *rows = g_array_new(false, true, sizeof(CatalogueRow));

    for (const FaultDef *fault = fault_next(NULL); fault != NULL; fault = fault_next(fault)) {
        CatalogueRow row = {.family = "faults",
                            .name = fault->func,
                            .help = fault->help,
                            .note = fault->bites,
                            .fields = fault->arguments};

        g_array_append_val(rows, row);
    }
    for (const InvariantDef *check = invariant_defs; check->name != NULL; check++) {
        CatalogueRow row = {.family = "checks", .name = check->name, .help = check->help};

        g_array_append_val(rows, row);
    }
    for (const ThresholdMetric *metric = threshold_user_metrics; metric->name != NULL; metric++) {
        CatalogueRow row = {.family = "metrics",
                            .name = metric->name,
                            .help = metric->help,
                            .unit = metric->unit,
                            .note = "users"};

        g_array_append_val(rows, row);
    }
    scenario_each_note(kinds, add_note, rows);
    add_metrics(rows, component_metrics, "every component");
    add_kind(rows, &host_kind);
    add_kind(rows, &link_kind);
    for (guint i = 0; kinds[i] != NULL; i++) {
        add_kind(rows, kinds[i]);
    }
    g_array_sort(rows, compare_rows);
    return rows;
}
