/* scenario_ref.c - see scenario_ref.h. */
#include "sim/scenario/scenario_ref.h"

#include <string.h>

#include "sim/config/json_merge.h"
#include "sim/config/json_place.h"
#include "sim/scenario/scenario_names.h"
#include "sim/scenario/scenario_origins.h"

/* Chains of references end here; more is taken for a circle. */
#define DEPTH_MOST 8

static const char *text_of(const cJSON *tree, const char *name)
{
    const cJSON *member = json_member(tree, name);

    return cJSON_IsString(member) ? member->valuestring : NULL;
}

/* The lists of activities of a file. */
static guint list_all(const Scenario *scenario, const cJSON *lists[3])
{
    lists[0] = json_member(scenario->root, "method");
    lists[1] = json_member(json_member(scenario->root, "steady-state-hypothesis"), "probes");
    lists[2] = json_member(scenario->root, "rollbacks");
    return 3;
}

/* The activity called `name` that is not `but`. */
static const cJSON *find_activity(const Scenario *scenario, const char *name, const cJSON *but)
{
    const cJSON *lists[3];
    guint count = list_all(scenario, lists);

    for (guint i = 0; i < count; i++) {
        const cJSON *each;

        cJSON_ArrayForEach(each, lists[i])
        {
            if (each != but && g_strcmp0(text_of(each, "name"), name) == 0) {
                return each;
            }
        }
    }
    return NULL;
}

static void report_unknown(const Scenario *scenario, const cJSON *ref, const cJSON *but,
                           DiagList *diags)
{
    g_autoptr(GPtrArray) names = g_ptr_array_new();
    const cJSON *lists[3];
    guint count = list_all(scenario, lists);

    for (guint i = 0; i < count; i++) {
        const cJSON *each;

        cJSON_ArrayForEach(each, lists[i])
        {
            const char *name = text_of(each, "name");

            if (each != but && name != NULL) {
                g_ptr_array_add(names, (gpointer)name);
            }
        }
    }
    g_ptr_array_add(names, NULL);
    names_check(diags, ref, DIAG_VALUE, "activity", ref->valuestring, (char *const *)names->pdata);
}

static void drop(Scenario *scenario, cJSON *tree, const char *name)
{
    cJSON *member = json_member(tree, name);

    if (member != NULL) {
        origins_forget(scenario->origins, member);
        cJSON_Delete(cJSON_DetachItemViaPointer(tree, member));
    }
}

static const cJSON *resolve(Scenario *scenario, const cJSON *tree, guint depth, DiagList *diags)
{
    static const char *const own[] = {"name", "ref", "at", "after", "when", "every", "$comment"};
    const cJSON *ref = json_member(tree, "ref");
    const cJSON *base;
    cJSON *merged;

    if (!cJSON_IsString(ref)) {
        return tree; /* the reader says so when it is something else */
    }
    base = find_activity(scenario, ref->valuestring, tree);
    if (base == NULL) {
        report_unknown(scenario, ref, tree, diags);
        return NULL;
    }
    if (depth == 0) {
        diag_add(diags, DIAG_ERROR, ref, DIAG_VALUE, "references go in a circle, or deeper than %d",
                 DEPTH_MOST);
        return NULL;
    }
    base = resolve(scenario, base, depth - 1, diags);
    if (base == NULL) {
        return NULL;
    }
    if (g_strcmp0(text_of(base, "type"), text_of(tree, "type")) != 0) {
        diag_add(diags, DIAG_ERROR, ref, DIAG_VALUE, "'%s' is %s: both must be of one type",
                 ref->valuestring,
                 g_strcmp0(text_of(base, "type"), "probe") == 0 ? "a probe" : "an action");
        return NULL;
    }
    merged = json_copy(base, origins_copied, scenario->origins);
    for (guint i = 0; i < G_N_ELEMENTS(own); i++) {
        drop(scenario, merged, own[i]);
    }
    merged = json_merge(merged, tree, origins_copied, scenario->origins);
    origins_copied(scenario->origins, tree, merged);
    g_ptr_array_add(scenario->merged, merged);
    return merged;
}

const cJSON *scenario_ref_resolve(Scenario *scenario, const cJSON *tree, DiagList *diags)
{
    return resolve(scenario, tree, DEPTH_MOST, diags);
}
