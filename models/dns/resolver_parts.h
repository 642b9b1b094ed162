/* resolver_parts.h - what the parts of the resolvers share. */
#pragma once

#include "models/dns/resolver.h"
#include "sim/base/pool.h"
#include "sim/world/call.h"
#include "sim/world/network.h"

#define NAMES_MOST 64

/* Choices of "at_start". */
enum { START_FILLED, START_STEADY };

/* Who waits for an answer from upstream. */
typedef struct Waiter Waiter;
struct Waiter {
    CallTicket ticket;
    Transport transport;
    uint64_t turn; /* which address stands first in his answer */
    Waiter *next;
};

/* One name in one cache. */
typedef struct Entry {
    SimTime expires, filled;
    SimTime born; /* when the name servers gave it; before `filled` at the begin of a run */
    uint32_t addresses[ANSWER_MOST];
    uint16_t name;     /* for the question upstream */
    uint16_t resolver; /* rank among the resolvers */
    uint8_t whence, count, code;
    bool was_used, is_filled, is_pending;
    uint32_t fillings; /* so far */
    Waiter *waiters;
} Entry;

/* One name and its entries in all caches. */
typedef struct Name {
    const void *asked; /* the address of the text as it was asked for first */
    char *text, *normal;
    Entry *entries;
} Name;

/* One resolver: a cache, or a farm of them. */
typedef struct Cache {
    SimSpan floor;
    bool serves_stale;
    guint members, first; /* entries of a name: first .. first + members - 1, for each whence */
} Cache;

typedef struct Resolver {
    Component component;
    /* configuration */
    int64_t resolvers, farm_size;
    ResolverMix mix;
    Draw small_floor, medium_floor, large_floor, sticky_floor;
    double serve_stale_ratio;
    SimSpan stale_ttl, stale_most, last_second, cap;
    int at_start;
    Draw upstream;
    double upstream_loss;
    SimSpan upstream_timeout;
    /* derived */
    Component *route53;
    Cache *caches; /* `resolvers` of each class */
    guint members; /* entries of a name for one whence */
    DnsPlace places[WHENCES];
    const Site *regions[WHENCES];
    /* state */
    Name names[NAMES_MOST];
    guint name_count;
    Pool *waiters;
    Rng draws, faults, questions_luck, fillings_luck;
    /* measurement */
    Histogram *dns_answer_age;
    uint64_t questions, hits, upstream_questions, upstream_lost, failures, stale_answers;
} Resolver;

/* --- resolver_setup.c --- */

/* The resolvers of the region with their caches, and where their clients seem to be. */
void resolver_on_wire(Component *self, World *world, DiagList *diags);
