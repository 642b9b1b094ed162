/* scenario_page.c - see scenario_page.h. */
#include "sim/scenario/scenario_page.h"

#include "sim/config/field_export.h"
#include "sim/config/json_place.h"
#include "sim/config/json_print.h"
#include "sim/scenario/scenario_fields.h"
#include "sim/scenario/scenario_kind.h"
#include "sim/world/host.h"
#include "sim/world/network.h"
#include "sim/world/view.h"

/* --- the document -------------------------------------------------------------------------- */

char *scenario_print(const Scenario *scenario)
{
    g_autofree char *text = json_print_page(scenario->root);

    return g_strconcat(text, "\n", NULL);
}

static void append_escaped(GString *pointer, const char *name)
{
    for (; *name != '\0'; name++) {
        if (*name == '~') {
            g_string_append(pointer, "~0");
        } else if (*name == '/') {
            g_string_append(pointer, "~1");
        } else {
            g_string_append_c(pointer, *name);
        }
    }
}

static void print_origin(const Scenario *scenario, const cJSON *node, const char *pointer,
                         GString *page)
{
    g_autofree char *value = json_print_line(node);
    g_autofree char *origin = scenario_origin(scenario, node);

    g_string_append_printf(page, "%s = %s (%s)\n", pointer, value, origin);
}

/* Empty objects and arrays are values, too. */
static void print_below(const Scenario *scenario, const cJSON *node, GString *pointer,
                        GString *page)
{
    gsize size = pointer->len;
    guint index = 0;

    if (node->child == NULL) {
        print_origin(scenario, node, pointer->str, page);
    }
    for (const cJSON *child = node->child; child != NULL; child = child->next) {
        g_string_append_c(pointer, '/');
        if (cJSON_IsArray(node)) {
            g_string_append_printf(pointer, "%u", index++);
        } else {
            append_escaped(pointer, child->string);
        }
        print_below(scenario, child, pointer, page);
        g_string_truncate(pointer, size);
    }
}

char *scenario_print_origins(const Scenario *scenario)
{
    g_autoptr(GString) pointer = g_string_new(NULL);
    GString *page = g_string_new(NULL);

    print_below(scenario, scenario->root, pointer, page);
    return g_string_free(page, false);
}

/* --- the reference ------------------------------------------------------------------------- */

static void add_fields(GString *page, const Field *fields)
{
    if (fields == NULL || fields->name == NULL) {
        g_string_append(page, "It reads nothing.\n\n");
        return;
    }
    g_string_append(page, "| name | type | default | limits | help | source |\n"
                          "| --- | --- | --- | --- | --- | --- |\n");
    field_export_page(fields, page);
    g_string_append_c(page, '\n');
}

static void add_fault(GString *page, const FaultDef *fault)
{
    static const char *const targets[] = {
        [FAULT_ON_HOSTS] = "hosts, by `dc`, `node`, `role`",
        [FAULT_ON_PROCESSES] = "processes of one kind, by `process`, `dc`, `node`, `role`",
        [FAULT_ON_LINKS] = "links, by `link` {`from`, `to`}, or all WAN links of a `dc`",
        [FAULT_ON_LOAD] = "users, by `group`, an entry of `load`; without it all",
        [FAULT_ON_CHECKERS] = "health checkers, as its arguments say",
        [FAULT_ON_KIND] = NULL,
        [FAULT_ON_ALL] = "everything; it has no target",
    };

    g_autofree char *of_kind =
        fault->kind != NULL ? g_strdup_printf("`%s`, as its arguments say", fault->kind)
        : fault->process != NULL
            ? g_strdup_printf("processes of `%s`, by `dc`, `node`, `role`", fault->process)
            : NULL;

    g_string_append_printf(page, "### `%s`\n\n%s. It bites when %s. Target: %s.%s\n\n", fault->func,
                           fault->help, fault->bites,
                           of_kind != NULL ? of_kind
                           : fault->needs_dc && fault->scope == FAULT_ON_HOSTS
                               ? "all hosts of a `dc`"
                               : targets[fault->scope],
                           fault->needs_duration ? " It needs `duration`." : "");
    add_fields(page, fault->arguments);
}

static void add_metrics(GString *page, const MetricDef *metrics)
{
    static const char *const types[] = {[METRIC_TYPE_COUNTER] = "counter",
                                        [METRIC_TYPE_GAUGE] = "gauge",
                                        [METRIC_TYPE_HISTOGRAM] = "histogram"};

    if (metrics == NULL || metrics->name == NULL) {
        return;
    }
    g_string_append(page, "| metric | type | unit | what |\n| --- | --- | --- | --- |\n");
    for (; metrics->name != NULL; metrics++) {
        g_string_append_printf(page, "| `%s` | %s | %s | %s |\n", metrics->name,
                               types[metrics->type], metrics->unit, metrics->help);
    }
    g_string_append_c(page, '\n');
}

static void add_notes(GString *page, const NoteDef *notes)
{
    if (notes == NULL || notes->name == NULL) {
        return;
    }
    g_string_append(page, "| event | labels of its own | what |\n| --- | --- | --- |\n");
    for (; notes->name != NULL; notes++) {
        g_string_append_printf(page, "| `%s` | %s%s%s | %s |\n", notes->name,
                               notes->labels[0] != NULL ? notes->labels[0] : "",
                               notes->labels[1] != NULL ? ", " : "",
                               notes->labels[1] != NULL ? notes->labels[1] : "", notes->help);
    }
    g_string_append_c(page, '\n');
}

static void add_views(GString *page, const ViewDef *views)
{
    if (views == NULL || views->name == NULL) {
        return;
    }
    g_string_append(page, "| view | what it shows to an operator |\n| --- | --- |\n");
    for (; views->name != NULL; views++) {
        g_string_append_printf(page, "| `%s%s%s` | %s |\n", views->name,
                               views->arguments != NULL ? " " : "",
                               views->arguments != NULL ? views->arguments : "", views->help);
    }
    g_string_append_c(page, '\n');
}

static void add_kind(GString *page, const Kind *kind)
{
    g_string_append_printf(page, "### `%s`\n\n%s.\n\n", kind->name, kind->help);
    if (kind->leaves_out != NULL) {
        g_string_append_printf(page, "Left out: %s.\n\n", kind->leaves_out);
    }
    add_fields(page, kind->fields);
    add_metrics(page, kind->metrics);
    add_notes(page, kind->notes);
    add_views(page, kind->views);
}

static void add_section(GString *page, const char *title, const Field *fields)
{
    g_string_append_printf(page, "### %s\n\n", title);
    add_fields(page, fields);
}

char *scenario_reference(const Kind *const *kinds)
{
    GString *page = g_string_new("# Reference\n\nGenerated out of the rows "
                                 "that the program itself reads by.\n\n## The scenario file\n\n");

    add_section(page, "Top level", top_fields);
    add_section(page, "`simulation`", simulation_fields);
    add_section(page, "`system.datacenters.<name>`", datacenter_fields);
    add_section(page, "`system.nodes.<role>`", node_group_fields);
    add_section(page, "`system.wan`", wan_fields);
    add_section(page, "`system.wan.regions.<name>`, `system.wan.checkers.<name>`", region_fields);
    add_section(page, "Activities of `method`, `rollbacks`, `probes`", activity_fields);
    add_section(page, "`target`", target_fields);
    add_section(page, "`every`", every_fields);
    add_section(page, "`when`", when_fields);
    add_section(page, "`thresholds.<metric>[]`", threshold_fields);
    add_section(page, "`invariants.<name>`", invariant_fields);
    add_section(page, "`must-happen.<name>`", must_happen_fields);
    add_section(page, "`published.<name>`", published_fields);
    add_section(page, "`runtime`", runtime_fields);
    g_string_append(page, "## Faults\n\n");
    for (const FaultDef *fault = fault_next(NULL); fault != NULL; fault = fault_next(fault)) {
        add_fault(page, fault);
    }
    g_string_append(page, "### Events of faults\n\n");
    add_notes(page, fault_notes);
    g_string_append(page, "## Kinds of component\n\nEvery component measures:\n\n");
    add_metrics(page, component_metrics);
    add_kind(page, &host_kind);
    add_kind(page, &link_kind);
    for (guint i = 0; kinds[i] != NULL; i++) {
        add_kind(page, kinds[i]);
    }
    while (g_str_has_suffix(page->str, "\n\n")) {
        g_string_truncate(page, page->len - 1);
    }
    return g_string_free(page, false);
}
