/* rig.c - a small world around the component under test. */
#include "tests/support/rig.h"

#include <check.h>
#include <stdarg.h>
#include <string.h>

#define RIG_OWNER_ID (UINT32_MAX - 2)

static void rig_end_effect(void *self, void *subject, uint64_t detail);
static const EventType rig_effect_ends = {"rig.effect-ends", rig_end_effect};

Rig *rig_new(uint64_t seed, ...)
{
    Rig *rig = g_new0(Rig, 1);
    va_list kinds;

    rig->engine = engine_new(seed);
    rig->diags = diag_list_new(NULL, NULL);
    rig->trees = g_ptr_array_new_with_free_func((GDestroyNotify)cJSON_Delete);
    rig->kinds = g_ptr_array_new();
    rig->owner.id = RIG_OWNER_ID;
    va_start(kinds, seed);
    for (const Kind *kind = va_arg(kinds, const Kind *); kind != NULL;
         kind = va_arg(kinds, const Kind *)) {
        g_ptr_array_add(rig->kinds, (void *)(uintptr_t)kind);
    }
    va_end(kinds);
    g_ptr_array_add(rig->kinds, (void *)(uintptr_t)&probe_kind);
    g_ptr_array_add(rig->kinds, NULL);
    rig->world = world_new(rig->engine, (const Kind *const *)rig->kinds->pdata);
    return rig;
}

void rig_free(Rig *rig)
{
    laws_free(rig->laws);
    world_free(rig->world);
    engine_free(rig->engine);
    diag_list_free(rig->diags);
    g_ptr_array_free(rig->trees, true);
    g_ptr_array_free(rig->kinds, true);
    g_free(rig);
}

/* Ends the test when something was reported. */
static void rig_check(const Rig *rig)
{
    if (diag_count_errors(rig->diags) > 0) {
        g_autofree char *text = diag_list_to_text(rig->diags);

        ck_abort_msg("%s", text);
    }
}

/* The tree lives as long as the rig. */
static const cJSON *rig_tree(Rig *rig, const char *json)
{
    cJSON *tree;

    if (json == NULL) {
        return NULL;
    }
    tree = cJSON_Parse(json);
    if (tree == NULL) {
        ck_abort_msg("this is no JSON: %s", json);
    }
    g_ptr_array_add(rig->trees, tree);
    return tree;
}

Site *rig_site_of(Rig *rig, const char *name, SiteType type)
{
    Site site = {.name = name, .type = type, .is_live = true, .lan_one_way = 150 * SIM_US};

    return world_add_site(rig->world, &site);
}

Site *rig_site(Rig *rig, const char *name)
{
    return rig_site_of(rig, name, SITE_DC);
}

/* The site called like the whole place, like what follows its "/", or like what comes before its
 * "-". */
static Site *rig_site_at(const Rig *rig, const char *place)
{
    const char *slash = strchr(place, '/'), *dash = strchr(place, '-');
    g_autofree char *before = dash != NULL ? g_strndup(place, (gsize)(dash - place)) : NULL;
    Site *site = world_find_site(rig->world, place);

    if (site == NULL && slash != NULL) {
        site = world_find_site(rig->world, slash + 1);
    }
    if (site == NULL && before != NULL) {
        site = world_find_site(rig->world, before);
    }
    return site;
}

Host *rig_host(Rig *rig, const char *place, const char *address, const char *json)
{
    const char *dash = strchr(place, '-');
    g_autofree char *role = g_strdup(dash != NULL ? dash + 1 : place);
    Site *site = rig_site_at(rig, place);
    Host *host;

    ck_assert_msg(site != NULL, "'%s' begins with no site", place);
    role[strcspn(role, "0123456789")] = '\0';
    host = host_add(rig->world, place, role, site, address, rig_tree(rig, json), rig->diags);
    rig_check(rig);
    return host;
}

static const Kind *find_kind(const Rig *rig, const char *name)
{
    for (guint i = 0; rig->kinds->pdata[i] != NULL; i++) {
        const Kind *kind = rig->kinds->pdata[i];

        if (strcmp(kind->name, name) == 0) {
            return kind;
        }
    }
    return strcmp(name, host_kind.name) == 0 ? &host_kind : NULL;
}

Component *rig_add(Rig *rig, const char *kind_name, const char *place, const char *json)
{
    const Kind *kind = find_kind(rig, kind_name);
    g_autofree char *host_name = g_strdup_printf("host@%s", place);
    Component *host = world_find(rig->world, host_name), *component;
    Site *site = host != NULL ? host->site : rig_site_at(rig, place);

    ck_assert_msg(kind != NULL, "the rig was given no kind '%s'", kind_name);
    component = world_add(rig->world, kind, place, host != NULL ? host->role : NULL, site,
                          host != NULL ? host_of(host) : NULL, rig_tree(rig, json), rig->diags);
    rig_check(rig);
    return component;
}

Probe *rig_probe(Rig *rig, const char *place)
{
    return probe_of(rig_add(rig, "probe", place, NULL));
}

Component *rig_link(Rig *rig, const char *from, const char *to, const char *json)
{
    Component *link =
        network_add_link(rig->world, world_find_site(rig->world, from),
                         world_find_site(rig->world, to), rig_tree(rig, json), rig->diags);

    rig_check(rig);
    return link;
}

void rig_link_all(Rig *rig, const char *rtt)
{
    g_autofree char *far =
        g_strdup_printf("{ \"rtt\": \"%s\", \"jitter\": \"none\", \"loss\": 0 }", rtt);

    for (guint i = 0; i < world_count_sites(rig->world); i++) {
        for (guint j = 0; j < world_count_sites(rig->world); j++) {
            const Site *from = world_site(rig->world, i), *to = world_site(rig->world, j);

            if (network_link(rig->world, from, to) == NULL) {
                rig_link(rig, from->name, to->name, i == j ? NULL : far);
            }
        }
    }
}

void rig_start(Rig *rig)
{
    world_wire(rig->world, rig->diags);
    rig_check(rig);
    rig->laws = laws_new(rig->world);
    world_start(rig->world);
}

void rig_run(Rig *rig, SimSpan span)
{
    g_autofree char *broken = NULL;

    engine_run(rig->engine, engine_now(rig->engine) + span);
    broken = laws_check(rig->laws);
    ck_assert_msg(broken == NULL, "%s", broken);
}

SimTime rig_now(const Rig *rig)
{
    return engine_now(rig->engine);
}

static void rig_end_effect(void *self, void *subject, uint64_t detail)
{
    (void)self;
    component_remove_effect(subject, detail);
}

bool rig_effect(Rig *rig, const char *name, Effect effect, SimSpan span)
{
    Component *component = rig_find(rig, name);
    uint64_t fault = ++rig->faults;

    if (span != SIM_NEVER) {
        engine_after(rig->engine, span, &rig->owner, &rig_effect_ends, component, fault);
    }
    return component_add_effect(component, fault, effect);
}

void rig_down(Rig *rig, const char *name, SimSpan span)
{
    Effect effect = EFFECT_NONE;

    effect.down = true;
    rig_effect(rig, name, effect, span);
}

void rig_heal(Rig *rig)
{
    world_heal_all(rig->world);
}

Component *rig_find(const Rig *rig, const char *name)
{
    Component *component = world_find(rig->world, name);

    ck_assert_msg(component != NULL, "there is no '%s'", name);
    return component;
}

static const void *rig_metric(const Rig *rig, const char *name, const char *metric, MetricType type)
{
    const Component *component = rig_find(rig, name);
    const MetricDef *tables[] = {component->kind->metrics, component_metrics, component_totals};

    for (size_t i = 0; i < G_N_ELEMENTS(tables); i++) {
        for (const MetricDef *row = tables[i]; row != NULL && row->name != NULL; row++) {
            if (strcmp(row->name, metric) == 0 && row->type == type) {
                return (const char *)component + row->offset;
            }
        }
    }
    ck_abort_msg("'%s' has no such metric '%s'", name, metric);
    return NULL;
}

uint64_t rig_counter(const Rig *rig, const char *name, const char *metric)
{
    return *(const uint64_t *)rig_metric(rig, name, metric, METRIC_TYPE_COUNTER);
}

double rig_gauge(const Rig *rig, const char *name, const char *metric)
{
    return ((const Gauge *)rig_metric(rig, name, metric, METRIC_TYPE_GAUGE))->value;
}

const Histogram *rig_histogram(const Rig *rig, const char *name, const char *metric)
{
    return *(Histogram *const *)rig_metric(rig, name, metric, METRIC_TYPE_HISTOGRAM);
}

uint64_t rig_noted(const Rig *rig, const char *event)
{
    const History *history = world_history(rig->world);
    uint64_t count = 0;

    for (guint i = 0; i < history_count_occurrences(history); i++) {
        const HistoryOccurrence *seen = history_occurrence(history, i);

        count += strcmp(seen->event, event) == 0 ? seen->count : 0;
    }
    return count;
}
