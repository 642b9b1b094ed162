/* replicas.h - which share of the data a consistency level cannot reach, range by range: k of n
 * replicas, each up with a probability of its own; 1 and 0 where it is known who is up. Replicas
 * are up independently of each other. Source: Trivedi, Probability and Statistics with
 * Reliability, 2002 (k of n systems). */
#pragma once

#include <glib.h>

#define REPLICAS_SITES_MOST 16

/* What a level asks for: so many replicas at each site, and so many wherever they are. */
typedef struct ReplicasNeed {
    guint at[REPLICAS_SITES_MOST];
    guint all; /* only where nothing is asked of a site */
} ReplicasNeed;

typedef struct Replicas Replicas;

/* Without nodes and ranges; each who keeps it holds a reference. */
Replicas *replicas_new(void);
Replicas *replicas_ref(Replicas *replicas);
void replicas_unref(Replicas *replicas);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Replicas, replicas_unref)

/* The next node, numbered from 0. */
void replicas_add_node(Replicas *replicas, const char *name, guint site);
guint replicas_count_nodes(const Replicas *replicas);
const char *replicas_node_name(const Replicas *replicas, guint node);

/* A range with that share of the data and its replicas on `count` of the nodes. */
void replicas_add_range(Replicas *replicas, double share, const guint16 *nodes, guint count);

/* The share of the data whose replicas are not enough when node i is up with probability `up[i]`.
 * Needs a range. */
double replicas_refused(const Replicas *replicas, const ReplicasNeed *need, const double *up);

/* How many replicas of a datum are down, on average over the data; `spread` is set to the deviation
 * between data. Of nodes that are known to be up or down. */
double replicas_missing(const Replicas *replicas, const double *up, double *spread);
