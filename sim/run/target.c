/* target.c - which components of a world a scenario's target means: filter by scope and labels,
 * then choose by mode. */
#include "sim/run/target.h"

#include "sim/base/sort.h"
#include "sim/run/chaos.h"
#include "sim/world/host.h"
#include "sim/world/network.h"

/* --- filters
 * --------------------------------------------------------------------------------------- */

static bool is_listed(char *const *list, const char *name)
{
    return list == NULL || list[0] == NULL ||
           (name != NULL && g_strv_contains((const char *const *)list, name));
}

static bool is_node_meant(const Target *target, const Component *component)
{
    return component->site != NULL && is_listed(target->dc, component->site->name) &&
           is_listed(target->node, component_place(component)) &&
           (target->role == NULL || g_strcmp0(target->role, component->role) == 0);
}

static const char *process_of(const Activity *activity)
{
    if (activity->target.process != NULL) {
        return activity->target.process;
    }
    return fault_process(activity->fault, activity->arguments);
}

/* The ends of "link@A-B" as sites. */
static bool link_ends(const Component *link, const Site **from, const Site **to)
{
    *from = network_link_from(link);
    *to = network_link_to(link);
    return *from != *to;
}

static bool is_end_meant(const char *wanted, const Site *site)
{
    return wanted == NULL || g_str_equal(wanted, site->name);
}

bool target_is_forward(const Activity *activity, const Component *component)
{
    const Target *target = &activity->target;
    const Site *from, *to;

    if (activity->fault->scope != FAULT_ON_LINKS || !link_ends(component, &from, &to)) {
        return true;
    }
    if (target->link_from != NULL || target->link_to != NULL) {
        return is_end_meant(target->link_from, from) && is_end_meant(target->link_to, to);
    }
    return is_listed(target->dc, to->name); /* towards the site named */
}

static bool is_link_meant(const Activity *activity, const Component *link)
{
    const Target *target = &activity->target;
    const FaultDef *fault = activity->fault;
    const Site *from, *to;

    if (!link_ends(link, &from, &to)) {
        return false; /* a LAN */
    }
    if (fault->is_link_meant != NULL &&
        !fault->is_link_meant(activity->arguments, from->type, to->type)) {
        return false;
    }
    if (fault->is_pair_meant != NULL &&
        !fault->is_pair_meant(activity->arguments, target->dc, from->name, to->name)) {
        return false;
    }
    bool there = target_is_forward(activity, link);

    if (target->link_from != NULL || target->link_to != NULL) {
        bool back = is_end_meant(target->link_from, to) && is_end_meant(target->link_to, from);

        return there || back;
    }
    return is_listed(target->dc, from->name) || is_listed(target->dc, to->name);
}

static bool is_meant(const Activity *activity, Component *component)
{
    switch (activity->fault->scope) {
    case FAULT_ON_HOSTS:
        return component->kind == &host_kind && is_node_meant(&activity->target, component);
    case FAULT_ON_PROCESSES:
        return component->host != NULL && component->kind != &host_kind &&
               g_strcmp0(component->kind->name, process_of(activity)) == 0 &&
               is_node_meant(&activity->target, component);
    case FAULT_ON_LINKS:
        return component->kind == &link_kind && is_link_meant(activity, component) &&
               !effect_is_same(activity->fault->effect(activity->arguments,
                                                       target_is_forward(activity, component)),
                               EFFECT_NONE);
    case FAULT_ON_LOAD:
        return component->kind->scope == KIND_PER_LOAD &&
               (activity->target.group == NULL ||
                g_str_equal(activity->target.group, component->role));
    case FAULT_ON_CHECKERS:
        return g_str_equal(component->kind->name, "health_checker") &&
               (component->site == NULL ||
                fault_is_region_meant(activity->fault, activity->arguments, component->site->name));
    case FAULT_ON_KIND:
        return g_str_equal(component->kind->name, activity->fault->kind) &&
               (component->site == NULL ||
                fault_is_region_meant(activity->fault, activity->arguments, component->site->name));
    case FAULT_ON_ALL:
        return true;
    }
    g_assert_not_reached();
}

/* --- choice
 * ---------------------------------------------------------------------------------------- */

static guint count_by_mode(const Target *target, guint all, Rng *rng)
{
    guint percent = (guint)((double)all * target->value / 100.0 + 0.5);

    switch (target->mode) {
    case TARGET_ALL:
        return all;
    case TARGET_ONE:
        return MIN(1, all);
    case TARGET_FIXED:
        return MIN((guint)target->value, all);
    case TARGET_FIXED_PERCENT:
        return MIN(percent, all);
    case TARGET_RANDOM_MAX_PERCENT:
        return (guint)rng_below(rng, (uint64_t)MIN(percent, all) + 1);
    case TARGET_MINORITY:
        return all == 0 ? 0 : (all - 1) / 2;
    case TARGET_PRIMARIES:
        return 0; /* refused when the scenario is read */
    case TARGET_MAJORITY:
        return all / 2 + (all > 0 ? 1 : 0);
    }
    g_assert_not_reached();
}

static int compare_ids(gconstpointer a, gconstpointer b)
{
    uint32_t left = component_id(*(Component *const *)a);
    uint32_t right = component_id(*(Component *const *)b);

    return left < right ? -1 : left > right ? 1 : 0;
}

GPtrArray *chaos_targets(World *world, const Activity *activity, Rng *rng)
{
    GPtrArray *targets = g_ptr_array_new();
    guint wanted;

    for (guint i = 0; i < world_count(world); i++) {
        Component *component = world_component(world, i);

        if (is_meant(activity, component)) {
            g_ptr_array_add(targets, component);
        }
    }
    wanted = count_by_mode(&activity->target, targets->len, rng);
    while (targets->len > wanted) { /* drop at random until as many are left as wanted */
        g_ptr_array_remove_index(targets, (guint)rng_below(rng, targets->len));
    }
    sort_pointers(targets, compare_ids);
    return targets;
}
