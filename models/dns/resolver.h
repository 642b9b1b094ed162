/* resolver.h - what a region's resolvers are configured with, for closed forms about them. */
#pragma once

#include "models/dns/resolver_mix.h"
#include "models/dns/route53.h"

typedef struct ResolverView {
    const ResolverMix *mix;
    int64_t resolvers, farm_size;
    bool has_usual_floors; /* of all classes: as the fields' defaults */
} ResolverView;

ResolverView resolver_view(const Component *self);

/* The question that Route 53 gets from clients of this kind of place; its name is not set. */
Route53Query resolver_question(const Component *self, int whence);
