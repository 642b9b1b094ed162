/* frontier_search.h - what the parts of the search for a frontier share: looks at rates
 * (frontier.c) and the place of a wall (frontier_wall.c). */
#pragma once

#include "sim/study/chance.h"
#include "sim/study/frontier.h"

#define STEP_UP 1.5
#define STEP_DOWN 0.15 /* of the first step down; it doubles */

typedef struct Search {
    const FrontierOrder *order;
    Frontier *frontier;
    guint looks;
    guint replications; /* of looks that bracket */
    guint next;         /* the first replication that has not looked anywhere yet */
    GArray *sides;      /* of ChanceLook: on which side of the limit each replication was */
} Search;

/* The place among the points by rate, where it is or would be. */
guint search_place(const Search *search, double rate);

/* Probes the point and remembers on which side each replication was. */
bool search_probe(Search *search, FrontierPoint *point, GError **error);

/* Half of the interval as a share of the frontier; NAN when an end is unknown. */
double search_width(const Frontier *frontier);

/* Looks with fresh replications until the place of a wall is known. */
bool search_wall(Search *search, GError **error);
