/* fault_put.c - puts a fault on one component of a rig. */
#include "tests/support/fault_put.h"

#include <check.h>

#include "sim/scenario/fault.h"

bool fault_put(Rig *rig, const char *component, const char *func, const char *json, SimSpan span)
{
    const FaultDef *fault = fault_find(func);
    g_autoptr(DiagList) diags = diag_list_new(NULL, NULL);
    cJSON *tree = cJSON_Parse(json);
    void *arguments = g_malloc0(fault->size);
    Effect effect;
    bool bit;

    field_defaults(fault->arguments, arguments);
    ck_assert(field_read(fault->arguments, arguments, tree, diags));
    effect = fault->effect(arguments, true);
    if (fault->complete != NULL) {
        fault->complete(&effect, rig_now(rig) + span);
    }
    bit = rig_effect(rig, component, effect, span);
    field_clear(fault->arguments, arguments);
    g_free(arguments);
    cJSON_Delete(tree);
    return bit;
}
