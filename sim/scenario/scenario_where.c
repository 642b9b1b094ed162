/* scenario_where.c - see scenario_where.h. */
#include "sim/scenario/scenario_where.h"

#include <string.h>

#include "sim/scenario/scenario_names.h"

static void check_label_value(const Scenario *scenario, const NoteDef *note, const cJSON *label,
                              DiagList *diags)
{
    g_auto(GStrv) dcs = names_of_datacenters(scenario);
    g_auto(GStrv) groups = names_of_roles(scenario);
    g_auto(GStrv) nodes = names_of_nodes(scenario);
    const char *value = label->valuestring;

    for (guint i = 0; note != NULL && i < G_N_ELEMENTS(note->labels); i++) {
        if (g_strcmp0(note->labels[i], label->string) != 0) {
            continue;
        }
        if (note->values[i] != NULL && strcmp(note->values[i], "dc") != 0) {
            g_autofree char *what = g_strdup_printf("value of label '%s'", label->string);
            g_auto(GStrv) known = g_strsplit(note->values[i], "|", -1);

            names_check(diags, label, DIAG_VALUE, what, value, known);
        } else if (note->values[i] != NULL) {
            names_check(diags, label, DIAG_VALUE, "data centre", value, dcs);
        }
        return;
    }
    if (strcmp(label->string, "dc") == 0) {
        names_check(diags, label, DIAG_VALUE, "data centre", value, dcs);
    } else if (strcmp(label->string, "role") == 0) {
        names_check(diags, label, DIAG_VALUE, "role", value, groups);
    } else if (strcmp(label->string, "node") == 0) {
        names_check(diags, label, DIAG_VALUE, "node", value, nodes);
    }
}

void scenario_where_check(const Scenario *scenario, const NoteDef *note, const cJSON *where,
                          DiagList *diags)
{
    static const char *const of_component[] = {"component", "dc", "role", "node"};
    char *known[G_N_ELEMENTS(of_component) + G_N_ELEMENTS(note->labels) + 1] = {NULL};
    guint count = 0;

    if (where == NULL || !names_check_object(diags, where, "where")) {
        return;
    }
    for (guint i = 0; i < G_N_ELEMENTS(of_component); i++) {
        known[count++] = (char *)of_component[i];
    }
    for (guint i = 0; note != NULL && i < G_N_ELEMENTS(note->labels) && note->labels[i] != NULL;
         i++) {
        known[count++] = (char *)note->labels[i];
    }
    NAMES_EACH(label, where)
    {
        if (!cJSON_IsString(label)) {
            diag_add(diags, DIAG_ERROR, label, DIAG_VALUE, "label '%s' must be a string",
                     label->string);
        } else if (names_check(diags, label, DIAG_KEY, "label", label->string, known)) {
            check_label_value(scenario, note, label, diags);
        }
    }
}
