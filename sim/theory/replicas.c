/* replicas.c - see replicas.h. */
#include "sim/theory/replicas.h"

#include <math.h>

#include "sim/theory/solve.h"

typedef struct Node {
    char *name;
    guint site;
} Node;

typedef struct Range {
    double share;
    guint first, count; /* of `members` */
} Range;

struct Replicas {
    GArray *nodes;   /* of Node */
    GArray *ranges;  /* of Range */
    GArray *members; /* of guint16: nodes */
};

static void node_clear(gpointer data)
{
    g_free(((Node *)data)->name);
}

Replicas *replicas_new(void)
{
    Replicas *replicas = g_rc_box_new0(Replicas);

    replicas->nodes = g_array_new(false, false, sizeof(Node));
    replicas->ranges = g_array_new(false, false, sizeof(Range));
    replicas->members = g_array_new(false, false, sizeof(guint16));
    g_array_set_clear_func(replicas->nodes, node_clear);
    return replicas;
}

Replicas *replicas_ref(Replicas *replicas)
{
    return g_rc_box_acquire(replicas);
}

static void replicas_clear(gpointer data)
{
    Replicas *replicas = data;

    g_array_unref(replicas->nodes);
    g_array_unref(replicas->ranges);
    g_array_unref(replicas->members);
}

void replicas_unref(Replicas *replicas)
{
    if (replicas != NULL) {
        g_rc_box_release_full(replicas, replicas_clear);
    }
}

void replicas_add_node(Replicas *replicas, const char *name, guint site)
{
    Node node = {g_strdup(name), site};

    g_assert_cmpuint(site, <, REPLICAS_SITES_MOST);
    g_array_append_val(replicas->nodes, node);
}

guint replicas_count_nodes(const Replicas *replicas)
{
    return replicas->nodes->len;
}

const char *replicas_node_name(const Replicas *replicas, guint node)
{
    return g_array_index(replicas->nodes, Node, node).name;
}

void replicas_add_range(Replicas *replicas, double share, const guint16 *nodes, guint count)
{
    Range range = {share, replicas->members->len, count};

    g_array_append_vals(replicas->members, nodes, count);
    g_array_append_val(replicas->ranges, range);
}

/* Whether enough of the range's replicas are up at `site`; at any site when it is
 * REPLICAS_SITES_MOST. */
static double enough_at(const Replicas *replicas, const Range *range, guint site, guint need,
                        const double *up)
{
    g_autofree double *each = g_new(double, range->count + 1);
    guint count = 0;

    for (guint i = 0; i < range->count; i++) {
        guint node = g_array_index(replicas->members, guint16, range->first + i);

        if (site == REPLICAS_SITES_MOST ||
            g_array_index(replicas->nodes, Node, node).site == site) {
            each[count++] = up[node];
        }
    }
    return need <= count ? solve_at_least(each, count, need) : 0;
}

static double reached(const Replicas *replicas, const Range *range, const ReplicasNeed *need,
                      const double *up)
{
    double all = 1;

    for (guint site = 0; site < REPLICAS_SITES_MOST; site++) {
        if (need->at[site] > 0) {
            g_assert_cmpuint(need->all, ==, 0);
            all *= enough_at(replicas, range, site, need->at[site], up);
        }
    }
    if (need->all > 0) {
        all = enough_at(replicas, range, REPLICAS_SITES_MOST, need->all, up);
    }
    return all;
}

double replicas_refused(const Replicas *replicas, const ReplicasNeed *need, const double *up)
{
    double refused = 0, all = 0;

    g_assert_cmpuint(replicas->ranges->len, >, 0);
    for (guint i = 0; i < replicas->ranges->len; i++) {
        const Range *range = &g_array_index(replicas->ranges, Range, i);

        refused += range->share * (1 - reached(replicas, range, need, up));
        all += range->share;
    }
    return refused / all;
}

double replicas_missing(const Replicas *replicas, const double *up, double *spread)
{
    double all = 0, sum = 0, squares = 0;

    g_assert_cmpuint(replicas->ranges->len, >, 0);
    for (guint i = 0; i < replicas->ranges->len; i++) {
        const Range *range = &g_array_index(replicas->ranges, Range, i);
        double missing = 0;

        for (guint k = 0; k < range->count; k++) {
            missing += 1 - up[g_array_index(replicas->members, guint16, range->first + k)];
        }
        all += range->share;
        sum += range->share * missing;
        squares += range->share * missing * missing;
    }
    *spread = sqrt(fmax(squares / all - sum / all * (sum / all), 0));
    return sum / all;
}
