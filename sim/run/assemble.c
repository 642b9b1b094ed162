/* assemble.c - a scenario to a world: sites, links, hosts, components. */
#include "sim/run/assemble.h"

#include <string.h>

#include "sim/config/json_merge.h"
#include "sim/config/json_place.h"
#include "sim/run/chaos.h"
#include "sim/scenario/scenario_origins.h"
#include "sim/world/host.h"
#include "sim/world/network.h"

typedef struct Assembler {
    const Scenario *scenario;
    const Kind *const *kinds;
    Assembly *assembly;
    DiagList *diags;
    const cJSON *system;
    const cJSON *wan;
} Assembler;

/* `base` with `over` merged into it, kept as long as the assembly; never NULL. Each value keeps its
 * place in the file that wrote it, so that messages of components name it. */
static cJSON *settings_merge(Assembler *as, const cJSON *base, const cJSON *over)
{
    Origins *origins = as->scenario->origins;
    cJSON *merged = base != NULL ? json_copy(base, origins_copied, origins) : cJSON_CreateObject();

    if (over != NULL) {
        merged = json_merge(merged, over, origins_copied, origins);
        if (base == NULL) {
            origins_copied(origins, over, merged);
        }
    }
    g_ptr_array_add(as->assembly->trees, merged);
    return merged;
}

static void settings_add_copy(Assembler *as, cJSON *settings, const char *name, const cJSON *value)
{
    cJSON_AddItemToObject(settings, name, json_copy(value, origins_copied, as->scenario->origins));
}

static void resolve_path(Assembler *as, cJSON *value)
{
    if (cJSON_IsString(value)) {
        g_autofree char *path = scenario_path(as->scenario, value, value->valuestring);

        cJSON_SetValuestring(value, path);
    }
}

/* Paths in settings start from the file that wrote them; a component opens them from here. */
static void settings_resolve_paths(Assembler *as, const Kind *kind, cJSON *settings)
{
    for (const Field *field = kind->fields; field != NULL && field->name != NULL; field++) {
        cJSON *value = json_member(settings, field->name);

        if ((field->flags & FIELD_PATH) == 0) {
            continue;
        }
        resolve_path(as, value);
        for (cJSON *each = cJSON_IsObject(value) ? value->child : NULL; each != NULL;
             each = each->next) {
            resolve_path(as, each);
        }
    }
}

static const cJSON *settings_of(Assembler *as, const Kind *kind, const cJSON *over)
{
    cJSON *settings = settings_merge(as, scenario_section(as->scenario, kind->name), over);

    settings_resolve_paths(as, kind, settings);
    return settings;
}

/* --- sites and links ----------------------------------------------------------------------------
 */

static SimSpan lan_rtt(Assembler *as)
{
    const cJSON *text = json_member(as->wan, "lan_rtt");
    SimSpan rtt = 300 * SIM_US; /* VPS of one provider in one place: 0.2 to 0.5 ms */

    if (cJSON_IsString(text)) {
        sim_span_parse(text->valuestring, &rtt);
    }
    return rtt;
}

static void add_dc_sites(Assembler *as)
{
    for (guint i = 0; i < as->scenario->datacenters->len; i++) {
        const DataCentre *dc = g_ptr_array_index(as->scenario->datacenters, i);
        Site site = {.name = dc->name,
                     .type = SITE_DC,
                     .is_live = dc->is_live,
                     .city = dc->city,
                     .country = dc->country,
                     .continent = dc->continent,
                     .lan_one_way = lan_rtt(as) / 2};

        world_add_site(as->assembly->world, &site);
    }
}

static void add_region_sites(Assembler *as, const GPtrArray *regions, SiteType type)
{
    for (guint i = 0; i < regions->len; i++) {
        const Region *region = g_ptr_array_index(regions, i);
        Site site = {.name = region->name,
                     .type = type,
                     .country = region->country,
                     .continent = region->continent,
                     .subdivision = region->subdivision,
                     .lan_one_way = lan_rtt(as) / 2};

        world_add_site(as->assembly->world, &site);
    }
}

/* One direction. `rtt` is the value of the matrix; wan.link and wan.links."A-B" add the rest. */
static void add_link(Assembler *as, Site *from, Site *to, const cJSON *rtt)
{
    g_autofree char *forward = g_strdup_printf("%s-%s", from->name, to->name);
    g_autofree char *backward = g_strdup_printf("%s-%s", to->name, from->name);
    const cJSON *links = json_member(as->wan, "links");
    const cJSON *own = json_member(links, forward);
    cJSON *settings = settings_merge(as, json_member(as->wan, "link"),
                                     own != NULL ? own : json_member(links, backward));

    if (json_member(settings, "rtt") == NULL) {
        settings_add_copy(as, settings, "rtt", rtt);
    }
    network_add_link(as->assembly->world, from, to, settings, as->diags);
}

static void add_lan(Assembler *as, Site *site)
{
    char text[SIM_SPAN_TEXT];
    cJSON *settings = settings_merge(as, json_member(as->wan, "lan"), NULL);

    if (json_member(settings, "rtt") == NULL) {
        cJSON_AddStringToObject(settings, "rtt", sim_span_print(2 * site->lan_one_way, text));
    }
    if (json_member(settings, "jitter") == NULL) {
        cJSON_AddStringToObject(settings, "jitter", "none");
    }
    network_add_link(as->assembly->world, site, site, settings, as->diags);
}

static void add_dc_link(Assembler *as, const char *from, const char *to)
{
    World *world = as->assembly->world;
    const cJSON *rtts = json_member(as->wan, "rtt");
    g_autofree char *forward = g_strdup_printf("%s-%s", from, to);
    g_autofree char *backward = g_strdup_printf("%s-%s", to, from);
    const cJSON *rtt = json_member(rtts, forward);

    if (rtt == NULL) {
        rtt = json_member(rtts, backward);
    }
    if (!cJSON_IsString(rtt)) {
        diag_add(as->diags, DIAG_ERROR, rtts, DIAG_KEY,
                 "no round-trip time between '%s' and '%s' in 'wan.rtt'", from, to);
        return;
    }
    add_link(as, world_find_site(world, from), world_find_site(world, to), rtt);
}

static void add_dc_links(Assembler *as)
{
    const GPtrArray *dcs = as->scenario->datacenters;

    for (guint i = 0; i < dcs->len; i++) {
        const DataCentre *from = g_ptr_array_index(dcs, i);

        add_lan(as, world_find_site(as->assembly->world, from->name));
        for (guint k = 0; k < dcs->len; k++) {
            if (k != i) {
                const DataCentre *to = g_ptr_array_index(dcs, k);

                add_dc_link(as, from->name, to->name);
            }
        }
    }
}

static void add_region_links(Assembler *as, const GPtrArray *regions)
{
    World *world = as->assembly->world;

    for (guint i = 0; i < regions->len; i++) {
        const Region *region = g_ptr_array_index(regions, i);
        Site *site = world_find_site(world, region->name);

        add_lan(as, site);
        for (guint k = 0; k < as->scenario->datacenters->len; k++) {
            const DataCentre *dc = g_ptr_array_index(as->scenario->datacenters, k);
            const cJSON *rtt = json_member(region->rtt, dc->name);

            if (!cJSON_IsString(rtt)) {
                diag_add(as->diags, DIAG_ERROR, region->tree, DIAG_KEY,
                         "region '%s' has no round-trip time to '%s'", region->name, dc->name);
                continue;
            }
            add_link(as, site, world_find_site(world, dc->name), rtt);
            add_link(as, world_find_site(world, dc->name), site, rtt);
        }
    }
}

/* --- hosts and what runs on them -----------------------------------------------------------------
 */

static const Kind *find_kind(Assembler *as, const char *name)
{
    for (guint i = 0; as->kinds[i] != NULL; i++) {
        if (strcmp(as->kinds[i]->name, name) == 0) {
            return as->kinds[i];
        }
    }
    g_assert_not_reached(); /* checked when the scenario was read */
}

static const char *address_of(const NodeGroup *group, const DataCentre *dc, guint number)
{
    const cJSON *list = json_member(group->addresses, dc->name);
    const cJSON *item = cJSON_GetArrayItem(list, (int)number);

    return cJSON_IsString(item) ? item->valuestring : NULL;
}

static void add_node(Assembler *as, const NodeGroup *group, const DataCentre *dc, guint number)
{
    World *world = as->assembly->world;
    Site *site = world_find_site(world, dc->name);
    g_autofree char *place = g_strdup_printf("%s-%s%u", dc->name, group->role, number + 1);
    const cJSON *size =
        dc->size != NULL ? json_member(json_member(as->system, "sizes"), dc->size) : NULL;
    cJSON *host_settings = settings_merge(as, json_member(as->system, "host"), size);
    Host *host = host_add(world, place, group->role, site, address_of(group, dc, number),
                          host_settings, as->diags);

    for (guint i = 0; host != NULL && group->runs != NULL && group->runs[i] != NULL; i++) {
        const Kind *kind = find_kind(as, group->runs[i]);

        world_add(world, kind, place, group->role, site, host,
                  settings_of(as, kind, json_member(group->settings, kind->name)), as->diags);
    }
}

static void add_nodes(Assembler *as)
{
    for (guint g = 0; g < as->scenario->nodes->len; g++) {
        const NodeGroup *group = g_ptr_array_index(as->scenario->nodes, g);

        for (guint d = 0; d < group->datacenters->len; d++) {
            for (guint n = 0; n < g_array_index(group->counts, guint, d); n++) {
                add_node(as, group, g_ptr_array_index(group->datacenters, d), n);
            }
        }
    }
}

/* --- what stands beside the nodes ----------------------------------------------------------------
 */

static void add_kind_one(Assembler *as, const Kind *kind)
{
    if (scenario_section(as->scenario, kind->name) != NULL) {
        world_add(as->assembly->world, kind, "world", kind->name, NULL, NULL,
                  settings_of(as, kind, NULL), as->diags);
    }
}

static void add_kind_per_region(Assembler *as, const Kind *kind)
{
    for (guint i = 0; i < as->scenario->regions->len; i++) {
        const Region *region = g_ptr_array_index(as->scenario->regions, i);

        world_add(as->assembly->world, kind, region->name, kind->name,
                  world_find_site(as->assembly->world, region->name), NULL,
                  settings_of(as, kind, NULL), as->diags);
    }
}

/* The entry of "load"; users have the access networks of their region where it names none. */
static const cJSON *load_settings(Assembler *as, const Kind *kind, const LoadEntry *load,
                                  const char *region)
{
    const cJSON *access =
        json_member(json_member(json_member(as->wan, "regions"), region), "access");
    cJSON *settings;

    if (access == NULL || json_member(load->tree, "access") != NULL || kind->fields == NULL ||
        field_find(kind->fields, "access") == NULL) {
        return load->tree;
    }
    settings = settings_merge(as, load->tree, NULL);
    settings_add_copy(as, settings, "access", access);
    return settings;
}

static void add_kind_per_load(Assembler *as, const Kind *kind)
{
    for (guint l = 0; l < as->scenario->loads->len; l++) {
        const LoadEntry *load = g_ptr_array_index(as->scenario->loads, l);
        const cJSON *share;

        cJSON_ArrayForEach(share, json_member(load->tree, "regions"))
        {
            g_autofree char *place = g_strdup_printf("%s/%s", load->name, share->string);

            world_add(as->assembly->world, kind, place, load->name,
                      world_find_site(as->assembly->world, share->string), NULL,
                      load_settings(as, kind, load, share->string), as->diags);
        }
    }
}

static void add_the_rest(Assembler *as)
{
    for (guint i = 0; as->kinds[i] != NULL; i++) {
        switch (as->kinds[i]->scope) {
        case KIND_ONE:
            add_kind_one(as, as->kinds[i]);
            break;
        case KIND_PER_REGION:
            add_kind_per_region(as, as->kinds[i]);
            break;
        case KIND_PER_LOAD:
            add_kind_per_load(as, as->kinds[i]);
            break;
        case KIND_ON_NODE:
        case KIND_PART:
            break;
        }
    }
}

/* --- what actions find there --------------------------------------------------------------------
 */

static void check_effect(Assembler *as, const Activity *activity, const Component *component)
{
    Effect effect = activity->fault->effect(activity->arguments, true);
    g_autofree char *why =
        component->kind->on_refuse != NULL ? component->kind->on_refuse(component, &effect) : NULL;

    if (why != NULL) {
        const cJSON *arguments = json_member(activity->tree, "arguments");

        diag_add(as->diags, DIAG_ERROR, arguments != NULL ? arguments : activity->tree, DIAG_KEY,
                 "'%s': %s", activity->fault->func, why);
    }
}

/* Only now it is known what components make of the files that they read. */
static void check_effects(Assembler *as, const GPtrArray *activities)
{
    for (guint i = 0; i < activities->len; i++) {
        const Activity *activity = g_ptr_array_index(activities, i);
        const char *kind = activity->fault != NULL ? activity->fault->kind : NULL;
        const GPtrArray *all = kind != NULL ? world_of_kind(as->assembly->world, kind) : NULL;

        if (all != NULL && all->len == 0) {
            diag_add(as->diags, DIAG_ERROR, json_member(activity->tree, "func"), DIAG_VALUE,
                     "'%s' hits nothing: there is no '%s'", activity->fault->func, kind);
        } else if (all != NULL) {
            check_effect(as, activity, g_ptr_array_index(all, 0));
        }
    }
}

/* --- orders --------------------------------------------------------------------------------------
 */

static void plan_order(Assembler *as, Component *component, const PlannedOrder *order,
                       const char *func)
{
    const Kind *kind = component->kind;

    if (order->order != ORDER_STOP && (kind->orders >> order->order & 1) == 0) {
        diag_add(as->diags, DIAG_ERROR, order->place, DIAG_VALUE,
                 "'%s' cannot be done by '%s', which is a %s", func, component->name, kind->name);
    } else if (kind->on_plan != NULL) {
        kind->on_plan(component, order, as->diags);
    }
}

/* Tells components which orders they will be given: to those whom each action picks at first. */
static void plan_orders(Assembler *as, uint64_t seed)
{
    const GPtrArray *method = as->scenario->method;

    for (guint i = 0; i < method->len; i++) {
        const Activity *activity = g_ptr_array_index(method, i);
        bool is_action = activity->type == ACTIVITY_ACTION && !activity->fault->is_heal;
        Effect effect =
            is_action ? activity->fault->effect(activity->arguments, true) : EFFECT_NONE;
        PlannedOrder order = {effect.order, effect.order_about, activity->at, activity->tree,
                              activity->duration};
        g_autofree char *stream = g_strdup_printf("chaos/%s", activity->name);
        g_autoptr(GPtrArray) targets = NULL;
        Rng rng;

        if (order.order == ORDER_NONE) {
            continue;
        }
        rng_init(&rng, seed, stream);
        targets = chaos_targets(as->assembly->world, activity, &rng);
        for (guint k = 0; k < targets->len; k++) {
            plan_order(as, g_ptr_array_index(targets, k), &order, activity->fault->func);
        }
    }
}

Assembly *assemble(const Scenario *scenario, const Kind *const *kinds, uint64_t seed,
                   DiagList *diags)
{
    g_autoptr(Assembly) assembly = g_new0(Assembly, 1);
    const cJSON *system = json_member(scenario->root, "system");
    Assembler as = {scenario, kinds, assembly, diags, system, json_member(system, "wan")};
    guint before = diag_count_errors(diags);

    assembly->engine = engine_new(seed);
    assembly->world = world_new(assembly->engine, kinds);
    assembly->scenario = scenario;
    assembly->trees = g_ptr_array_new();
    add_dc_sites(&as);
    add_region_sites(&as, scenario->regions, SITE_REGION);
    add_region_sites(&as, scenario->checkers, SITE_CHECKER);
    add_dc_links(&as);
    add_region_links(&as, scenario->regions);
    add_region_links(&as, scenario->checkers);
    add_nodes(&as);
    add_the_rest(&as);
    if (diag_count_errors(diags) == before) {
        plan_orders(&as, seed);
        world_wire(assembly->world, diags);
        check_effects(&as, scenario->method);
        check_effects(&as, scenario->rollbacks);
    }
    return diag_count_errors(diags) == before ? g_steal_pointer(&assembly) : NULL;
}

void assembly_free(Assembly *assembly)
{
    if (assembly == NULL) {
        return;
    }
    world_free(assembly->world);
    engine_free(assembly->engine);
    for (guint i = 0; i < assembly->trees->len; i++) {
        cJSON *tree = g_ptr_array_index(assembly->trees, i);

        origins_forget(assembly->scenario->origins, tree);
        cJSON_Delete(tree);
    }
    g_ptr_array_unref(assembly->trees);
    g_free(assembly);
}
