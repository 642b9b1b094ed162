/* lint.c - see lint.h. */
#include "sim/world/lint.h"

#include "sim/config/json_place.h"
#include "sim/world/host.h"
#include "sim/world/network.h"
#include "sim/world/world.h"

void lint_warn(const Lint *lint, const cJSON *node, DiagSide side, const char *format, ...)
{
    g_autofree char *text = NULL;
    va_list arguments;

    va_start(arguments, format);
    text = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    diag_add(lint->diags, DIAG_WARNING, node, side, "%s (%s)", text, lint->def->name);
}

const cJSON *lint_setting(const Component *component, const char *name)
{
    const cJSON *setting = json_member(component->settings, name);

    return setting != NULL ? setting : component->settings;
}

static bool is_target(const LintFault *fault, const Component *component)
{
    for (guint i = 0; i < fault->targets->len; i++) {
        const Component *target = fault->targets->pdata[i];

        if (target == component ||
            (component->host != NULL && target->kind == &host_kind &&
             g_str_equal(component_place(target), component_place(component)))) {
            return true;
        }
    }
    return false;
}

bool lint_is_felled(const LintFault *fault, const Component *component)
{
    return fault->effect.down && is_target(fault, component);
}

static guint count_other_dcs(const World *world, const Site *site)
{
    guint count = 0;

    for (guint i = 0; i < world_count_sites(world); i++) {
        count += world_site(world, i)->type == SITE_DC && world_site(world, i) != site ? 1 : 0;
    }
    return count;
}

/* All links that lead from `site` to other data centres are cut. */
static bool is_cut_off(const LintFault *fault, const World *world, const Site *site)
{
    guint cut = 0, others = count_other_dcs(world, site);

    for (guint i = 0; fault->effect.down && i < fault->targets->len; i++) {
        const Component *target = fault->targets->pdata[i];

        if (target->kind == &link_kind && network_link_from(target) == site &&
            network_link_to(target)->type == SITE_DC) {
            cut++;
        }
    }
    return others > 0 && cut == others;
}

bool lint_is_silenced(const LintFault *fault, const Component *component)
{
    return ((fault->effect.down || fault->effect.paused) && is_target(fault, component)) ||
           is_cut_off(fault, component->world, component->site);
}
