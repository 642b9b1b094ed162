/* resolver_setup.c - the resolvers of a region as they are configured: classes, floors, places. */
#include "models/dns/resolver_parts.h"

static void find_places(Resolver *self, World *world)
{
    const Site *site = self->component.site;
    const char *continent = site->continent;

    if (continent == NULL && site->country != NULL) {
        continent = dns_place_continent(site->country);
    }
    self->mix.continent = continent;
    self->places[WHENCE_HOME] = (DnsPlace){
        .continent = continent, .country = site->country, .subdivision = site->subdivision};
    self->places[WHENCE_NEAR] = (DnsPlace){.continent = continent};
    for (int i = 0; i < WHENCES; i++) {
        self->regions[i] = site;
    }
    for (int i = WHENCE_AFAR; i < WHENCES; i++) {
        const char *afar = afar_continents[i - WHENCE_AFAR];

        self->places[i] = (DnsPlace){.continent = afar};
        for (guint k = world_count_sites(world); k-- > 0;) {
            const Site *other = world_site(world, k);

            if (other->type == SITE_REGION && g_strcmp0(other->continent, afar) == 0) {
                self->regions[i] = other;
            }
        }
    }
}

static void make_caches(Resolver *self)
{
    const Draw floors[CLASSES] = {[CLASS_SMALL_FLOOR] = self->small_floor,
                                  [CLASS_MEDIUM_FLOOR] = self->medium_floor,
                                  [CLASS_LARGE_FLOOR] = self->large_floor,
                                  [CLASS_STICKY] = self->sticky_floor};
    guint count = (guint)self->resolvers;

    self->caches = g_new0(Cache, CLASSES * count);
    for (guint i = 0; i < CLASSES * count; i++) {
        Cache *cache = &self->caches[i];
        Draw floor = floors[i / count];

        cache->floor = floor.law != NULL ? draw_span(floor, &self->draws) : 0;
        cache->serves_stale = rng_chance(&self->draws, self->serve_stale_ratio);
        cache->members = i / count == CLASS_FARM ? (guint)self->farm_size : 1;
        cache->first = self->members;
        self->members += cache->members;
    }
}

void resolver_on_wire(Component *self, World *world, DiagList *diags)
{
    Resolver *resolver = (Resolver *)self;
    const GPtrArray *servers = world_of_kind(world, "route53");
    g_autofree char *stream = g_strdup_printf("%s/draws", self->name);
    g_autofree char *faults = g_strdup_printf("%s/faults", self->name);
    g_autofree char *questions = g_strdup_printf("%s/questions", self->name);
    g_autofree char *fillings = g_strdup_printf("%s/fillings", self->name);
    double shares = resolver->mix.small_ratio + resolver->mix.medium_ratio +
                    resolver->mix.large_ratio + resolver->mix.sticky_ratio;

    if (shares > 1 || resolver->mix.unmapped_ratio + resolver->mix.without_ecs_ratio +
                              resolver->mix.foreign_ratio >
                          1) {
        diag_add(diags, DIAG_ERROR, self->settings, DIAG_KEY,
                 "the shares of 'resolver' add up to more than 1");
    }
    resolver->route53 = servers->len > 0 ? g_ptr_array_index(servers, 0) : NULL;
    engine_open_stream(world_engine(world), &resolver->draws, stream);
    engine_open_stream(world_engine(world), &resolver->faults, faults);
    engine_open_stream(world_engine(world), &resolver->questions_luck, questions);
    engine_open_stream(world_engine(world), &resolver->fillings_luck, fillings);
    resolver->mix.salt = rng_next(&resolver->draws);
    resolver->waiters = pool_new("resolver waiters", sizeof(Waiter));
    find_places(resolver, world);
    make_caches(resolver);
}

ResolverView resolver_view(const Component *self)
{
    static const char *const floors[] = {"small_floor", "medium_floor", "large_floor",
                                         "sticky_floor", "cap"};
    const Resolver *resolver = (const Resolver *)self;
    ResolverView view = {&resolver->mix, resolver->resolvers, resolver->farm_size, true};

    for (guint i = 0; i < G_N_ELEMENTS(floors); i++) {
        if (cJSON_GetObjectItemCaseSensitive(self->settings, floors[i]) != NULL) {
            view.has_usual_floors = false;
        }
    }
    view.has_usual_floors = view.has_usual_floors && resolver->last_second == 0;
    return view;
}

Route53Query resolver_question(const Component *self, int whence)
{
    const Resolver *resolver = (const Resolver *)self;

    return (Route53Query){.place = resolver->places[whence], .region = resolver->regions[whence]};
}
