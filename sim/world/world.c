/* world.c - all components of a run: make, wire, find, start, walk; sites. */
#include "sim/world/world.h"

#include "sim/world/history.h"
#include "sim/world/host.h"
#include "sim/world/inside.h"

#define CACHE_LINE 64 /* components begin at one */

/* An object that the components of one model share. */
typedef struct Shared {
    void *object;
    size_t size;
    void (*clear)(void *);
} Shared;

struct World {
    struct WorldHead head; /* first: world_now reads it */
    const Kind *const *kinds;
    GPtrArray *components;   /* of Component, by id */
    GPtrArray *sites;        /* of Site, by index */
    GHashTable *names;       /* full name to Component */
    GHashTable *of_kind;     /* name of kind to GPtrArray of Component */
    GHashTable *shared;      /* name to Shared */
    GPtrArray *shared_order; /* the same Shared, in order of making */
    GPtrArray *nothing;      /* for unknown kinds */
    GStringChunk *texts;
    DrawBook *laws;
    bool is_started;
};

static void shared_free(void *item)
{
    Shared *shared = item;

    if (shared->clear != NULL) {
        shared->clear(shared->object);
    }
    g_free(shared->object);
    g_free(shared);
}

static void array_free(void *array)
{
    g_ptr_array_free(array, true);
}

World *world_new(Engine *engine, const Kind *const *kinds)
{
    World *world = g_new0(World, 1);

    world->head.engine = engine;
    world->kinds = kinds;
    world->components = g_ptr_array_new();
    world->sites = g_ptr_array_new_with_free_func(g_free);
    world->names = g_hash_table_new(g_str_hash, g_str_equal);
    world->of_kind = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, array_free);
    world->shared = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    world->shared_order = g_ptr_array_new_with_free_func(shared_free);
    world->nothing = g_ptr_array_new();
    world->texts = g_string_chunk_new(4096);
    world->laws = draw_book_new();
    world->head.history = history_new(engine);
    world->head.network = network_new(world);
    return world;
}

/* Fields and histograms, which the world made. */
static void world_release(Component *component)
{
    const Kind *kind = component->kind;

    if (kind->fields != NULL) {
        field_clear(kind->fields, component);
    }
    for (const MetricDef *metric = kind->metrics; metric != NULL && metric->name != NULL;
         metric++) {
        if (metric->type == METRIC_TYPE_HISTOGRAM) {
            histogram_free(*(Histogram **)(void *)((char *)component + metric->offset));
        }
    }
    if (component->effects != NULL) {
        g_array_free(component->effects, true);
    }
    g_aligned_free(component);
}

void world_free(World *world)
{
    if (world == NULL) {
        return;
    }
    /* Backwards: what was made first (hosts) goes last. */
    for (guint i = world->components->len; i-- > 0;) {
        component_end(world_component(world, i));
    }
    for (guint i = world->components->len; i-- > 0;) {
        Component *component = world_component(world, i);

        if (component->kind->on_free != NULL) {
            component->kind->on_free(component);
        }
    }
    for (guint i = world->components->len; i-- > 0;) {
        world_release(world_component(world, i));
    }
    g_ptr_array_free(world->shared_order, true);
    g_hash_table_unref(world->shared);
    g_hash_table_unref(world->of_kind);
    g_hash_table_unref(world->names);
    network_free(world->head.network);
    history_free(world->head.history);
    g_ptr_array_free(world->components, true);
    g_ptr_array_free(world->sites, true);
    g_ptr_array_free(world->nothing, true);
    g_string_chunk_free(world->texts);
    draw_book_free(world->laws);
    g_free(world);
}

Engine *world_engine(const World *world)
{
    return world->head.engine;
}

Network *world_network(const World *world)
{
    return world->head.network;
}

History *world_history(const World *world)
{
    return world->head.history;
}

DrawBook *world_laws(World *world)
{
    return world->laws;
}

static const char *world_keep(World *world, const char *text)
{
    return text == NULL ? NULL : g_string_chunk_insert_const(world->texts, text);
}

Site *world_add_site(World *world, const Site *site)
{
    Site *copy = g_new(Site, 1);

    g_assert_null(world_find_site(world, site->name));
    *copy = *site;
    copy->index = world->sites->len;
    copy->name = world_keep(world, site->name);
    copy->city = world_keep(world, site->city);
    copy->country = world_keep(world, site->country);
    copy->continent = world_keep(world, site->continent);
    copy->subdivision = world_keep(world, site->subdivision);
    g_ptr_array_add(world->sites, copy);
    return copy;
}

Site *world_find_site(const World *world, const char *name)
{
    for (guint i = 0; i < world->sites->len; i++) {
        if (strcmp(world_site(world, i)->name, name) == 0) {
            return world_site(world, i);
        }
    }
    return NULL;
}

guint world_count_sites(const World *world)
{
    return world->sites->len;
}

Site *world_site(const World *world, guint index)
{
    g_assert_cmpuint(index, <, world->sites->len);
    return g_ptr_array_index(world->sites, index);
}

static Component *world_fill(World *world, const Kind *kind, const cJSON *settings, DiagList *diags)
{
    Component *component =
        g_aligned_alloc0(1, (kind->size + CACHE_LINE - 1) / CACHE_LINE * CACHE_LINE, CACHE_LINE);

    g_assert_cmpuint(kind->size, >=, sizeof(Component));
    component->world = world;
    component->kind = kind;
    component->settings = settings;
    component->condition = EFFECT_NONE;
    component->down.value = 1; /* until it starts */
    if (kind->fields != NULL) {
        field_defaults(kind->fields, component);
        if (!field_read(kind->fields, component, settings, diags)) {
            world_release(component);
            return NULL;
        }
        field_share_laws(kind->fields, component, world->laws);
    }
    for (const MetricDef *metric = kind->metrics; metric != NULL && metric->name != NULL;
         metric++) {
        if (metric->type == METRIC_TYPE_HISTOGRAM) {
            *(Histogram **)(void *)((char *)component + metric->offset) = histogram_new();
        }
    }
    return component;
}

/* Gives it its rank and makes it findable. */
static void world_enter(World *world, Component *component)
{
    const char *kind = component->kind->name;
    GPtrArray *same = g_hash_table_lookup(world->of_kind, kind);

    component->owner.id = world->components->len;
    component->owner.incarnation = 1; /* 0 means "any life" in messages */
    component->door.id = component->owner.id;
    g_ptr_array_add(world->components, component);
    g_hash_table_insert(world->names, (void *)(uintptr_t)component->name, component);
    if (same == NULL) {
        same = g_ptr_array_new();
        g_hash_table_insert(world->of_kind, (void *)(uintptr_t)kind, same);
    }
    g_ptr_array_add(same, component);
}

Component *world_add(World *world, const Kind *kind, const char *place, const char *role,
                     Site *site, Host *host, const cJSON *settings, DiagList *diags)
{
    g_autofree char *name = g_strdup_printf("%s@%s", kind->name, place);
    Component *component;

    if (world_find(world, name) != NULL) {
        diag_add(diags, DIAG_ERROR, settings, DIAG_KEY, "there is already a '%s'", name);
        return NULL;
    }
    component = world_fill(world, kind, settings, diags);
    if (component == NULL) {
        return NULL;
    }
    component->name = world_keep(world, name);
    component->role = world_keep(world, role != NULL ? role : kind->name);
    component->site = site;
    component->site_rank = site != NULL ? site->index : UINT32_MAX;
    component->host = host;
    world_enter(world, component);
    if (kind->on_make != NULL) {
        kind->on_make(component, world, diags);
    }
    return component;
}

Component *world_find(const World *world, const char *name)
{
    return g_hash_table_lookup(world->names, name);
}

guint world_count(const World *world)
{
    return world->components->len;
}

Component *world_component(const World *world, guint id)
{
    g_assert_cmpuint(id, <, world->components->len);
    return g_ptr_array_index(world->components, id);
}

const GPtrArray *world_of_kind(const World *world, const char *kind)
{
    const GPtrArray *same = g_hash_table_lookup(world->of_kind, kind);

    return same != NULL ? same : world->nothing;
}

/* Whoever can be spoken to must be able to answer. */
static void world_check_links(const World *world, DiagList *diags)
{
    const GPtrArray *links = world_of_kind(world, link_kind.name);

    for (guint i = 0; i < links->len; i++) {
        const Link *link = g_ptr_array_index(links, i);

        if (network_link(world, link->to, link->component.site) == NULL) {
            diag_add(diags, DIAG_ERROR, link->component.settings, DIAG_KEY,
                     "there is a link from '%s' to '%s' and none back", link->component.site->name,
                     link->to->name);
        }
    }
}

void world_wire(World *world, DiagList *diags)
{
    for (guint i = 0; i < world->components->len; i++) {
        Component *component = world_component(world, i);

        if (component->kind->on_wire != NULL) {
            component->kind->on_wire(component, world, diags);
        }
    }
    world_check_links(world, diags);
}

void world_start(World *world)
{
    g_assert_false(world->is_started);
    world->is_started = true;
    for (guint i = 0; i < world->components->len; i++) {
        Component *component = world_component(world, i);

        /* A host that boots starts what is on it by itself. */
        if (component->host == NULL || host_component(component->host) == component ||
            host_is_up(component->host)) {
            component_start(component);
        }
    }
}

void world_judge(World *world)
{
    for (guint i = 0; i < world->components->len; i++) {
        Component *component = world_component(world, i);

        if (component->kind->on_judge != NULL) {
            component->kind->on_judge(component);
        }
    }
}

void *world_shared(World *world, const char *name, size_t size, void (*clear)(void *))
{
    Shared *shared = g_hash_table_lookup(world->shared, name);

    if (shared == NULL) {
        shared = g_new0(Shared, 1);
        shared->object = g_malloc0(size);
        shared->size = size;
        shared->clear = clear;
        g_hash_table_insert(world->shared, g_strdup(name), shared);
        g_ptr_array_add(world->shared_order, shared);
    }
    g_assert_cmpuint(shared->size, ==, size);
    return shared->object;
}

void world_heal_all(World *world)
{
    for (guint i = 0; i < world->components->len; i++) {
        component_drop_effects(world_component(world, i));
    }
}
