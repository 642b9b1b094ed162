/* route.h - where a customer goes next: "to" of sources, populations, stations and forks.
 *   "web"                                           a station or a fork by name
 *   { "station": "web" }  { "fork": "quorum" }  { "out": true }
 *   [ { "station": "db", "probability": 0.4 }, { "out": true, "probability": 0.6 } ]
 *   { "balance": "shortest", "among": ["web1", "web2"] } */
#pragma once

#include "models/queueing/customer.h"

typedef enum RouteType { ROUTE_CHANCE, ROUTE_BALANCE } RouteType;

/* How one of several stations is picked. */
typedef enum Balance {
    BALANCE_RANDOM,
    BALANCE_ROUND_ROBIN,
    BALANCE_SHORTEST,   /* fewest customers; of equals any */
    BALANCE_POWER_OF_2, /* the shorter of two different ones at random */
} Balance;

typedef struct RouteStep {
    Component *goal; /* a station or a fork; NULL: out */
    double probability;
    double up_to; /* sum of the probabilities up to this step */
} RouteStep;

/* Zeroed leads out. */
typedef struct Route {
    RouteType type;
    Balance balance;
    RouteStep *steps;
    guint count;
    guint turn;      /* of BALANCE_ROUND_ROBIN: whose it is */
    guint *shortest; /* of BALANCE_SHORTEST: room for the equals */
    Rng rng; /* stream "<component>/routing" or "/refused", open when there is a choice by chance */
} Route;

/* Reads `to` (NULL: leads out) of `owner`; `use` ends the name of its stream. Mistakes go to
 * `diags`; the route then leads out. */
void route_read(Route *route, const cJSON *to, const Component *owner, const char *use,
                World *world, DiagList *diags);
void route_clear(Route *route);

/* The next place, NULL for out. Draws at most one number, two for power-of-2. */
Component *route_pick_of_several(Route *route);

static inline Component *route_pick(Route *route)
{
    if (route->count <= 1) {
        return route->count == 0 ? NULL : route->steps[0].goal;
    }
    return route_pick_of_several(route);
}

/* Picks, and brings the customer there: into a station, into a fork, or to its end. */
void route_pass(Route *route, Customer *customer);

/* Brings the customer into a station or a fork. */
void route_enter(Component *goal, Customer *customer);

/* The station or fork called `name`, or NULL and a message about `node`. */
Component *route_find_goal(World *world, const char *name, const cJSON *node, DiagList *diags);

/* The station called `name`, or NULL and a message about `node`. */
Component *route_find_station(World *world, const char *name, const cJSON *node, DiagList *diags);
